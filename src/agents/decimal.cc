#include "agents/decimal.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

namespace flotilla::agents {
namespace {

namespace mp = boost::multiprecision;
using Integer = Decimal::Integer;

// A sum of rounded numbers below this share of its terms is only their rounding error.
constexpr std::int64_t kNoiseDigits = 45;
// A terminating quotient with more digits after the point than this is rounded all the same.
constexpr unsigned kMaxTerminatingPlaces = 1000;
constexpr std::int64_t kMaxPlainZeros = 21;
constexpr std::int64_t kMinPlainMagnitude = -15;

std::unexpected<Error> refuse(std::string what) {
  return fail(Error(Code::invalid_argument, std::move(what)));
}

// floor(value / 10^n) with half away from zero, for n > 0.
Integer shift_right_rounded(const Integer& value, std::int64_t n) {
  Integer unit = power_of_ten(n);
  Integer half = unit / 2;
  return value.sign() < 0 ? Integer((value - half) / unit) : Integer((value + half) / unit);
}

bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Integer read_digits(std::string_view digits) {
  std::size_t first = digits.find_first_not_of('0');
  // A leading zero would make the library read octal.
  return first == std::string_view::npos ? Integer(0) : Integer(std::string(digits.substr(first)));
}

Integer scaled(const Decimal& value, std::int64_t exponent) {
  return value.coefficient() * power_of_ten(value.exponent() - exponent);
}

// Exact quotient if the reduced divisor has no prime factor but 2 and 5.
std::optional<Result<Decimal>> terminating_quotient(const Decimal& a, const Decimal& b) {
  Integer divisor = abs(b.coefficient());
  Integer common = gcd(a.coefficient(), divisor);
  divisor /= common;
  auto twos = static_cast<unsigned>(lsb(divisor));
  if (twos > kMaxTerminatingPlaces) return std::nullopt;
  divisor >>= twos;
  unsigned fives = 0;
  for (; divisor % 5 == 0 && fives <= kMaxTerminatingPlaces; ++fives) divisor /= 5;
  if (divisor != 1 || fives > kMaxTerminatingPlaces) return std::nullopt;
  unsigned places = std::max(twos, fives);
  Integer quotient =
      a.coefficient() / common * power_of_ten(places) / (abs(b.coefficient()) / common);
  if (b.is_negative()) quotient = -quotient;
  return Decimal::make(std::move(quotient), a.exponent() - b.exponent() - places, false);
}

}  // namespace

Integer power_of_ten(std::int64_t n) {
  return mp::pow(Integer(10), static_cast<unsigned>(n));
}

std::int64_t digit_count(const Integer& value) {
  if (value.is_zero()) return 1;
  Integer size = abs(value);
  // log10 from the bit length is right or one too small.
  auto estimate = static_cast<std::int64_t>(static_cast<double>(msb(size)) * 0.30102999566398120);
  return size >= power_of_ten(estimate + 1) ? estimate + 2 : estimate + 1;
}

Decimal::Decimal(Integer coefficient, std::int64_t exponent, bool rounded)
    : coefficient_(std::move(coefficient)), exponent_(exponent), rounded_(rounded) {
  strip_zeros();
}

Result<Decimal> Decimal::make(Integer coefficient, std::int64_t exponent, bool rounded) {
  Decimal value(std::move(coefficient), exponent, rounded);
  if (value.is_zero()) return value;
  std::int64_t magnitude = value.magnitude();
  if (magnitude > kMaxExponent) return refuse("the result is too large (above 1e10000)");
  if (magnitude < -kMaxExponent) return refuse("the result is too close to zero (below 1e-10000)");
  std::int64_t digits = magnitude - value.exponent_ + 1;
  if (value.rounded_ && digits > kWorkDigits) return value.round_to(kWorkDigits);
  if (digits > kExactDigits) {
    value.rounded_ = true;
    return value.round_to(kWorkDigits);
  }
  return value;
}

Result<Decimal> Decimal::parse(std::string_view text) {
  std::size_t mark = text.find_first_of("eE");
  std::string_view digits = text.substr(0, mark);
  std::size_t point = digits.find('.');
  std::string_view whole = digits.substr(0, point);
  std::string_view fraction = point == std::string_view::npos ? "" : digits.substr(point + 1);
  if (whole.empty() && fraction.empty()) return refuse("a number needs digits");
  if (!all_digits(whole) || !all_digits(fraction)) return refuse("malformed number");
  std::int64_t exponent = 0;
  if (mark != std::string_view::npos) {
    std::string_view power = text.substr(mark + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    const char* end = power.data() + power.size();
    auto [stop, code] = std::from_chars(power.data(), end, exponent);
    bool huge = code == std::errc::result_out_of_range || std::abs(exponent) > 1'000'000;
    if (stop != end || power.empty()) return refuse("malformed exponent");
    if (huge) return refuse("the exponent is too large");
  }
  std::string all(whole);
  all += fraction;
  return make(read_digits(all), exponent - static_cast<std::int64_t>(fraction.size()), false);
}

void Decimal::strip_zeros() {
  if (coefficient_.is_zero()) {
    exponent_ = 0;
    return;
  }
  // 10^k divides only if 2^k does, which is cheap to see.
  while (lsb(abs(coefficient_)) >= 1) {
    Integer quotient;
    Integer remainder;
    std::int64_t step = lsb(abs(coefficient_)) >= 16 ? 16 : 1;
    mp::divide_qr(coefficient_, power_of_ten(step), quotient, remainder);
    if (!remainder.is_zero() && step > 1) {
      step = 1;
      mp::divide_qr(coefficient_, Integer(10), quotient, remainder);
    }
    if (!remainder.is_zero()) return;
    coefficient_ = std::move(quotient);
    exponent_ += step;
  }
}

std::int64_t Decimal::magnitude() const {
  return is_zero() ? 0 : digit_count(coefficient_) - 1 + exponent_;
}

Decimal Decimal::round_to(int digits) const {
  std::int64_t excess = digit_count(coefficient_) - digits;
  if (excess <= 0) return *this;
  return Decimal(shift_right_rounded(coefficient_, excess), exponent_ + excess, true);
}

Decimal Decimal::shown() const {
  return rounded_ ? round_to(kShownDigits) : *this;
}

bool Decimal::is_integer() const {
  return shown().exponent_ >= 0;
}

std::optional<std::int64_t> Decimal::to_int64() const {
  Decimal value = shown();
  if (value.exponent_ < 0 || value.magnitude() > 18) return std::nullopt;
  return static_cast<std::int64_t>(value.coefficient_ * power_of_ten(value.exponent_));
}

std::size_t Decimal::words() const {
  return coefficient_.backend().size();
}

Decimal Decimal::negated() const {
  Decimal value = *this;
  value.coefficient_ = -value.coefficient_;
  return value;
}

Decimal Decimal::absolute() const {
  return is_negative() ? negated() : *this;
}

std::string Decimal::to_string() const {
  Decimal value = shown();
  if (value.is_zero()) return "0";
  std::string digits = Integer(abs(value.coefficient_)).str();
  auto count = static_cast<std::int64_t>(digits.size());
  std::int64_t magnitude = count - 1 + value.exponent_;
  std::string sign = value.is_negative() ? "-" : "";
  bool mostly_zeros = value.exponent_ > std::max(kMaxPlainZeros, count);
  bool unknown_digits = rounded_ && magnitude >= kShownDigits;
  if (mostly_zeros || unknown_digits || magnitude < kMinPlainMagnitude) {
    if (count > 1) digits.insert(1, ".");
    return sign + digits + "e" + std::to_string(magnitude);
  }
  if (value.exponent_ >= 0) {
    return sign + digits + std::string(static_cast<std::size_t>(value.exponent_), '0');
  }
  if (magnitude < 0) {
    return sign + "0." + std::string(static_cast<std::size_t>(-magnitude - 1), '0') + digits;
  }
  digits.insert(static_cast<std::size_t>(magnitude + 1), ".");
  return sign + digits;
}

Result<Decimal> add(const Decimal& a, const Decimal& b) {
  if (a.is_zero()) return b;
  if (b.is_zero()) return a;
  std::int64_t top = std::max(a.magnitude(), b.magnitude());
  std::int64_t bottom = std::min(a.exponent(), b.exponent());
  bool rounded = a.rounded() || b.rounded();
  if (top - bottom > 2L * Decimal::kExactDigits) {
    // The smaller term lies below every digit that could be kept.
    const Decimal& larger = a.magnitude() > b.magnitude() ? a : b;
    return Decimal::make(larger.coefficient(), larger.exponent(), true);
  }
  Integer sum = scaled(a, bottom) + scaled(b, bottom);
  if (rounded && !sum.is_zero() && digit_count(sum) - 1 + bottom < top - kNoiseDigits) sum = 0;
  return Decimal::make(std::move(sum), bottom, rounded);
}

Result<Decimal> subtract(const Decimal& a, const Decimal& b) {
  return add(a, b.negated());
}

Result<Decimal> multiply(const Decimal& a, const Decimal& b) {
  return Decimal::make(a.coefficient() * b.coefficient(), a.exponent() + b.exponent(),
                       a.rounded() || b.rounded());
}

Result<Decimal> divide(const Decimal& a, const Decimal& b) {
  if (b.is_zero()) return refuse("division by zero");
  if (a.is_zero()) return Decimal();
  std::int64_t gain = digit_count(b.coefficient()) - digit_count(a.coefficient());
  std::int64_t shift = std::max<std::int64_t>(0, Decimal::kWorkDigits + 2 + gain);
  Integer quotient;
  Integer remainder;
  mp::divide_qr(Integer(a.coefficient() * power_of_ten(shift)), b.coefficient(), quotient,
                remainder);
  bool rounded = a.rounded() || b.rounded();
  if (!remainder.is_zero() && !rounded) {
    if (auto exact = terminating_quotient(a, b)) return *exact;
  }
  return Decimal::make(std::move(quotient), a.exponent() - b.exponent() - shift,
                       rounded || !remainder.is_zero());
}

Result<Decimal> modulo(const Decimal& a, const Decimal& b) {
  Decimal left = a.shown();
  Decimal right = b.shown();
  if (right.is_zero()) return refuse("division by zero: mod 0");
  std::int64_t bottom = std::min(left.exponent(), right.exponent());
  if (std::max(left.magnitude(), right.magnitude()) - bottom > 2L * Decimal::kExactDigits) {
    return refuse("mod needs operands that are closer in size");
  }
  Integer divisor = scaled(right, bottom);
  Integer remainder = scaled(left, bottom) % divisor;
  if (!remainder.is_zero() && (remainder.sign() < 0) != (divisor.sign() < 0)) remainder += divisor;
  return Decimal::make(std::move(remainder), bottom, left.rounded() || right.rounded());
}

int compare(const Decimal& a, const Decimal& b) {
  int sign_a = a.coefficient().sign();
  int sign_b = b.coefficient().sign();
  if (sign_a != sign_b) return sign_a < sign_b ? -1 : 1;
  if (sign_a == 0) return 0;
  if (a.magnitude() != b.magnitude())
    return (a.magnitude() < b.magnitude()) == (sign_a > 0) ? -1 : 1;
  std::int64_t bottom = std::min(a.exponent(), b.exponent());
  return scaled(a, bottom).compare(scaled(b, bottom));
}

Result<Decimal> round(const Decimal& value, std::int64_t places, Rounding rounding) {
  Decimal shown = value.shown();
  std::int64_t drop = -places - shown.exponent();
  if (drop <= 0) return shown;
  // Beyond the leading digit every drop gives the same answer.
  drop = std::min(drop, digit_count(shown.coefficient()) + 1);
  Integer unit = power_of_ten(drop);
  Integer kept;
  Integer rest;
  mp::divide_qr(shown.coefficient(), unit, kept, rest);
  if (rounding == Rounding::half_away_from_zero) {
    kept = shift_right_rounded(shown.coefficient(), drop);
  } else if (rounding == Rounding::down && rest.sign() < 0) {
    --kept;
  } else if (rounding == Rounding::up && rest.sign() > 0) {
    ++kept;
  }
  return Decimal::make(std::move(kept), -places, shown.rounded());
}

}  // namespace flotilla::agents
