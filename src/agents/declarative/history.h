#pragma once

#include "agents/declarative/conversation.h"
#include "async/async.h"
#include "base/result.h"
#include "core/turn_history.h"

namespace flotilla::agents {

/// Earlier turns of the session, as far back as the newest summary reaches, put before the row's
/// own part of the conversation; of a fork, what came before the task that it goes on from. What is
/// beyond kMaxHistoryTasks or kMaxHistoryBytes is left out. `first`: the task's first message.
Async<Result<>> load_history(core::TurnHistory& history, const core::TaskRow& row,
                             const a2a::Message& first, Conversation& conversation);

}  // namespace flotilla::agents
