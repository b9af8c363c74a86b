#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "core/agents.h"
#include "mcp/handler.h"

/// A prompt for each skill of each agent that the caller may use: `calculator_arithmetic`, in other
/// namespaces than `default` with the namespace before it. It tells the model to hand the request
/// to that agent.
namespace flotilla::gateway {

json::Array list_prompts(const core::AgentRegistry& agents, const Principal& principal);
Result<mcp::Reply> get_prompt(const core::AgentRegistry& agents, const Principal& principal,
                              const mcp::GetPrompt& request);
/// The skill's examples; nullopt: not a prompt of ours.
std::optional<std::vector<std::string>> complete_prompt(const core::AgentRegistry& agents,
                                                        const Principal& principal,
                                                        const mcp::Complement& request);

}  // namespace flotilla::gateway
