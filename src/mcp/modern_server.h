#pragma once

#include "http/message.h"
#include "mcp/loop_groups.h"
#include "mcp/modern_listen.h"
#include "mcp/modern_runner.h"
#include "mcp/server_config.h"

namespace flotilla::mcp {

/// 2026-07-28 over HTTP: stateless, each POST complete in itself (mcp.md 1.6, 2.3). A client that
/// hangs up has cancelled. Any loop; `config` and `groups` outlive it.
class ModernServer {
 public:
  ModernServer(const ServerServices& services, const ServerConfig& config, LoopGroups& groups)
      : groups_(groups),
        clock_(services.clock),
        heartbeat_(config.heartbeat),
        silence_(config.silence),
        states_(services.sealer, services.clock, config.state_lifetime),
        runner_(services.handler, states_),
        listener_(services.handler, config) {}
  ModernServer(const ModernServer&) = delete;
  ModernServer& operator=(const ModernServer&) = delete;

  /// `request` lives until the response is done.
  Async<http::Response> handle(http::Request& request, RpcRequest rpc);

 private:
  Async<http::Response> run_streamed(ModernRequest modern);

  LoopGroups& groups_;
  Clock& clock_;
  Duration heartbeat_;
  Duration silence_;
  StateSealer states_;
  ModernRunner runner_;
  ModernListener listener_;
};

}  // namespace flotilla::mcp
