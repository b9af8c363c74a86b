#pragma once

#include <optional>

#include "http/message.h"
#include "mcp/legacy_calls.h"
#include "mcp/legacy_sessions.h"
#include "mcp/legacy_standalone.h"
#include "mcp/quota.h"
#include "mcp/requests.h"
#include "mcp/server_config.h"

namespace flotilla::mcp {

/// Streamable HTTP of 2025-03-26 to 2025-11-25 (mcp.md 2.2). Any loop; `config` and `groups`
/// outlive it.
class LegacyServer {
 public:
  LegacyServer(const ServerServices& services, const ServerConfig& config, LoopGroups& groups);
  LegacyServer(const LegacyServer&) = delete;
  LegacyServer& operator=(const LegacyServer&) = delete;

  /// Not for BadMessage.
  Async<http::Response> post(http::Request& request, RpcMessage message);
  Async<http::Response> post_batch(http::Request& request, json::Array batch);
  Async<http::Response> get(http::Request& request);
  Async<http::Response> end_session(http::Request& request);

 private:
  Async<http::Response> initialize(http::Request& request, RpcRequest rpc);
  /// The answer to requests that run as calls: JSON, or a stream once something else was told.
  Async<http::Response> answer(http::Request& request, std::shared_ptr<LegacySession> session,
                               std::vector<RpcRequest> requests, std::vector<std::string> refused,
                               bool batch);
  Async<http::Response> resume(http::Request& request, std::shared_ptr<LegacySession> session,
                               std::string event_id);
  Async<http::Response> open_standalone(http::Request& request,
                                        std::shared_ptr<LegacySession> session,
                                        std::shared_ptr<LiveStream> stream, std::uint64_t after);
  http::Response respond_stream(const http::Request& request,
                                std::shared_ptr<LegacySession> session,
                                std::shared_ptr<LiveStream> stream, std::uint64_t after);

  ServerServices services_;
  const ServerConfig& config_;
  LegacySessions sessions_;
  LegacyRunner runner_;
  LegacyCalls calls_;
  Quota streams_;
  LegacyStandalone standalone_;
};

/// The revision that `initialize` agrees on (mcp.md 1.2).
Revision negotiate(std::string_view requested);
/// What the client said, as it is kept in a session's record.
SessionRecord record_of(InitializeRequest request, Revision revision);
/// 400 for a protocol version header that names no legacy revision.
std::optional<Refusal> check_version_header(const http::Headers& headers);

}  // namespace flotilla::mcp
