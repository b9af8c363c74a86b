#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "agents/prompt/prompt_parse_internal.h"

namespace flotilla::agents {

namespace {

constexpr std::size_t kMaxDepth = 32;
constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::string_view trim_right(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// What stands between {{ and }}, without comments; or text.
struct Token {
  bool is_action = false;
  std::string_view text;
  std::size_t line = 1;
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : rest_(text) {}

  Result<std::vector<Token>> run() {
    bool trim_next = false;
    while (!rest_.empty()) {
      const auto open = rest_.find(kOpen);
      auto text = rest_.substr(0, open);
      const auto line = line_;
      take(text.size());
      if (trim_next)
        while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
      trim_next = false;
      const bool trims = open != std::string_view::npos && rest_.substr(2).starts_with("-") &&
                         rest_.size() > 3 && is_blank(rest_[3]);
      if (trims) text = trim_right(text);
      if (!text.empty()) tokens_.push_back({false, text, line});
      if (open == std::string_view::npos) break;
      TRY(next, action(trims));
      trim_next = next;
    }
    return std::move(tokens_);
  }

 private:
  void take(std::size_t count) {
    line_ += static_cast<std::size_t>(std::ranges::count(rest_.substr(0, count), '\n'));
    rest_.remove_prefix(count);
  }

  /// Whether the text after it loses its leading white space.
  Result<bool> action(bool trims) {
    const auto line = line_;
    std::size_t at = trims ? 4 : 2;
    char quote = 0;
    const bool comment = rest_.substr(at).starts_with("/*");
    for (; at < rest_.size(); ++at) {
      const char c = rest_[at];
      if (quote != 0) {
        if (c == '\\' && quote == '"') ++at;
        if (c == quote) quote = 0;
      } else if (!comment && (c == '"' || c == '`')) {
        quote = c;
      } else if (rest_.substr(at).starts_with(kClose) &&
                 (!comment || trim_right(without_trim(rest_.substr(0, at))).ends_with("*/"))) {
        break;
      }
    }
    if (at >= rest_.size()) return fail(prompt_error(line, "'{{' is never closed by '}}'"));
    auto inside = rest_.substr(trims ? 4 : 2, at - (trims ? 4 : 2));
    const bool trim_next =
        inside.size() > 1 && inside.back() == '-' && is_blank(inside[inside.size() - 2]);
    if (trim_next) inside.remove_suffix(1);
    if (!comment) tokens_.push_back({true, trim_right(inside), line});
    take(at + 2);
    return trim_next;
  }

  static std::string_view without_trim(std::string_view text) {
    return text.ends_with("-") ? text.substr(0, text.size() - 1) : text;
  }

  std::string_view rest_;
  std::size_t line_ = 1;
  std::vector<Token> tokens_;
};

/// One action's words.
class ExpressionParser {
 public:
  ExpressionParser(std::string_view text, std::size_t line) : rest_(text), line_(line) { skip(); }

  /// The leading word, if it is that one.
  bool take_word(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    if (rest_.size() > word.size() && is_name(rest_[word.size()])) return false;
    rest_.remove_prefix(word.size());
    skip();
    return true;
  }
  [[nodiscard]] bool empty() const { return rest_.empty(); }

  Result<PromptExpression> whole() {
    TRY(found, command(0));
    if (!rest_.empty())
      return fail(prompt_error(line_, fmt::format("'{}' is more than can stand here: a function "
                                                  "with its arguments, a field or a text",
                                                  rest_.substr(0, 40))));
    return found;
  }

 private:
  void skip() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }

  /// `function argument …`, or one value.
  Result<PromptExpression> command(std::size_t depth) {
    if (depth > kMaxDepth) return fail(prompt_error(line_, "is nested too deeply"));
    if (rest_.empty() || !is_name(rest_.front())) return value(depth);
    PromptExpression call;
    call.kind = PromptExpression::Kind::call;
    call.line = line_;
    while (!rest_.empty() && is_name(rest_.front())) {
      call.word += rest_.front();
      rest_.remove_prefix(1);
    }
    skip();
    while (!rest_.empty() && rest_.front() != ')') {
      TRY(argument, value(depth + 1));
      call.arguments.push_back(std::move(argument));
    }
    return call;
  }

  Result<PromptExpression> value(std::size_t depth) {
    if (rest_.empty()) return fail(prompt_error(line_, "is empty: a value is missing"));
    const char c = rest_.front();
    if (c == '"' || c == '`') return text();
    if (c == '.') return field();
    if (c != '(')
      return fail(prompt_error(line_, fmt::format("'{}' is not known here", rest_.substr(0, 40))));
    rest_.remove_prefix(1);
    skip();
    TRY(inner, command(depth + 1));
    if (rest_.empty() || rest_.front() != ')')
      return fail(prompt_error(line_, "'(' is never closed"));
    rest_.remove_prefix(1);
    skip();
    return inner;
  }

  Result<PromptExpression> text() {
    PromptExpression found;
    found.line = line_;
    const char quote = rest_.front();
    rest_.remove_prefix(1);
    for (;;) {
      if (rest_.empty()) return fail(prompt_error(line_, "a text is never closed by its quote"));
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == quote) break;
      if (c == '\\' && quote == '"' && !rest_.empty()) {
        c = rest_.front() == 'n' ? '\n' : rest_.front() == 't' ? '\t' : rest_.front();
        rest_.remove_prefix(1);
      }
      found.word += c;
    }
    skip();
    return found;
  }

  Result<PromptExpression> field() {
    PromptExpression found;
    found.kind = PromptExpression::Kind::field;
    found.line = line_;
    rest_.remove_prefix(1);
    while (!rest_.empty() && (is_name(rest_.front()) || rest_.front() == '.')) {
      found.word += rest_.front();
      rest_.remove_prefix(1);
    }
    skip();
    return found;
  }

  std::string_view rest_;
  std::size_t line_;
};

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Result<PromptNodes> run() {
    TRY(nodes, block(0));
    if (at_ < tokens_.size())
      return fail(prompt_error(tokens_[at_].line,
                               fmt::format("'{}' without if or range", tokens_[at_].text)));
    return nodes;
  }

 private:
  static bool ends_block(const Token& token) {
    if (!token.is_action) return false;
    ExpressionParser words(token.text, token.line);
    return words.take_word("end") || words.take_word("else");
  }

  Result<PromptNodes> block(std::size_t depth) {
    PromptNodes nodes;
    if (depth > kMaxDepth) return fail(prompt_error(tokens_[at_ - 1].line, "is nested too deeply"));
    for (; at_ < tokens_.size() && !ends_block(tokens_[at_]);) {
      const auto token = tokens_[at_++];
      PromptNode node;
      if (!token.is_action) {
        node.text = token.text;
        nodes.push_back(std::move(node));
        continue;
      }
      ExpressionParser words(token.text, token.line);
      const bool is_if = words.take_word("if");
      node.kind = is_if                      ? PromptNode::Kind::if_
                  : words.take_word("range") ? PromptNode::Kind::range
                                             : PromptNode::Kind::value;
      TRY(expression, words.whole());
      node.expression = std::move(expression);
      if (node.kind != PromptNode::Kind::value) TRY_VOID(rest_of(node, token.line, depth));
      nodes.push_back(std::move(node));
    }
    return nodes;
  }

  /// The body up to its `end`, with what stands after `else`.
  Result<> rest_of(PromptNode& node, std::size_t line, std::size_t depth) {
    TRY(body, block(depth + 1));
    node.body = std::move(body);
    if (at_ >= tokens_.size()) return fail(prompt_error(line, "is never closed by {{end}}"));
    const auto token = tokens_[at_++];
    ExpressionParser words(token.text, token.line);
    if (words.take_word("end")) {
      if (words.empty()) return ok();
      return fail(prompt_error(token.line, "nothing can stand after 'end'"));
    }
    words.take_word("else");
    if (words.take_word("if")) {
      PromptNode other;
      other.kind = PromptNode::Kind::if_;
      TRY(expression, words.whole());
      other.expression = std::move(expression);
      TRY_VOID(rest_of(other, token.line, depth + 1));
      node.otherwise.push_back(std::move(other));
      return ok();
    }
    if (!words.empty()) return fail(prompt_error(token.line, "only 'if' can stand after 'else'"));
    TRY(otherwise, block(depth + 1));
    node.otherwise = std::move(otherwise);
    if (at_ >= tokens_.size()) return fail(prompt_error(line, "is never closed by {{end}}"));
    const auto last = tokens_[at_++];
    ExpressionParser end(last.text, last.line);
    if (end.take_word("end") && end.empty()) return ok();
    return fail(prompt_error(last.line, "after 'else' comes 'end'"));
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

}  // namespace

Error prompt_error(std::size_t line, const std::string& what) {
  return Error(Code::invalid_argument,
               fmt::format("the system message's template, line {}: {}", line, what));
}

Result<PromptNodes> parse_prompt(std::string_view text) {
  TRY(tokens, Lexer(text).run());
  return Parser(std::move(tokens)).run();
}

}  // namespace flotilla::agents
