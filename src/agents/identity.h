#pragma once

#include "async/async.h"
#include "base/result.h"
#include "core/agents.h"
#include "db/database.h"

namespace flotilla::agents {

/// Gives the server's own agents the uid and time of creation that they had when this store first
/// saw them. Before anybody is served; agents of resources have theirs.
Async<Result<>> keep_identities(db::Database& database, core::AgentRegistry& agents);

}  // namespace flotilla::agents
