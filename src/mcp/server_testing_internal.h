#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "async/task_group.h"
#include "async/testing.h"
#include "auth/sealing.h"
#include "http/router.h"
#include "http/sse.h"
#include "json/json.h"
#include "mcp/conformance.h"
#include "mcp/memory_sessions.h"
#include "mcp/server.h"

namespace flotilla::mcp::testing {

/// Takes what a streamed response sends.
class RecordedBody final : public http::BodyWriter {
 public:
  Async<Result<>> write(std::vector<std::string_view> pieces) override {
    for (const auto piece : pieces) text += piece;
    if (!gone) co_return ok();
    co_return fail(Error(Code::unavailable, "gone"));
  }
  void heartbeat(Duration, std::string_view) override {}
  [[nodiscard]] bool draining() const override { return false; }
  void on_drain(std::move_only_function<void()> callback) override { drain = std::move(callback); }

  [[nodiscard]] std::vector<http::SseMessage> events() const {
    http::SseParser parser;
    std::vector<http::SseMessage> out;
    std::ignore = parser.feed(text, out);
    return out;
  }

  std::string text;
  bool gone = false;
  std::move_only_function<void()> drain;
};

inline std::shared_ptr<const Principal> person(std::string name) {
  auto who = std::make_shared<Principal>();
  who->name = std::move(name);
  return who;
}

/// A request with the headers that every client sends.
inline http::Request make_request(http::Method method, std::string body = "") {
  http::Request request;
  request.method = method;
  request.path = "/mcp";
  request.headers.add("Accept", "application/json, text/event-stream");
  if (method == http::Method::post) request.headers.add("Content-Type", "application/json");
  request.body = std::move(body);
  request.context.principal = person("ana");
  return request;
}

inline json::Value parsed(const std::string& text) {
  auto value = json::parse(text);
  EXPECT_TRUE(value.has_value()) << text;
  return value ? std::move(*value) : json::Value();
}

/// What survives a restart.
struct Disk {
  ManualClock clock;
  MemorySessions sessions{clock, {}};
  auth::Sealer sealer = auth::Sealer::ephemeral(system_random());
};

/// An MCP server over the conformance tools, without sockets. `stop()` before it dies.
struct Desk {
  explicit Desk(Disk& with, ServerConfig config = {})
      : disk(with),
        handler(with.clock, system_random()),
        server({handler, with.sessions, with.sealer, with.clock, system_random()},
               std::move(config)) {
    server.add_routes(router);
  }

  Async<http::Response> send(http::Request& request) { return router.route(request); }
  Async<> stop() { return server.stop(); }
  /// A session of this revision; its id.
  Async<std::string> open_session(std::string revision, std::string capabilities = "{}") {
    auto request = make_request(
        http::Method::post,
        R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":")" +
            revision + R"(","capabilities":)" + capabilities +
            R"(,"clientInfo":{"name":"t","version":"1"}}})");
    auto response = co_await send(request);
    co_return std::string(response.headers.find("Mcp-Session-Id").value_or(""));
  }

  Disk& disk;
  ConformanceHandler handler;
  http::Router router;
  Server server;
};

inline http::Request in_session(const std::string& session, std::string body) {
  auto request = make_request(http::Method::post, std::move(body));
  request.headers.add("Mcp-Session-Id", session);
  return request;
}

inline http::Request get_stream(const std::string& session, const std::string& last_id = "") {
  auto request = make_request(http::Method::get);
  request.headers.add("Mcp-Session-Id", session);
  if (!last_id.empty()) request.headers.add("Last-Event-ID", last_id);
  return request;
}

/// A modern request with its headers; `params` without braces, may be empty.
inline http::Request modern(std::string_view method, std::string params, std::string_view name = "",
                            std::string capabilities = "{}") {
  std::string body =
      R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) + R"(","params":{)" + params;
  if (!params.empty()) body += ',';
  body += R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
          R"("io.modelcontextprotocol/clientCapabilities":)" +
          capabilities + "}}}";
  auto request = make_request(http::Method::post, std::move(body));
  request.headers.add("MCP-Protocol-Version", "2026-07-28");
  request.headers.add("Mcp-Method", std::string(method));
  if (!name.empty()) request.headers.add("Mcp-Name", std::string(name));
  return request;
}

/// A streamed response that is being read, as its connection would.
class OpenStream {
 public:
  OpenStream(const Executor& executor, http::Response response)
      : response_(std::move(response)), group_(executor) {
    if (response_.stream) group_.spawn(response_.stream(body));
  }
  /// The client hangs up.
  Async<> close() {
    group_.cancel();
    co_await group_.join();
    response_ = http::Response();
  }
  [[nodiscard]] bool ended() const { return group_.size() == 0; }
  RecordedBody body;

 private:
  http::Response response_;
  TaskGroup group_;
};

}  // namespace flotilla::mcp::testing
