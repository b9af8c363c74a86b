#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "async/blocking_pool.h"
#include "async/clock.h"
#include "http/client_tls.h"
#include "http/egress.h"
#include "http/message.h"
#include "http/resolver.h"

namespace flotilla::http {

struct ClientOptions {
  Duration connect_timeout = std::chrono::seconds(10);
  /// Without a byte from the peer for so long the exchange fails (streams: heartbeats count).
  Duration idle_timeout = std::chrono::seconds(60);
  std::size_t body_limit = std::size_t{16} << 20;
  std::size_t max_idle_per_host = 16;
  /// A connection that nobody used for so long is not used again.
  Duration idle_connection_timeout = std::chrono::seconds(30);
  int max_redirects = 0;  // only GET is followed
  std::string ca_file;    // PEM; empty: the system's roots
  ClientTlsPtr tls;       // of requests without options of their own; null: by `ca_file`
  Lookup lookup = system_lookup;
};

struct ClientRequest {
  Method method = Method::get;
  std::string url;  // http or https, absolute
  /// Host, Connection, Content-Length and Transfer-Encoding are the client's own: given ones are
  /// dropped. User-Agent, Accept and Accept-Encoding (identity) are filled in where absent.
  Headers headers;
  std::string body;
  UrlAuthor author = UrlAuthor::operator_;
  /// Whole exchange for fetch(); until the response head for open().
  Duration timeout = std::chrono::seconds(60);
  /// The receiver tells a repeat from a new request, so that even a POST may be sent again when a
  /// pooled connection turns out to be dead.
  bool replayable = false;
  /// How to check an https peer, and who we are to it; null: as the client's options say. A
  /// redirect to another peer goes without it.
  ClientTlsPtr tls;
  /// Instead of the client's own.
  std::optional<Duration> idle_timeout;
};

/// A response whose body is read piece by piece.
class ClientStream {
 public:
  virtual ~ClientStream() = default;
  [[nodiscard]] virtual int status() const = 0;
  [[nodiscard]] virtual const Headers& headers() const = 0;
  /// The next piece; nullopt at the proper end of the body. A cut is unavailable.
  virtual Async<Result<std::optional<std::string>>> read() = 0;
};

class ClientCore;

/// HTTP/1.1 client with pooled connections, for one loop: calls and their streams run on the
/// executor's loop. Each connect passes the egress policy on the resolved address it then uses; so
/// does every redirect. A redirect to another host or port counts as written by the caller and
/// takes no headers along but Accept, Accept-* and User-Agent; one from https to http is refused.
/// A request is sent a second time only when a pooled connection had died and it is idempotent (or
/// marked replayable), or when nothing of it was written.
///
/// Errors: invalid_argument (URL, header), permission_denied/EGRESS_DENIED, resource_exhausted/
/// LIMIT_EXCEEDED (head or body too large), unavailable, deadline_exceeded. Cancellation throws
/// and closes the connection in use.
class Client {
 public:
  Client(Executor executor, Clock& clock, BlockingPool& resolver, const EgressPolicy& egress,
         ClientOptions options);
  ~Client();
  /// The whole response, hop-by-hop fields removed. Any status is a success here; transport faults
  /// are unavailable or deadline_exceeded.
  Async<Result<Response>> fetch(ClientRequest request);
  /// The same with the body left to read.
  Async<Result<std::unique_ptr<ClientStream>>> open(ClientRequest request);
  /// Whether the URL is well-formed, resolves, and may be called: for URLs that are only stored
  /// now. Every later call checks again.
  Async<Result<>> check(std::string url, UrlAuthor author);
  /// Connections that wait in the pool.
  [[nodiscard]] std::size_t idle_connections() const;

 private:
  std::shared_ptr<ClientCore> core_;  // shared with calls and streams that outlive the client
};

}  // namespace flotilla::http
