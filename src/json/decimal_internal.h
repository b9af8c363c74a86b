#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace flotilla::json {

/// A JSON number by its exact value: significant digits and the place of the decimal point,
/// 0.DIGITS * 10^point. Equal numbers have equal parts.
struct Decimal {
  bool negative = false;
  std::string digits;      // without leading and trailing zeros; empty for zero
  std::int64_t point = 0;  // 0 for zero
  bool operator==(const Decimal&) const = default;
  [[nodiscard]] bool is_zero() const { return digits.empty(); }
  /// `1.0` and `1e3` are.
  [[nodiscard]] bool is_integer() const;
};

/// Of a well-formed JSON number.
Decimal to_decimal(std::string_view text);
std::strong_ordering compare(const Decimal& left, const Decimal& right);
/// Whether `value` is an integer times `divisor`, which must be above zero. Takes time in
/// proportion to the digits of both multiplied.
bool is_multiple(const Decimal& value, const Decimal& divisor);

}  // namespace flotilla::json
