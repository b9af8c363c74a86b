#include "agents/calculator_text.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "agents/calculator_functions.h"
#include "base/utf8.h"

namespace flotilla::agents {
namespace {

using Kind = CalculatorToken::Kind;

struct Spelling {
  std::string_view bytes;
  Kind kind;
  std::string_view meaning;
};

// Longest first where one begins another.
constexpr std::array kSpellings = {
    Spelling{"**", Kind::symbol, "^"}, Spelling{"×", Kind::symbol, "*"},
    Spelling{"·", Kind::symbol, "*"},  Spelling{"⋅", Kind::symbol, "*"},
    Spelling{"∙", Kind::symbol, "*"},  Spelling{"÷", Kind::symbol, "/"},
    Spelling{"−", Kind::symbol, "-"},  Spelling{"–", Kind::symbol, "-"},
    Spelling{"√", Kind::symbol, "r"},  Spelling{"²", Kind::symbol, "2"},
    Spelling{"³", Kind::symbol, "3"},  Spelling{"π", Kind::word, "pi"},
    Spelling{"\u00a0", Kind::end, ""}, Spelling{"\u202f", Kind::end, ""},
    Spelling{"\u2009", Kind::end, ""},
};
constexpr std::string_view kSymbols = "+-*/^%!(),=";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string printable_character(std::string_view rest) {
  std::size_t size = utf8_sequence(rest);
  auto first = static_cast<unsigned char>(rest[0]);
  if (size == 0 || first < 0x20 || first == 0x7f) return fmt::format("byte 0x{:02x}", first);
  return fmt::format("'{}'", rest.substr(0, size));
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  Result<std::vector<CalculatorToken>> run() {
    while (at_ < text_.size()) {
      if (is_space(text_[at_])) {
        advance(1);
      } else if (is_digit(text_[at_]) || (text_[at_] == '.' && is_digit(peek(1)))) {
        TRY_VOID(number());
      } else if (is_letter(text_[at_])) {
        word();
      } else if (!spelling()) {
        return fail(
            calculator_fault("unexpected character " + printable_character(rest()), position_));
      }
    }
    push(Kind::end, "", position_);
    return std::move(tokens_);
  }

 private:
  std::string_view rest() const { return text_.substr(at_); }
  char peek(std::size_t ahead) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  void advance(std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i, ++at_) {
      if ((static_cast<unsigned char>(text_[at_]) & 0xc0) != 0x80) ++position_;
    }
  }

  void push(Kind kind, std::string text, std::size_t position) {
    tokens_.push_back(CalculatorToken{kind, std::move(text), position});
  }

  void digits(std::string& out) {
    for (; is_digit(peek(0)); advance(1)) out += peek(0);
  }

  bool group_follows() const {
    return peek(0) == ',' && is_digit(peek(1)) && is_digit(peek(2)) && is_digit(peek(3)) &&
           !is_digit(peek(4));
  }

  Result<> number() {
    std::size_t start = position_;
    std::string text;
    digits(text);
    bool groups_allowed = open_.empty() || open_.back() != Open::function;
    bool grouped = false;
    if (groups_allowed && text.size() >= 1 && text.size() <= 3 && text[0] != '0') {
      for (; group_follows(); grouped = true) {
        advance(1);
        digits(text);
      }
      if (grouped && peek(0) == ',' && is_digit(peek(1))) {
        return fail(calculator_fault("ambiguous ','", position_,
                                     "write numbers without separators between thousands"));
      }
    }
    if (peek(0) == '.' && (is_digit(peek(1)) || !is_letter(peek(1)))) {
      text += '.';
      advance(1);
      digits(text);
    }
    exponent(text);
    if (peek(0) == '.' && is_digit(peek(1))) {
      return fail(calculator_fault("a second decimal point in a number", position_));
    }
    push(Kind::number, std::move(text), start);
    times_sign();
    return {};
  }

  void exponent(std::string& text) {
    if (lower(peek(0)) != 'e') return;
    std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
    if (!is_digit(peek(1 + sign))) return;
    text += rest().substr(0, 1 + sign);
    advance(1 + sign);
    digits(text);
  }

  // The x of 3x4 and 3x(4+1), which is not the beginning of a word.
  void times_sign() {
    if (lower(peek(0)) != 'x' || is_letter(peek(1))) return;
    push(Kind::symbol, "*", position_);
    advance(1);
  }

  void word() {
    std::size_t start = position_;
    std::string text;
    while (is_letter(peek(0)) || is_digit(peek(0)) || apostrophe()) {
      if (std::size_t size = apostrophe()) {
        text += '\'';
        advance(size);
      } else {
        text += lower(peek(0));
        advance(1);
      }
    }
    push(Kind::word, std::move(text), start);
  }

  // Size of an apostrophe inside a word, plain or typographic, else 0.
  std::size_t apostrophe() const {
    std::size_t size = peek(0) == '\'' ? 1 : rest().starts_with("’") ? 3 : 0;
    return size > 0 && is_letter(peek(size)) ? size : 0;
  }

  bool spelling() {
    for (const Spelling& known : kSpellings) {
      if (!rest().starts_with(known.bytes)) continue;
      if (known.kind != Kind::end) push(known.kind, std::string(known.meaning), position_);
      advance(known.bytes.size());
      return true;
    }
    if (kSymbols.find(text_[at_]) == std::string_view::npos) return false;
    char symbol = text_[at_];
    if (symbol == '(') {
      bool call = !tokens_.empty() && tokens_.back().kind == Kind::word &&
                  find_calculator_function(tokens_.back().text) != nullptr;
      open_.push_back(call ? Open::function : Open::group);
    } else if (symbol == ')' && !open_.empty()) {
      open_.pop_back();
    }
    push(Kind::symbol, std::string(1, symbol), position_);
    advance(1);
    return true;
  }

  enum class Open : std::uint8_t { group, function };
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t position_ = 1;
  std::vector<Open> open_;
  std::vector<CalculatorToken> tokens_;
};

std::string_view shown_symbol(const CalculatorToken& token) {
  if (token.is_symbol('r')) return "√";
  if (token.is_symbol('2')) return "²";
  if (token.is_symbol('3')) return "³";
  return token.text;
}

// Punctuation that ends a sentence says nothing: "what is 2+2?", "2 + 2 =".
std::string_view without_closing_marks(std::string_view text) {
  while (!text.empty() && (is_space(text.back()) || text.back() == '?' || text.back() == '.' ||
                           text.back() == '=' || text.back() == ';')) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace

const CalculatorToken& TokenCursor::peek(std::size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

bool TokenCursor::accept_symbol(char symbol) {
  bool found = peek().is_symbol(symbol);
  if (found) ++at_;
  return found;
}

bool TokenCursor::accept_word(std::string_view word) {
  bool found = peek().is_word(word);
  if (found) ++at_;
  return found;
}

bool TokenCursor::accept_words(std::initializer_list<std::string_view> words) {
  std::size_t ahead = 0;
  for (std::string_view word : words) {
    if (!peek(ahead++).is_word(word)) return false;
  }
  at_ += words.size();
  return true;
}

Error TokenCursor::unexpected() const {
  const CalculatorToken& token = peek();
  if (token.kind == Kind::end) {
    return calculator_fault("the calculation ends too early", token.position,
                            "a number is missing");
  }
  if (token.kind == Kind::number) {
    return calculator_fault(fmt::format("missing operator before '{}'", token.text),
                            token.position);
  }
  if (token.kind == Kind::word) {
    return calculator_fault(fmt::format("unexpected word '{}'", token.text), token.position);
  }
  if (token.is_symbol(')')) {
    return calculator_fault("unbalanced parenthesis: ')' without '('", token.position);
  }
  if (token.is_symbol('(')) {
    return calculator_fault("missing operator before '('", token.position, "write 2*(3), not 2(3)");
  }
  std::string_view hint = token.is_symbol(',') ? "the decimal sign is '.'" : "";
  return calculator_fault(fmt::format("unexpected '{}'", shown_symbol(token)), token.position,
                          hint);
}

Error TokenCursor::operand_missing() const {
  const CalculatorToken& token = peek();
  if (token.kind == Kind::end || (token.is_symbol(')') && at_ == 0)) return unexpected();
  return calculator_fault(fmt::format("expected a number but found '{}'", shown_symbol(token)),
                          token.position);
}

Error calculator_fault(std::string_view what, std::size_t position, std::string_view hint) {
  std::string message = fmt::format("{} at position {}", what, position);
  if (!hint.empty()) message += fmt::format("; {}", hint);
  return Error(Code::invalid_argument, std::move(message));
}

Result<std::vector<CalculatorToken>> calculator_tokens(std::string_view text) {
  if (text.size() > kMaxCalculationBytes) {
    return fail(Error(Code::invalid_argument,
                      fmt::format("the calculation has {} bytes; at most {} are accepted",
                                  text.size(), kMaxCalculationBytes)));
  }
  return Scanner(without_closing_marks(text)).run();
}

}  // namespace flotilla::agents
