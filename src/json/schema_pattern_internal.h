#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace flotilla::json {

/// An ECMA-262 expression (with the flag `u`) in the syntax of RE2, or why that cannot be. Groups
/// do not capture, since only the match counts.
std::expected<std::string, std::string> translate_pattern(std::string_view pattern);

/// The inside of RE2's class for `\p{name}`, or of `\P{name}`; empty when it has none.
std::string pattern_property(std::string_view name, bool negated);

/// A regular expression that is searched for in linear time. Immutable; any thread may match.
class Pattern {
 public:
  /// The error says what is wrong with the expression. `memory` is for program and cache together;
  /// what the pattern may take of it is subtracted.
  static std::expected<std::unique_ptr<const Pattern>, std::string> compile(
      std::string_view pattern, std::size_t& memory);
  ~Pattern();
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;
  /// Anywhere in the text.
  [[nodiscard]] bool matches(std::string_view text) const;
  /// Steps of the budget for a text of that length.
  [[nodiscard]] std::size_t cost(std::size_t bytes) const;

 private:
  struct Program;
  explicit Pattern(std::unique_ptr<const Program> program);
  std::unique_ptr<const Program> program_;
};

}  // namespace flotilla::json
