#pragma once

#include "agents/conformance_traversal.h"
#include "async/clock.h"
#include "base/id.h"
#include "core/agents.h"

namespace flotilla::agents {

struct ConformanceOptions {
  /// The card of an agent without streams, webhooks and extended card, and its refusals.
  bool reduced = false;
  /// How to reach the agents that a traversal instruction names; empty: such tasks fail.
  ConnectPeer connect = {};
};

/// Puts the agent that the public A2A conformance kits drive in the front desk's place
/// (docs/conformance.md): what a message asks for is told by its messageId, else by the text of the
/// task's first message, else it is echoed. It hands nothing over. For test servers only.
void register_conformance(core::AgentRegistry& agents, Clock& clock, Random& random,
                          ConformanceOptions options);

}  // namespace flotilla::agents
