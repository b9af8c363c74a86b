#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "agents/decimal.h"

namespace flotilla::agents {

/// One named function of the calculator. The table is the only list of them.
struct CalculatorFunction {
  std::string_view name;
  std::size_t least_arguments = 1;
  std::size_t most_arguments = 1;
  /// Measured upper bound of one call in nanoseconds, charged before it runs.
  std::int64_t cost = 0;
  Result<Decimal> (*call)(std::span<const Decimal> arguments) = nullptr;
};

/// Null if there is none of that name (lower case).
const CalculatorFunction* find_calculator_function(std::string_view name);
/// The function or constant whose name is closest to a mistyped one, or "".
std::string_view nearest_calculator_name(std::string_view name);

/// What base^exponent may cost, in nanoseconds.
std::int64_t power_cost(const Decimal& base, const Decimal& exponent);
inline constexpr std::int64_t kFactorialCost = 150'000;

}  // namespace flotilla::agents
