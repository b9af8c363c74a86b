#include <gtest/gtest.h>

#include "async/event.h"
#include "mcp/client.h"
#include "mcp/client_testing_internal.h"

namespace flotilla::mcp {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)

/// Reads nothing until it is told to.
struct SlowListener final : CallObserver {
  explicit SlowListener(const Executor& executor) : go(executor) {}
  Async<> progress(json::Value, std::optional<json::Value>, std::string) override {
    while (!open) co_await go.wait();
    ++heard;
  }
  Async<> log(std::string, std::string, json::Value) override { co_return; }
  Async<> notify(std::string, json::Object) override { co_return; }
  Notifier go;
  bool open = false;
  int heard = 0;
};

std::string progress(const std::string& id, int value) {
  return event(fmt::format(
      R"({{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{},"progress":{}}}}})",
      id, value));
}

MCP_CLIENT_TEST(McpFlood, a_slow_observer_loses_nothing_and_holds_up_its_stream) {
  world.options.limits.queued_notifications = 4;
  world.on_call = [](const RawRequest& request) {
    std::string text;
    for (int i = 1; i <= 50; ++i) text += progress(request.id(), i);
    return stream(text + event(result_text(request.id(), R"({"content":[]})")));
  };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  SlowListener listener(world.executor);
  CallOptions how;
  how.observer = &listener;
  how.wants_progress = true;
  Background<Reply> call(world.executor);
  call.start(world.call("t", how));
  for (int i = 0; i < 100; ++i) co_await flotilla::testing::settle();
  EXPECT_FALSE(call.result);
  listener.open = true;
  listener.go.notify_all();
  co_await call.group.join();
  EXPECT_EQ(text_of(*call.result), R"({"content":[]})");
  EXPECT_EQ(listener.heard, 50);
}

MCP_CLIENT_TEST(McpFlood, requests_in_flight_are_bounded) {
  world.options.limits.requests_in_flight = 3;
  world.on_call = [](const RawRequest&) { return open_stream(": hm\n\n"); };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  Background<Reply> calls(world.executor);
  for (int i = 0; i < 3; ++i) calls.start(world.call("t"));
  auto refused = co_await world.call("t");
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::resource_exhausted);
  calls.group.cancel();
  co_await calls.group.join();
}

MCP_CLIENT_TEST(McpFlood, parallel_calls_get_their_own_answers) {
  world.on_call = [](const RawRequest& request) {
    const auto params = request.params();
    return result(request, fmt::format(R"({{"name":{}}})", json::to_string(*params.find("name"))));
  };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  std::vector<std::unique_ptr<Background<Reply>>> calls;
  for (int i = 0; i < 50; ++i) {
    calls.push_back(std::make_unique<Background<Reply>>(world.executor));
    calls.back()->start(world.call(fmt::format("t{}", i)));
  }
  for (std::size_t i = 0; i < calls.size(); ++i) {
    co_await calls[i]->group.join();
    EXPECT_EQ(text_of(*calls[i]->result), fmt::format(R"({{"name":"t{}"}})", i));
  }
}

MCP_CLIENT_TEST(McpFlood, what_is_too_large_is_not_sent) {
  world.options.limits.message_bytes = 2000;
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  CallTool request;
  request.name = "t";
  request.arguments.set("a", std::string(5000, 'x'));
  CallOptions how;
  auto refused = co_await world.client->call_tool(std::move(request), std::move(how));
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::resource_exhausted);
  EXPECT_TRUE(world.calls("tools/call").empty());
}

MCP_CLIENT_TEST(McpFlood, stopping_ends_the_calls_in_progress) {
  world.on_call = [](const RawRequest&) { return open_stream(": hm\n\n"); };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  Background<Reply> call(world.executor);
  call.start(world.call("t"));
  const auto sent = [&] { return !world.calls("tools/call").empty(); };
  const bool begun = co_await world.until(sent);
  CO_ASSERT_TRUE(begun);
  co_await world.client->stop();
  co_await call.group.join();
  EXPECT_EQ(call.result->error().code(), Code::unavailable);
}

MCP_CLIENT_TEST(McpFlood, a_cancelled_connect_leaves_nothing) {
  world.server.on_request = [](const RawRequest&) { return open_stream(": hm\n\n"); };
  TaskGroup group(world.executor);
  const auto connect = [](World& where) -> Async<> { std::ignore = co_await where.connect(); };
  group.spawn(connect(world));
  const auto asked = [&] { return !world.server.requests.empty(); };
  const bool begun = co_await world.until(asked);
  CO_ASSERT_TRUE(begun);
  group.cancel();
  co_await group.join();
  const auto closed = [&] { return world.server.closed_by_peer > 0; };
  const bool gone = co_await world.until(closed);
  EXPECT_TRUE(gone);
}

}  // namespace
}  // namespace flotilla::mcp
