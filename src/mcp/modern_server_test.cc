#include <boost/asio/this_coro.hpp>

#include "mcp/server_testing_internal.h"

namespace flotilla::mcp {
namespace {

using namespace std::chrono_literals;
using flotilla::testing::settle;
using testing::Desk;
using testing::Disk;
using testing::OpenStream;

constexpr const char* kStateTool = "test_input_required_result_request_state";
constexpr const char* kForm = R"({"elicitation":{}})";

http::Request state_call(const std::string& more = "") {
  return testing::modern("tools/call", R"("name":")" + std::string(kStateTool) + '"' + more,
                         kStateTool, kForm);
}

/// The state of an answer that asks.
std::string state_of(const http::Response& response) {
  const auto body = testing::parsed(response.body);
  const json::Value* result = body.if_object()->find("result");
  const json::Value* state =
      result == nullptr ? nullptr : result->if_object()->find("requestState");
  return state == nullptr ? "" : *state->if_string();
}

http::Request retry(const std::string& state) {
  return state_call(R"(,"inputResponses":{"confirm":{"action":"accept","content":{"ok":true}}},)"
                    R"("requestState":")" +
                    state + '"');
}

ASYNC_TEST(ModernServer, a_round_of_questions_needs_its_own_state) {
  Disk disk;
  Desk desk(disk);
  auto first = state_call();
  auto asked = co_await desk.send(first);
  EXPECT_TRUE(asked.body.contains(R"("resultType":"input_required")")) << asked.body;
  const std::string state = state_of(asked);
  auto good = retry(state);
  auto done = co_await desk.send(good);
  EXPECT_TRUE(done.body.contains("state-ok")) << done.body;
  auto tampered = retry(state + "-TAMPERED");
  auto refused = co_await desk.send(tampered);
  EXPECT_TRUE(refused.body.contains("-32602")) << refused.body;
  auto foreign = retry(state);
  foreign.context.principal = testing::person("eve");
  refused = co_await desk.send(foreign);
  EXPECT_TRUE(refused.body.contains("-32602")) << refused.body;
  auto other =
      state_call(R"(,"arguments":{"a":1},"inputResponses":{},"requestState":")" + state + '"');
  refused = co_await desk.send(other);
  EXPECT_TRUE(refused.body.contains("-32602")) << refused.body;
  disk.clock.advance(1h);
  auto late = retry(state);
  refused = co_await desk.send(late);
  EXPECT_TRUE(refused.body.contains("expired")) << refused.body;
  co_await desk.stop();
}

ASYNC_TEST(ModernServer, any_process_can_take_the_next_round) {
  Disk disk;
  Desk desk(disk);
  Desk another(disk);
  auto first = state_call();
  auto asked = co_await desk.send(first);
  auto next = retry(state_of(asked));
  auto done = co_await another.send(next);
  EXPECT_TRUE(done.body.contains("state-ok")) << done.body;
  co_await desk.stop();
  co_await another.stop();
}

ASYNC_TEST(ModernServer, what_is_told_meanwhile_makes_a_stream_and_nothing_else_does) {
  Disk disk;
  Desk desk(disk);
  const auto loop = co_await boost::asio::this_coro::executor;
  auto quiet = testing::modern("tools/call", R"("name":"greet","arguments":{"name":"x"})", "greet");
  auto plain = co_await desk.send(quiet);
  EXPECT_FALSE(plain.stream);
  auto request = testing::make_request(
      http::Method::post, R"({"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":)"
                          R"("test_tool_with_progress","_meta":{"progressToken":7,)"
                          R"("io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
                          R"("io.modelcontextprotocol/clientCapabilities":{}}}})");
  for (const auto& [name, value] :
       {std::pair("MCP-Protocol-Version", "2026-07-28"), std::pair("Mcp-Method", "tools/call"),
        std::pair("Mcp-Name", "test_tool_with_progress")})
    request.headers.add(name, value);
  auto response = co_await desk.send(request);
  OpenStream stream(loop, std::move(response));
  for (int step = 0; step < 4; ++step) {
    co_await settle();
    disk.clock.advance(50ms);
  }
  co_await settle();
  const auto events = stream.body.events();
  CO_ASSERT_EQ(events.size(), 4U);
  EXPECT_TRUE(events[0].id.empty());
  EXPECT_TRUE(events[0].data.contains(R"("progressToken":7)")) << events[0].data;
  EXPECT_TRUE(events[3].data.contains(R"("id":"a","result")")) << events[3].data;
  co_await stream.close();
  co_await desk.stop();
}

Async<> send_to(Desk& desk, http::Request& request) {
  std::ignore = co_await desk.send(request);
}

ASYNC_TEST(ModernServer, hanging_up_cancels_the_call) {
  Disk disk;
  Desk desk(disk);
  const auto loop = co_await boost::asio::this_coro::executor;
  auto request = testing::modern(
      "tools/call", R"("name":"slow_compute","arguments":{"seconds":60})", "slow_compute");
  TaskGroup group(loop);
  group.spawn(send_to(desk, request));
  co_await settle();
  EXPECT_GT(disk.clock.sleepers(), 0U);
  group.cancel();
  co_await group.join();
  co_await settle();
  EXPECT_EQ(disk.clock.sleepers(), 0U);
  co_await desk.stop();
}

ASYNC_TEST(ModernServer, a_listen_stream_tags_what_it_tells_and_ends_with_a_result) {
  Disk disk;
  Desk desk(disk);
  const auto loop = co_await boost::asio::this_coro::executor;
  auto request = testing::modern("subscriptions/listen",
                                 R"("notifications":{"toolsListChanged":true,)"
                                 R"("resourceSubscriptions":["test://static-text","test://no"]})");
  auto response = co_await desk.send(request);
  OpenStream stream(loop, std::move(response));
  co_await settle();
  auto other = testing::modern("tools/call", R"("name":"test_trigger_prompt_change")",
                               "test_trigger_prompt_change");
  std::ignore = co_await desk.send(other);
  auto change = testing::modern("tools/call", R"("name":"test_trigger_tool_change")",
                                "test_trigger_tool_change");
  std::ignore = co_await desk.send(change);
  co_await settle();
  stream.body.drain();
  co_await settle();
  EXPECT_TRUE(stream.ended());
  const auto events = stream.body.events();
  CO_ASSERT_EQ(events.size(), 3U);
  EXPECT_TRUE(events[0].data.contains("notifications/subscriptions/acknowledged"));
  EXPECT_TRUE(events[0].data.contains(R"("resourceSubscriptions":["test://static-text"])"));
  EXPECT_TRUE(events[1].data.contains("notifications/tools/list_changed")) << events[1].data;
  for (const auto& event : events)
    EXPECT_TRUE(event.data.contains(R"("io.modelcontextprotocol/subscriptionId":1)")) << event.data;
  EXPECT_TRUE(events[2].data.contains(R"("resultType":"complete")")) << events[2].data;
  co_await stream.close();
  co_await desk.stop();
}

ASYNC_TEST(ModernServer, listen_streams_of_a_principal_are_limited) {
  Disk disk;
  ServerConfig config;
  config.listens_per_principal = 1;
  Desk desk(disk, config);
  const auto loop = co_await boost::asio::this_coro::executor;
  auto request = testing::modern("subscriptions/listen", R"("notifications":{})");
  auto response = co_await desk.send(request);
  auto refused = co_await desk.send(request);
  EXPECT_TRUE(refused.body.contains("too many")) << refused.body;
  OpenStream stream(loop, std::move(response));
  co_await settle();
  co_await stream.close();
  auto again = co_await desk.send(request);
  EXPECT_TRUE(again.stream);
  again = http::Response();
  co_await desk.stop();
}

ASYNC_TEST(ModernServer, lists_say_how_long_they_hold) {
  Disk disk;
  Desk desk(disk);
  auto request =
      testing::modern("resources/read", R"("uri":"test://static-text")", "test://static-text");
  auto response = co_await desk.send(request);
  EXPECT_TRUE(response.body.contains(R"("ttlMs":0,"cacheScope":"private")")) << response.body;
  EXPECT_TRUE(response.body.contains("io.modelcontextprotocol/serverInfo")) << response.body;
  co_await desk.stop();
}

}  // namespace
}  // namespace flotilla::mcp
