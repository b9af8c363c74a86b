#include <gmock/gmock.h>

#include "agents/declarative/testing_internal.h"

// What a turn knows of those before it, and of messages that come while it works.

namespace flotilla::agents {
namespace {

using namespace loop_testing;
using ::testing::HasSubstr;
using ::testing::Not;

CORE_TEST(LoopSession, a_turn_goes_on_from_those_before_it) {
  Single one(world);
  one.servers.add("shop", {{"price", answers("12")}});
  one.house->add("helper", with_server("shop"));
  one.model->lines = {calls({call_of("c1", "price")}), says("12"), says("sure")};
  std::ignore = co_await one.house->ask("helper", "price?", "ctx");
  world.clock.advance(std::chrono::seconds(1));
  std::ignore = co_await one.house->ask("helper", "really?", "ctx");
  CO_ASSERT_EQ(one.model->requests.size(), 3U);
  EXPECT_EQ(prompt_of(one.model->requests[2]),
            "user:price? assistant:price! tool:12 assistant:12 user:really?");
  world.clock.advance(std::chrono::seconds(1));
  std::ignore = co_await one.house->ask("helper", "hi", "another");
  EXPECT_EQ(prompt_of(one.model->requests.at(3)), "user:hi");
}

CORE_TEST(LoopSession, a_failed_turn_leaves_no_call_without_result) {
  Single one(world);
  auto slow = answers("");
  slow.hangs = true;
  one.servers.add("shop", {{"wait", slow}});
  auto spec = with_server("shop");
  spec.limits.deadline = std::chrono::minutes(1);
  one.house->add("helper", spec);
  one.model->lines = {calls({call_of("c1", "wait")}), says("ok")};
  auto request = request_of("one");
  request.message.contextId = "ctx";
  auto stream = co_await one.house->stream("helper", std::move(request));
  CO_ASSERT_OK(stream);
  co_await until([&] { return one.servers.active == 1; });
  world.clock.advance(std::chrono::minutes(2));
  std::ignore = co_await gateway::testing::read_all(**stream);
  world.clock.advance(std::chrono::seconds(1));
  std::ignore = co_await one.house->ask("helper", "two", "ctx");
  EXPECT_EQ(prompt_of(one.model->requests.at(1)),
            "user:one assistant:wait! tool:The call has no result: the run ended before it. "
            "user:two");
}

CORE_TEST(LoopSession, a_message_to_a_running_task_is_read_before_the_next_model_call) {
  Single one(world);
  auto slow = answers("12");
  slow.takes = std::chrono::seconds(5);
  one.servers.add("shop", {{"price", slow}});
  one.house->add("helper", with_server("shop"));
  one.model->lines = {calls({call_of("c1", "price")}), says("done")};
  auto stream = co_await one.house->stream("helper", request_of("price?"));
  CO_ASSERT_OK(stream);
  co_await until([&] { return one.servers.active == 1; });
  auto page = co_await one.house->process.tasks.list(core::testing::seen_by(alice()), {});
  auto log = co_await one.house->process.tasks.find(page->rows.at(0).id.to_string(),
                                                    core::testing::seen_by(alice()));
  CO_ASSERT_OK(log);
  auto message = core::testing::user_message("in euros", "m-9");
  auto added = co_await one.house->process.tasks.add_message(*log, alice(), message, std::nullopt);
  CO_ASSERT_OK(added);
  world.clock.advance(std::chrono::seconds(5));
  std::ignore = co_await gateway::testing::read_all(**stream);
  EXPECT_EQ(prompt_of(one.model->requests.at(1)),
            "user:price? assistant:price! tool:12 user:in euros");
}

CORE_TEST(LoopSession, a_message_during_the_last_answer_has_its_own) {
  Single one(world);
  one.house->add("helper");
  Line slow = says("one");
  slow.pause = std::chrono::seconds(5);
  one.model->lines = {slow, says("two")};
  auto stream = co_await one.house->stream("helper", request_of("first"));
  CO_ASSERT_OK(stream);
  co_await until([&] { return one.model->requests.size() == 1; });
  auto page = co_await one.house->process.tasks.list(core::testing::seen_by(alice()), {});
  auto log = co_await one.house->process.tasks.find(page->rows.at(0).id.to_string(),
                                                    core::testing::seen_by(alice()));
  CO_ASSERT_OK(log);
  auto message = core::testing::user_message("second", "m-9");
  std::ignore = co_await one.house->process.tasks.add_message(*log, alice(), message, std::nullopt);
  world.clock.advance(std::chrono::seconds(5));
  std::ignore = co_await gateway::testing::read_all(**stream);
  CO_ASSERT_EQ(one.model->requests.size(), 2U);
  EXPECT_EQ(prompt_of(one.model->requests[1]), "user:first assistant:one user:second");
  auto task = co_await one.house->get("helper", (*log)->committed().id.to_string());
  CO_ASSERT_OK(task);
  EXPECT_EQ(House::said(*task), "COMPLETED|two");
  std::string history;
  for (const auto& one_said : task->history) history += a2a::text_of(one_said.parts) + ";";
  EXPECT_EQ(history, "first;second;one;");
}

CORE_TEST(LoopSession, older_turns_become_a_summary_that_overlaps) {
  Single one(world);
  core::DeclarativeAgent spec;
  spec.compaction.emplace();
  spec.compaction->interval = 2;
  spec.compaction->overlap = 1;
  spec.compaction->summarizer.emplace();
  spec.compaction->summarizer->model = "small";
  auto small = one.models["small"] = std::make_shared<FakeModel>(world.clock);
  small->lines = {says("SUM")};
  one.house->add("helper", spec);
  one.model->lines = {says("a")};
  for (const char* text : {"one", "two", "three", "four", "five"}) {
    std::ignore = co_await one.house->ask("helper", text, "ctx");
    world.clock.advance(std::chrono::seconds(1));
  }
  const auto& requests = one.model->requests;
  CO_ASSERT_EQ(requests.size(), 5U);
  EXPECT_EQ(prompt_of(requests[2]), "user:one assistant:a user:two assistant:a user:three");
  EXPECT_EQ(prompt_of(requests[3]),
            "user:Summary of the conversation so far:\nSUM user:three assistant:a user:four");
  EXPECT_EQ(prompt_of(requests[4]),
            "user:Summary of the conversation so far:\nSUM user:three assistant:a user:four "
            "assistant:a user:five");
  CO_ASSERT_EQ(small->requests.size(), 1U);
  EXPECT_THAT(prompt_of(small->requests[0]), HasSubstr("User: one"));
  EXPECT_THAT(prompt_of(small->requests[0]), HasSubstr("User: three"));
  EXPECT_THAT(prompt_of(small->requests[0]), Not(HasSubstr("four")));
}

CORE_TEST(LoopSession, a_long_prompt_is_cut_without_a_summarizer) {
  Single one(world);
  core::DeclarativeAgent spec;
  spec.compaction.emplace();
  spec.compaction->interval = 100;
  spec.compaction->tokenThreshold = 50;
  spec.compaction->retain = 2;
  one.house->add("helper", spec);
  one.model->lines = {says(std::string(300, 'x')), says("y")};
  for (const char* text : {"one", "two", "three"}) {
    std::ignore = co_await one.house->ask("helper", text, "ctx");
    world.clock.advance(std::chrono::seconds(1));
  }
  EXPECT_EQ(prompt_of(one.model->requests.at(2)),
            "user:[Earlier parts of this conversation were left out.] user:two assistant:y "
            "user:three");
}

CORE_TEST(LoopSession, a_prompt_that_is_too_long_for_the_model_is_cut_and_asked_again) {
  Single one(world);
  core::DeclarativeAgent spec;
  spec.compaction.emplace();
  spec.compaction->interval = 100;
  one.house->add("helper", spec);
  Line full;
  full.error = Error(Code::invalid_argument, reason::kModelContextExceeded, "too long");
  one.model->lines = {says("a"), says("b"), full, says("c")};
  for (const char* text : {"one", "two", "three"}) {
    std::ignore = co_await one.house->ask("helper", text, "ctx");
    world.clock.advance(std::chrono::seconds(1));
  }
  EXPECT_EQ(House::said(one.house->last), "COMPLETED|c");
  EXPECT_EQ(prompt_of(one.model->requests.at(3)),
            "user:[Earlier parts of this conversation were left out.] user:two assistant:b "
            "user:three");
}

}  // namespace
}  // namespace flotilla::agents
