#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "async/blocking_pool.h"
#include "async/task_group.h"
#include "async/testing.h"
#include "http/client.h"
#include "json/json.h"
#include "mcp/client.h"

/// What the client's tests share: a server that sends prepared bytes, a client before it, and time
/// that stands still. `MCP_CLIENT_TEST(what_holds) { … world … }`.
namespace flotilla::mcp::testing {

namespace asio = boost::asio;
inline constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

struct RawRequest {
  std::string head;
  std::string body;

  [[nodiscard]] bool is_post() const { return head.starts_with("POST "); }
  [[nodiscard]] bool is_get() const { return head.starts_with("GET "); }
  [[nodiscard]] std::string target() const {
    const auto begin = head.find(' ') + 1;
    return head.substr(begin, head.find(' ', begin) - begin);
  }
  [[nodiscard]] std::optional<std::string> header(const std::string& name) const {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return std::nullopt;
    const auto begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
  [[nodiscard]] json::Object message() const {
    auto value = json::parse(body);
    return value && value->if_object() ? *value->if_object() : json::Object();
  }
  [[nodiscard]] std::string method() const {
    const auto parsed = message();
    const auto* name = parsed.find("method");
    return name == nullptr ? "" : *name->if_string();
  }
  [[nodiscard]] std::string id() const {
    const auto parsed = message();
    const auto* id = parsed.find("id");
    return id == nullptr ? "" : json::to_string(*id);
  }
  [[nodiscard]] json::Object params() const {
    const auto parsed = message();
    const auto* params = parsed.find("params");
    return params == nullptr ? json::Object() : *params->if_object();
  }
};

enum class After : std::uint8_t { keep, close, hold };

/// What one request gets; `hold` keeps the connection open for push().
struct Sent {
  std::string bytes;
  After then = After::keep;
};

inline Sent plain(int status, const std::string& type, const std::string& body,
                  const std::string& fields = "") {
  return Sent{fmt::format("HTTP/1.1 {} X\r\nContent-Type: {}\r\n{}Content-Length: {}\r\n\r\n{}",
                          status, type, fields, body.size(), body)};
}
inline Sent json_body(const std::string& body, int status = 200, const std::string& fields = "") {
  return plain(status, "application/json", body, fields);
}
inline std::string result_text(const std::string& id, const std::string& result) {
  return fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":{}}})", id, result);
}
inline Sent result(const RawRequest& request, const std::string& text,
                   const std::string& fields = "") {
  return json_body(result_text(request.id(), text), 200, fields);
}
inline Sent error(const RawRequest& request, int status, int code, const std::string& data = "") {
  return json_body(
      fmt::format(R"({{"jsonrpc":"2.0","id":{},"error":{{"code":{},"message":"refused"{}}}}})",
                  request.id(), code, data.empty() ? "" : ",\"data\":" + data),
      status);
}
inline std::string chunk(const std::string& text) {
  return text.empty() ? "" : fmt::format("{:x}\r\n{}\r\n", text.size(), text);
}
inline std::string event(const std::string& data, const std::string& fields = "") {
  return fields + "data: " + data + "\n\n";
}
inline constexpr std::string_view kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
/// A whole stream with its proper end.
inline Sent stream(const std::string& text) {
  return Sent{std::string(kStreamHead) + chunk(text) + "0\r\n\r\n"};
}
inline Sent cut_stream(const std::string& text) {
  return Sent{std::string(kStreamHead) + chunk(text), After::close};
}
inline Sent open_stream(const std::string& text) {
  return Sent{std::string(kStreamHead) + chunk(text), After::hold};
}

/// Answers each request by `on_request`. Lives on the test's loop.
class RawServer {
 public:
  explicit RawServer(Executor executor)
      : acceptor_(executor, {asio::ip::make_address("127.0.0.1"), 0}), group_(std::move(executor)) {
    group_.spawn(accept());
  }
  std::function<Sent(const RawRequest&)> on_request;
  std::vector<RawRequest> requests;
  int closed_by_peer = 0;

  [[nodiscard]] std::string url() const {
    return fmt::format("http://127.0.0.1:{}", acceptor_.local_endpoint().port());
  }
  /// To the stream that was opened last.
  void push(const std::string& text) {
    std::ignore = asio::write(*held_, asio::buffer(chunk(text)));
  }
  void end_held() {
    boost::system::error_code ignored;
    held_->close(ignored);
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
      group_.spawn(serve(std::make_shared<Socket>(std::move(socket))));
    }
  }
  Async<> serve(std::shared_ptr<Socket> shared) {  // also for push()
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
      if (answer.then == After::hold) held_ = shared;
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
  std::shared_ptr<Socket> held_;
  TaskGroup group_;
};

inline constexpr std::string_view kDiscovery =
    R"({"resultType":"complete","supportedVersions":["2026-07-28"],)"
    R"("capabilities":{"tools":{},"resources":{"subscribe":true},"prompts":{}},)"
    R"("ttlMs":0,"cacheScope":"private",)"
    R"("_meta":{"io.modelcontextprotocol/serverInfo":{"name":"raw","version":"1"}}})";
inline constexpr std::string_view kInitialized =
    R"({"protocolVersion":"2025-11-25","capabilities":{"tools":{},"resources":{"subscribe":true}},)"
    R"("serverInfo":{"name":"raw","version":"1"}})";

/// A client of the raw server. `on_call` gets what is no handshake.
struct World {
  explicit World(Executor loop)
      : executor(loop),
        server(loop),
        http(std::make_unique<http::Client>(loop, clock, pool, egress, http::ClientOptions{})) {
    options.url = server.url() + "/mcp";
    options.client_info.set("name", "test");
    options.on_change = [this](const Change& change) { changes.push_back(change); };
    server.on_request = [this](const RawRequest& request) { return answer(request); };
  }
  Sent answer(const RawRequest& request) {
    if (request.method() == "server/discover") {
      if (modern) return result(request, std::string(kDiscovery));
      return plain(400, "text/plain", "what?");
    }
    if (request.method() == "initialize")
      return result(request, std::string(kInitialized), "Mcp-Session-Id: s1\r\n");
    if (request.method().starts_with("notifications/")) return plain(202, "text/plain", "");
    if (request.head.starts_with("DELETE ")) return plain(200, "text/plain", "");
    if (request.is_get() && !on_get) return plain(405, "text/plain", "");
    return request.is_get() ? on_get(request) : on_call(request);
  }
  Async<Result<>> connect() {
    auto made = co_await Client::connect(http.get(), clock, options);
    if (!made) co_return fail(made.error());
    client = std::move(*made);
    co_return ok();
  }
  Async<Result<Reply>> call(std::string name) {
    CallOptions how;
    return call(std::move(name), std::move(how));
  }
  Async<Result<Reply>> call(std::string name, CallOptions how) {
    CallTool request;
    request.name = std::move(name);
    co_return co_await client->call_tool(std::move(request), std::move(how));
  }
  /// Lets the loop run until it holds; time moves by `step` each time.
  Async<bool> until(std::function<bool()> reached, Duration step = Duration::zero()) {
    for (int i = 0; i < 3000; ++i) {
      if (reached()) co_return true;
      if (step > Duration::zero()) clock.advance(step);
      co_await flotilla::testing::settle();
      ::poll(nullptr, 0, i < 100 ? 0 : 1);
    }
    co_return false;
  }
  [[nodiscard]] std::vector<RawRequest> calls(std::string_view method) const {
    std::vector<RawRequest> out;
    for (const auto& request : server.requests) {
      if (request.method() == method) out.push_back(request);
    }
    return out;
  }
  Async<> stop() {
    if (client) co_await client->stop();
    client.reset();
    http.reset();
    co_await server.stop();
  }

  Executor executor;
  ManualClock clock;
  BlockingPool pool{"dns", 1, 64};
  http::EgressPolicy egress = *http::EgressPolicy::make({"127.0.0.1"});
  bool modern = true;
  ClientOptions options;
  std::vector<Change> changes;
  std::function<Sent(const RawRequest&)> on_call;
  std::function<Sent(const RawRequest&)> on_get;
  RawServer server;
  std::unique_ptr<http::Client> http;
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

/// The text of the first block of content; the error's code as text.
inline std::string text_of(const Result<Reply>& reply) {
  if (!reply) return "failed: " + reply.error().message();
  if (const auto* failed = std::get_if<RpcError>(&*reply)) return std::to_string(failed->code);
  const auto* complete = std::get_if<Complete>(&*reply);
  return complete == nullptr ? "unfinished" : json::to_string(json::Value(complete->result));
}

}  // namespace flotilla::mcp::testing

#define MCP_CLIENT_TEST(Suite, name)                                                        \
  static ::flotilla::Async<> Suite##_##name##_case(::flotilla::mcp::testing::World& world); \
  ASYNC_TEST(Suite, name) {                                                                 \
    auto executor = co_await boost::asio::this_coro::executor;                              \
    ::flotilla::mcp::testing::World world(executor);                                        \
    co_await Suite##_##name##_case(world);                                                  \
    co_await world.stop();                                                                  \
  }                                                                                         \
  static ::flotilla::Async<> Suite##_##name##_case(::flotilla::mcp::testing::World& world)
