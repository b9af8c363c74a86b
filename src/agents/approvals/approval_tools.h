#pragma once

#include <memory>

#include "agents/approvals/approvals.h"
#include "gateway/tool_source.h"

namespace flotilla::agents {

/// list_approvals and decide_approval, as the caller.
std::shared_ptr<gateway::ToolSource> make_approval_tools(Approvals& approvals);

/// Puts elicitation in front of `tools`, which has send_message and get_task: when a message ends
/// in a task that waits for decisions which the caller may take, and its client can show forms, the
/// person there is asked, and the answer is that of the task afterwards. decide_approval asks the
/// person, too, where that is possible, as its arguments may be a model's.
std::shared_ptr<mcp::Handler> with_elicitation(std::shared_ptr<mcp::Handler> tools,
                                               Approvals& approvals, core::Tasks& tasks);

}  // namespace flotilla::agents
