#include "async/task_group.h"
#include "gateway/testing.h"

// A repeated message gives the first task again.

namespace flotilla::gateway::testing {
namespace {

using a2a::TaskState;

Async<> send_and_note(Desk& desk, a2a::SendMessageRequest request, Probe& ids) {
  auto task = co_await desk.send("quick", std::move(request));
  ids.notes.push_back(task ? task->id : task.error().message());
}

CORE_TEST(Dedupe, the_same_message_gives_the_same_task) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "quick", complete_at_once, probe);
  auto first = co_await desk.send("quick", request_of("x"));
  auto again = co_await desk.send("quick", request_of("x"));
  auto other_content = co_await desk.send("quick", request_of("y"));
  auto other_id = co_await desk.send("quick", request_of("x", "m-2"));
  auto other_caller = co_await desk.send("quick", request_of("x"), bob());
  auto in_context = request_of("x");
  in_context.message.contextId = first->contextId;
  auto other_context = co_await desk.send("quick", in_context);
  CO_ASSERT_TRUE(first && again && other_content && other_id && other_caller && other_context);
  EXPECT_EQ(first->id, again->id);
  const std::set<std::string> all{first->id, other_content->id, other_id->id, other_caller->id,
                                  other_context->id};
  EXPECT_EQ(all.size(), 5U);
}

CORE_TEST_WITH(Dedupe, equal_messages_at_once_make_one_task, kTwoLoops) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "quick", complete_at_once, probe);
  auto here = co_await boost::asio::this_coro::executor;
  for (const bool in_context : {false, true}) {
    Probe ids;
    TaskGroup senders(here);
    auto request = request_of("x", in_context ? "m-1" : "m-2");
    if (in_context) request.message.contextId = "new-context";
    for (int i = 0; i < 10; ++i) senders.spawn(send_and_note(desk, request, ids));
    co_await senders.join();
    CO_ASSERT_EQ(ids.notes.size(), 10U);
    for (const auto& id : ids.notes) EXPECT_EQ(id, ids.notes[0]);
  }
}

CORE_TEST(Dedupe, different_messages_may_open_a_context_at_once) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "quick", complete_at_once, probe);
  auto here = co_await boost::asio::this_coro::executor;
  Probe ids;
  TaskGroup senders(here);
  for (int i = 0; i < 10; ++i) {
    auto request = request_of("x", "m-" + std::to_string(i));
    request.message.contextId = "new-context";
    senders.spawn(send_and_note(desk, request, ids));
  }
  co_await senders.join();
  for (const auto& id : ids.notes) EXPECT_TRUE(parse_uuid(id)) << id;
  EXPECT_EQ(std::set<std::string>(ids.notes.begin(), ids.notes.end()).size(), 10U);
  auto sessions = co_await desk.process.sessions.of_context("alice", "new-context");
  CO_ASSERT_OK(sessions);
  EXPECT_EQ(sessions->size(), 1U);
}

CORE_TEST(Dedupe, a_stream_joins_the_first_task_where_it_is) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "counter", count_up, probe);
  auto first = co_await desk.stream("counter", request_of("2"));
  CO_ASSERT_OK(first);
  co_await until([&] { return world.clock.sleepers() == 1; });
  world.clock.advance(std::chrono::seconds(1));
  co_await until([&] { return world.clock.sleepers() == 1; });
  auto second = co_await desk.stream("counter", request_of("2"));
  CO_ASSERT_OK(second);
  co_await until(
      [&] { return world.clock.sleepers() == 1; });  // the run of the refused one is over
  world.clock.advance(std::chrono::seconds(1));
  auto items = co_await read_all(**first);
  CO_ASSERT_OK(items);
  EXPECT_EQ(outline(*items), "task:SUBMITTED status:WORKING artifact artifact status:COMPLETED");
  auto joined = co_await read_all(**second);
  CO_ASSERT_OK(joined);
  EXPECT_EQ(outline(*joined), "task:WORKING artifact status:COMPLETED");
  auto task = json::from_text<a2a::Task>(*joined->front().json);
  CO_ASSERT_OK(task);
  EXPECT_EQ(core::testing::texts_of(*task), "1 ");
}

CORE_TEST(Dedupe, a_stream_that_joins_an_asking_task_ends) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "asker", ask_then_answer, probe);
  auto task = co_await desk.send("asker", request_of("x"));
  CO_ASSERT_OK(task);
  auto joined = co_await desk.stream("asker", request_of("x"));
  CO_ASSERT_OK(joined);
  auto items = co_await read_all(**joined);
  CO_ASSERT_OK(items);
  EXPECT_EQ(outline(*items), "task:INPUT_REQUIRED");
}

CORE_TEST(Dedupe, a_repeated_answer_is_journaled_once) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "asker", ask_then_answer, probe);
  auto asked = co_await desk.send("asker", request_of("x"));
  CO_ASSERT_OK(asked);
  auto answer = to_task(asked->id, "y", "m-2");
  auto first = co_await desk.send("asker", answer);
  auto again = co_await desk.send("asker", answer);
  CO_ASSERT_TRUE(first && again);
  EXPECT_EQ(json::to_text(*first), json::to_text(*again));
  EXPECT_EQ(first->history.size(), 3U);
  auto joined = co_await desk.stream("asker", answer);
  CO_ASSERT_OK(joined);
  auto items = co_await read_all(**joined);
  CO_ASSERT_OK(items);
  EXPECT_EQ(outline(*items), "task:COMPLETED");
  EXPECT_EQ(probe.begun, 2);
}

CORE_TEST_WITH(Dedupe, off_makes_each_message_new, (Given{.dedupe = {}})) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "quick", complete_at_once, probe);
  auto first = co_await desk.send("quick", request_of("x"));
  auto again = co_await desk.send("quick", request_of("x"));
  CO_ASSERT_TRUE(first && again);
  EXPECT_NE(first->id, again->id);
}

CORE_TEST(Dedupe, a_message_is_new_when_its_time_is_over) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "quick", complete_at_once, probe);
  auto first = co_await desk.send("quick", request_of("x"));
  world.clock.advance(std::chrono::hours(24));
  auto again = co_await desk.send("quick", request_of("x"));
  CO_ASSERT_TRUE(first && again);
  EXPECT_NE(first->id, again->id);
}

}  // namespace
}  // namespace flotilla::gateway::testing
