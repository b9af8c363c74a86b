#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "http/message.h"
#include "mcp/legacy_calls.h"
#include "mcp/legacy_sessions.h"
#include "mcp/legacy_standalone.h"
#include "mcp/quota.h"
#include "mcp/requests.h"
#include "mcp/server_config.h"

namespace flotilla::mcp {

/// HTTP+SSE of 2024-11-05 (mcp.md 2.4): one stream carries all that the server says, the session
/// lives as long as it does. Any loop; `config` and `groups` outlive it.
class SseServer {
 public:
  SseServer(const ServerServices& services, const ServerConfig& config, LoopGroups& groups);
  SseServer(const SseServer&) = delete;
  SseServer& operator=(const SseServer&) = delete;

  /// The stream; its first event is `endpoint`.
  Async<http::Response> open(http::Request& request);
  Async<http::Response> post(http::Request& request);

 private:
  Async<> serve(std::shared_ptr<LegacySession> session, std::string endpoint, Quota::Ticket ticket,
                http::BodyWriter& body);
  std::shared_ptr<LegacySession> find(const http::Request& request);
  Async<> initialize(LegacySession& session, RpcRequest rpc, const http::Request& request);

  ServerServices services_;
  const ServerConfig& config_;
  LegacyRunner runner_;
  LegacyCalls calls_;
  LegacyStandalone standalone_;
  Quota streams_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<LegacySession>, std::less<>> sessions_;
};

}  // namespace flotilla::mcp
