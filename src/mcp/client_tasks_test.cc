#include <gtest/gtest.h>

#include "mcp/client.h"
#include "mcp/client_testing_internal.h"

namespace flotilla::mcp {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)

constexpr std::string_view kWithTasks =
    R"({"protocolVersion":"2025-11-25","capabilities":{"tools":{},"tasks":{"requests":{"tools":{"call":{}}}}},)"
    R"("serverInfo":{"name":"raw","version":"1"}})";

/// A legacy server with one tool that wants to be called as a task.
struct Tasks {
  explicit Tasks(World& base) : world(base) {
    world.modern = false;
    world.server.on_request = [this](const RawRequest& request) { return answer(request); };
  }
  Sent answer(const RawRequest& request) {
    const auto method = request.method();
    if (method == "initialize") return result(request, std::string(kWithTasks));
    if (method == "tools/list")
      return result(request,
                    R"({"tools":[{"name":"slow","execution":{"taskSupport":"required"}}]})");
    if (method == "tools/call")
      return result(request, R"({"task":{"taskId":"k1","status":"working","pollInterval":500}})");
    if (method == "tasks/get")
      return result(request, fmt::format(R"({{"taskId":"k1","status":"{}"}})",
                                         ++polls < 3 ? "working" : "completed"));
    if (method == "tasks/result") return result(request, R"({"content":[]})");
    if (method == "tasks/cancel") return result(request, R"({"taskId":"k1","status":"cancelled"})");
    return world.answer(request);
  }
  World& world;
  int polls = 0;
};

MCP_CLIENT_TEST(McpCoreTasks, a_call_that_must_be_a_task_looks_like_any_other) {
  Tasks tasks(world);
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  CallOptions how;
  auto listed = co_await world.client->list(ListKind::tools, how);
  CO_ASSERT_OK(listed);
  Background<Reply> call(world.executor);
  call.start(world.call("slow"));
  const auto over = [&] { return call.result.has_value(); };
  const bool ended = co_await world.until(over, std::chrono::milliseconds(50));
  CO_ASSERT_TRUE(ended);
  EXPECT_EQ(text_of(*call.result), R"({"content":[]})");
  EXPECT_EQ(tasks.polls, 3);
  EXPECT_TRUE(world.calls("tasks/cancel").empty());
  co_await call.group.join();
}

MCP_CLIENT_TEST(McpCoreTasks, a_cancelled_call_cancels_its_task) {
  Tasks tasks(world);
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  CallOptions how;
  auto listed = co_await world.client->list(ListKind::tools, how);
  CO_ASSERT_OK(listed);
  Background<Reply> call(world.executor);
  call.start(world.call("slow"));
  const auto asked = [&] { return tasks.polls > 0; };
  const bool begun = co_await world.until(asked, std::chrono::milliseconds(50));
  CO_ASSERT_TRUE(begun);
  call.group.cancel();
  co_await call.group.join();
  const auto cancelled = [&] { return !world.calls("tasks/cancel").empty(); };
  const bool told = co_await world.until(cancelled);
  EXPECT_TRUE(told);
}

MCP_CLIENT_TEST(McpTasks, a_modern_server_may_answer_with_a_task) {
  world.on_call = [](const RawRequest& request) {
    if (request.method() == "tools/call")
      return result(request, R"({"resultType":"task","taskId":"k1","status":"working"})");
    if (request.method() == "tasks/get")
      return result(request,
                    R"({"resultType":"complete","taskId":"k1","status":"completed","result":{}})");
    return result(request, R"({"resultType":"complete"})");
  };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  CallOptions how;
  how.capabilities =
      *json::parse(R"({"extensions":{"io.modelcontextprotocol/tasks":{}}})")->if_object();
  auto created = co_await world.call("slow", how);
  CO_ASSERT_OK(created);
  const auto& task = std::get<TaskCreated>(*created).task;
  EXPECT_EQ(json::to_string(json::Value(task)), R"({"taskId":"k1","status":"working"})");
  auto fetched = co_await world.client->get_task("k1", how);
  CO_ASSERT_OK(fetched);
  EXPECT_EQ(json::to_string(*fetched->find("status")), "\"completed\"");
  EXPECT_EQ(world.calls("tasks/get").at(0).header("Mcp-Name"), "k1");
  auto cancelled = co_await world.client->cancel_task("k1", how);
  CO_ASSERT_OK(cancelled);
  json::Object responses;
  auto updated = co_await world.client->update_task("k1", responses, how);
  CO_ASSERT_OK(updated);
  EXPECT_TRUE(world.calls("tasks/update").at(0).body.contains(R"("inputResponses":{})"));
}

MCP_CLIENT_TEST(McpClientPool, a_connection_is_used_again_after_a_stream) {
  world.on_call = [](const RawRequest& request) {
    return stream(event(result_text(request.id(), R"({"content":[]})")));
  };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  for (int i = 0; i < 5; ++i) {
    auto reply = co_await world.call("t");
    CO_ASSERT_OK(reply);
    const auto pooled = [&] { return world.http->idle_connections() == 1; };
    const bool idle = co_await world.until(pooled);
    EXPECT_TRUE(idle);
  }
  EXPECT_EQ(world.server.closed_by_peer, 0);
}

}  // namespace
}  // namespace flotilla::mcp
