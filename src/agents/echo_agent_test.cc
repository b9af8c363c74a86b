#include "agents/testing_internal.h"

namespace flotilla::agents::testing {
namespace {

CORE_TEST(EchoAgent, ends_as_it_is_told) {
  House house(world);
  const std::vector<std::pair<std::string, std::string>> cases{
      {"hello", "COMPLETED|hello"},
      {"echo hello", "COMPLETED|hello"},
      {"-- fail", "COMPLETED|fail"},
      {"fail=\"no luck\"", "FAILED|no luck"},
      {"fail some text", "FAILED|some text"},
      {"reject=no", "REJECTED|no"},
      {"ask", "INPUT_REQUIRED|What shall I echo?"},
      {"ask=\"Which colour?\"", "INPUT_REQUIRED|Which colour?"},
      {"auth", "AUTH_REQUIRED|Authorize me, then send a message to go on."},
  };
  for (const auto& [text, expected] : cases)
    EXPECT_EQ(co_await house.ask("echo", text), expected) << text;
  auto fault = co_await house.ask("echo", "chunks=0 x");
  EXPECT_TRUE(fault.starts_with("REJECTED|")) << fault;
}

CORE_TEST(EchoAgent, streams_its_chunks) {
  House house(world);
  auto stream = co_await house.stream("echo", request_of("chunks=3 delay=1s one two three"));
  CO_ASSERT_OK(stream);
  for (int i = 0; i < 3; ++i) {
    co_await until([&] { return world.clock.sleepers() == 1; });
    world.clock.advance(std::chrono::seconds(1));
  }
  auto items = co_await read_all(**stream);
  CO_ASSERT_OK(items);
  EXPECT_EQ(outline(*items),
            "task:SUBMITTED status:WORKING artifact artifact artifact status:COMPLETED");
  std::string text;
  for (const auto& item : *items) {
    if (item.kind != a2a::ItemKind::artifact_update) continue;
    auto update = json::from_text<a2a::TaskArtifactUpdateEvent>(*item.json);
    CO_ASSERT_OK(update);
    EXPECT_EQ(update->append.value_or(false), !text.empty());
    text += a2a::text_of(update->artifact.parts);
    EXPECT_EQ(update->lastChunk.value_or(false), text == "one two three");
  }
  EXPECT_EQ(text, "one two three");
}

CORE_TEST(EchoAgent, goes_on_with_the_answer_to_its_question) {
  House house(world);
  auto asked = co_await house.send("echo", request_of("ask=\"Which?\""));
  CO_ASSERT_OK(asked);
  auto task = co_await house.send("echo", to_task(asked->id, "blue", "m-2"));
  CO_ASSERT_OK(task);
  EXPECT_EQ(task->status.state, a2a::TaskState::completed);
  std::vector<std::string> history;
  for (const auto& message : task->history) history.push_back(a2a::text_of(message.parts));
  EXPECT_EQ(history, (std::vector<std::string>{"ask=\"Which?\"", "Which?", "blue"}));
  EXPECT_EQ(House::said(*task), "COMPLETED|blue");
}

CORE_TEST(EchoAgent, waits_until_it_is_cancelled) {
  House house(world);
  auto request = request_of("wait");
  request.configuration.emplace();
  request.configuration->returnImmediately = true;
  auto task = co_await house.send("echo", request);
  CO_ASSERT_OK(task);
  EXPECT_EQ(task->status.state, a2a::TaskState::working);
  a2a::CancelTaskRequest cancel;
  cancel.id = task->id;
  auto canceled = co_await house.handler.cancel_task(gateway::testing::context_of(alice()),
                                                     gateway::testing::agent_ref("echo"), cancel);
  CO_ASSERT_OK(canceled);
  co_await until([&] { return house.process.metrics.runs_active.value() == 0; });
  EXPECT_EQ(world.clock.sleepers(), 0U);
}

CORE_TEST(EchoAgent, answers_with_a_bare_message_first_or_with_a_task_later) {
  House house(world);
  auto sent = co_await house.handler.send_message(gateway::testing::context_of(alice()),
                                                  gateway::testing::agent_ref("echo"),
                                                  request_of("message hi"));
  CO_ASSERT_OK(sent);
  EXPECT_EQ(sent->kind, a2a::ItemKind::message);
  auto asked = co_await house.send("echo", request_of("ask"));
  CO_ASSERT_OK(asked);
  auto task = co_await house.send("echo", to_task(asked->id, "message hi", "m-2"));
  CO_ASSERT_OK(task);
  EXPECT_EQ(House::said(*task), "COMPLETED|hi");
  EXPECT_TRUE(co_await house.get("echo", task->id));  // it was shown before: it stays
}

CORE_TEST_WITH(EchoAgent, goes_on_with_the_next_chunk_after_a_crash_at_any_commit, kOnDisk) {
  for (std::size_t commits = 1; commits < 8; ++commits) {
    std::string id;
    {
      House house(world);
      auto asked = co_await house.send("echo", request_of("ask", std::to_string(commits)));
      CO_ASSERT_OK(asked);
      id = asked->id;
      // A later turn, with a message while it goes on.
      world.database->fail_after(commits, Error(Code::unavailable, reason::kStorageFailed, "cut"));
      auto request = to_task(id, "chunks=5 delay=1s abcde", "m-2");
      request.configuration.emplace();
      request.configuration->returnImmediately = true;
      CO_ASSERT_OK(co_await house.send("echo", request));
      request = to_task(id, "an aside", "m-3");
      request.configuration.emplace();
      request.configuration->returnImmediately = true;
      std::ignore = co_await house.send("echo", request);  // cut, for the smallest count
      co_await advance_until(world, 1,
                             [&] { return house.process.metrics.runs_active.value() == 0; });
    }
    co_await world.stop_all();
    world.reopen();
    {
      House house(world);
      CO_ASSERT_OK(co_await house.process.scheduler.void_leases());
      house.process.scheduler.start(house.process.tasks);
      auto log = co_await house.process.tasks.find(id, core::testing::seen_by(alice()));
      CO_ASSERT_OK(log);
      co_await advance_until(world, 3, [&] { return a2a::is_terminal((*log)->committed().state); });
      auto task = co_await core::TaskLog::load(*log);
      CO_ASSERT_OK(task);
      CO_ASSERT_EQ(task->first.artifacts.size(), 1U);
      EXPECT_EQ(task->first.artifacts[0].parts.size(), 5U) << "after " << commits;
      EXPECT_EQ(core::testing::texts_of(task->first), "a b c d e ");
    }
    co_await world.stop_all();
    world.reopen();
  }
}

}  // namespace
}  // namespace flotilla::agents::testing
