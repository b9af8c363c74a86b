#pragma once

#include "agents/decimal.h"

namespace flotilla::agents {

/// Functions of Decimals. Exact results stay exact (sqrt(16), 2^100, 0.5^3); the others have
/// Decimal::kWorkDigits digits. Angles are radians. Each call ends within about 0.2 ms; what lies
/// outside a function's domain is an invalid_argument Error without a position.

/// Largest n for factorial().
inline constexpr std::int64_t kMaxFactorial = 1000;

Decimal pi();
Decimal euler();

Result<Decimal> square_root(const Decimal& value);
Result<Decimal> cube_root(const Decimal& value);
/// 0^0 is 1. A negative base takes integer exponents only.
Result<Decimal> power(const Decimal& base, const Decimal& exponent);
Result<Decimal> factorial(const Decimal& value);
Result<Decimal> exponential(const Decimal& value);
Result<Decimal> natural_logarithm(const Decimal& value);
Result<Decimal> logarithm(const Decimal& value, const Decimal& base);
Result<Decimal> sine(const Decimal& angle);
Result<Decimal> cosine(const Decimal& angle);
Result<Decimal> tangent(const Decimal& angle);

}  // namespace flotilla::agents
