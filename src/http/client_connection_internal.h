#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "async/async.h"
#include "base/result.h"
#include "http/client_tls.h"
#include "http/url.h"

namespace flotilla::http {

/// What one read or write on a connection did. An orderly end is asio::error::eof.
struct Transfer {
  boost::system::error_code error;
  std::size_t count = 0;
};

/// One TCP or TLS connection of the client. Bound to a loop; a cancelled wait throws
/// operation_aborted, after which only destruction is left.
class ClientConnection {
 public:
  /// `address` is numeric. `tls` is null for http.
  static Async<Result<std::unique_ptr<ClientConnection>>> connect(Executor executor, Url url,
                                                                  std::string address,
                                                                  ClientTlsPtr tls);
  explicit ClientConnection(const Executor& executor);
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  Async<Transfer> read_some(boost::asio::mutable_buffer into);
  Async<Transfer> write_some(boost::asio::const_buffer from);
  /// False when the idle peer has closed or has sent something that nobody asked for.
  [[nodiscard]] bool is_quiet();

 private:
  using Socket = boost::asio::ip::tcp::socket;
  Async<Result<>> shake_hands(Url url);
  Socket socket_;
  ClientTlsPtr options_;  // shared: the session lives in its context
  std::optional<boost::asio::ssl::stream<Socket&>> tls_;
};

}  // namespace flotilla::http
