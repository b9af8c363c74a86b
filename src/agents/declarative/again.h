#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "async/async.h"
#include "base/context.h"
#include "base/result.h"
#include "core/agents.h"
#include "core/tasks.h"

/// Tasks that are made of others (origin.h). Each is a task of the caller's, stored when it is
/// returned; the other one stays as it is.
///
/// Errors: TASK_NOT_FOUND as everywhere; failed_precondition where the task cannot be taken up (it
/// has not ended, has no such step, its agent is gone); permission_denied for a fork or replay of
/// another's task, as its journal becomes the caller's.
namespace flotilla::agents {

struct AgainServices {
  core::Tasks& tasks;
  core::AgentRegistry& agents;
  Clock& clock;
  Random& random;
};

struct AgainRequest {
  AgainRequest() = default;  // so that it may stand beside co_await
  std::shared_ptr<const Principal> principal;
  std::string task;
};

/// The messages of a task that has ended once more, to the same agent in the same session.
Async<Result<core::TaskLog::Ptr>> retry_task(AgainServices services, AgainRequest request);

/// A task in a session of its own whose journal begins with the other's steps up to `step`: their
/// calls are not made again (I4), the model is asked on from there, after `message` if there is
/// one.
Async<Result<core::TaskLog::Ptr>> fork_task(AgainServices services, AgainRequest request,
                                            std::int64_t step, std::optional<std::string> message);

/// The whole run again with the agent as it is now, in a session of its own: the model's answers
/// and the results of calls are those of the journal, and nothing is asked or done. It fails where
/// the journal has nothing to answer with.
Async<Result<core::TaskLog::Ptr>> replay_task(AgainServices services, AgainRequest request);

}  // namespace flotilla::agents
