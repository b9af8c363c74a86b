#pragma once

#include <functional>
#include <span>
#include <string>

#include "async/clock.h"
#include "base/config.h"
#include "core/agents.h"
#include "core/feed.h"
#include "core/messaging.h"
#include "core/outbox.h"
#include "core/resources.h"
#include "core/sessions.h"
#include "core/tasks.h"
#include "core/usage.h"
#include "http/router.h"
#include "telemetry/metrics.h"

namespace flotilla::agents {
class Memory;
}

namespace flotilla::agents {
class Approvals;
}

namespace flotilla::gateway {
class Federation;
class KeyRing;
}  // namespace flotilla::gateway

namespace flotilla::api {

/// What the native API shows. All references outlive the router.
struct Sources {
  core::Tasks& tasks;
  core::Sessions& sessions;
  core::AgentRegistry& agents;
  core::Feed& feed;
  core::Messaging& messaging;
  Clock& clock;
  telemetry::Registry& metrics;
  std::span<const config::Key> config_keys;
  std::string version;
  std::string public_url;
  /// ok, or why the server should get no traffic.
  std::function<Async<Result<>>()> ready;
  gateway::KeyRing* keys = nullptr;      // never null once routes are added
  core::Outbox* outbox = nullptr;        // the same
  core::Resources* resources = nullptr;  // the same
  gateway::Federation* tool_servers = nullptr;
  flotilla::agents::Approvals* approvals = nullptr;  // never null once routes are added
  ::flotilla::agents::Memory* memory = nullptr;      // the same
  core::Usage* usage = nullptr;                      // never null once routes are added
  /// Set by add_routes: what other routes of the server answer. It must stay where it is.
  http::Router* router = nullptr;
};

/// Adds /api/v1, /openapi.json, /health…, /metrics and the landing page. One route table
/// (routes.cc) is the source of the routes, their roles, and the OpenAPI document.
void add_routes(http::Router& router, Sources sources);

}  // namespace flotilla::api
