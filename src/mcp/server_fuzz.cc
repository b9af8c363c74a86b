#include "mcp/server.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "async/loops.h"
#include "mcp/conformance.h"
#include "mcp/memory_sessions.h"

// Any body, in a session of any revision or as a modern request, gets an answer that is JSON, a
// stream, or nothing with 202. The first byte chooses.
namespace flotilla::mcp {
namespace {

constexpr const char* kBodies[] = {"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"};

struct Fixture {
  ManualClock clock;
  MemorySessions sessions{clock, {}};
  auth::Sealer sealer = auth::Sealer::ephemeral(system_random());
  ConformanceHandler handler{clock, system_random()};
  std::string ids[4];

  Fixture() { run_blocking(open_sessions()); }
  [[nodiscard]] ServerServices services() {
    return {handler, sessions, sealer, clock, system_random()};
  }

  static http::Request request_of(std::string body) {
    http::Request request;
    request.method = http::Method::post;
    request.path = "/mcp";
    request.headers.add("Content-Type", "application/json");
    request.headers.add("Accept", "application/json, text/event-stream");
    request.context.principal = local_principal();
    request.body = std::move(body);
    return request;
  }

  Async<> open_sessions() {
    Server server(services(), {});
    http::Router router;
    server.add_routes(router);
    for (std::size_t i = 0; i < std::size(kBodies); ++i) {
      auto request = request_of(
          R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":")" +
          std::string(kBodies[i]) + R"(","capabilities":{},"clientInfo":{}}})");
      auto response = co_await router.route(request);
      ids[i] = std::string(response.headers.find("Mcp-Session-Id").value_or(""));
      if (ids[i].empty()) std::abort();
    }
    co_await server.stop();
  }
};

/// A server for each input, for each has a loop of its own.
Async<> ask(Fixture& fixture, http::Request request) {
  Server server(fixture.services(), {});
  http::Router router;
  server.add_routes(router);
  {
    const auto response = co_await router.route(request);
    const bool answers = !response.stream && response.status != 202;
    if (answers && !response.body.starts_with(':') && !json::parse(response.body)) std::abort();
  }
  co_await server.stop();
}

}  // namespace
}  // namespace flotilla::mcp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace flotilla;
  if (size == 0) return 0;
  static mcp::Fixture fixture;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libFuzzer gives unsigned bytes
  std::string body(reinterpret_cast<const char*>(data) + 1, size - 1);
  // What works for a while would wait for a clock that stands still.
  for (const char* slow : {"slow_compute", "test_tool_with", "test_logging", "test_reconnection"})
    if (body.contains(slow)) return 0;
  auto request = mcp::Fixture::request_of(std::move(body));
  const std::size_t which = data[0] % 6;
  if (which < 4) request.headers.add("Mcp-Session-Id", fixture.ids[which]);
  if (which == 4) {
    request.headers.add("MCP-Protocol-Version", "2026-07-28");
    request.headers.add("Mcp-Method", "tools/call");
    request.headers.add("Mcp-Name", "greet");
  }
  run_blocking(mcp::ask(fixture, std::move(request)));
  return 0;
}
