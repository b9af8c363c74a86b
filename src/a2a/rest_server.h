#pragma once

#include <span>
#include <string_view>

#include "a2a/calls.h"
#include "a2a/card_server.h"
#include "a2a/operation.h"
#include "a2a/server_config.h"

namespace flotilla::a2a {

struct RestRoute {
  http::Method method;
  std::string_view path;  // below the interface's URL (and tenant, or /v1)
  Operation operation;
};
/// HTTP+JSON routes of a version, `/v1` included in those of 0.3.
std::span<const RestRoute> rest_routes(Version version);

/// The HTTP+JSON binding: 1.0 (specification section 11) and 0.3 under /v1 (a2a.md 1.4). The path
/// decides the version; a header that names the other one is refused. Any loop.
class RestServer {
 public:
  RestServer(const Calls& calls, const CardServer& cards, const ServerConfig& config)
      : calls_(calls), cards_(cards), config_(config) {}

  /// Path parameters: `id` of the task, and `tenant` where the path has one.
  [[nodiscard]] Async<http::Response> handle(http::Request& request, AgentRef agent,
                                             Version version, Operation operation) const;

 private:
  [[nodiscard]] Async<http::Response> send(Exchange exchange, Operation operation) const;
  [[nodiscard]] Async<http::Response> on_push_config(Exchange exchange, Operation operation) const;
  [[nodiscard]] Async<http::Response> on_task(Exchange exchange, Operation operation) const;

  const Calls& calls_;
  const CardServer& cards_;
  const ServerConfig& config_;
};

}  // namespace flotilla::a2a
