#include "gateway/handover.h"

#include "gateway/testing.h"

namespace flotilla::gateway::testing {
namespace {

void add(Process& process, std::string name, std::vector<std::string> keywords, Probe& probe,
         std::string name_space = "default") {
  core::AgentInfo info;
  info.name_space = std::move(name_space);
  info.name = std::move(name);
  info.keywords = std::move(keywords);
  info.runner = std::make_shared<core::testing::ScriptedRunner>(complete_at_once, probe);
  process.agents.put(std::move(info));
}

std::string chosen(Process& process, std::string_view text,
                   std::shared_ptr<const Principal> who = alice()) {
  auto choice = choose_agent(process.agents, *who, text);
  if (!choice.agent) return "nobody";
  return choice.agent->name_space + "/" + choice.agent->name + " <" + choice.text + ">" +
         (choice.by_name ? " by name" : "");
}

CORE_TEST(Handover, is_decided_by_name_then_keyword_then_claim) {
  Probe probe;
  auto& one = world.process();
  add(one, "calculator", {"calculate", "add"}, probe);
  add(one, "echo", {"echo"}, probe);
  add(one, "front-desk", {"help"}, probe);
  auto sums = core::AgentInfo();
  sums.name_space = "default";
  sums.name = "sums";
  sums.claims = [](std::string_view text) { return text.find('+') != std::string_view::npos; };
  sums.runner = std::make_shared<core::testing::ScriptedRunner>(complete_at_once, probe);
  one.agents.put(sums);
  const std::vector<std::pair<std::string, std::string>> cases{
      {"@calculator 2 + 2", "default/calculator <2 + 2> by name"},
      {"  @Calculator: 2 + 2", "default/calculator <2 + 2> by name"},
      {"calculator: 2", "default/calculator <2> by name"},
      {"@default/echo calculate", "default/echo <calculate> by name"},
      {"@elsewhere/echo x", "nobody"},
      {"@echo", "default/echo <> by name"},
      {"@nobody 2", "nobody"},
      {"calculator 2", "nobody"},
      {"Calculate 25 * 4", "default/calculator <Calculate 25 * 4>"},
      {"please calculate this", "default/calculator <please calculate this>"},
      {"Please, add", "nobody"},
      {"1 + 1", "default/sums <1 + 1>"},
      {"echo 1 + 1", "default/echo <echo 1 + 1>"},
      {"@front-desk help", "nobody"},
      {"help", "nobody"},
      {"", "nobody"},
      {"   ", "nobody"},
      {"@", "nobody"},
      {"@/x", "nobody"},
      {":", "nobody"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(chosen(one, text), expected) << text;
  co_return;
}

CORE_TEST(Handover, only_usable_agents_count_home_first) {
  Probe probe;
  auto& one = world.process();
  add(one, "echo", {"echo"}, probe, "aaa");
  add(one, "echo", {"echo"}, probe, "default");
  add(one, "secret", {"secret"}, probe, "elsewhere");
  auto reported = core::AgentInfo();
  reported.name_space = "default";
  reported.name = "reported";
  one.agents.put(reported);
  auto both = core::testing::principal("dora", {"default", "aaa"});
  EXPECT_EQ(chosen(one, "@echo x", both), "default/echo <x> by name");
  EXPECT_EQ(chosen(one, "@aaa/echo x", both), "aaa/echo <x> by name");
  EXPECT_EQ(chosen(one, "@secret x"), "nobody");
  EXPECT_EQ(chosen(one, "secret x"), "nobody");
  EXPECT_EQ(chosen(one, "secret x", carol()), "elsewhere/secret <secret x>");
  EXPECT_EQ(chosen(one, "@reported x"), "nobody");
  co_return;
}

CORE_TEST(Handover, the_task_belongs_to_the_agent_that_took_it) {
  Probe probe;
  Desk desk(world.process());
  add(desk.process, "front-desk", {}, probe);
  add(desk.process, "echo", {}, probe);
  add(desk.process, "other", {}, probe);
  auto task = co_await desk.send("front-desk", request_of("@echo hello"));
  CO_ASSERT_OK(task);
  EXPECT_EQ(core::testing::texts_of(*task), "hello ");
  EXPECT_TRUE(co_await desk.get("front-desk", task->id));
  EXPECT_TRUE(co_await desk.get("echo", task->id));
  EXPECT_FALSE(co_await desk.get("other", task->id));
  auto again = co_await desk.send("front-desk", request_of("@echo hello"));
  CO_ASSERT_OK(again);
  EXPECT_EQ(again->id, task->id);
}

CORE_TEST(Handover, a_context_stays_with_the_agent_of_its_last_task) {
  Probe probe;
  Desk desk(world.process());
  auto both = core::testing::principal("dora", {"default", "team"});
  add(desk.process, "front-desk", {}, probe);
  add(desk.process, "echo", {"echo"}, probe);
  add(desk.process, "helper", {"assist"}, probe, "team");
  auto send = [](Desk& at, std::string text, std::shared_ptr<const Principal> who,
                 std::optional<std::string> context,
                 std::string id) -> Async<Result<core::TaskRow>> {
    auto request = request_of(std::move(text), std::move(id));
    request.message.contextId = std::move(context);
    CO_TRY(task, co_await at.send("front-desk", std::move(request), who));
    CO_TRY(log, co_await at.process.tasks.find(task.id, core::testing::seen_by(who)));
    co_return log->committed();
  };
  auto first = co_await send(desk, "assist me", both, std::nullopt, "m-1");
  CO_ASSERT_OK(first);
  EXPECT_EQ(first->name_space, "team");
  world.clock.advance(std::chrono::seconds(1));
  auto second = co_await send(desk, "echo this", both, first->context_id, "m-2");
  CO_ASSERT_OK(second);
  EXPECT_EQ(second->agent, "helper");  // the keyword does not draw it away
  EXPECT_EQ(second->session, first->session);
  world.clock.advance(std::chrono::seconds(1));
  auto third = co_await send(desk, "@echo this", both, first->context_id, "m-3");
  CO_ASSERT_OK(third);
  EXPECT_EQ(third->agent, "echo");
  EXPECT_NE(third->session, first->session);  // the context in echo's namespace
  world.clock.advance(std::chrono::seconds(1));
  auto fourth = co_await send(desk, "and more", both, first->context_id, "m-4");
  CO_ASSERT_OK(fourth);
  EXPECT_EQ(fourth->agent, "echo");
  EXPECT_EQ(fourth->session, third->session);
  // Another's context of that name decides nothing.
  auto stranger = co_await send(desk, "and more", alice(), first->context_id, "m-5");
  CO_ASSERT_OK(stranger);
  EXPECT_EQ(stranger->agent, "front-desk");
}

CORE_TEST(Handover, a_context_of_the_front_desk_itself_is_decided_anew) {
  Probe probe;
  Desk desk(world.process());
  add(desk.process, "front-desk", {}, probe);
  add(desk.process, "echo", {"echo"}, probe);
  auto first = co_await desk.send("front-desk", request_of("what is this?"));
  CO_ASSERT_OK(first);
  world.clock.advance(std::chrono::seconds(1));
  auto request = request_of("echo hello", "m-2");
  request.message.contextId = first->contextId;
  auto second = co_await desk.send("front-desk", request);
  CO_ASSERT_OK(second);
  EXPECT_TRUE(co_await desk.get("echo", second->id));
}

}  // namespace
}  // namespace flotilla::gateway::testing
