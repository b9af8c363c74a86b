#include <gmock/gmock.h>

#include "agents/declarative/limits.h"
#include "agents/declarative/testing_internal.h"

// Calls of tools and of other agents.

namespace flotilla::agents {
namespace {

using namespace loop_testing;
using ::testing::HasSubstr;

CORE_TEST(LoopCalls, calls_of_one_answer_are_made_at_the_same_time_up_to_the_limit) {
  Single one(world);
  auto slow = answers("12");
  slow.takes = std::chrono::seconds(1);
  one.servers.add("shop", {{"price", slow}});
  auto spec = with_server("shop");
  spec.limits.parallelTools = 2;
  one.house->add("helper", spec);
  one.model->lines = {calls({call_of("a", "price"), call_of("b", "price"), call_of("c", "price")}),
                      says("done")};
  auto stream = co_await one.house->stream("helper", request_of("?"));
  CO_ASSERT_OK(stream);
  co_await until([&] { return one.servers.active == 2; });
  world.clock.advance(std::chrono::seconds(1));
  co_await until([&] { return one.servers.called.size() == 3; });
  world.clock.advance(std::chrono::seconds(1));
  std::ignore = co_await gateway::testing::read_all(**stream);
  EXPECT_EQ(one.servers.most_active, 2);
  EXPECT_THAT(prompt_of(one.model->requests.at(1)), HasSubstr("tool:12+12+12"));
}

CORE_TEST(LoopCalls, a_step_is_two_commits) {
  Single one(world);
  one.servers.add("shop", {{"price", answers("12")}});
  one.house->add("helper", with_server("shop"));
  one.model->lines = {calls({call_of("c1", "price")}), calls({call_of("c1", "price")}), says("12")};
  const auto before = world.store->stats().commits;
  std::ignore = co_await one.house->ask("helper", "price?");
  // The task, two steps with a call, the answer.
  EXPECT_LE(world.store->stats().commits - before, 1U + 2U * 2U + 1U);
}

CORE_TEST(LoopCalls, nothing_with_an_effect_begins_before_its_intent_is_stored) {
  Single one(world);
  one.servers.add("shop", {{"charge", answers("done")}});
  one.house->add("helper", with_server("shop"));
  one.model->lines = {calls({call_of("c1", "charge")}), says("ok")};
  auto stream = co_await one.house->stream("helper", request_of("?"));
  CO_ASSERT_OK(stream);
  world.database->hold();
  co_await until([&] { return world.database->held() == 1 && one.model->requests.size() == 1; });
  EXPECT_TRUE(one.servers.called.empty());
  world.database->release();
  std::ignore = co_await gateway::testing::read_all(**stream);
  EXPECT_EQ(one.servers.called.size(), 1U);
}

CORE_TEST(LoopCalls, names_that_two_servers_share_are_told_apart) {
  Single one(world);
  one.servers.add("shop", {{"price", answers("12")}});
  one.servers.add("bank", {{"price", answers("13")}});
  auto spec = with_server("shop");
  spec.tools.push_back(with_server("bank").tools.front());
  one.house->add("helper", spec);
  one.model->lines = {calls({call_of("a", "price"), call_of("b", "bank_price")}), says("done")};
  std::ignore = co_await one.house->ask("helper", "?");
  EXPECT_THAT(prompt_of(one.model->requests.at(1)), HasSubstr("tool:12+13"));
}

CORE_TEST(LoopCalls, only_tools_that_the_spec_names_are_offered) {
  Single one(world);
  one.servers.add("shop", {{"price", answers("12")}, {"charge", answers("done")}});
  auto spec = with_server("shop");
  spec.tools.front().toolServer->tools = {"pri*"};
  one.house->add("helper", spec);
  one.model->lines = {calls({call_of("a", "charge")}), says("done")};
  std::ignore = co_await one.house->ask("helper", "?");
  EXPECT_TRUE(one.servers.called.empty());
  CO_ASSERT_EQ(one.model->requests.at(0).tools.size(), 1U);
  EXPECT_EQ(one.model->requests[0].tools[0].name, "price");
}

CORE_TEST(LoopCalls, a_server_that_is_not_connected_is_waited_for_and_then_told_of) {
  Single one(world);
  one.house->add("helper", with_server("shop"));
  one.model->lines = {says("no shop")};
  auto said = co_await one.house->ask("helper", "?");
  EXPECT_EQ(said, "COMPLETED|no shop");
  EXPECT_EQ(one.servers.waits, 1);
  EXPECT_THAT(one.model->requests.at(0).system,
              HasSubstr("ToolServer default/shop cannot be used"));
}

CORE_TEST(LoopCalls, a_server_of_another_namespace_needs_its_permission) {
  Single one(world);
  one.servers.add("shop", {{"price", answers("12")}});
  auto spec = with_server("shop");
  spec.tools.front().toolServer->namespace_ = "elsewhere";
  one.house->add("helper", spec);
  one.model->lines = {says("no")};
  std::ignore = co_await one.house->ask("helper", "?");
  EXPECT_TRUE(one.model->requests.at(0).tools.empty());
}

CORE_TEST(LoopCalls, another_agent_is_asked_in_a_task_of_its_own) {
  Single one(world);
  auto expert = one.models["expert"] = std::make_shared<FakeModel>(world.clock);
  core::DeclarativeAgent its;
  its.model = "expert";
  one.house->add("expert", its);
  one.house->add("helper", with_agent("expert"));
  expert->lines = {says("42")};
  one.model->lines = {calls({call_of("c1", "expert", R"({"request":"the answer?"})")}),
                      says("It is 42.")};
  auto said = co_await one.house->ask("helper", "what is it?", "ctx");
  EXPECT_EQ(said, "COMPLETED|It is 42.");
  EXPECT_EQ(prompt_of(expert->requests.at(0)), "user:the answer?");
  EXPECT_THAT(prompt_of(one.model->requests.at(1)), HasSubstr("tool:42"));
  const core::TaskFilter all;
  auto page = co_await one.house->process.tasks.list(core::testing::seen_by(alice()), all);
  CO_ASSERT_OK(page);
  CO_ASSERT_EQ(page->rows.size(), 2U);
  const bool first = page->rows[0].agent == "expert";
  const auto& child = page->rows[first ? 0 : 1];
  const auto& parent = page->rows[first ? 1 : 0];
  EXPECT_EQ(child.parent, parent.id);
  EXPECT_EQ(child.context_id, "ctx");
  EXPECT_EQ(child.owner, "alice");
}

CORE_TEST(LoopCalls, an_isolated_agent_knows_nothing_of_the_call_before) {
  Single one(world);
  auto expert = one.models["expert"] = std::make_shared<FakeModel>(world.clock);
  core::DeclarativeAgent its;
  its.model = "expert";
  one.house->add("expert", its);
  one.house->add("shared", with_agent("expert"));
  one.house->add("apart", with_agent("expert", true));
  expert->lines = {says("42")};
  const auto ask = calls({call_of("c1", "expert", R"({"request":"again"})")});
  one.model->lines = {ask, ask, says("done"), ask, ask, says("done")};
  std::ignore = co_await one.house->ask("shared", "?", "ctx");
  EXPECT_EQ(prompt_of(expert->requests.at(1)), "user:again assistant:42 user:again");
  std::ignore = co_await one.house->ask("apart", "?", "ctx");
  EXPECT_EQ(prompt_of(expert->requests.at(3)), "user:again");
}

CORE_TEST(LoopCalls, a_ring_of_agents_ends_at_the_hop_limit) {
  Single one(world);
  one.house->add("ping", with_agent("pong"));
  one.house->add("pong", with_agent("ping"));
  std::string end;
  one.model->respond = [&end](const llm::Request& request) {
    const auto& last = request.messages.back();
    if (last.role == llm::MessageRole::user)
      return calls({call_of("c1", request.tools.at(0).name, R"({"request":"go"})")});
    if (end.empty()) end = last.parts.at(0).toolResult->text;
    return says("ok");
  };
  auto said = co_await one.house->ask("ping", "go");
  EXPECT_EQ(said, "COMPLETED|ok");
  EXPECT_THAT(end, HasSubstr("the hop limit"));
  EXPECT_EQ(one.model->requests.size(), 2U * static_cast<std::size_t>(core::kHopLimit + 1));
}

CORE_TEST(LoopCalls, a_failed_agent_is_an_error_that_the_model_sees) {
  Single one(world);
  core::DeclarativeAgent its;
  its.model = "gone";
  one.house->add("expert", its);
  one.house->add("helper", with_agent("expert"));
  one.model->lines = {calls({call_of("c1", "expert", R"({"request":"?"})")}), says("sorry")};
  auto said = co_await one.house->ask("helper", "?");
  EXPECT_EQ(said, "COMPLETED|sorry");
  EXPECT_THAT(prompt_of(one.model->requests.at(1)),
              HasSubstr("agent default/expert did not complete"));
}

CORE_TEST(LoopCalls, a_canceled_task_takes_its_delegated_task_along) {
  Single one(world);
  auto expert = one.models["expert"] = std::make_shared<FakeModel>(world.clock);
  core::DeclarativeAgent its;
  its.model = "expert";
  one.house->add("expert", its);
  one.house->add("helper", with_agent("expert"));
  Line hang;
  hang.hangs = true;
  expert->lines = {hang};
  one.model->lines = {calls({call_of("c1", "expert", R"({"request":"?"})")})};
  auto stream = co_await one.house->stream("helper", request_of("?"));
  CO_ASSERT_OK(stream);
  co_await until([&] { return expert->requests.size() == 1; });
  const core::TaskFilter all;
  auto page = co_await one.house->process.tasks.list(core::testing::seen_by(alice()), all);
  std::string parent;
  std::string child;
  for (const auto& row : page->rows) (row.parent ? child : parent) = row.id.to_string();
  auto canceled = co_await one.house->handler.cancel_task(gateway::testing::context_of(alice()),
                                                          gateway::testing::agent_ref("helper"),
                                                          gateway::testing::cancel_request(parent));
  EXPECT_TRUE(canceled);
  co_await until([&] { return one.house->process.metrics.runs_active.value() == 0; });
  auto task = co_await one.house->get("expert", child);
  CO_ASSERT_OK(task);
  EXPECT_EQ(task->status.state, a2a::TaskState::canceled);
}

CORE_TEST(LoopCalls, a_started_call_is_repeated_after_a_crash_only_if_that_is_harmless) {
  Single one(world);
  auto look = answers("12");
  look.repeatable = true;
  look.hangs = true;
  one.servers.add("shop", {{"look", look}});
  one.house->add("helper", with_server("shop"));
  one.model->lines = {calls({call_of("c1", "look")}), says("12")};
  auto stream = co_await one.house->stream("helper", request_of("?"));
  CO_ASSERT_OK(stream);
  co_await until([&] { return one.servers.active == 1; });
  auto& other = world.add_process("two");
  FakeServers servers(world.clock);
  look.hangs = false;
  servers.add("shop", {{"look", look}});
  House second(world, other, one.models, servers);
  second.add("helper", with_server("shop"));
  world.clock.advance(core::kLease + std::chrono::seconds(1));
  other.scheduler.start(other.tasks);
  co_await advance_until(world, 4, [&] { return one.model->requests.size() == 2; });
  EXPECT_EQ(servers.called.size(), 1U);
  EXPECT_THAT(prompt_of(one.model->requests[1]), HasSubstr("tool:12"));
  co_await until([&] { return other.metrics.runs_active.value() == 0; });
  stream->reset();  // it may not outlive its process
  co_await world.stop_all();
}

CORE_TEST(LoopCalls, structured_output_is_checked_and_asked_for_again) {
  Single one(world);
  core::DeclarativeAgent spec;
  spec.output.emplace();
  spec.output->schema =
      *json::parse(R"({"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]})")
           ->if_object();
  one.house->add("helper", spec);
  one.model->lines = {says("five"), says(R"({"n":"5"})"), says(R"({"n":5})")};
  auto request = request_of("?");
  auto task = co_await one.house->send("helper", std::move(request));
  CO_ASSERT_OK(task);
  EXPECT_EQ(task->status.state, a2a::TaskState::completed);
  CO_ASSERT_EQ(task->artifacts.size(), 1U);
  EXPECT_EQ(json::to_text(task->artifacts[0].parts),
            R"([{"data":{"n":5},"mediaType":"application/json"}])");
  CO_ASSERT_EQ(one.model->requests.size(), 3U);
  EXPECT_THAT(prompt_of(one.model->requests[2]), HasSubstr("/n: must be an integer"));
}

CORE_TEST(LoopCalls, output_that_never_fits_fails_and_is_not_shown) {
  Single one(world);
  core::DeclarativeAgent spec;
  spec.output.emplace();
  spec.output->schema = {{"type", "object"}};
  one.house->add("helper", spec);
  one.model->lines = {says("five")};
  auto said = co_await one.house->ask("helper", "?");
  EXPECT_THAT(said, HasSubstr("FAILED|the model's answer does not fit the schema"));
  EXPECT_EQ(one.model->requests.size(), static_cast<std::size_t>(kOutputAttempts));
}

}  // namespace
}  // namespace flotilla::agents
