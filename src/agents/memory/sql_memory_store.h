#pragma once

#include <memory>

#include "agents/memory/memory_store.h"
#include "async/clock.h"

namespace flotilla::agents {

/// Memory in the table `memory` of any database, in the common dialect: vectors are compared here,
/// one after the other (README, "Vectors").
std::unique_ptr<MemoryStore> make_sql_memory_store(db::Database& database, Clock& clock);

}  // namespace flotilla::agents
