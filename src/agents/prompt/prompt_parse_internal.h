#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// The tree of a prompt template.
namespace flotilla::agents {

/// A value: a call of a function with arguments, a field (`.AgentName`, `.`), or a text.
struct PromptExpression {
  enum class Kind : std::uint8_t { text, field, call };
  Kind kind = Kind::text;
  std::string word;  // the text, the field's name without dot, the function's
  std::vector<PromptExpression> arguments;
  std::size_t line = 0;
};

struct PromptNode;
using PromptNodes = std::vector<PromptNode>;

struct PromptNode {
  enum class Kind : std::uint8_t { text, value, if_, range };
  Kind kind = Kind::text;
  std::string text;
  PromptExpression expression;
  PromptNodes body;
  PromptNodes otherwise;
};

Error prompt_error(std::size_t line, const std::string& what);
Result<PromptNodes> parse_prompt(std::string_view text);

}  // namespace flotilla::agents
