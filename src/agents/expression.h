#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace flotilla::agents {

/// The calculator: one expression or one sentence in, the value as text out.
///
///   + - * / ^ ** ! ( ) mod, × ÷ − · √ ² ³, constants pi e, functions of calculator_functions.h,
///   numbers 1,000.50 and 1.5e-3. Binding from weak to strong: + -, then * / mod, then sign, then ^
///   (from the right: 2^3^2 is 512, -2^2 is -4), then ! % ² ³. There is no implied multiplication.
///
/// Percent works as on a pocket calculator: after + or - it is that share of what stands left of
/// the operator (50 + 10% is 55), elsewhere a hundredth (50 * 10% is 5, 10% of 50 is 5).
/// `%` directly before an operand is the remainder (10 % 3 is 1), as is `mod`; the remainder has
/// the sign of the divisor.
///
/// Sentences: "Calculate …", "what is …", "add 3 and 4", "subtract 3 from 10", "multiply 6 by 7",
/// "divide 10 by 4", "square root of 16", "square 5", "sum of 1, 2 and 3", "average of …", and the
/// words plus, minus, times, divided by, over, to the power of, squared, cubed, percent. Only whole
/// words count, in any case.
///
/// Sums, products and quotients that terminate are exact; the rest is rounded to 34 digits. Angles
/// are radians; log is base 10, log(x, b) base b. Input is at most 4096 bytes and 100 levels deep,
/// and work is counted, so that no input runs longer than about 10 ms. Every fault is an
/// invalid_argument Error that says what is wrong and at which character.
Result<std::string> calculate(std::string_view text);

}  // namespace flotilla::agents
