#include "agents/calculator_functions.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <optional>
#include <utility>

#include "agents/decimal_functions.h"
#include "base/suggest.h"

namespace flotilla::agents {
namespace {

using Arguments = std::span<const Decimal>;
constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();
constexpr std::int64_t kMaxPlaces = 1000;

template <Result<Decimal> (*kFunction)(const Decimal&)>
Result<Decimal> unary(Arguments a) {
  return kFunction(a[0]);
}

template <Result<Decimal> (*kFunction)(const Decimal&, const Decimal&)>
Result<Decimal> binary(Arguments a) {
  return kFunction(a[0], a[1]);
}

Result<Decimal> rounded(Arguments a, Rounding rounding) {
  if (a.size() == 1) return round(a[0], 0, rounding);
  std::optional<std::int64_t> places = a[1].to_int64();
  if (!places || std::abs(*places) > kMaxPlaces) {
    return fail(Error(Code::invalid_argument,
                      "the number of decimal places must be a whole number up to 1000"));
  }
  return round(a[0], *places, rounding);
}

Result<Decimal> absolute(Arguments a) {
  return a[0].absolute();
}
Result<Decimal> to_nearest(Arguments a) {
  return rounded(a, Rounding::half_away_from_zero);
}
Result<Decimal> lower(Arguments a) {
  return rounded(a, Rounding::down);
}
Result<Decimal> upper(Arguments a) {
  return rounded(a, Rounding::up);
}

Result<Decimal> least(Arguments a) {
  return *std::ranges::min_element(a,
                                   [](const auto& x, const auto& y) { return compare(x, y) < 0; });
}

Result<Decimal> greatest(Arguments a) {
  return *std::ranges::max_element(a,
                                   [](const auto& x, const auto& y) { return compare(x, y) < 0; });
}

Result<Decimal> sum(Arguments a) {
  Decimal total;
  for (const Decimal& value : a) {
    TRY(next, add(total, value));
    total = std::move(next);
  }
  return total;
}

Result<Decimal> average(Arguments a) {
  TRY(total, sum(a));
  return divide(total, Decimal(static_cast<std::int64_t>(a.size())));
}

Result<Decimal> log(Arguments a) {
  return a.size() == 2 ? logarithm(a[0], a[1]) : logarithm(a[0], Decimal(10));
}

constexpr std::array kFunctions = {
    CalculatorFunction{"sqrt", 1, 1, 6'000, unary<square_root>},
    CalculatorFunction{"cbrt", 1, 1, 160'000, unary<cube_root>},
    CalculatorFunction{"abs", 1, 1, 1'000, absolute},
    CalculatorFunction{"round", 1, 2, 30'000, to_nearest},
    CalculatorFunction{"floor", 1, 2, 30'000, lower},
    CalculatorFunction{"ceil", 1, 2, 30'000, upper},
    CalculatorFunction{"min", 1, kAny, 1'000, least},
    CalculatorFunction{"max", 1, kAny, 1'000, greatest},
    CalculatorFunction{"sum", 1, kAny, 1'000, sum},
    CalculatorFunction{"avg", 1, kAny, 1'000, average},
    CalculatorFunction{"average", 1, kAny, 1'000, average},
    CalculatorFunction{"mean", 1, kAny, 1'000, average},
    CalculatorFunction{"mod", 2, 2, 40'000, binary<modulo>},
    CalculatorFunction{"pow", 2, 2, 0, binary<power>},  // charged by power_cost()
    CalculatorFunction{"ln", 1, 1, 130'000, unary<natural_logarithm>},
    CalculatorFunction{"log", 1, 2, 260'000, log},
    CalculatorFunction{"log10", 1, 1, 260'000, log},
    CalculatorFunction{"exp", 1, 1, 20'000, unary<exponential>},
    CalculatorFunction{"sin", 1, 1, 40'000, unary<sine>},
    CalculatorFunction{"cos", 1, 1, 40'000, unary<cosine>},
    CalculatorFunction{"tan", 1, 1, 80'000, unary<tangent>},
    CalculatorFunction{"fact", 1, 1, kFactorialCost, unary<factorial>},
    CalculatorFunction{"factorial", 1, 1, kFactorialCost, unary<factorial>},
};

}  // namespace

const CalculatorFunction* find_calculator_function(std::string_view name) {
  const auto* found = std::ranges::find(kFunctions, name, &CalculatorFunction::name);
  return found == kFunctions.end() ? nullptr : found;
}

std::string_view nearest_calculator_name(std::string_view name) {
  std::array<std::string_view, kFunctions.size()> names;
  std::ranges::transform(kFunctions, names.begin(), &CalculatorFunction::name);
  return flotilla::nearest(name, names).value_or("");
}

std::int64_t power_cost(const Decimal& base, const Decimal& exponent) {
  constexpr std::int64_t kFull = 300'000;
  std::optional<std::int64_t> steps = exponent.to_int64();
  if (!steps || std::abs(*steps) > 1000) return kFull;
  std::int64_t digits = digit_count(base.coefficient()) * std::abs(*steps);
  return digits <= 100 ? 5'000 : digits <= 600 ? 30'000 : kFull;
}

}  // namespace flotilla::agents
