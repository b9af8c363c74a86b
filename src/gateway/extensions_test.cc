#include "a2a/extensions.h"

#include "gateway/testing.h"

namespace flotilla::gateway::testing {
namespace {

a2a::SendMessageRequest activating(std::string text, std::string_view uri) {
  auto request = request_of(std::move(text));
  request.message.extensions.emplace_back(uri);
  return request;
}

CORE_TEST(GatewayExtensions, a_turn_is_stamped_where_its_message_asks) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "quick", complete_at_once, probe);
  auto task = co_await desk.send("quick", activating("hello", a2a::kTimestampExtension));
  CO_ASSERT_OK(task);
  CO_ASSERT_EQ(task->artifacts.size(), 1U);
  const auto* time = task->artifacts[0].metadata.find(
      "github.com/a2aproject/a2a-samples/samples/extensions/timestamp/v1/timestamp");
  CO_ASSERT_TRUE(time != nullptr && time->if_string() != nullptr);
  EXPECT_EQ(*time->if_string(), format_time(world.clock.now()));
  auto plain = co_await desk.send("quick", request_of("hello", "m-2"));
  CO_ASSERT_OK(plain);
  EXPECT_TRUE(plain->artifacts[0].metadata.empty());
}

CORE_TEST(GatewayExtensions, a_trace_comes_before_the_end) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "quick", complete_at_once, probe);
  auto task = co_await desk.send("quick", activating("hello", a2a::kTraceabilityExtension));
  CO_ASSERT_OK(task);
  CO_ASSERT_EQ(task->artifacts.size(), 2U);
  EXPECT_EQ(task->artifacts[1].artifactId, "trace");
}

CORE_TEST(GatewayExtensions, items_count_the_changes_of_their_task) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "quick", complete_at_once, probe);
  auto stream = co_await desk.stream("quick", request_of("hello"));
  CO_ASSERT_OK(stream);
  auto items = co_await read_all(**stream);
  CO_ASSERT_OK(items);
  std::uint64_t expected = 0;
  for (const auto& item : *items) EXPECT_EQ(item.generation, ++expected);
  CO_ASSERT_TRUE(!items->empty());
  auto task = json::from_text<a2a::Task>(*items->front().json);
  CO_ASSERT_OK(task);
  core::Visibility own;
  own.principal = alice();
  auto log = co_await desk.process.tasks.find(task->id, std::move(own));
  CO_ASSERT_OK(log);
  EXPECT_EQ((*log)->committed().generation, items->back().generation);
}

CORE_TEST(GatewayExtensions, what_a_card_declares_and_requires_is_known) {
  Probe probe;
  Desk desk(world.process());
  core::AgentInfo info;
  info.name_space = "default";
  info.name = "strict";
  info.card = R"({"name":"s","capabilities":{"extensions":[{"uri":"https://a"},)"
              R"({"uri":"https://b","required":true},{"x":1}]}})";
  desk.process.agents.put(std::move(info));
  const auto known = desk.handler.extensions(agent_ref("strict"));
  EXPECT_EQ(known.declared, (std::vector<std::string>{"https://a", "https://b"}));
  EXPECT_EQ(known.required, std::vector<std::string>{"https://b"});
  EXPECT_TRUE(desk.handler.extensions(agent_ref("nobody")).declared.empty());
  co_return;
}

}  // namespace
}  // namespace flotilla::gateway::testing
