#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "a2a/fake_handler.h"
#include "a2a/routes.h"
#include "async/loops.h"
#include "http/router.h"
#include "json/json.h"

// Any body, and any query of a GET, under any version and binding gets an answer that is JSON. The
// first byte chooses.
namespace flotilla::a2a {
namespace {

struct Target {
  std::string_view path;
  std::string_view version;
  http::Method method = http::Method::post;
};
constexpr Target kTargets[] = {{"/", "1.0"},
                               {"/", "0.3"},
                               {"/message:send", "1.0"},
                               {"/v1/message:send", "0.3"},
                               {"/tasks/t:cancel", "1.0"},
                               {"/v1/tasks/t:cancel", "0.3"},
                               {"/message:stream", "1.0"},
                               {"/v1/message:stream", "0.3"},
                               {"/tasks/t/pushNotificationConfigs", "1.0"},
                               {"/v1/tasks/t/pushNotificationConfigs", "0.3"},
                               {"/tasks", "1.0", http::Method::get},
                               {"/tasks/t", "1.0", http::Method::get},
                               {"/v1/tasks/t", "0.3", http::Method::get},
                               {"/tasks/t/pushNotificationConfigs", "1.0", http::Method::get},
                               {"/tasks/t/pushNotificationConfigs/p", "1.0", http::Method::get},
                               {"/tasks/t:subscribe", "1.0"}};

struct Server {
  FakeHandler handler;
  http::Router router;
  Server() {
    ServerConfig config;
    config.push_notifications = true;
    add_routes(router, handler, config);
  }
};

Async<> ask(http::Router& router, http::Request& request) {
  http::Response response = co_await router.route(request);
  // A stream is as well formed as its items; everything else must parse.
  if (!response.stream && !json::parse(response.body)) std::abort();
}

}  // namespace
}  // namespace flotilla::a2a

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace flotilla;
  if (size == 0) return 0;
  static a2a::Server server;
  const auto& target = a2a::kTargets[data[0] % std::size(a2a::kTargets)];
  http::Request request;
  request.method = target.method;
  request.path = std::string(target.path);
  request.headers.add("A2A-Version", std::string(target.version));
  auto& input = target.method == http::Method::get ? request.query : request.body;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libFuzzer gives unsigned bytes
  input.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
  run_blocking(a2a::ask(server.router, request));
  return 0;
}
