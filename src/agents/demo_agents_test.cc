#include "agents/demo.h"
#include "agents/messenger.h"
#include "agents/testing_internal.h"
#include "core/limits.h"

namespace flotilla::agents::testing {
namespace {

using core::Run;
using core::testing::Probe;
using core::testing::Process;

/// The demo's agents with what brings events to them.
void begin_demo(World& world) {
  auto& process = world.process();
  register_demo({*world.database, world.clock, world.random, process.agents, process.messaging});
  process.topics.start();
  process.courier.start();
}

/// Asks in the conversation until the answer begins as wanted.
Async<std::string> ask_until(House& house, std::string agent, std::string wanted) {
  for (int i = 0;; ++i) {
    auto request = request_of("?", agent + std::to_string(i));
    request.message.contextId = "demo";
    auto task = co_await house.send(agent, std::move(request));
    if (!task) co_return task.error().message();
    auto text = House::said(*task);
    if (text.starts_with("COMPLETED|" + wanted)) co_return text;
    int turns = 0;
    co_await until([&] { return ++turns > 100; });
  }
}

CORE_TEST(Demo, six_steps) {
  House house(world);
  begin_demo(world);
  auto request = request_of("Coordinate task: 25 * 4 reasons to love a clear and simple tool");
  request.message.contextId = "demo";
  auto task = co_await house.send("coordinator", std::move(request));
  CO_ASSERT_OK(task);
  const auto said = House::said(*task);
  EXPECT_TRUE(said.starts_with("COMPLETED|calculator: 100\nmemory: Stored")) << said;
  EXPECT_NE(said.find("analysis:"), std::string::npos) << said;
  const auto points = co_await ask_until(house, "data-collector", "2 data points");
  EXPECT_EQ(points,
            "COMPLETED|2 data points collected\n- agent.calculator.calculation.complete\n"
            "- agent.analysis.analysis.complete\n");
  const auto notified = co_await ask_until(house, "notification", "3 notifications");
  EXPECT_EQ(notified,
            "COMPLETED|3 notifications sent\n- agent.coordinator.task.assigned\n"
            "- agent.data-collector.data.collected\n- agent.data-collector.data.collected\n");
  const auto mine = co_await house.ask("memory", "retrieve coordinated-result");
  EXPECT_EQ(mine, "COMPLETED|100");
  const auto bobs = co_await house.ask("memory", "retrieve coordinated-result", bob());
  EXPECT_TRUE(bobs.starts_with("FAILED")) << bobs;
}

CORE_TEST(Demo, conversations_and_owners_stay_apart) {
  House house(world);
  begin_demo(world);
  auto first = co_await house.ask("coordinator", "Coordinate task: 1 + 1");
  EXPECT_TRUE(first.starts_with("COMPLETED|calculator: 2")) << first;
  const auto other = co_await house.ask("data-collector", "collected?");
  EXPECT_EQ(other, "COMPLETED|0 data points collected\n");
}

/// Messages the agent that its input names, as itself.
class Caller final : public core::Runner {
 public:
  explicit Caller(core::Messaging& messaging) : messaging_(messaging) {}
  Async<Result<>> run(Run& run) override {
    Messenger messenger(messaging_, run);
    const std::string other = a2a::text_of(run.input().parts);
    CO_TRY(task, co_await messenger.ask(other, run.row().agent));
    auto words = run.message(House::said(task));
    co_return co_await run.status(task.status.state, std::move(words));
  }

 private:
  core::Messaging& messaging_;
};

void add_caller(Process& process, std::string name) {
  core::AgentInfo info;
  info.name_space = "default";
  info.name = std::move(name);
  info.type = "builtin";
  info.runner = std::make_shared<Caller>(process.messaging);
  process.agents.put(std::move(info));
}

CORE_TEST(Messenger, agents_that_answer_each_other_stop_at_the_hop_limit) {
  House house(world);
  add_caller(house.process, "ping");
  add_caller(house.process, "pong");
  const auto said = co_await house.ask("ping", "pong");
  EXPECT_TRUE(said.starts_with("FAILED")) << said;
  EXPECT_NE(said.find("hop limit"), std::string::npos) << said;
  core::TaskFilter filter;
  auto page = co_await house.process.tasks.list(core::testing::seen_by(alice()), filter);
  CO_ASSERT_OK(page);
  EXPECT_EQ(page->rows.size(), static_cast<std::size_t>(core::kHopLimit) + 1);
}

CORE_TEST(Messenger, an_agent_that_is_not_there_fails_the_turn) {
  House house(world);
  add_caller(house.process, "ping");
  const auto said = co_await house.ask("ping", "nobody");
  EXPECT_TRUE(said.starts_with("FAILED|there is no agent default/nobody")) << said;
}

CORE_TEST(Messenger, an_answer_is_waited_for_only_so_long) {
  House house(world);
  add_caller(house.process, "ping");
  Probe probe;
  core::testing::add_agent(house.process, "sleeper", core::testing::wait_for_ever, probe);
  auto request = request_of("sleeper");
  request.configuration.emplace();
  request.configuration->returnImmediately = true;
  auto task = co_await house.send("ping", std::move(request));
  CO_ASSERT_OK(task);
  co_await until([&] { return probe.begun == 1 && world.clock.sleepers() >= 2; });
  world.clock.advance(std::chrono::minutes(1));
  std::string said;
  while (!said.starts_with("FAILED")) {
    int turns = 0;
    co_await until([&] { return ++turns > 100; });
    auto now = co_await house.get("ping", task->id);
    CO_ASSERT_OK(now);
    said = House::said(*now);
  }
  EXPECT_EQ(said, "FAILED|sleeper did not answer within 1m");
}

/// Publishes, then dies before its end is stored, the first time.
class Publisher final : public core::Runner {
 public:
  Publisher(core::Messaging& messaging, const Probe& probe)
      : messaging_(messaging), probe_(probe) {}
  Async<Result<>> run(Run& run) override {
    const int turn = ++probe_.begun;
    Messenger messenger(messaging_, run);
    CO_TRY_VOID(co_await messenger.publish("begun", json::Value(turn)));
    CO_TRY_VOID(co_await run.record(core::EventKind::note, "{}"));
    if (turn == 1) CO_TRY_VOID(co_await run.sleep(std::chrono::hours(1)));
    co_return co_await run.status(a2a::TaskState::completed);
  }

 private:
  core::Messaging& messaging_;
  Probe probe_;
};

void add_publisher(Process& process, const Probe& probe) {
  core::AgentInfo info;
  info.name_space = "default";
  info.name = "publisher";
  info.type = "builtin";
  info.runner = std::make_shared<Publisher>(process.messaging, probe);
  process.agents.put(std::move(info));
}

CORE_TEST_WITH(Messenger, a_turn_that_is_run_again_publishes_nothing_twice, kOnDisk) {
  Probe probe;
  add_publisher(world.process(), probe);
  {
    House house(world);
    auto request = request_of("go");
    request.configuration.emplace();
    request.configuration->returnImmediately = true;
    CO_ASSERT_OK(co_await house.send("publisher", std::move(request)));
    co_await until([&] { return world.clock.sleepers() > 0; });
  }
  co_await world.stop_all();
  world.reopen();
  auto& process = world.process();
  add_publisher(process, probe);
  CO_ASSERT_OK(co_await process.scheduler.void_leases());
  process.scheduler.start(process.tasks);
  co_await until([&] { return probe.begun == 2; });
  core::TopicFilter filter{"default", {"agent.publisher.begun"}, alice()};
  auto page = co_await process.messaging.page(std::move(filter), 0, 10);
  CO_ASSERT_OK(page);
  CO_ASSERT_EQ(page->events.size(), 1U);
  EXPECT_NE(page->events[0]->payload.find(R"("data":1)"), std::string::npos);
}

}  // namespace
}  // namespace flotilla::agents::testing
