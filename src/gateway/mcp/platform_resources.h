#pragma once

#include <memory>

#include "gateway/mcp/agent_tools.h"
#include "gateway/mcp/partial_handler.h"

namespace flotilla::gateway {

/// What the platform shows beside its tools, as far as the caller may see it:
///
///   flotilla://agents                       the agents
///   flotilla://agents/{namespace}/{name}    an agent's card
///   flotilla://tasks/{id}                   a task (subscribable)
///   flotilla://tasks/{id}/journal           its journal so far (subscribable)
///
/// a prompt for each skill of each agent, completion of their parameters, and the tasks that
/// send_message goes on as (tasks extension). Lists name the newest tasks only.
std::shared_ptr<mcp::Handler> make_platform_resources(PlatformServices services);

}  // namespace flotilla::gateway
