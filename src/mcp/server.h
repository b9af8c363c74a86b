#pragma once

#include <memory>

#include "http/router.h"
#include "mcp/server_config.h"

namespace flotilla::mcp {

/// The whole HTTP surface of an MCP server: `/mcp` for every Streamable HTTP revision, told apart
/// per request (mcp.md 1.5), `/mcp/sse` and `/mcp/messages` for 2024-11-05. Host and Origin are the
/// HTTP server's to check, the principal is in each request's context. Outlives the router; stop()
/// is awaited before it dies, after the HTTP server has drained.
class Server {
 public:
  Server(ServerServices services, ServerConfig config);
  ~Server();
  void add_routes(http::Router& router);
  /// Cancels calls that outlived their connections and waits for them. Idempotent.
  Async<> stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace flotilla::mcp
