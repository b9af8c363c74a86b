#include <gmock/gmock.h>

#include <algorithm>

#include "agents/declarative/again_testing_internal.h"
#include "core/limits.h"

// I3 and I4 for runs: another process goes on, and no effect happens twice.

namespace flotilla::agents::testing {
namespace {

using core::testing::kOnDisk;
using gateway::testing::until;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Bumps once, looks once, then tells what it heard.
llm::Answer bump_and_look(const llm::Request& request) {
  const auto& last = request.messages.back();
  if (last.role == llm::MessageRole::user) return calls("bump", "c1");
  const auto& result = *last.parts.front().toolResult;
  if (result.name == "bump") return calls("look", "c2");
  return says("heard " + result.text);
}

/// The process dies at each of its commits in turn; another one goes on.
CORE_TEST_WITH(DurableRun, effects_happen_once_or_wait_for_a_person, kOnDisk) {
  int completed = 0;
  int cut = 0;
  for (std::size_t commits = 0; commits < 12; ++commits) {
    CountingTools tools;
    std::string id;
    {
      Runs runs(world, world.process(), bump_and_look, tools);
      world.database->fail_after(commits, Error(Code::unavailable, reason::kStorageFailed, "cut"));
      auto request = gateway::testing::request_of("go", "run" + std::to_string(commits));
      auto sent = co_await runs.send("guide", std::move(request));
      if (sent) id = sent->id;
      cut += sent ? 0 : 1;
    }
    co_await world.stop_all();
    world.reopen();
    Runs runs(world, world.process(), bump_and_look, tools);
    CO_ASSERT_OK(co_await runs.process.scheduler.void_leases());
    runs.process.scheduler.start(runs.process.tasks);
    auto request = gateway::testing::request_of("go", "run" + std::to_string(commits));
    auto sent = co_await runs.send("guide", std::move(request));
    CO_ASSERT_OK(sent);
    if (!id.empty()) {
      EXPECT_EQ(sent->id, id);
    }
    const auto bumps = std::ranges::count(tools.called, "bump");
    EXPECT_LE(bumps, 1) << "after " << commits << " commits";
    const std::string answer = answer_of(*sent);
    if (answer.starts_with("COMPLETED")) {
      EXPECT_EQ(bumps, 1) << answer;
      ++completed;
    } else {
      // Nobody is there who could be asked, and the call is not made again.
      EXPECT_THAT(answer, HasSubstr("nobody knows whether it took effect")) << commits;
    }
    co_await world.stop_all();
    world.reopen();
  }
  EXPECT_GT(completed, 3);
  EXPECT_GT(cut, 2);
}

/// Two processes on one store: the first hangs in a call of `held` beyond its lease, the second one
/// takes over. What the second makes of the task, while the first comes back to it in vain.
Async<std::string> taken_over(World& world, CountingTools& tools, std::string held) {
  CountingTools hanging;
  hanging.held = std::move(held);
  hanging.clock = &world.clock;
  auto& one = world.process();
  auto& two = world.add_process("two");
  Runs first(world, one, bump_and_look, hanging);
  Runs second(world, two, bump_and_look, tools);
  core::NewTask task;
  task.name_space = "default";
  task.agent = "guide";
  task.principal = alice();
  task.message = gateway::testing::request_of("go", "m1").message;
  auto log = co_await one.tasks.create(std::move(task));
  if (!log) co_return log.error().message();
  co_await until([&] { return !hanging.called.empty() && hanging.called.back() == hanging.held; });
  // The first does not renew its lease: its scheduler was never started.
  two.scheduler.start(two.tasks);
  const std::string id = (*log)->projected().id.to_string();
  core::Visibility visibility;
  visibility.principal = alice();
  for (bool over = false; !over;) {
    world.clock.advance(std::chrono::seconds(1));
    auto found = co_await two.tasks.find(id, visibility);
    over = found && a2a::is_terminal((*found)->state());
    int turns = 0;  // the runs share this loop
    co_await until([&] { return ++turns > 10; });
  }
  // Now the first one's call answers, and nothing of it may be written.
  co_await until([&] {
    world.clock.advance(std::chrono::seconds(1));
    return one.metrics.runs_active.value() == 0;
  });
  tools.called.insert(tools.called.begin(), hanging.called.begin(), hanging.called.end());
  auto found = co_await second.get("guide", id);
  if (!found) co_return found.error().message();
  co_return answer_of(*found);
}

CORE_TEST(DurableRun, another_holder_does_not_repeat_a_call_that_may_have_taken_effect) {
  CountingTools tools;
  const auto answer = co_await taken_over(world, tools, "bump");
  EXPECT_THAT(answer, HasSubstr("nobody knows whether it took effect"));
  EXPECT_THAT(tools.called, ElementsAre("bump"));
}

CORE_TEST(DurableRun, another_holder_makes_a_call_again_that_bears_it) {
  CountingTools tools;
  const auto answer = co_await taken_over(world, tools, "look");
  EXPECT_EQ(answer, "COMPLETED|heard number 1");
  EXPECT_THAT(tools.called, ElementsAre("bump", "look", "look"));
}

}  // namespace
}  // namespace flotilla::agents::testing
