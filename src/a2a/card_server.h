#pragma once

#include "a2a/handler.h"
#include "a2a/server_config.h"
#include "a2a/wire.h"
#include "http/message.h"

namespace flotilla::a2a {

/// Serves agent cards at their well-known paths (specification 1.0 section 8; a2a.md 1.5 and 3.7):
/// pure for `A2A-Version: 1.x`, hybrid otherwise, signed, with validators and 304. Any loop.
class CardServer {
 public:
  CardServer(Handler& handler, const ServerConfig& config) : handler_(handler), config_(config) {}

  /// `base_path` is the path of the agent's URL below the origin: empty for the front desk.
  [[nodiscard]] Async<http::Response> handle(http::Request& request, AgentRef agent,
                                             std::string base_path) const;
  /// GetExtendedAgentCard over either binding: for callers who have shown who they are.
  [[nodiscard]] Async<http::Response> extended(Exchange exchange) const;
  /// The public keys of our signatures (`jku` names this place).
  [[nodiscard]] http::Response jwks() const;

 private:
  struct Signed {
    std::string text;
    std::string etag;
  };
  /// Signed where there are keys.
  [[nodiscard]] Signed sign(const http::Request& request, std::string text) const;

  Handler& handler_;
  const ServerConfig& config_;
};

/// The path of the agent's URL below the origin: empty for the front desk.
std::string base_path_of(const http::Request& request);

/// Scheme, host and port of our URLs: the configured ones, else those the request was sent to. The
/// server has checked Host; what is no host at all becomes `localhost`.
std::string origin_of(const http::Request& request, const ServerConfig& config);

}  // namespace flotilla::a2a
