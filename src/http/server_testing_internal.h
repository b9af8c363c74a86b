#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "async/clock.h"
#include "async/loops.h"
#include "http/server.h"
#include "telemetry/metrics.h"

/// What the server's tests share: a server on its own thread under a clock that stands still, and a
/// client that sends bytes as they are.
namespace flotilla::http::testing {

inline constexpr int kPatienceMs = 10'000;

class TestServer {
 public:
  explicit TestServer(Handler handler, ServerOptions options = {}, std::size_t loops = 1)
      : loops_(loops),
        server_(loops_, clock_, on_any_port(std::move(options)), std::move(handler), metrics_) {
    auto port = server_.start();
    if (!port) ADD_FAILURE() << port.error().message();
    port_ = port.value_or(std::uint16_t{0});
    loops_.start();
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;
  ~TestServer() {
    // What still runs is cut while its loop lives: a coroutine that waits owns itself.
    drain(Duration::zero());
    loops_.stop();
  }

  /// From outside the loops; returns when the drain is over.
  void drain(Duration grace) {
    auto done = std::make_shared<std::promise<void>>();
    auto future = done->get_future();
    const auto on_end = [done](const std::exception_ptr&) { done->set_value(); };
    boost::asio::co_spawn(loops_.executor(0), server_.drain(grace), on_end);
    future.wait();
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  ManualClock& clock() { return clock_; }
  Server& server() { return server_; }
  Loops& loops() { return loops_; }
  [[nodiscard]] std::string metrics() const { return metrics_.render(); }

  /// Lets time pass second by second until `reached`; the loop may need several to take notice.
  bool advance_until(const std::function<bool()>& reached) {
    for (int i = 0; i < 2000; ++i) {
      if (reached()) return true;
      clock_.advance(std::chrono::seconds(1));
      ::poll(nullptr, 0, 1);
    }
    return false;
  }

 private:
  static ServerOptions on_any_port(ServerOptions options) {
    options.port = 0;
    return options;
  }

  telemetry::Registry metrics_;
  Loops loops_;
  ManualClock clock_;  // goes before the loops that its sleepers wait on
  Server server_;
  std::uint16_t port_ = 0;
};

/// Waits in real time for what another thread does at once.
inline bool eventually(const std::function<bool()>& reached) {
  for (int i = 0; i < kPatienceMs; ++i) {
    if (reached()) return true;
    ::poll(nullptr, 0, 1);
  }
  return false;
}

struct RawResponse {
  int status = 0;
  std::string head;
  std::string body;
  [[nodiscard]] std::optional<std::string> field(std::string_view name) const {
    for (std::size_t at = head.find("\r\n"); at != std::string::npos;
         at = head.find("\r\n", at + 2)) {
      const auto line = std::string_view(head).substr(at + 2, head.find("\r\n", at + 2) - at - 2);
      const auto colon = line.find(": ");
      if (colon == std::string_view::npos || !iequals(line.substr(0, colon), name)) continue;
      return std::string(line.substr(colon + 2));
    }
    return std::nullopt;
  }
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) {
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      ADD_FAILURE() << "connect failed";
    }
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { close(); }

  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void shutdown_send() { ::shutdown(fd_, SHUT_WR); }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;  // the server has closed: what it answered is still to be read
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  /// Whether bytes or the end come within `ms`; takes them.
  bool receive(int ms) {
    pollfd entry{.fd = fd_, .events = POLLIN, .revents = 0};
    if (::poll(&entry, 1, ms) <= 0) return false;
    std::string piece(16384, '\0');
    const auto got = ::recv(fd_, piece.data(), piece.size(), 0);
    if (got <= 0) {
      ended_ = true;
      reset_ = got < 0;
    } else {
      received_.append(piece, 0, static_cast<std::size_t>(got));
    }
    return true;
  }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] bool reset() const { return reset_; }
  [[nodiscard]] const std::string& received() const { return received_; }

  /// Everything until the server closes.
  std::string read_all() {
    while (!ended_ && receive(kPatienceMs)) {
    }
    if (!ended_) ADD_FAILURE() << "the server did not close; received so far:\n" << received_;
    return std::exchange(received_, {});
  }
  bool read_until(std::string_view part) {
    while (!received_.contains(part)) {
      if (ended_ || !receive(kPatienceMs)) return false;
    }
    return true;
  }
  /// The next response with a Content-Length, or its head alone.
  RawResponse read_response(bool head_only = false) {
    RawResponse response;
    if (!read_until("\r\n\r\n")) {
      ADD_FAILURE() << "no response head; received:\n" << received_;
      return response;
    }
    const auto end = received_.find("\r\n\r\n");
    response.head = received_.substr(0, end + 2);
    received_.erase(0, end + 4);
    response.status = std::atoi(response.head.substr(9, 3).c_str());
    const auto length = response.field("Content-Length");
    if (head_only || !length) return response;
    const auto size = std::strtoull(length->c_str(), nullptr, 10);
    while (received_.size() < size && !ended_ && receive(kPatienceMs)) {
    }
    response.body = received_.substr(0, size);
    received_.erase(0, size);
    return response;
  }
  RawResponse exchange(std::string_view request) {
    send(request);
    return read_response();
  }

 private:
  int fd_;
  std::string received_;
  bool ended_ = false;
  bool reset_ = false;
};

inline std::string get(std::string_view path, std::string_view fields = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) +
         "\r\n";
}

inline std::string post(std::string_view path, std::string_view body,
                        std::string_view fields = "") {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(fields) + "\r\n" + std::string(body);
}

inline Async<Response> echo(Request& request) {
  std::string text(to_string(request.method));
  text += " " + request.path + " " + request.body;
  co_return Response::text(200, std::move(text));
}

}  // namespace flotilla::http::testing
