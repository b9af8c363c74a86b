#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <utility>

#include "http/limits.h"
#include "http/transport_internal.h"

namespace flotilla::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

bool polls(int fd, short events) {
  pollfd entry{.fd = fd, .events = events, .revents = 0};
  return ::poll(&entry, 1, 0) > 0 && (entry.revents & events) != 0;
}

bool would_block(int error) {
  return error == EAGAIN || error == EINTR;
}

Transport::Peer probe_socket(int fd) {
  char byte = 0;
  const auto got = ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got > 0) return Transport::Peer::has_data;
  if (got < 0 && would_block(errno)) return Transport::Peer::open;
  return Transport::Peer::gone;
}

class TcpTransport final : public Transport {
 public:
  explicit TcpTransport(tcp::socket socket) : socket_(std::move(socket)) {}

  [[nodiscard]] bool is_tls() const override { return false; }
  Async<error_code> handshake() override { co_return error_code(); }
  Async<IoResult> read_some(std::span<char> into) override {
    return socket_.async_read_some(asio::buffer(into.data(), into.size()),
                                   asio::as_tuple(asio::use_awaitable));
  }
  Async<IoResult> write_some(std::string_view bytes) override {
    return socket_.async_write_some(asio::buffer(bytes), asio::as_tuple(asio::use_awaitable));
  }
  // Straight to the kernel: nearly always there is room, and then nothing needs to be scheduled.
  IoResult try_write(std::string_view bytes) override {
    const auto sent =
        ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return {error_code(), static_cast<std::size_t>(sent)};
    if (would_block(errno)) return {error_code(), 0};
    return {error_code(errno, boost::system::system_category()), 0};
  }
  Async<std::tuple<error_code>> wait_readable() override {
    return socket_.async_wait(tcp::socket::wait_read, asio::as_tuple(asio::use_awaitable));
  }
  void watch(std::function<void(const error_code&)> ready) override {
    socket_.async_wait(tcp::socket::wait_read, std::move(ready));
  }
  Peer probe() override { return probe_socket(socket_.native_handle()); }
  bool hung_up() override { return polls(socket_.native_handle(), POLLRDHUP); }
  Async<> shutdown() override {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    co_return;
  }
  void cancel() override {
    error_code ignored;
    socket_.cancel(ignored);
  }
  void close() override {
    error_code ignored;
    socket_.close(ignored);
  }
  [[nodiscard]] std::string client_subject() override { return {}; }

 private:
  tcp::socket socket_;
};

class TlsTransport final : public Transport {
 public:
  TlsTransport(tcp::socket socket, TlsContext& context) : stream_(std::move(socket), context) {}

  [[nodiscard]] bool is_tls() const override { return true; }
  Async<error_code> handshake() override {
    error_code error;
    co_await stream_.async_handshake(asio::ssl::stream_base::server,
                                     asio::redirect_error(asio::use_awaitable, error));
    co_return error;
  }
  Async<IoResult> read_some(std::span<char> into) override {
    return stream_.async_read_some(asio::buffer(into.data(), into.size()),
                                   asio::as_tuple(asio::use_awaitable));
  }
  Async<IoResult> write_some(std::string_view bytes) override {
    return stream_.async_write_some(asio::buffer(bytes), asio::as_tuple(asio::use_awaitable));
  }
  // The blocking write cannot block: POLLOUT promises a third of the socket's buffer, and a small
  // record is far below it. No other operation of the stream is pending when this is called.
  IoResult try_write(std::string_view bytes) override {
    if (bytes.size() > kTlsDirectWrite || !polls(fd(), POLLOUT)) return {error_code(), 0};
    error_code error;
    const std::size_t sent = stream_.write_some(asio::buffer(bytes), error);
    return {error, sent};
  }
  Async<std::tuple<error_code>> wait_readable() override {
    co_return std::tuple<error_code>(asio::error::operation_not_supported);
  }
  void watch(std::function<void(const error_code&)> ready) override {
    stream_.next_layer().async_wait(tcp::socket::wait_read, std::move(ready));
  }
  Peer probe() override { return probe_socket(fd()); }
  bool hung_up() override { return polls(fd(), POLLRDHUP); }
  Async<> shutdown() override {
    error_code ignored;
    co_await stream_.async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
    stream_.next_layer().shutdown(tcp::socket::shutdown_send, ignored);
  }
  void cancel() override {
    error_code ignored;
    stream_.next_layer().cancel(ignored);
  }
  void close() override {
    error_code ignored;
    stream_.next_layer().close(ignored);
  }
  [[nodiscard]] std::string client_subject() override {
    return peer_subject(stream_.native_handle());
  }

 private:
  int fd() { return stream_.next_layer().native_handle(); }
  asio::ssl::stream<tcp::socket> stream_;
};

}  // namespace

std::unique_ptr<Transport> make_tcp_transport(tcp::socket socket) {
  return std::make_unique<TcpTransport>(std::move(socket));
}

std::unique_ptr<Transport> make_tls_transport(tcp::socket socket, TlsContext& context) {
  return std::make_unique<TlsTransport>(std::move(socket), context);
}

}  // namespace flotilla::http
