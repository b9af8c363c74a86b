#include <fmt/format.h>

#include <algorithm>

#include "llm/claude_thinking_internal.h"
#include "llm/request_parts_internal.h"

namespace flotilla::llm {
namespace {

constexpr ClaudeVersion kFirstToThink{.major = 3, .minor = 7};
/// From here on the model decides itself how long it thinks.
constexpr ClaudeVersion kFirstAdaptive{.major = 4, .minor = 6};
constexpr std::int64_t kDefaultOutput = 16'384;
constexpr std::int64_t kLeastBudget = 1024;

std::int64_t default_output(ClaudeVersion version) {
  if (version < ClaudeVersion{.major = 3, .minor = 5}) return 4096;
  if (version < kFirstToThink) return 8192;
  return kDefaultOutput;
}

std::int64_t budget_of(std::string_view effort) {
  if (effort == "minimal") return kLeastBudget;
  if (effort == "low") return 2048;
  if (effort == "medium") return 8192;
  if (effort == "high") return 16'384;
  return 32'768;
}

}  // namespace

Result<ClaudeThinking> claude_thinking(const ModelSettings& settings,
                                       std::optional<std::int64_t> given, bool forced) {
  const auto version = claude_version(settings.model);
  const auto& effort = settings.parameters.reasoning_effort;
  ClaudeThinking out{.config = std::nullopt, .max_tokens = given.value_or(default_output(version))};
  if (!effort) return out;
  const bool off = forced || *effort == "none";
  if (version >= kFirstAdaptive) {
    out.config = json::Object{{"type", off ? "disabled" : "adaptive"}};
    // What is newer hides its thoughts unless asked.
    if (!off && version > kFirstAdaptive) out.config->set("display", "summarized");
    return out;
  }
  if (off) return out;
  if (!given) out.max_tokens += budget_of(*effort);
  const auto budget = std::min(budget_of(*effort), out.max_tokens / 2);
  if (budget < kLeastBudget) {
    return fail(
        invalid("/spec/parameters/maxOutputTokens",
                fmt::format("must be at least {} for a model that reasons", 2 * kLeastBudget)));
  }
  out.config = json::Object{{"type", "enabled"}, {"budget_tokens", budget}};
  return out;
}

std::optional<std::string> claude_effort(const ModelSettings& settings) {
  const auto& effort = settings.parameters.reasoning_effort;
  if (!effort || *effort == "none" || claude_version(settings.model) < kFirstAdaptive) {
    return std::nullopt;
  }
  return *effort == "minimal" ? "low" : *effort;
}

Result<> check_claude_effort(const ModelSettings& settings) {
  const auto& effort = settings.parameters.reasoning_effort;
  if (!effort || *effort == "none" || claude_version(settings.model) >= kFirstToThink) return ok();
  return fail(invalid("/spec/parameters/reasoningEffort",
                      fmt::format("{} does not reason; remove it", settings.model)));
}

}  // namespace flotilla::llm
