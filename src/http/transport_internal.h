#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

#include "async/async.h"
#include "http/tls.h"

namespace flotilla::http {

using IoResult = std::tuple<boost::system::error_code, std::size_t>;

/// The bytes of one server connection: a socket, TLS over it, or a test's script. One loop; at most
/// one read and one write at a time; functions that return Async keep no reference of their own
/// beyond the buffers given, which stay valid until they end.
class Transport {
 public:
  enum class Peer : std::uint8_t { open, has_data, gone };

  virtual ~Transport() = default;
  [[nodiscard]] virtual bool is_tls() const = 0;
  /// TLS only.
  virtual Async<boost::system::error_code> handshake() = 0;
  virtual Async<IoResult> read_some(std::span<char> into) = 0;
  virtual Async<IoResult> write_some(std::string_view bytes) = 0;
  /// Sends what fits without waiting; no error and 0 bytes: it must wait.
  virtual IoResult try_write(std::string_view bytes) = 0;
  /// Waits for input without holding a buffer. Only where !is_tls().
  virtual Async<std::tuple<boost::system::error_code>> wait_readable() = 0;
  /// Calls `ready` once, from the loop, when input or the peer's end has come, or with an error
  /// after cancel() and close().
  virtual void watch(std::function<void(const boost::system::error_code&)> ready) = 0;
  /// Looks at the peer's half without reading.
  virtual Peer probe() = 0;
  /// Whether the peer has ended its half even though input waits before that end.
  virtual bool hung_up() = 0;
  /// Ends our half: FIN, for TLS close_notify before it.
  virtual Async<> shutdown() = 0;
  /// Ends all pending waits with operation_aborted.
  virtual void cancel() = 0;
  virtual void close() = 0;
  [[nodiscard]] virtual std::string client_subject() = 0;
};

std::unique_ptr<Transport> make_tcp_transport(boost::asio::ip::tcp::socket socket);
std::unique_ptr<Transport> make_tls_transport(boost::asio::ip::tcp::socket socket,
                                              TlsContext& context);

}  // namespace flotilla::http
