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

// Any body under any version and binding gets an answer that is JSON. The first byte chooses.
namespace flotilla::a2a {
namespace {

struct Target {
  std::string_view path;
  std::string_view version;
};
constexpr Target kTargets[] = {{"/", "1.0"},
                               {"/", "0.3"},
                               {"/message:send", "1.0"},
                               {"/v1/message:send", "0.3"},
                               {"/tasks/t:cancel", "1.0"},
                               {"/v1/tasks/t:cancel", "0.3"}};

struct Server {
  FakeHandler handler;
  http::Router router;
  Server() { add_routes(router, handler, ServerConfig{}); }
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
  request.method = http::Method::post;
  request.path = std::string(target.path);
  request.headers.add("A2A-Version", std::string(target.version));
  request.body.reserve(size);
  for (std::size_t i = 1; i < size; ++i) request.body += static_cast<char>(data[i]);
  run_blocking(a2a::ask(server.router, request));
  return 0;
}
