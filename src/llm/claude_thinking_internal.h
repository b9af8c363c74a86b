#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "json/value.h"
#include "llm/settings.h"

/// What reasoningEffort means to a Claude model, on any platform. Pure.
namespace flotilla::llm {

struct ClaudeThinking {
  std::optional<json::Object> config;  // the API's `thinking`
  std::int64_t max_tokens = 0;         // of which a budget is part
};

/// `given` is the configured bound on the output. `forced`: the model must call a tool, which the
/// API refuses of one that thinks.
Result<ClaudeThinking> claude_thinking(const ModelSettings& settings,
                                       std::optional<std::int64_t> given, bool forced);
/// `effort` of output_config, where the model decides itself how long it thinks.
std::optional<std::string> claude_effort(const ModelSettings& settings);
/// Refuses an effort of models that do not reason.
Result<> check_claude_effort(const ModelSettings& settings);

}  // namespace flotilla::llm
