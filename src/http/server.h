#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/clock.h"
#include "async/loops.h"
#include "base/bytes.h"
#include "base/result.h"
#include "http/message.h"

namespace flotilla::telemetry {
class Registry;
}

namespace flotilla::http {

struct TlsOptions {
  std::string certificate_file;  // PEM chain
  std::string key_file;
  std::string client_ca_file;  // set: clients must present a certificate
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  // 0 picks one
  std::optional<TlsOptions> tls;
  std::size_t header_limit = 32 << 10;
  std::size_t body_limit = std::size_t{16} << 20;
  std::size_t max_connections = 20'000;
  std::size_t max_connections_per_peer = 20'000;
  /// Requests a second for one peer address, 0 for no limit; beyond: 429 with Retry-After.
  std::size_t max_requests_per_peer = 0;
  Duration header_timeout = std::chrono::seconds(10);
  Duration body_timeout = std::chrono::seconds(60);
  Duration idle_timeout = std::chrono::seconds(75);
  Duration write_timeout = std::chrono::seconds(30);
  /// Host names besides the bound address and, where that is loopback or any address, localhost; on
  /// any address each IP address is fine too. Ports do not matter. Another name is refused with 421
  /// (DNS rebinding). `*` allows all.
  std::vector<std::string> allow_hosts;
  /// Origins besides our own (the Host asked for); `*` allows all. A foreign Origin is refused with
  /// 403; allowed ones get CORS headers.
  std::vector<std::string> allow_origins;
  /// Peers whose X-Forwarded-For and -Proto are believed (CIDR).
  std::vector<std::string> trusted_proxies;
};

/// HTTP/1.1 server: one listener and one set of connections on each loop (SO_REUSEPORT).
/// start() and drain() from outside the loops or any loop; the object outlives the loops' work.
class Server {
 public:
  Server(Loops& loops, Clock& clock, ServerOptions options, Handler handler,
         telemetry::Registry& metrics);
  ~Server();
  /// Binds and listens; the port in use.
  Result<std::uint16_t> start();
  /// Stops accepting, closes idle connections, lets running requests and streams end until
  /// `grace` has passed, then cuts them. Await it on a loop that outlives it, such as one of the
  /// server's; connections that still wait when their loop dies are not freed.
  Async<> drain(Duration grace);
  [[nodiscard]] std::size_t connections() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with connections that end after the last drain step
};

}  // namespace flotilla::http
