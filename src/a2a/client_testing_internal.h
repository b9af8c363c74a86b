#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "a2a/client.h"
#include "async/blocking_pool.h"
#include "async/task_group.h"
#include "async/testing.h"
#include "http/client.h"

/// What the client's tests share: a clock that does not wait, a server that sends prepared bytes,
/// and a client before it. `A2A_CLIENT_TEST(what_holds) { … world … }`.
namespace flotilla::a2a::testing {

namespace asio = boost::asio;
inline constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

/// Whoever sleeps wakes at once, at the time he asked for. Remembers the pauses.
class JumpingClock final : public Clock {
 public:
  std::vector<Duration> pauses;

  [[nodiscard]] Time now() const override { return Time{std::chrono::seconds{1'800'000'000}}; }
  [[nodiscard]] SteadyTime steady_now() const override { return now_; }
  Async<> sleep_until(SteadyTime when) override {
    pauses.push_back(when - now_);
    now_ = std::max(now_, when);
    co_await asio::post(asio::use_awaitable);
  }
  /// Time passes for who sleeps only: nothing is late.
  std::unique_ptr<Alarm> alarm(SteadyTime, const Executor&, std::function<void()>) override {
    return std::make_unique<Alarm>();
  }
  void advance(Duration by) { now_ += by; }

 private:
  SteadyTime now_{std::chrono::hours{24}};
};

/// Always the same bytes: with 0xff every pause is the longest of its range.
class FixedRandom final : public Random {
 public:
  std::uint8_t byte = 0xff;
  void fill(void* bytes, std::size_t count) override { std::memset(bytes, byte, count); }
};

struct RawRequest {
  std::string head;
  std::string body;

  [[nodiscard]] std::string target() const {
    const auto begin = head.find(' ') + 1;
    return head.substr(begin, head.find(' ', begin) - begin);
  }
  [[nodiscard]] bool is(std::string_view method) const {  // JSON-RPC
    return body.contains("\"method\":\"" + std::string(method) + "\"");
  }
  /// Nullopt when the field is absent.
  [[nodiscard]] std::optional<std::string> header(const std::string& name) const {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return std::nullopt;
    const auto begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

enum class After : std::uint8_t { keep, close, hold };

/// What one request gets; `hold` keeps the connection open and silent.
struct Reply {
  std::string bytes;
  After then = After::keep;
};

inline Reply plain(int status, const std::string& type, const std::string& body) {
  return Reply{fmt::format("HTTP/1.1 {} X\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}",
                           status, type, body.size(), body)};
}
inline Reply json_reply(const std::string& body, int status = 200) {
  return plain(status, "application/json", body);
}
/// The same, with a request to come back later.
inline Reply busy(int status, const std::string& retry_after) {
  return Reply{
      fmt::format("HTTP/1.1 {} X\r\nContent-Type: text/plain\r\nRetry-After: {}\r\n"
                  "Content-Length: 4\r\n\r\nbusy",
                  status, retry_after)};
}
inline Reply gone() {
  return Reply{"", After::close};
}
inline std::string chunk(const std::string& text) {
  return text.empty() ? "" : fmt::format("{:x}\r\n{}\r\n", text.size(), text);
}
inline constexpr std::string_view kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
/// A whole stream with its proper end.
inline Reply stream(const std::string& text) {
  return Reply{std::string(kStreamHead) + chunk(text) + "0\r\n\r\n"};
}
inline Reply cut_stream(const std::string& text) {
  return Reply{std::string(kStreamHead) + chunk(text), After::close};
}
inline Reply open_stream(const std::string& text) {
  return Reply{std::string(kStreamHead) + chunk(text), After::hold};
}

/// Answers each request by `on_request`. Lives on the test's loop.
class RawServer {
 public:
  explicit RawServer(Executor executor)
      : acceptor_(executor, {asio::ip::make_address("127.0.0.1"), 0}), group_(std::move(executor)) {
    group_.spawn(accept());
  }
  std::function<Reply(const RawRequest&)> on_request;
  std::vector<RawRequest> requests;
  int closed_by_peer = 0;

  [[nodiscard]] std::string url() const {
    return fmt::format("http://127.0.0.1:{}", acceptor_.local_endpoint().port());
  }
  /// Cuts all connections.
  void cut() {
    boost::system::error_code ignored;
    for (const auto& socket : sockets_) socket->close(ignored);
    sockets_.clear();
  }
  Async<> stop() {
    group_.cancel();
    co_await group_.join();
  }

 private:
  using Socket = asio::ip::tcp::socket;

  Async<> accept() {
    for (;;) {
      auto [error, socket] = co_await acceptor_.async_accept(kTuple);
      if (error) co_return;
      auto shared = std::make_shared<Socket>(std::move(socket));  // also for cut()
      sockets_.push_back(shared);
      group_.spawn(serve(std::move(shared)));
    }
  }
  Async<> serve(std::shared_ptr<Socket> shared) {
    Socket& socket = *shared;
    std::string buffer;
    for (;;) {
      auto request = co_await read_request(socket, buffer);
      if (!request) {
        ++closed_by_peer;
        break;
      }
      requests.push_back(std::move(*request));
      const auto answer = on_request(requests.back());
      std::ignore = co_await asio::async_write(socket, asio::buffer(answer.bytes), kTuple);
      if (answer.then == After::close) break;
    }
    boost::system::error_code ignored;
    socket.close(ignored);
  }
  static Async<std::optional<RawRequest>> read_request(Socket& socket, std::string& buffer) {
    for (;;) {
      const auto end = buffer.find("\r\n\r\n");
      if (end != std::string::npos) {
        RawRequest request;
        request.head = buffer.substr(0, end + 4);
        const auto size = std::stoul(request.header("Content-Length").value_or("0"));
        if (buffer.size() >= end + 4 + size) {
          request.body = buffer.substr(end + 4, size);
          buffer.erase(0, end + 4 + size);
          co_return request;
        }
      }
      char bytes[4096];
      const auto [error, count] = co_await socket.async_read_some(asio::buffer(bytes), kTuple);
      if (error) co_return std::nullopt;
      buffer.append(bytes, count);
    }
  }

  asio::ip::tcp::acceptor acceptor_;
  std::vector<std::shared_ptr<Socket>> sockets_;
  TaskGroup group_;
};

/// A client of the raw server, whose card it has.
struct World {
  explicit World(Executor loop)
      : executor(loop),
        server(loop),
        http(
            std::make_unique<http::Client>(loop, http_clock, pool, egress, http::ClientOptions{})) {
    options.random = &random;
    options.on_cut = [this](const Error& error) { cuts.push_back(error.message()); };
    server.on_request = [this](const RawRequest& request) {
      if (request.target().ends_with("agent-card.json")) return json_reply(card());
      return on_call(request);
    };
  }
  [[nodiscard]] std::string card() const {
    return fmt::format(
        R"({{"name":"Raw","version":"1","supportedInterfaces":[{{"url":"{}","protocolBinding":"{}",)"
        R"("protocolVersion":"{}"}}],"capabilities":{}}})",
        server.url(), binding, version, capabilities);
  }
  Async<Result<std::unique_ptr<Client>>> connect() {
    return Client::connect(*http, clock, server.url(), options);
  }
  /// Requests but those of the card.
  [[nodiscard]] std::vector<RawRequest> calls() const {
    std::vector<RawRequest> out;
    for (const auto& request : server.requests)
      if (!request.target().ends_with("agent-card.json")) out.push_back(request);
    return out;
  }
  Async<> stop() {
    http.reset();
    co_await server.stop();
  }

  Executor executor;
  JumpingClock clock;
  FixedRandom random;
  ManualClock http_clock;
  BlockingPool pool{"dns", 1, 64};
  http::EgressPolicy egress = *http::EgressPolicy::make({});
  std::string binding = "JSONRPC";
  std::string version = "1.0";
  std::string capabilities = R"({"streaming":true})";
  ClientOptions options;
  std::vector<std::string> cuts;
  std::function<Reply(const RawRequest&)> on_call;
  RawServer server;
  std::unique_ptr<http::Client> http;
};

inline SendMessageRequest hello() {
  SendMessageRequest request;
  request.message.messageId = "m-1";
  request.message.role = MessageRole::user;
  request.message.parts.push_back(text_part("hi"));
  return request;
}

/// Everything that a stream gives until it ends or fails.
struct Seen {
  std::vector<StreamResponse> items;
  std::optional<Error> error;
  std::string cursor;

  /// `task:working artifact:a status:completed`
  [[nodiscard]] std::string text() const {
    std::string out;
    for (const auto& item : items) {
      if (!out.empty()) out += ' ';
      if (item.task) out += fmt::format("task:{}", name(item.task->status.state));
      if (item.message) out += "message:" + text_of(item.message->parts);
      if (item.statusUpdate) out += fmt::format("status:{}", name(item.statusUpdate->status.state));
      if (item.artifactUpdate) out += "artifact:" + text_of(item.artifactUpdate->artifact.parts);
    }
    if (error) out += fmt::format(" !{}", error->reason());
    return out;
  }
  static std::string name(TaskState state) {
    std::string text(wire_name(state).substr(std::string_view("TASK_STATE_").size()));
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
  }
};

inline Async<Seen> read_all(ClientEvents& events) {
  Seen seen;
  for (;;) {
    auto item = co_await events.next();
    if (!item) seen.error = item.error();
    if (!item || !*item) break;
    seen.items.push_back(std::move(**item));
  }
  seen.cursor = events.cursor();
  co_return seen;
}

inline Async<Seen> stream_all(Client& client, SendMessageRequest request) {
  auto events = co_await client.stream(std::move(request));
  co_return co_await read_all(**events);
}

inline Async<Seen> subscribe_all(Client& client, std::optional<std::string> after) {
  SubscribeToTaskRequest request;
  request.id = "t-1";
  auto events = co_await client.subscribe(std::move(request), std::move(after));
  co_return co_await read_all(**events);
}

/// Lets the loop's I/O go on until `condition` holds; the test's limit bounds it.
inline Async<> until(std::function<bool()> condition) {
  while (!condition()) co_await asio::post(asio::use_awaitable);
}

// Items of JSON-RPC 1.0.

inline std::string event(const std::string& id, const std::string& result) {
  return (id.empty() ? "" : "id: " + id + "\n") + R"(data: {"jsonrpc":"2.0","id":1,"result":)" +
         result + "}\n\n";
}
inline std::string task_text(std::string_view state) {
  return fmt::format(R"({{"id":"t-1","contextId":"c-1","status":{{"state":"TASK_STATE_{}"}}}})",
                     state);
}
inline std::string task_item(std::string_view state) {
  return R"({"task":)" + task_text(state) + "}";
}
inline std::string status_item(std::string_view state) {
  return fmt::format(
      R"({{"statusUpdate":{{"taskId":"t-1","contextId":"c-1","status":{{"state":"TASK_STATE_{}"}}}}}})",
      state);
}
inline std::string artifact_item(std::string_view text) {
  return fmt::format(
      R"({{"artifactUpdate":{{"taskId":"t-1","contextId":"c-1","artifact":{{"artifactId":"a-1",)"
      R"("parts":[{{"text":"{}"}}]}},"append":true}}}})",
      text);
}
inline Reply rpc_result(const std::string& result) {
  return json_reply(R"({"jsonrpc":"2.0","id":1,"result":)" + result + "}");
}
inline Reply rpc_error(int code, std::string_view reason = "") {
  std::string data;
  if (!reason.empty()) data = fmt::format(R"(,"data":[{{"reason":"{}"}}])", reason);
  return json_reply(fmt::format(
      R"({{"jsonrpc":"2.0","id":1,"error":{{"code":{},"message":"no"{}}}}})", code, data));
}

}  // namespace flotilla::a2a::testing

#define A2A_CLIENT_TEST(Suite, name)                                                        \
  static ::flotilla::Async<> Suite##_##name##_case(::flotilla::a2a::testing::World& world); \
  ASYNC_TEST(Suite, name) {                                                                 \
    auto executor = co_await boost::asio::this_coro::executor;                              \
    ::flotilla::a2a::testing::World world(executor);                                        \
    co_await Suite##_##name##_case(world);                                                  \
    co_await world.stop();                                                                  \
  }                                                                                         \
  static ::flotilla::Async<> Suite##_##name##_case(::flotilla::a2a::testing::World& world)
