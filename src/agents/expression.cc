#include "agents/expression.h"

#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "agents/calculator_functions.h"
#include "agents/calculator_text.h"
#include "agents/decimal.h"
#include "agents/decimal_functions.h"

namespace flotilla::agents {
namespace {

using Kind = CalculatorToken::Kind;
constexpr int kMaxDepth = 100;
// In nanoseconds of the release build; with slack to the 10 ms that are promised.
constexpr std::int64_t kMaxWork = 7'000'000;

/// A value, and whether it was written as a bare percentage, which + and - read as a share.
struct Term {
  Decimal value;
  bool percent = false;
};

enum class Operation : std::uint8_t { add, subtract, multiply, divide, modulo, power };

class Parser {
 public:
  explicit Parser(std::vector<CalculatorToken> tokens) : cursor_(std::move(tokens)) {}

  Result<Decimal> statement() {
    skip_politeness();
    if (cursor_.peek().kind == Kind::end) {
      return fail(Error(Code::invalid_argument, "there is nothing to calculate; try 25 * 4"));
    }
    TRY(result, command());
    while (cursor_.accept_word("please") || cursor_.accept_word("equals")) {
    }
    if (cursor_.peek().kind != Kind::end) return fail(cursor_.unexpected());
    return std::move(result.value);
  }

 private:
  void skip_politeness() {
    while (cursor_.accept_word("please") || cursor_.accept_word("calculate") ||
           cursor_.accept_word("compute") || cursor_.accept_word("evaluate") ||
           cursor_.accept_word("solve") || cursor_.accept_word("calc") ||
           cursor_.accept_words({"what", "is"}) || cursor_.accept_word("what's") ||
           cursor_.accept_word("whats") || cursor_.accept_words({"how", "much", "is"}) ||
           cursor_.accept_words({"tell", "me"}) || cursor_.accept_words({"can", "you"}) ||
           cursor_.accept_words({"could", "you"}) || cursor_.accept_word("the") ||
           cursor_.accept_words({"result", "of"}) || cursor_.accept_words({"value", "of"}) ||
           cursor_.accept_symbol('=')) {
    }
  }

  Result<> charge(std::int64_t nanoseconds, std::size_t position) {
    work_ += nanoseconds;
    if (work_ <= kMaxWork) return {};
    return fail(calculator_fault("too much work for one calculation", position, "split it up"));
  }

  static Result<Decimal> placed(Result<Decimal> result, std::size_t position) {
    if (result) return result;
    return fail(calculator_fault(result.error().message(), position));
  }

  Result<Decimal> apply(Operation operation, const Decimal& a, const Decimal& b,
                        std::size_t position) {
    auto products = static_cast<std::int64_t>((a.words() + 1) * (b.words() + 1));
    bool power_of = operation == Operation::power;
    TRY_VOID(charge(power_of ? power_cost(a, b) : 400 + 4 * products, position));
    switch (operation) {
      case Operation::add:
        return placed(add(a, b), position);
      case Operation::subtract:
        return placed(subtract(a, b), position);
      case Operation::multiply:
        return placed(multiply(a, b), position);
      case Operation::divide:
        return placed(divide(a, b), position);
      case Operation::modulo:
        return placed(modulo(a, b), position);
      case Operation::power:
        break;
    }
    return placed(power(a, b), position);
  }

  /// a ± b, where a bare percentage b is that share of a.
  Result<Decimal> apply_share(Operation operation, const Decimal& a, const Term& b,
                              std::size_t position) {
    if (!b.percent) return apply(operation, a, b.value, position);
    TRY(share, apply(Operation::multiply, a, b.value, position));
    return apply(operation, a, share, position);
  }

  // Sentences.

  Result<Term> command() {
    std::size_t position = cursor_.peek().position;
    if (cursor_.accept_word("add")) return list(Operation::add, position, 2);
    if (cursor_.accept_word("multiply")) return list(Operation::multiply, position, 2);
    if (cursor_.accept_word("divide")) return list(Operation::divide, position, 2);
    if (cursor_.accept_word("subtract")) return list(Operation::subtract, position, 2);
    if (cursor_.accept_words({"sum", "of"})) return list(Operation::add, position, 1);
    if (cursor_.accept_words({"product", "of"})) return list(Operation::multiply, position, 1);
    if (cursor_.accept_words({"average", "of"}) || cursor_.accept_words({"mean", "of"})) {
      std::size_t count = 0;
      TRY(total, list(Operation::add, position, 1, &count));
      Decimal divisor(static_cast<std::int64_t>(count));
      return term(apply(Operation::divide, total.value, divisor, position));
    }
    return additive();
  }

  /// Operands joined by "and", a comma, or the preposition of the verb; "from" and "to" turn the
  /// order round: subtract 3 from 10, add 10% to 50.
  Result<Term> list(Operation operation, std::size_t position, std::size_t least,
                    std::size_t* count = nullptr) {
    TRY(total, additive());
    std::size_t operands = 1;
    while (true) {
      bool minus = operation == Operation::subtract;
      bool turned = (minus && operands == 1 && cursor_.accept_word("from")) ||
                    (operation == Operation::add && cursor_.accept_word("to"));
      if (!turned && !accept_separator(operation)) break;
      TRY(next, additive());
      ++operands;
      if (turned) std::swap(total, next);
      bool share = minus || operation == Operation::add;
      TRY(value, share ? apply_share(operation, total.value, next, position)
                       : apply(operation, total.value, next.value, position));
      total = Term{std::move(value), false};
      if (minus && turned) break;
    }
    if (operands < least) {
      return fail(calculator_fault("the second number is missing", cursor_.peek().position,
                                   "write for example: add 3 and 4, divide 10 by 4"));
    }
    if (count != nullptr) *count = operands;
    return total;
  }

  bool accept_separator(Operation operation) {
    bool comma = cursor_.accept_symbol(',');
    bool by = operation == Operation::multiply || operation == Operation::divide;
    return cursor_.accept_word("and") || cursor_.accept_word("with") ||
           (by && cursor_.accept_word("by")) || comma;
  }

  // Expressions.

  static Result<Term> term(Result<Decimal> value) {
    if (!value) return fail(std::move(value.error()));
    return Term{std::move(*value), false};
  }

  Result<Term> additive() {
    TRY(left, product());
    while (true) {
      std::size_t position = cursor_.peek().position;
      bool plus = cursor_.accept_symbol('+') || cursor_.accept_word("plus");
      if (!plus && !cursor_.accept_symbol('-') && !cursor_.accept_word("minus")) return left;
      TRY(right, product());
      Operation operation = plus ? Operation::add : Operation::subtract;
      TRY(value, apply_share(operation, left.value, right, position));
      left = Term{std::move(value), false};
    }
  }

  bool accept_product_operator(const Term& left, Operation& operation) {
    operation = Operation::multiply;
    if (cursor_.accept_symbol('*') || cursor_.accept_word("times") || cursor_.accept_word("x"))
      return true;
    if (cursor_.accept_words({"multiplied", "by"}) || (left.percent && cursor_.accept_word("of")))
      return true;
    operation = Operation::divide;
    if (cursor_.accept_symbol('/') || cursor_.accept_words({"divided", "by"}) ||
        cursor_.accept_word("over"))
      return true;
    operation = Operation::modulo;
    return cursor_.accept_word("mod") || cursor_.accept_word("modulo") ||
           cursor_.accept_symbol('%');
  }

  Result<Term> product() {
    TRY(left, sign());
    while (true) {
      std::size_t position = cursor_.peek().position;
      Operation operation = Operation::multiply;
      if (!accept_product_operator(left, operation)) return left;
      TRY(right, sign());
      TRY(value, apply(operation, left.value, right.value, position));
      left = Term{std::move(value), false};
    }
  }

  // Every recursion passes here.
  Result<Term> sign() {
    bool negative = false;
    while (cursor_.peek().is_symbol('-') || cursor_.peek().is_symbol('+') ||
           cursor_.peek().is_word("minus")) {
      negative ^= !cursor_.peek().is_symbol('+');
      cursor_.advance();
    }
    if (++depth_ > kMaxDepth + 1) {
      return fail(calculator_fault(fmt::format("nested deeper than {} levels", kMaxDepth),
                                   cursor_.peek().position));
    }
    Result<Term> result = raised();
    --depth_;
    if (result && negative) result->value = result->value.negated();
    return result;
  }

  Result<Term> raised() {
    TRY(base, postfix());
    std::size_t position = cursor_.peek().position;
    cursor_.accept_word("raised");
    if (!cursor_.accept_symbol('^') && !cursor_.accept_words({"to", "the", "power", "of"}))
      return base;
    TRY(exponent, sign());
    return term(apply(Operation::power, base.value, exponent.value, position));
  }

  bool operand_follows_percent() const {
    const CalculatorToken& next = cursor_.peek(1);
    return next.kind == Kind::number || next.is_symbol('(') || next.is_symbol('r') ||
           next.is_word("pi") || next.is_word("e") || next.is_word("square") ||
           next.is_word("cube") ||
           (next.kind == Kind::word && cursor_.peek(2).is_symbol('(') && !next.is_word("of") &&
            find_calculator_function(next.text) != nullptr && !next.is_word("mod"));
  }

  Result<Term> postfix() {
    TRY(operand, primary());
    while (true) {
      std::size_t position = cursor_.peek().position;
      bool squared = cursor_.accept_symbol('2') || cursor_.accept_word("squared");
      if (squared || cursor_.accept_symbol('3') || cursor_.accept_word("cubed")) {
        Decimal exponent(squared ? 2 : 3);
        TRY(value, apply(Operation::power, operand.value, exponent, position));
        operand = Term{std::move(value), false};
      } else if (cursor_.accept_symbol('!')) {
        TRY_VOID(charge(kFactorialCost, position));
        TRY(value, placed(factorial(operand.value), position));
        operand = Term{std::move(value), false};
      } else if ((cursor_.peek().is_symbol('%') && !operand_follows_percent()) ||
                 cursor_.peek().is_word("percent")) {
        cursor_.advance();
        TRY(value, apply(Operation::divide, operand.value, Decimal(100), position));
        operand = Term{std::move(value), true};
      } else {
        return operand;
      }
    }
  }

  Result<Term> primary() {
    const CalculatorToken& token = cursor_.peek();
    if (token.kind == Kind::number) {
      cursor_.advance();
      return term(placed(Decimal::parse(token.text), token.position));
    }
    if (token.kind == Kind::word) return name();
    if (cursor_.accept_symbol('r')) return prefix(token.position, "sqrt");
    if (!cursor_.accept_symbol('(')) return fail(cursor_.operand_missing());
    TRY(inner, additive());
    TRY_VOID(close(token.position));
    return Term{std::move(inner.value), false};
  }

  Result<> close(std::size_t opened) {
    if (cursor_.accept_symbol(')')) return {};
    if (cursor_.peek().kind != Kind::end) return fail(cursor_.unexpected());
    return fail(calculator_fault("unbalanced parenthesis: no ')' for the '('", opened));
  }

  /// A function without parentheses: √16, square root of 16.
  Result<Term> prefix(std::size_t position, std::string_view function) {
    TRY(operand, sign());
    std::array arguments = {std::move(operand.value)};
    return call(*find_calculator_function(function), arguments, position);
  }

  Result<Term> name();
  Error unknown_name() const;
  Result<Term> call_without_parentheses(const CalculatorFunction& function, std::size_t position);
  Result<Term> call(const CalculatorFunction& function, std::span<const Decimal> arguments,
                    std::size_t position);
  Result<std::vector<Decimal>> arguments();

  TokenCursor cursor_;
  int depth_ = 0;
  std::int64_t work_ = 0;
};

/// A word where an operand is expected: constant, function, or the phrases of roots and squares.
Result<Term> Parser::name() {
  std::size_t position = cursor_.peek().position;
  cursor_.accept_word("the");
  if (cursor_.accept_word("pi")) return Term{pi(), false};
  if (cursor_.accept_word("e")) return Term{euler(), false};
  bool square = cursor_.accept_word("square");
  if (square || cursor_.accept_word("cube")) {
    bool root = cursor_.accept_word("root");
    cursor_.accept_word("of");
    if (root) return prefix(position, square ? "sqrt" : "cbrt");
    TRY(operand, sign());
    return term(apply(Operation::power, operand.value, Decimal(square ? 2 : 3), position));
  }
  if (cursor_.peek().kind != Kind::word) return fail(cursor_.operand_missing());
  const CalculatorToken& token = cursor_.peek();
  const CalculatorFunction* function = find_calculator_function(token.text);
  if (function == nullptr) return fail(unknown_name());
  cursor_.advance();
  if (!cursor_.peek().is_symbol('(')) return call_without_parentheses(*function, position);
  TRY(values, arguments());
  return call(*function, values, position);
}

Error Parser::unknown_name() const {
  const CalculatorToken& token = cursor_.peek();
  std::string_view kind = cursor_.peek(1).is_symbol('(') ? "function" : "word";
  std::string_view nearest = nearest_calculator_name(token.text);
  std::string hint = nearest.empty() ? "" : fmt::format("did you mean '{}'?", nearest);
  return calculator_fault(fmt::format("unknown {} '{}'", kind, token.text), token.position, hint);
}

Result<Term> Parser::call_without_parentheses(const CalculatorFunction& function,
                                              std::size_t position) {
  bool of = function.least_arguments == 1 && cursor_.accept_word("of");
  if (of || function.name == "sqrt" || function.name == "cbrt") {
    return prefix(position, function.name);
  }
  return fail(calculator_fault(fmt::format("'{}' needs parentheses", function.name), position,
                               fmt::format("write {}(…)", function.name)));
}

Result<std::vector<Decimal>> Parser::arguments() {
  std::size_t opened = cursor_.peek().position;
  cursor_.advance();
  std::vector<Decimal> values;
  if (cursor_.accept_symbol(')')) return values;
  do {
    TRY(value, additive());
    values.push_back(std::move(value.value));
  } while (cursor_.accept_symbol(','));
  TRY_VOID(close(opened));
  return values;
}

Result<Term> Parser::call(const CalculatorFunction& function, std::span<const Decimal> arguments,
                          std::size_t position) {
  std::size_t least = function.least_arguments;
  std::size_t most = function.most_arguments;
  if (arguments.size() < least || arguments.size() > most) {
    std::string wanted = least == most ? fmt::format("{}", least)
                         : most > 1000 ? fmt::format("at least {}", least)
                                       : fmt::format("{} or {}", least, most);
    return fail(calculator_fault(fmt::format("'{}' takes {} argument{}, not {}", function.name,
                                             wanted, most == 1 ? "" : "s", arguments.size()),
                                 position));
  }
  bool power_of = function.name == "pow";
  std::int64_t cost = power_of ? power_cost(arguments[0], arguments[1]) : function.cost;
  for (const Decimal& argument : arguments)
    cost += static_cast<std::int64_t>(argument.words()) * 200;
  TRY_VOID(charge(cost, position));
  return term(placed(function.call(arguments), position));
}

}  // namespace

Result<std::string> calculate(std::string_view text) {
  TRY(tokens, calculator_tokens(text));
  TRY(value, Parser(std::move(tokens)).statement());
  return value.to_string();
}

}  // namespace flotilla::agents
