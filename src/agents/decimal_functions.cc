#include "agents/decimal_functions.h"

#include <algorithm>
#include <string>
#include <utility>

#include <boost/multiprecision/cpp_dec_float.hpp>

namespace flotilla::agents {
namespace {

namespace mp = boost::multiprecision;
using Integer = Decimal::Integer;
// Twice the working precision: reducing a large angle or exponent loses up to 20 digits.
using Real = mp::number<mp::cpp_dec_float<80>, mp::et_off>;

constexpr int kRealDigits = 70;
// Above this, multiplying n times would lose shown digits; exp(n ln x) does not.
constexpr std::int64_t kMaxStepwisePower = 1'000'000'000;
constexpr std::int64_t kMaxAngleMagnitude = 15;
// A sine or cosine this small, at an angle that is itself rounded, is only the angle's error.
constexpr std::int64_t kNoiseMagnitude = -45;

constexpr const char* kPi =
    "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803";
constexpr const char* kEuler =
    "2.71828182845904523536028747135266249775724709369995957496696762772407663035354759457138";

std::unexpected<Error> refuse(std::string what) {
  return fail(Error(Code::invalid_argument, std::move(what)));
}

Real to_real(const Decimal& value) {
  // More digits than Real holds would only cost time.
  std::int64_t excess = digit_count(value.coefficient()) - kRealDigits;
  Integer coefficient = value.coefficient();
  std::int64_t exponent = value.exponent();
  if (excess > 0) {
    coefficient /= power_of_ten(excess);
    exponent += excess;
  }
  return Real(coefficient.str() + "e" + std::to_string(exponent));
}

Result<Decimal> from_real(const Real& value) {
  if (!mp::isfinite(value)) return refuse("the result is too large (above 1e10000)");
  if (value.is_zero()) return Decimal();
  std::string text = value.str(kRealDigits, std::ios_base::scientific);
  bool negative = text.starts_with('-');
  Result<Decimal> size = Decimal::parse(std::string_view(text).substr(negative ? 1 : 0));
  if (!size) return size;
  Integer coefficient = negative ? Integer(-size->coefficient()) : size->coefficient();
  return Decimal::make(std::move(coefficient), size->exponent(), true);
}

// Repeated squaring; every product that outgrows the exact digits is rounded on its way.
Result<Decimal> integer_power(const Decimal& base, std::int64_t exponent) {
  Decimal result(1);
  Decimal square = base;
  for (std::int64_t rest = exponent; rest > 0; rest /= 2) {
    if (rest % 2 == 1) {
      TRY(product, multiply(result, square));
      result = std::move(product);
    }
    if (rest > 1) {
      TRY(next, multiply(square, square));
      square = std::move(next);
    }
  }
  return result;
}

Result<Decimal> check_power_size(const Real& log_of_result) {
  Real limit = Real(Decimal::kMaxExponent + 1) * Real("2.302585092994045684");
  if (log_of_result > limit) return refuse("the result is too large (above 1e10000)");
  if (log_of_result < -limit) return refuse("the result is too close to zero (below 1e-10000)");
  return Decimal();
}

Result<Decimal> real_power(const Decimal& base, const Decimal& exponent, bool negative) {
  Real log = to_real(exponent) * mp::log(to_real(base));
  TRY_VOID(check_power_size(log));
  Real result = mp::exp(log);
  return from_real(negative ? Real(-result) : result);
}

Result<Decimal> root_of_exact(const Decimal& value) {
  std::int64_t shift =
      std::max<std::int64_t>(0, 2 * (Decimal::kWorkDigits + 2) - digit_count(value.coefficient()));
  if ((value.exponent() - shift) % 2 != 0) ++shift;
  Integer remainder;
  Integer root = mp::sqrt(Integer(value.coefficient() * power_of_ten(shift)), remainder);
  return Decimal::make(std::move(root), (value.exponent() - shift) / 2,
                       value.rounded() || !remainder.is_zero());
}

Result<Decimal> check_angle(const Decimal& angle) {
  if (angle.magnitude() <= kMaxAngleMagnitude) return Decimal();
  return refuse("the angle is too large (above 1e15 radians)");
}

Result<Decimal> without_noise(const Real& value, const Decimal& angle) {
  Result<Decimal> result = from_real(value);
  std::int64_t noise = kNoiseMagnitude + std::max<std::int64_t>(0, angle.magnitude());
  bool from_nothing = angle.rounded() && angle.magnitude() > noise;
  if (result && from_nothing && result->magnitude() < noise) return Decimal();
  return result;
}

}  // namespace

Decimal pi() {
  return *from_real(Real(kPi));
}

Decimal euler() {
  return *from_real(Real(kEuler));
}

Result<Decimal> square_root(const Decimal& value) {
  if (value.is_negative()) return refuse("the square root of a negative number is not real");
  if (value.is_zero()) return Decimal();
  return root_of_exact(value);
}

Result<Decimal> cube_root(const Decimal& value) {
  if (value.is_zero()) return Decimal();
  Result<Decimal> root = from_real(mp::exp(mp::log(to_real(value.absolute())) / 3));
  if (!root) return root;
  Decimal candidate = root->shown();
  TRY(exact, Decimal::make(candidate.coefficient(), candidate.exponent(), false));
  TRY(cube, integer_power(exact, 3));
  Decimal result = compare(cube, value.absolute()) == 0 && !value.rounded() ? exact : *root;
  return value.is_negative() ? result.negated() : result;
}

Result<Decimal> power(const Decimal& base, const Decimal& exponent) {
  if (exponent.is_zero()) return Decimal(1);
  if (base.is_zero()) {
    if (exponent.is_negative()) return refuse("division by zero: 0 to a negative power");
    return Decimal();
  }
  bool whole = exponent.is_integer();
  if (base.is_negative() && !whole) {
    return refuse("a negative number has no real power with a fractional exponent");
  }
  std::optional<std::int64_t> steps = exponent.to_int64();
  if (!whole || !steps || std::abs(*steps) > kMaxStepwisePower) {
    bool odd = whole && modulo(exponent, Decimal(2)).value_or(Decimal()).is_zero() == false;
    if (compare(base.absolute(), Decimal(1)) == 0) return odd ? base : base.absolute();
    return real_power(base.absolute(), exponent, base.is_negative() && odd);
  }
  // Seen beforehand: squaring towards a result that cannot be held would be wasted work.
  std::int64_t reach = std::abs(base.magnitude()) + 1;
  if (std::abs(*steps) > Decimal::kMaxExponent / reach) {
    TRY_VOID(check_power_size(to_real(exponent) * mp::log(to_real(base.absolute()))));
  }
  TRY(result, integer_power(base, std::abs(*steps)));
  return *steps < 0 ? divide(Decimal(1), result) : result;
}

Result<Decimal> factorial(const Decimal& value) {
  std::optional<std::int64_t> n = value.to_int64();
  if (value.is_negative() || !value.is_integer()) {
    return refuse("the factorial needs a whole number that is not negative");
  }
  if (!n || *n > kMaxFactorial) {
    return refuse("the factorial is limited to " + std::to_string(kMaxFactorial));
  }
  Integer product = 1;
  for (std::int64_t k = 2; k <= *n; ++k) product *= k;
  return Decimal::make(std::move(product), 0, value.rounded());
}

Result<Decimal> exponential(const Decimal& value) {
  if (value.is_zero()) return Decimal(1);
  Real power = to_real(value);
  TRY_VOID(check_power_size(power));
  return from_real(mp::exp(power));
}

Result<Decimal> natural_logarithm(const Decimal& value) {
  if (value.is_zero() || value.is_negative()) {
    return refuse("a logarithm needs a number above zero");
  }
  if (compare(value, Decimal(1)) == 0) return Decimal();
  return from_real(mp::log(to_real(value)));
}

Result<Decimal> logarithm(const Decimal& value, const Decimal& base) {
  TRY(numerator, natural_logarithm(value));
  TRY(denominator, natural_logarithm(base));
  if (denominator.is_zero()) return refuse("a logarithm needs a base other than 1");
  return divide(numerator, denominator);
}

Result<Decimal> sine(const Decimal& angle) {
  TRY_VOID(check_angle(angle));
  return without_noise(mp::sin(to_real(angle)), angle);
}

Result<Decimal> cosine(const Decimal& angle) {
  if (angle.is_zero()) return Decimal(1);
  TRY_VOID(check_angle(angle));
  return without_noise(mp::cos(to_real(angle)), angle);
}

Result<Decimal> tangent(const Decimal& angle) {
  TRY(sin, sine(angle));
  TRY(cos, cosine(angle));
  if (cos.is_zero()) return refuse("the tangent is not defined at this angle");
  return divide(sin, cos);
}

}  // namespace flotilla::agents
