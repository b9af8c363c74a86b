#pragma once

#include <optional>
#include <string>

#include "gateway/mcp/agent_tools.h"
#include "gateway/mcp/task_views.h"

namespace flotilla::gateway {

/// `namespace/name`, or the name of an agent of the caller's home namespace; empty: the front desk.
a2a::AgentRef agent_ref_of(const std::string& text, const Principal& principal);

/// What a message came to: a task (maybe still at work) or a bare answer.
struct Sent {
  std::optional<std::string> bare;  // text of a bare message
  core::TaskLog::Ptr log;
  TaskDetail task;
  std::string context_id;
};

/// Sends and waits for the end of the turn, telling progress. `wait` false: until it is stored.
Async<Result<Sent>> send_and_follow(PlatformServices services, mcp::Exchange& exchange,
                                    a2a::AgentRef agent, a2a::SendMessageRequest request,
                                    bool wait);
Async<Result<Sent>> load_task(PlatformServices services, Context context, std::string id);

}  // namespace flotilla::gateway
