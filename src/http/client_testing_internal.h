#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "async/blocking_pool.h"
#include "async/clock.h"
#include "async/task_group.h"
#include "async/testing.h"
#include "http/client.h"

/// What the client's tests share: a server that answers requests with prepared bytes, and a client
/// with a clock and names of its own. `CLIENT_TEST(what_holds) { … world … }`.
namespace flotilla::http::testing {

namespace asio = boost::asio;
inline constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

struct Reply {
  std::string bytes;
  bool close = false;      // after the bytes
  bool byte_wise = false;  // each byte in a write of its own
  bool early = false;      // once the request's head is there, its body unread
};

/// Answers the n-th request, over all connections, with the n-th reply; when none is left, it
/// keeps silent. Lives on the test's loop.
class RawServer {
 public:
  explicit RawServer(Executor executor, asio::ssl::context* tls = nullptr)
      : acceptor_(executor, {asio::ip::make_address("127.0.0.1"), 0}),
        tls_(tls),
        group_(std::move(executor)) {
    group_.spawn(accept());
  }
  [[nodiscard]] std::string port() const {
    return std::to_string(acceptor_.local_endpoint().port());
  }
  void reply(Reply reply) { replies_.push_back(std::move(reply)); }
  void reply(std::string bytes) { replies_.push_back(Reply{.bytes = std::move(bytes)}); }
  /// Writes to the connection accepted last.
  Async<> push(std::string bytes) {
    std::ignore = co_await asio::async_write(*sockets_.back(), asio::buffer(bytes), kTuple);
  }
  /// Answers every connection that waits.
  void answer_all(const std::string& bytes) {
    for (const auto& socket : sockets_) {
      std::ignore = asio::write(*socket, asio::buffer(bytes));
    }
  }
  Async<> stop() {
    group_.cancel();
    co_await group_.join();
  }

  std::vector<std::string> requests;
  int connections = 0;
  int closed_by_peer = 0;

 private:
  using Socket = asio::ip::tcp::socket;

  Async<> accept() {
    for (;;) {
      auto [error, socket] = co_await acceptor_.async_accept(kTuple);
      if (error) co_return;
      ++connections;
      auto shared = std::make_shared<Socket>(std::move(socket));  // also for push()
      sockets_.push_back(shared);
      group_.spawn(serve(shared));
    }
  }
  Async<> serve(std::shared_ptr<Socket> socket) {
    if (tls_ == nullptr) {
      co_await talk(*socket);
    } else {
      asio::ssl::stream<Socket&> stream(*socket, *tls_);
      const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::server, kTuple);
      if (!error) co_await talk(stream);
    }
    boost::system::error_code ignored;
    socket->close(ignored);
  }
  template <class Stream>
  Async<> talk(Stream& stream) {
    std::string buffer;
    for (;;) {
      auto request = co_await read_request(stream, buffer);
      if (request.empty()) {
        ++closed_by_peer;
        co_return;
      }
      requests.push_back(std::move(request));
      if (replies_.empty()) continue;
      const Reply next = std::move(replies_.front());
      replies_.pop_front();
      const std::size_t step = next.byte_wise ? 1 : next.bytes.size();
      for (std::size_t at = 0; at < next.bytes.size(); at += step) {
        const auto piece = asio::buffer(next.bytes.data() + at, step);
        std::ignore = co_await asio::async_write(stream, piece, kTuple);
        if (next.byte_wise) co_await asio::post(asio::use_awaitable);
      }
      if (next.close) co_return;
    }
  }
  template <class Stream>
  Async<std::string> read_request(Stream& stream, std::string& buffer) {
    for (;;) {
      const auto end = buffer.find("\r\n\r\n");
      if (end != std::string::npos) {
        const bool early = !replies_.empty() && replies_.front().early;
        const auto size = early ? end + 4 : end + 4 + body_size(buffer);
        if (buffer.size() >= size) {
          auto request = buffer.substr(0, size);
          buffer.erase(0, size);
          co_return request;
        }
      }
      char bytes[4096];
      const auto [error, count] = co_await stream.async_read_some(asio::buffer(bytes), kTuple);
      if (error) co_return "";
      buffer.append(bytes, count);
    }
  }
  static std::size_t body_size(const std::string& head) {
    const auto at = head.find("Content-Length: ");
    std::size_t size = 0;
    if (at != std::string::npos) {
      std::from_chars(head.data() + at + 16, head.data() + head.size(), size);
    }
    return size;
  }

  asio::ip::tcp::acceptor acceptor_;
  asio::ssl::context* tls_;
  std::deque<Reply> replies_;
  std::vector<std::shared_ptr<Socket>> sockets_;
  TaskGroup group_;
};

/// Names that the tests' lookup knows; asked from the pool's thread.
class Names {
 public:
  void set(std::string host, Result<Addresses> answer) {
    const std::scoped_lock lock(mutex_);
    answers_.insert_or_assign(std::move(host), std::move(answer));
  }
  Result<Addresses> find(const std::string& host) {
    const std::scoped_lock lock(mutex_);
    ++lookups_;
    const auto found = answers_.find(host);
    if (found != answers_.end()) return found->second;
    return system_lookup(host);
  }
  [[nodiscard]] int lookups() const {
    const std::scoped_lock lock(mutex_);
    return lookups_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Result<Addresses>> answers_;
  int lookups_ = 0;
};

struct World {
  explicit World(Executor loop) : executor(loop), server(loop) { make_client(); }

  void make_client() {
    options.lookup = [this](const std::string& host) { return names.find(host); };
    client = std::make_unique<Client>(executor, clock, pool, egress, options);
  }
  void allow(std::vector<std::string> entries) { egress = *EgressPolicy::make(std::move(entries)); }
  [[nodiscard]] std::string url(const std::string& target = "/",
                                const std::string& host = "127.0.0.1") const {
    return "http://" + host + ":" + server.port() + target;
  }
  [[nodiscard]] ClientRequest get(const std::string& target = "/") const {
    ClientRequest request;
    request.url = url(target);
    return request;
  }
  [[nodiscard]] ClientRequest post(std::string body) const {
    ClientRequest request;
    request.method = Method::post;
    request.url = url();
    request.body = std::move(body);
    return request;
  }
  Async<> stop() {
    client.reset();
    co_await server.stop();
  }

  Executor executor;
  ManualClock clock;
  Names names;
  BlockingPool pool{"dns", 1, 64};
  EgressPolicy egress = *EgressPolicy::make({});
  ClientOptions options;
  RawServer server;
  std::unique_ptr<Client> client;
};

/// A call that runs beside the test's own coroutine.
template <class T>
struct Background {
  explicit Background(Executor executor) : group(std::move(executor)) {}
  void start(Async<Result<T>> work) { group.spawn(keep(std::move(work))); }
  std::optional<Result<T>> result;
  TaskGroup group;

 private:
  Async<> keep(Async<Result<T>> work) {
    auto value = co_await std::move(work);
    result.emplace(std::move(value));
  }
};

inline std::string with_length(const std::string& body, const std::string& extra = "") {
  return "HTTP/1.1 200 OK\r\n" + extra + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace flotilla::http::testing

#define CLIENT_TEST(Suite, name)                                                             \
  static ::flotilla::Async<> Suite##_##name##_case(::flotilla::http::testing::World& world); \
  ASYNC_TEST(Suite, name) {                                                                  \
    auto executor = co_await boost::asio::this_coro::executor;                               \
    ::flotilla::http::testing::World world(executor);                                        \
    co_await Suite##_##name##_case(world);                                                   \
    co_await world.stop();                                                                   \
  }                                                                                          \
  static ::flotilla::Async<> Suite##_##name##_case(::flotilla::http::testing::World& world)
