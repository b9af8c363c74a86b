#pragma once

#include <string>
#include <string_view>

#include "base/context.h"
#include "core/agents.h"

namespace flotilla::gateway {

inline constexpr std::string_view kFrontDeskNamespace = "default";
inline constexpr std::string_view kFrontDesk = "front-desk";

/// What the front desk does with a request: who takes it, and the text without the name that
/// chose them (`@calculator 2+2` and `calculator: 2+2` become `2+2`).
struct Handover {
  core::AgentRegistry::Ptr agent;  // null: nobody but the front desk itself
  bool by_name = false;
  std::string text;
};

/// Decides by name, then by skill (an opening keyword, then a claim), among the agents that the
/// principal may use; its home namespace wins, then alphabetical order.
Handover choose_agent(const core::AgentRegistry& agents, const Principal& principal,
                      std::string_view text);

}  // namespace flotilla::gateway
