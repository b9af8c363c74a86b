#pragma once

#include <memory>

#include "agents/approvals/approvals.h"
#include "agents/memory/memory.h"
#include "app/serve_config.h"
#include "auth/sealing.h"
#include "core/reconciler.h"
#include "gateway/mcp/agent_tools.h"
#include "gateway/mcp/catalogue.h"
#include "gateway/mcp/federation.h"
#include "gateway/mcp/sessions.h"
#include "mcp/server.h"

namespace flotilla::app {

/// What `/mcp` is made of; outlives it.
struct McpNeeds {
  gateway::PlatformServices platform;
  db::Database& database;
  agents::Memory& memory;
  agents::Approvals& approvals;
  const auth::Sealer& sealer;
  const http::EgressPolicy& egress;
  core::Resources& resources;
  core::Reconciler& reconciler;  // of the home loop, and not started yet
  Executor home;
  telemetry::Registry& metrics;
};

/// All of `/mcp`: the catalogue, the tool servers in it, its sessions, the server. Built and
/// destroyed by the node.
class McpService {
 public:
  McpService(const ServeConfig& config, McpNeeds needs);
  McpService(const McpService&) = delete;
  McpService& operator=(const McpService&) = delete;

  void add_routes(http::Router& router) { server_.add_routes(router); }
  /// On the home loop.
  void start();
  /// After the HTTP server has drained and the reconciler has stopped.
  Async<> stop();
  gateway::Catalogue& catalogue() { return catalogue_; }
  gateway::Federation& tool_servers() { return *tool_servers_; }

 private:
  BlockingPool names_;
  mcp::EraCache eras_;
  std::shared_ptr<gateway::Federation> tool_servers_;  // shared with the catalogue
  gateway::Catalogue catalogue_;
  gateway::McpSessions sessions_;
  mcp::Server server_;
};

}  // namespace flotilla::app
