#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace flotilla::agents {

/// The words of a calculation. Pure functions over UTF-8 text.

inline constexpr std::size_t kMaxCalculationBytes = 4096;

struct CalculatorToken {
  enum class Kind : std::uint8_t { number, word, symbol, end };
  Kind kind = Kind::end;
  /// Number: digits without thousands separators. Word: lower case. Symbol: one of "+-*/^%!(),=",
  /// 'r' for a root sign, '2' and '3' for a raised digit.
  std::string text;
  /// Character (not byte) of the input where it stands, from 1.
  std::size_t position = 1;

  [[nodiscard]] bool is_symbol(char c) const { return kind == Kind::symbol && text[0] == c; }
  [[nodiscard]] bool is_word(std::string_view word) const {
    return kind == Kind::word && text == word;
  }
};

/// Splits the text; the last token is `end`. Groups of thousands (1,000,000) are one number, except
/// directly inside the parentheses of a function, where a comma separates its arguments.
Result<std::vector<CalculatorToken>> calculator_tokens(std::string_view text);

/// Reads tokens one after the other; past the last it stays on `end`.
class TokenCursor {
 public:
  explicit TokenCursor(std::vector<CalculatorToken> tokens) : tokens_(std::move(tokens)) {}

  [[nodiscard]] const CalculatorToken& peek(std::size_t ahead = 0) const;
  void advance() { ++at_; }
  /// These step over what they name, if it comes next.
  bool accept_symbol(char symbol);
  bool accept_word(std::string_view word);
  bool accept_words(std::initializer_list<std::string_view> words);

  /// Why the next token cannot stand here: after an operand, and in place of one.
  [[nodiscard]] Error unexpected() const;
  [[nodiscard]] Error operand_missing() const;

 private:
  std::vector<CalculatorToken> tokens_;
  std::size_t at_ = 0;
};

/// "<what> at position <n>" as the invalid_argument Error of all calculator faults.
Error calculator_fault(std::string_view what, std::size_t position, std::string_view hint = {});

}  // namespace flotilla::agents
