#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "a2a/fake_handler.h"
#include "a2a/routes.h"
#include "async/loops.h"
#include "http/router.h"
#include "http/sse.h"
#include "json/json.h"

// The adapters behind a router, without sockets.
namespace flotilla::a2a::testing {

/// Takes a streamed body; can begin to drain.
class RecordingBody final : public http::BodyWriter {
 public:
  std::string text;
  bool is_draining = false;
  /// Called after each write.
  std::function<void()> on_write;
  bool broken = false;  // every write fails as with a slow reader

  Async<Result<>> write(std::vector<std::string_view> pieces) override {
    if (broken) co_return fail(Error(Code::unavailable, reason::kSlowReader, "slow"));
    for (const auto piece : pieces) text += piece;
    if (on_write) on_write();
    co_return ok();
  }
  void heartbeat(Duration, std::string_view) override {}
  [[nodiscard]] bool draining() const override { return is_draining; }
  void on_drain(std::move_only_function<void()> callback) override {
    callback_ = std::move(callback);
  }
  void drain() {
    is_draining = true;
    if (callback_) callback_();
  }
  [[nodiscard]] std::vector<http::SseMessage> messages() const {
    http::SseParser parser;
    std::vector<http::SseMessage> out;
    EXPECT_TRUE(parser.feed(text, out));
    return out;
  }

 private:
  std::move_only_function<void()> callback_;
};

struct Answer {
  int status = 0;
  std::string type;
  http::Headers headers;
  std::string body;  // of a stream: all its bytes
  std::vector<http::SseMessage> events;

  [[nodiscard]] json::Value value() const {
    auto parsed = json::parse(body);
    EXPECT_TRUE(parsed) << body;
    return parsed ? std::move(*parsed) : json::Value();
  }
};

/// The member at a path such as "error/data/0/reason"; null when there is none.
inline json::Value at(const json::Value& root, std::string_view path) {
  const json::Value* value = &root;
  while (!path.empty() && value != nullptr) {
    const auto slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    if (const auto* object = value->if_object()) {
      value = object->find(name);
    } else if (const auto* array = value->if_array()) {
      const auto index = static_cast<std::size_t>(std::stoul(std::string(name)));
      value = index < array->size() ? &(*array)[index] : nullptr;
    } else {
      value = nullptr;
    }
  }
  return value ? *value : json::Value();
}

inline std::string text_at(const json::Value& root, std::string_view path) {
  const json::Value found = at(root, path);
  return found.if_string() ? *found.if_string() : json::to_string(found);
}

struct Host {
  explicit Host(ServerConfig given = {}) : config(std::move(given)) {
    add_routes(router, handler, config);
  }

  FakeHandler handler;
  ServerConfig config;
  http::Router router;
  RecordingBody body;

  static http::Request request(http::Method method, std::string_view target, std::string text,
                               std::vector<std::pair<std::string, std::string>> headers) {
    http::Request out;
    out.method = method;
    out.target = std::string(target);
    const auto query = target.find('?');
    out.path = std::string(target.substr(0, query));
    if (query != std::string_view::npos) out.query = std::string(target.substr(query + 1));
    for (auto& [name, value] : headers) out.headers.add(name, value);
    out.headers.add("Host", "127.0.0.1:8080");
    out.body = std::move(text);
    out.context.request_id = "req-1";
    return out;
  }

  Async<> exchange(http::Request& incoming, Answer& out) {
    http::Response response = co_await router.route(incoming);
    out.status = response.status;
    out.type = std::string(response.headers.find("Content-Type").value_or(""));
    out.headers = response.headers;
    out.body = std::move(response.body);
    if (!response.stream) co_return;
    co_await response.stream(body);
    out.body = body.text;
    out.events = body.messages();
  }

  Answer call(http::Method method, std::string_view target, std::string text = {},
              std::vector<std::pair<std::string, std::string>> headers = {}) {
    Answer out;
    http::Request incoming = request(method, target, std::move(text), std::move(headers));
    body.text.clear();
    run_blocking(exchange(incoming, out));
    return out;
  }
  Answer rpc(std::string text, std::string_view version = "1.0", std::string_view target = "/") {
    std::vector<std::pair<std::string, std::string>> headers{{"Content-Type", "application/json"}};
    if (!version.empty()) headers.emplace_back("A2A-Version", std::string(version));
    return call(http::Method::post, target, std::move(text), std::move(headers));
  }
  Answer post(std::string_view target, std::string text) {
    return call(http::Method::post, target, std::move(text),
                {{"Content-Type", "application/json"}});
  }
  Answer get(std::string_view target,
             std::vector<std::pair<std::string, std::string>> headers = {}) {
    return call(http::Method::get, target, {}, std::move(headers));
  }
};

/// A 1.0 call around `params`.
inline std::string rpc_text(std::string_view method, std::string_view params) {
  std::string out = R"({"jsonrpc":"2.0","id":1,"method":")";
  out += method;
  out += R"(","params":)";
  out += params;
  return out + "}";
}

inline constexpr std::string_view kHello =
    R"({"message":{"messageId":"m-1","role":"ROLE_USER","parts":[{"text":"hi"}]}})";
inline constexpr std::string_view kOldHello =
    R"({"message":{"kind":"message","messageId":"m-1","role":"user","parts":[{"kind":"text","text":"hi"}]}})";

}  // namespace flotilla::a2a::testing
