#pragma once

#include <string>

#include "llm/scripted.h"

namespace flotilla::llm {

/// What scripts look at in a request. Refers to it.
struct ScriptScene {
  explicit ScriptScene(const Request& request);

  const Request& request;
  std::string input;                           // of the last user's message
  std::vector<const ToolResult*> results;      // of the last message
  std::vector<const ToolResult*> all_results;  // since the last user's message
  std::int64_t step = 1;
  std::int64_t turn = 0;
};

bool fits(const std::optional<ScriptMatch>& match, const ScriptScene& scene);
/// With {{input}}, {{result}} and {{result.TOOL}} filled in.
std::string fill_in(const std::string& text, const ScriptScene& scene);
json::Value fill_in(const json::Value& value, const ScriptScene& scene);
/// About a token for four bytes.
Usage count_tokens(const Request& request, const Answer& answer);

}  // namespace flotilla::llm
