#pragma once

#include "async/clock.h"
#include "base/id.h"
#include "core/agents.h"
#include "core/messaging.h"
#include "db/database.h"

namespace flotilla::agents {

class Memory;

/// What the built-in agents use. Outlives them.
struct BuiltinServices {
  db::Database& database;
  Clock& clock;
  Random& random;
  core::AgentRegistry& agents;
  core::Messaging& messaging;
};

/// Registers front-desk, calculator, analysis, memory and echo in namespace `default`.
void register_builtin(BuiltinServices services, Memory& memory);

}  // namespace flotilla::agents
