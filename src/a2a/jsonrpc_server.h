#pragma once

#include "a2a/calls.h"
#include "a2a/card_server.h"
#include "a2a/operation.h"
#include "a2a/server_config.h"
#include "json/value.h"

namespace flotilla::a2a {

/// The JSON-RPC binding of both versions on one URL (specification 1.0 section 9; a2a.md 1.3, 1.5,
/// 2.2). Checks in the order: content type, parse, envelope, version, method, params. Any loop.
class JsonRpcServer {
 public:
  JsonRpcServer(const Calls& calls, const CardServer& cards, const ServerConfig& config)
      : calls_(calls), cards_(cards), config_(config) {}

  [[nodiscard]] Async<http::Response> handle(http::Request& request, AgentRef agent) const;

 private:
  [[nodiscard]] Result<Version> version_of(const http::Request& request,
                                           std::string_view method) const;
  [[nodiscard]] Async<http::Response> dispatch(Exchange exchange, Operation operation,
                                               json::Value params) const;
  [[nodiscard]] Async<http::Response> dispatch_push(Exchange exchange, Operation operation,
                                                    json::Value params) const;

  const Calls& calls_;
  const CardServer& cards_;
  const ServerConfig& config_;
};

}  // namespace flotilla::a2a
