#include "agents/declarative/again.h"

#include <gmock/gmock.h>

#include "agents/declarative/again_testing_internal.h"
#include "agents/declarative/origin.h"

namespace flotilla::agents::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Bumps once, looks once, then tells what it heard.
llm::Answer bump_and_look(const llm::Request& request) {
  const auto& last = request.messages.back();
  if (last.role == llm::MessageRole::user) return calls("bump", "c1");
  const auto& result = *last.parts.front().toolResult;
  if (result.name == "bump") return calls("look", "c2");
  return says("heard " + result.text);
}

/// All that callers said, as the model gets it.
llm::Answer repeat_users(const llm::Request& request) {
  std::string text;
  for (const auto& message : request.messages)
    if (message.role == llm::MessageRole::user) text += llm::text_of(message) + ";";
  return says(text);
}

CORE_TEST(TaskAgain, a_retry_asks_all_anew_and_refers_to_the_old_task) {
  CountingTools tools;
  Runs runs(world, world.process(), bump_and_look, tools);
  const auto task = co_await runs.ask("go");
  EXPECT_EQ(answer_of(task), "COMPLETED|heard number 2");
  auto log = co_await retry_task(runs.again(), Runs::of(task.id));
  CO_ASSERT_OK(log);
  const auto again = co_await runs.settled(*log);
  EXPECT_NE(again.id, task.id);
  EXPECT_EQ(again.contextId, task.contextId);
  EXPECT_EQ(answer_of(again), "COMPLETED|heard number 4");
  EXPECT_THAT(tools.called, ElementsAre("bump", "look", "bump", "look"));
  CO_ASSERT_FALSE(again.history.empty());
  EXPECT_THAT(again.history.front().referenceTaskIds, ElementsAre(task.id));
  auto origin = origin_of(again.history.front().metadata);
  CO_ASSERT_TRUE(origin);
  EXPECT_EQ(origin->kind, OriginKind::retry);
}

CORE_TEST(TaskAgain, a_fork_repeats_no_call_that_its_steps_have) {
  CountingTools tools;
  Runs runs(world, world.process(), bump_and_look, tools);
  const auto task = co_await runs.ask("go");
  auto log = co_await fork_task(runs.again(), Runs::of(task.id), 1, std::nullopt);
  CO_ASSERT_OK(log);
  const auto fork = co_await runs.settled(*log);
  // The bump of step 1 stands; the model was asked on, looked, and answered.
  EXPECT_EQ(answer_of(fork), "COMPLETED|heard number 3");
  EXPECT_THAT(tools.called, ElementsAre("bump", "look", "look"));
  EXPECT_NE(fork.contextId, task.contextId);
  log = co_await fork_task(runs.again(), Runs::of(task.id), 3, std::nullopt);
  CO_ASSERT_OK(log);
  const int asked = runs.model->asked;
  const auto whole = co_await runs.settled(*log);
  EXPECT_EQ(answer_of(whole), "COMPLETED|heard number 2");
  EXPECT_EQ(runs.model->asked, asked);
  EXPECT_EQ(tools.called.size(), 3U);
}

CORE_TEST(TaskAgain, a_fork_goes_on_with_a_message_and_with_what_came_before_its_task) {
  CountingTools tools;
  Runs runs(world, world.process(), repeat_users, tools);
  const auto first = co_await runs.ask("one");
  auto request = gateway::testing::request_of("two", "m-two");
  request.message.contextId = first.contextId;
  auto second = co_await runs.send("guide", std::move(request));
  CO_ASSERT_OK(second);
  EXPECT_EQ(answer_of(*second), "COMPLETED|one;two;");
  auto log = co_await fork_task(runs.again(), Runs::of(second->id), 1, "three");
  CO_ASSERT_OK(log);
  const auto fork = co_await runs.settled(*log);
  EXPECT_EQ(answer_of(fork), "COMPLETED|one;two;three;");
  // A later turn of the fork's session still has what came before.
  auto later = gateway::testing::request_of("four", "m-four");
  later.message.contextId = fork.contextId;
  auto fourth = co_await runs.send("guide", std::move(later));
  CO_ASSERT_OK(fourth);
  EXPECT_EQ(answer_of(*fourth), "COMPLETED|one;two;three;four;");
}

CORE_TEST(TaskAgain, a_replay_asks_and_does_nothing) {
  CountingTools tools;
  Runs runs(world, world.process(), bump_and_look, tools);
  const auto task = co_await runs.ask("go");
  const int asked = runs.model->asked;
  auto log = co_await replay_task(runs.again(), Runs::of(task.id));
  CO_ASSERT_OK(log);
  const auto replay = co_await runs.settled(*log);
  EXPECT_EQ(answer_of(replay), "COMPLETED|heard number 2");
  EXPECT_EQ(runs.model->asked, asked);
  EXPECT_EQ(tools.called.size(), 2U);
}

CORE_TEST(TaskAgain, what_cannot_be_done_is_said) {
  CountingTools tools;
  Runs runs(world, world.process(), bump_and_look, tools);
  const auto task = co_await runs.ask("go");
  auto no_step = co_await fork_task(runs.again(), Runs::of(task.id), 4, std::nullopt);
  CO_ASSERT_FALSE(no_step);
  EXPECT_THAT(no_step.error().message(), HasSubstr("from 1 to 3"));
  auto foreign = co_await retry_task(runs.again(), Runs::of(task.id, gateway::testing::bob()));
  CO_ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().reason(), reason::kTaskNotFound);
  auto admin = core::testing::principal("root", {"default"}, Role::admin);
  auto taken = co_await fork_task(runs.again(), Runs::of(task.id, admin), 1, std::nullopt);
  CO_ASSERT_FALSE(taken);
  EXPECT_TRUE(runs.process.agents.remove("default", "guide", ""));
  auto gone = co_await retry_task(runs.again(), Runs::of(task.id));
  CO_ASSERT_FALSE(gone);
  EXPECT_THAT(gone.error().message(), HasSubstr("default/guide"));
}

CORE_TEST(TaskAgain, metadata_of_a_caller_opens_no_foreign_journal) {
  CountingTools tools;
  Runs runs(world, world.process(), bump_and_look, tools);
  const auto task = co_await runs.ask("secret");
  auto request = gateway::testing::request_of("go", "m-bob");
  TaskOrigin origin;
  origin.kind = OriginKind::replay;
  origin.task = task.id;
  set_origin(request.message.metadata, origin);
  auto stolen = co_await runs.send("guide", std::move(request), gateway::testing::bob());
  CO_ASSERT_OK(stolen);
  EXPECT_THAT(answer_of(*stolen), HasSubstr("FAILED|"));
  EXPECT_THAT(answer_of(*stolen), HasSubstr("no task"));
}

}  // namespace
}  // namespace flotilla::agents::testing
