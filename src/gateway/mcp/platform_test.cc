#include <gmock/gmock.h>

#include "async/task_group.h"
#include "gateway/mcp/testing.h"

namespace flotilla::gateway::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

json::Object structured(const std::string& text) {
  auto value = json::parse(text);
  return value ? *value->if_object() : json::Object{};
}

std::string string_at(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  return value == nullptr || value->if_string() == nullptr ? "" : *value->if_string();
}

CORE_TEST(PlatformTools, are_listed_with_schemas_and_hints) {
  Endpoint mcp(world.process());
  auto page = co_await mcp.catalogue.list(caller_of(alice()), mcp::ListKind::tools, std::nullopt);
  CO_ASSERT_OK(page);
  EXPECT_THAT(names_of(page->items),
              ElementsAre("list_agents", "send_message", "invoke_agent", "get_task", "list_tasks",
                          "cancel_task", "publish_event"));
  const auto text = json::to_string(page->items[2]);
  EXPECT_THAT(text, HasSubstr(R"("required":["agent","task"],"additionalProperties":false)"));
  EXPECT_THAT(text, HasSubstr(R"("outputSchema":{"type":"object")"));
  EXPECT_THAT(json::to_string(page->items[0]), HasSubstr(R"("readOnlyHint":true)"));
}

CORE_TEST(PlatformTools, invoke_agent_answers_text_and_context) {
  auto& process = world.process();
  Probe probe;
  add_agent(process, "worker", complete_at_once, probe);
  Endpoint mcp(process);
  const auto text = co_await mcp.call("invoke_agent", R"({"agent":"default/worker","task":"go"})");
  const auto answer = structured(text);
  EXPECT_EQ(string_at(answer, "agent"), "default/worker");
  EXPECT_FALSE(string_at(answer, "context_id").empty());
}

CORE_TEST(PlatformTools, a_wrong_argument_is_a_result_that_names_its_path) {
  Endpoint mcp(world.process());
  EXPECT_THAT(co_await mcp.call("invoke_agent", R"({"agent":"default/x","task":7})"),
              StartsWith("isError INVALID_PARAMS: the arguments do not fit\n/arguments/task: "));
  EXPECT_THAT(co_await mcp.call("get_task", R"({"task_id":"x","more":1})"),
              HasSubstr("/arguments"));
}

CORE_TEST(PlatformTools, a_foreign_task_answers_as_a_missing_one) {
  auto& process = world.process();
  Probe probe;
  add_agent(process, "worker", complete_at_once, probe);
  Endpoint mcp(process);
  const auto sent =
      structured(co_await mcp.call("send_message", R"({"agent":"worker","text":"go"})"));
  const auto id = string_at(*sent.find("task")->if_object(), "id");
  const auto arguments = R"({"task_id":")" + id + "\"}";
  EXPECT_THAT(co_await mcp.call("get_task", arguments), HasSubstr(R"("state":"completed")"));
  const auto foreign = co_await mcp.call("get_task", arguments, bob());
  EXPECT_THAT(foreign, StartsWith("isError TASK_NOT_FOUND"));
  EXPECT_THAT(co_await mcp.call("list_tasks", "{}", bob()), R"({"tasks":[]})");
}

CORE_TEST(PlatformTools, a_viewer_cannot_send) {
  auto& process = world.process();
  Probe probe;
  add_agent(process, "worker", complete_at_once, probe);
  Endpoint mcp(process);
  auto viewer = core::testing::principal("victor", {"default"}, Role::viewer);
  EXPECT_THAT(co_await mcp.call("send_message", R"({"agent":"worker","text":"go"})", viewer),
              StartsWith("isError PERMISSION_DENIED"));
  EXPECT_THAT(co_await mcp.call("publish_event", R"({"name":"a.b"})", viewer),
              StartsWith("isError PERMISSION_DENIED"));
}

CORE_TEST(PlatformTools, progress_tells_the_task_as_it_goes) {
  auto& process = world.process();
  Probe probe;
  add_agent(process, "worker", complete_at_once, probe);
  Endpoint mcp(process);
  FakeExchange exchange(alice());
  auto call = call_of("send_message", R"({"agent":"worker","text":"3"})");
  auto reply = co_await mcp.catalogue.call_tool(exchange, std::move(call));
  EXPECT_THAT(text_of(reply), HasSubstr(R"("state":"completed")"));
  EXPECT_THAT(exchange.told, Contains(HasSubstr("completed")));
}

Async<> call_and_drop(Endpoint& mcp, FakeExchange& exchange) {
  auto call = call_of("send_message", R"({"agent":"sleeper","text":"x"})");
  std::ignore = co_await mcp.catalogue.call_tool(exchange, std::move(call));
}

CORE_TEST(PlatformTools, a_cancelled_call_cancels_its_task) {
  auto& process = world.process();
  Probe probe;
  add_agent(process, "sleeper", wait_for_ever, probe);
  Endpoint mcp(process);
  FakeExchange exchange(alice());
  TaskGroup group(world.loops.executor(0));
  group.spawn(call_and_drop(mcp, exchange));
  co_await until([&] { return !exchange.told.empty(); });
  group.cancel();
  co_await group.join();
  EXPECT_THAT(co_await mcp.call("list_tasks", "{}"), HasSubstr(R"("state":"canceled")"));
}

CORE_TEST(PlatformTools, a_client_of_the_tasks_extension_gets_a_task_that_goes_on) {
  auto& process = world.process();
  Probe probe;
  add_agent(process, "asker", ask_then_answer, probe);
  Endpoint mcp(process);
  FakeExchange exchange(alice());
  exchange.edit().capabilities.tasks = true;
  auto call = call_of("send_message", R"({"agent":"asker","text":"x"})");
  auto reply = co_await mcp.catalogue.call_tool(exchange, std::move(call));
  CO_ASSERT_OK(reply);
  const auto* created = std::get_if<mcp::TaskCreated>(&*reply);
  CO_ASSERT_TRUE(created != nullptr);
  const auto id = string_at(created->task, "taskId");
  json::Object task;
  while (string_at(task, "status") != "input_required") {
    auto got = co_await mcp.catalogue.get_task(caller_of(alice()), id);
    CO_ASSERT_OK(got);
    task = std::move(*got);
  }
  EXPECT_NE(task.find("inputRequests"), nullptr);
  auto responses = structured(R"({"message":{"action":"accept","content":{"text":"yes"}}})");
  auto updated = co_await mcp.catalogue.update_task(caller_of(alice()), id, std::move(responses));
  CO_ASSERT_OK(updated);
  while (string_at(task, "status") != "completed") {
    auto got = co_await mcp.catalogue.get_task(caller_of(alice()), id);
    CO_ASSERT_OK(got);
    task = std::move(*got);
  }
  EXPECT_NE(task.find("result"), nullptr);
  auto foreign = co_await mcp.catalogue.get_task(caller_of(bob()), id);
  EXPECT_FALSE(foreign);
}

CORE_TEST(PlatformResources, show_agents_tasks_and_journals) {
  auto& process = world.process();
  Probe probe;
  add_agent(process, "worker", complete_at_once, probe);
  Endpoint mcp(process);
  std::ignore = co_await mcp.call("send_message", R"({"agent":"worker","text":"go"})");
  auto page =
      co_await mcp.catalogue.list(caller_of(alice()), mcp::ListKind::resources, std::nullopt);
  CO_ASSERT_OK(page);
  const auto uris = names_of(page->items, "uri");
  EXPECT_THAT(uris, Contains("flotilla://agents/default/worker"));
  const auto& journal = uris.back();
  EXPECT_THAT(journal, HasSubstr("/journal"));
  FakeExchange exchange(alice());
  auto reply = co_await mcp.catalogue.read_resource(exchange, read_of(journal));
  EXPECT_THAT(text_of(reply), HasSubstr(R"(\"kind\":\"status\")"));
  FakeExchange stranger(bob());
  auto refused = co_await mcp.catalogue.read_resource(stranger, read_of(journal));
  EXPECT_THAT(text_of(refused), StartsWith("error NOT_FOUND"));
}

CORE_TEST(PlatformResources, a_watched_task_tells_when_it_changes) {
  auto& process = world.process();
  Probe probe;
  add_agent(process, "asker", ask_then_answer, probe);
  Endpoint mcp(process);
  const auto sent =
      structured(co_await mcp.call("send_message", R"({"agent":"asker","text":"x"})"));
  const auto id = string_at(*sent.find("task")->if_object(), "id");
  mcp::ChangeFilter filter;
  filter.resource_uris = {"flotilla://tasks/" + id, "nowhere://x"};
  auto changes = co_await mcp.catalogue.changes(caller_of(alice()), filter);
  CO_ASSERT_OK(changes);
  EXPECT_THAT(filter.resource_uris, ElementsAre("flotilla://tasks/" + id));
  TaskGroup group(world.loops.executor(0));
  auto answer = [](Endpoint& endpoint, std::string arguments) -> Async<> {
    std::ignore = co_await endpoint.call("send_message", std::move(arguments));
  };
  Result<std::vector<mcp::Change>> told = std::vector<mcp::Change>{};
  auto listen = [](mcp::ChangeStream& stream, Result<std::vector<mcp::Change>>& out) -> Async<> {
    out = co_await stream.next();
  };
  group.spawn(listen(**changes, told));
  for (int i = 0; i < 50; ++i) co_await flotilla::testing::settle();
  group.spawn(answer(mcp, R"({"agent":"asker","text":"yes","task_id":")" + id + "\"}"));
  co_await group.join();
  CO_ASSERT_OK(told);
  EXPECT_EQ(told->front().method, "notifications/resources/updated");
}

CORE_TEST(PlatformPrompts, unknown_ones_answer_as_unknown) {
  Endpoint mcp(world.process());
  FakeExchange exchange(alice());
  auto reply = co_await mcp.catalogue.get_prompt(exchange, prompt_of("nothing"));
  EXPECT_THAT(text_of(reply), StartsWith("error NOT_FOUND"));
  EXPECT_THAT(co_await mcp.call("nothing", "{}"), "error NOT_FOUND: there is no tool nothing");
  auto bad = co_await mcp.catalogue.list(caller_of(alice()), mcp::ListKind::tools, "zzz");
  EXPECT_FALSE(bad);
}

}  // namespace
}  // namespace flotilla::gateway::testing
