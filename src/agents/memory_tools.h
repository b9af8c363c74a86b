#pragma once

#include <memory>

#include "async/clock.h"
#include "db/database.h"
#include "gateway/tool_source.h"

namespace flotilla::agents {

/// memory_store, memory_recall, memory_search: the memory agent's store (memory_agent.cc), as the
/// caller, in the namespace `default` where that agent is.
std::shared_ptr<gateway::ToolSource> make_memory_tools(db::Database& database, Clock& clock);

}  // namespace flotilla::agents
