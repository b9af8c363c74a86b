#pragma once

#include <optional>
#include <string>

#include "mcp/dispatch.h"
#include "mcp/legacy_session.h"
#include "mcp/server_config.h"

namespace flotilla::mcp {

/// Runs requests of legacy clients, but for `initialize`, to their answer. Questions of a handler
/// become requests to the client on the same stream (mcp.md 3.10, last paragraph). Any loop.
class LegacyRunner {
 public:
  LegacyRunner(const ServerServices& services, const ServerConfig& config)
      : services_(services), config_(config) {}
  /// The text of the response. References outlive the call.
  Async<std::string> run(LegacySession& session, Context context, std::string profile,
                         RpcRequest request, Outlet* outlet) const;

 private:
  Async<Reply> reply(LegacySession& session, Method method, RpcRequest& request,
                     RequestExchange& exchange, Outlet* outlet) const;
  Async<Reply> ask(LegacySession& session, Method method, RpcRequest& request,
                   RequestExchange& exchange, Outlet* outlet) const;
  Async<Read<json::Object>> put_questions(LegacySession& session, const Caller& caller,
                                          InputRequired asked, Outlet& outlet) const;
  Async<Reply> subscribe(LegacySession& session, const Caller& caller, bool on,
                         json::Object params) const;
  Async<Reply> set_log_level(LegacySession& session, json::Object params) const;
  Async<Result<>> save(LegacySession& session) const;

  ServerServices services_;
  const ServerConfig& config_;
};

/// Who asks, from a session's record.
Caller caller_of(const LegacySession& session, Context context, std::string profile);

}  // namespace flotilla::mcp
