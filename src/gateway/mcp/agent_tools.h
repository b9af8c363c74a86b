#pragma once

#include <memory>

#include "a2a/handler.h"
#include "async/clock.h"
#include "core/agents.h"
#include "core/messaging.h"
#include "core/tasks.h"
#include "gateway/tool_source.h"

namespace flotilla::gateway {

/// What the platform's own tools work on; outlives them.
struct PlatformServices {
  a2a::Handler& a2a;
  core::Tasks& tasks;
  core::AgentRegistry& agents;
  core::Messaging& messaging;
};

/// list_agents, send_message, invoke_agent, get_task, list_tasks, cancel_task, publish_event: what
/// A2A and the native API do, as the caller. Progress of a message is its task's events; a call
/// that is cancelled cancels the task. For a caller that knows the tasks extension a message that
/// is not answered at once goes on as a task.
std::shared_ptr<ToolSource> make_agent_tools(PlatformServices services);

}  // namespace flotilla::gateway
