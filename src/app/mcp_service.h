#pragma once

#include <memory>

#include "app/serve_config.h"
#include "auth/sealing.h"
#include "gateway/mcp/agent_tools.h"
#include "gateway/mcp/catalogue.h"
#include "gateway/mcp/sessions.h"
#include "mcp/server.h"

namespace flotilla::app {

/// All of `/mcp`: the catalogue, its sessions, the server. Built and destroyed by the node; the
/// references outlive it.
class McpService {
 public:
  McpService(const ServeConfig& config, gateway::PlatformServices platform, db::Database& database,
             const auth::Sealer& sealer, const Executor& home);
  McpService(const McpService&) = delete;
  McpService& operator=(const McpService&) = delete;

  void add_routes(http::Router& router) { server_.add_routes(router); }
  void start() { sessions_.start(); }
  /// After the HTTP server has drained.
  Async<> stop();
  gateway::Catalogue& catalogue() { return catalogue_; }

 private:
  gateway::Catalogue catalogue_;
  gateway::McpSessions sessions_;
  mcp::Server server_;
};

}  // namespace flotilla::app
