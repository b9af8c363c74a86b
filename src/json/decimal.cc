#include "json/decimal_internal.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace flotilla::json {
namespace {

constexpr std::int64_t kExponentCap = 1'000'000'000;  // far beyond any length that can offset it

std::int64_t read_exponent(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  for (const char c : text) {
    if (value < kExponentCap) value = value * 10 + (c - '0');
  }
  return negative ? -value : value;
}

std::int64_t length(const Decimal& decimal) {
  return static_cast<std::int64_t>(decimal.digits.size());
}

/// A natural number below some modulus, least significant limb first.
class Remainder {
 public:
  explicit Remainder(std::string_view modulus) : modulus_(limbs_of(modulus)) {
    value_.assign(modulus_.size() + 1, 0);
    modulus_.push_back(0);
  }

  /// value * 10 + digit, reduced.
  void push(std::uint32_t digit) {
    std::uint64_t carry = digit;
    for (std::uint32_t& limb : value_) {
      carry += std::uint64_t{limb} * 10;
      limb = static_cast<std::uint32_t>(carry % kBase);
      carry /= kBase;
    }
    while (!below()) subtract();
  }
  [[nodiscard]] bool is_zero() const {
    return std::ranges::all_of(value_, [](std::uint32_t limb) { return limb == 0; });
  }

 private:
  static constexpr std::uint32_t kBase = 1'000'000'000;
  static constexpr std::size_t kBaseDigits = 9;

  static std::vector<std::uint32_t> limbs_of(std::string_view digits) {
    std::vector<std::uint32_t> limbs;
    while (!digits.empty()) {
      const std::size_t start = digits.size() > kBaseDigits ? digits.size() - kBaseDigits : 0;
      std::uint32_t limb = 0;
      for (const char c : digits.substr(start))
        limb = limb * 10 + static_cast<std::uint32_t>(c - '0');
      limbs.push_back(limb);
      digits = digits.substr(0, start);
    }
    return limbs;
  }
  [[nodiscard]] bool below() const {
    return std::lexicographical_compare(value_.rbegin(), value_.rend(), modulus_.rbegin(),
                                        modulus_.rend());
  }
  void subtract() {
    std::int64_t borrow = 0;
    for (std::size_t i = 0; i < value_.size(); ++i) {
      std::int64_t difference = std::int64_t{value_[i]} - modulus_[i] - borrow;
      borrow = difference < 0 ? 1 : 0;
      if (difference < 0) difference += kBase;
      value_[i] = static_cast<std::uint32_t>(difference);
    }
  }

  std::vector<std::uint32_t> modulus_;
  std::vector<std::uint32_t> value_;  // as long as the modulus
};

/// The common case: a modulus that leaves room for one more digit in 64 bits.
class SmallRemainder {
 public:
  static constexpr std::size_t kDigits = 18;
  explicit SmallRemainder(std::string_view modulus) {
    for (const char c : modulus) modulus_ = modulus_ * 10 + static_cast<std::uint64_t>(c - '0');
  }
  void push(std::uint32_t digit) { value_ = (value_ * 10 + digit) % modulus_; }
  [[nodiscard]] bool is_zero() const { return value_ == 0; }

 private:
  std::uint64_t modulus_ = 0;
  std::uint64_t value_ = 0;
};

template <class R>
bool divides(R remainder, std::string_view digits, std::int64_t zeros) {
  for (const char c : digits) remainder.push(static_cast<std::uint32_t>(c - '0'));
  for (; zeros > 0; --zeros) remainder.push(0);
  return remainder.is_zero();
}

}  // namespace

bool Decimal::is_integer() const {
  return is_zero() || point >= length(*this);
}

Decimal to_decimal(std::string_view text) {
  Decimal out;
  if (text.starts_with('-')) {
    out.negative = true;
    text.remove_prefix(1);
  }
  const std::size_t exponent_at = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, exponent_at);
  const std::size_t dot = mantissa.find('.');
  out.digits = mantissa.substr(0, dot);
  out.point = static_cast<std::int64_t>(out.digits.size());
  if (dot != std::string_view::npos) out.digits += mantissa.substr(dot + 1);
  if (exponent_at != std::string_view::npos) {
    out.point += read_exponent(text.substr(exponent_at + 1));
  }
  const std::size_t first = out.digits.find_first_not_of('0');
  if (first == std::string::npos) return Decimal{};
  out.digits.erase(0, first);
  out.point -= static_cast<std::int64_t>(first);
  out.digits.erase(out.digits.find_last_not_of('0') + 1);
  return out;
}

std::strong_ordering compare(const Decimal& left, const Decimal& right) {
  const auto sign = [](const Decimal& d) { return d.is_zero() ? 0 : d.negative ? -1 : 1; };
  if (const auto order = sign(left) <=> sign(right); order != 0) return order;
  auto order = left.point <=> right.point;
  if (order == 0) order = left.digits.compare(right.digits) <=> 0;
  return left.negative ? 0 <=> order : order;
}

bool is_multiple(const Decimal& value, const Decimal& divisor) {
  if (value.is_zero()) return true;
  // value = VALUE * 10^a, divisor = DIVISOR * 10^b; neither number ends in 0.
  const std::int64_t zeros = (value.point - length(value)) - (divisor.point - length(divisor));
  if (zeros < 0) return false;
  // More zeros than this add no factor that DIVISOR could still need: it has fewer than 4 factors 2
  // or 5 for each digit.
  const std::int64_t enough = std::min(zeros, 4 * length(divisor));
  if (divisor.digits.size() <= SmallRemainder::kDigits) {
    return divides(SmallRemainder(divisor.digits), value.digits, enough);
  }
  return divides(Remainder(divisor.digits), value.digits, enough);
}

}  // namespace flotilla::json
