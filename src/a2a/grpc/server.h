#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "a2a/handler.h"
#include "a2a/server_config.h"
#include "async/clock.h"
#include "async/loops.h"
#include "auth/authenticator.h"
#include "base/result.h"
#include "http/server.h"
#include "telemetry/metrics.h"

namespace flotilla::a2a::rpc {

struct ServerOptions {
  std::string address = "127.0.0.1";  // numeric
  std::uint16_t port = 0;             // 0 picks one
  std::optional<http::TlsOptions> tls;
  std::size_t message_limit = std::size_t{16} << 20;
  std::size_t metadata_limit = 32 << 10;
  int max_streams = 1000;           // of one connection
  std::int64_t max_calls = 20'000;  // of all; beyond: RESOURCE_EXHAUSTED
  /// A stream whose client takes nothing for so long is closed with its cursor.
  Duration write_timeout = std::chrono::seconds(30);
  Duration keepalive = std::chrono::seconds(30);
  Duration keepalive_timeout = std::chrono::seconds(20);
  Duration idle_timeout = std::chrono::minutes(10);
};

/// The gRPC binding: lf.a2a.v1.A2AService (1.0) and a2a.v1.A2AService (0.3) on one port, over the
/// same Handler as the other bindings. gRPC's own threads do its I/O, and exist from start() on;
/// each call runs as a coroutine on one of `loops`. Every reference outlives it.
class Server {
 public:
  Server(Loops& loops, Clock& clock, Handler& handler, const auth::Authenticator& authenticator,
         const ServerConfig& config, ServerOptions options, telemetry::Registry& metrics);
  /// Calls under way are cut; if the loops ran, drain it before.
  ~Server();
  /// Binds and serves; the port in use.
  Result<std::uint16_t> start();
  /// Takes no new calls, tells streams to resume elsewhere, lets running calls end until `grace`
  /// has passed, then cuts them. Nothing when it was not started.
  void begin_drain(Duration grace);
  /// The end of that; await it on one of the loops.
  Async<> drained();
  /// Calls under way.
  [[nodiscard]] std::size_t calls() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace flotilla::a2a::rpc
