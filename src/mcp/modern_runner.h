#pragma once

#include <optional>
#include <string>

#include "mcp/dispatch.h"
#include "mcp/modern_request.h"
#include "mcp/request_state.h"

namespace flotilla::mcp {

/// An answer and the HTTP status that goes with it.
struct Answer {
  int status = 200;
  std::string body;
};

Answer refuse_request(std::string_view id, const RpcError& error);
Answer refuse_request(std::string_view id, const Refusal& refusal);

/// Runs modern requests, but for subscriptions/listen, to their answer. Stateless; any loop.
class ModernRunner {
 public:
  ModernRunner(Handler& handler, const StateSealer& states) : handler_(handler), states_(states) {}
  /// `outlet` may be null and outlives the call.
  Async<Answer> run(ModernRequest request, Outlet* outlet) const;
  [[nodiscard]] Handler& handler() const { return handler_; }

 private:
  /// Why the request is not even tried; nothing when it is.
  [[nodiscard]] std::optional<RpcError> forbid(const ModernRequest& request,
                                               const ServerDescription& server) const;
  [[nodiscard]] Async<Reply> work(ModernRequest& request, Exchange& exchange, Rounds rounds) const;
  [[nodiscard]] Answer write_reply(const ModernRequest& request, Reply reply,
                                   const std::optional<Sha256Digest>& digest,
                                   const ServerDescription& server) const;
  /// What the client is asked, or why it cannot be.
  [[nodiscard]] Read<json::Object> ask_back(const ModernRequest& request, InputRequired asked,
                                            const std::optional<Sha256Digest>& digest) const;

  Handler& handler_;
  const StateSealer& states_;
};

/// What an embedded request needs that the caller did not declare; empty when it is fine.
json::Object missing_for(const InputRequired::Request& request, const ClientCapabilities& caller);

}  // namespace flotilla::mcp
