#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/multiprecision/cpp_int.hpp>

#include "base/result.h"

namespace flotilla::agents {

/// A decimal number: integer coefficient times a power of ten.
///
/// Sums, products, integer powers and quotients that terminate are exact up to kExactDigits;
/// everything else carries kWorkDigits digits and the mark `rounded`, and is shown with
/// kShownDigits, so that 1/3*3 shows as 1. A plain value: copyable, no threads, no I/O. Operations
/// that can fail return an invalid_argument Error whose message says what is wrong, without a
/// position.
class Decimal {
 public:
  using Integer = boost::multiprecision::cpp_int;

  static constexpr int kShownDigits = 34;
  static constexpr int kWorkDigits = 50;
  static constexpr int kExactDigits = 3000;
  /// Largest decimal exponent either way of a non-zero value, as in 1e10000.
  static constexpr std::int64_t kMaxExponent = 10000;

  Decimal() = default;
  explicit Decimal(std::int64_t value) : coefficient_(value) {}
  /// coefficient * 10^exponent.
  static Result<Decimal> make(Integer coefficient, std::int64_t exponent, bool rounded);
  /// digits[.digits][e[+-]digits] or .digits…, without sign; anything else is an error.
  static Result<Decimal> parse(std::string_view text);

  /// Plain notation, or scientific where that would be mostly zeros; parse() reads it again.
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] const Integer& coefficient() const { return coefficient_; }
  [[nodiscard]] std::int64_t exponent() const { return exponent_; }
  [[nodiscard]] bool rounded() const { return rounded_; }
  [[nodiscard]] bool is_zero() const { return coefficient_.is_zero(); }
  [[nodiscard]] bool is_negative() const { return coefficient_.sign() < 0; }
  /// Judged on the value that is shown.
  [[nodiscard]] bool is_integer() const;
  /// Power of ten of the leading digit; 0 for zero.
  [[nodiscard]] std::int64_t magnitude() const;
  /// The value as it is shown: functions with steps (floor, mod) work on what the user sees.
  [[nodiscard]] Decimal shown() const;
  /// The integer, if the shown value is one that fits.
  [[nodiscard]] std::optional<std::int64_t> to_int64() const;
  /// Size in machine words, to estimate the cost of an operation beforehand.
  [[nodiscard]] std::size_t words() const;

  [[nodiscard]] Decimal negated() const;
  [[nodiscard]] Decimal absolute() const;

 private:
  Decimal(Integer coefficient, std::int64_t exponent, bool rounded);
  Decimal round_to(int digits) const;
  void strip_zeros();

  // Normal form: no trailing zero in the coefficient; zero has exponent 0.
  Integer coefficient_ = 0;
  std::int64_t exponent_ = 0;
  bool rounded_ = false;
};

Result<Decimal> add(const Decimal& a, const Decimal& b);
Result<Decimal> subtract(const Decimal& a, const Decimal& b);
Result<Decimal> multiply(const Decimal& a, const Decimal& b);
/// Exact where the quotient terminates.
Result<Decimal> divide(const Decimal& a, const Decimal& b);
/// Remainder with the sign of the divisor: -7 mod 3 is 2.
Result<Decimal> modulo(const Decimal& a, const Decimal& b);
/// Negative, zero or positive as a is less than, equal to or greater than b.
int compare(const Decimal& a, const Decimal& b);

enum class Rounding : std::uint8_t { half_away_from_zero, down, up };
/// To `places` digits after the point (negative: before it).
Result<Decimal> round(const Decimal& value, std::int64_t places, Rounding rounding);

/// 10^n for 0 <= n.
Decimal::Integer power_of_ten(std::int64_t n);
/// Number of decimal digits of |value|; 1 for zero.
std::int64_t digit_count(const Decimal::Integer& value);

}  // namespace flotilla::agents
