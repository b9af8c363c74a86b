#pragma once

#include <string>

#include "agents/memory/memory.h"
#include "async/clock.h"
#include "core/agents.h"
#include "core/resources.h"
#include "core/sessions.h"
#include "core/tasks.h"
#include "db/database.h"
#include "http/router.h"

namespace flotilla::compat::kagent {

/// What the facade shows; all of it outlives the router.
struct FacadeServices {
  db::Database& database;
  Clock& clock;
  Random& random;
  core::Resources& resources;
  core::AgentRegistry& agents;
  core::Sessions& sessions;
  core::Tasks& tasks;
  agents::Memory& memory;
  const http::Router& router;  // of the server: A2A and MCP are answered by its own routes
  std::string version;
};

/// kagent's REST API (0.9, 0.10) below /kagent: what its command line asks for, and what its
/// runtime (kagent-adk) keeps with its controller. Answers are kagent's envelope.
///
/// Who calls is who the credentials say, as everywhere. `user_id` and `X-User-Id` are names that a
/// caller gives its own users: they part rows of one principal, and open none of another's.
void add_routes(http::Router& router, FacadeServices services);

}  // namespace flotilla::compat::kagent
