#include "core/subscription.h"

#include "async/task_group.h"
#include "core/limits.h"
#include "core/testing.h"

namespace flotilla::core::testing {
namespace {

using a2a::TaskState;

/// Emits as many chunks as its input says, a commit for each, as fast as it can.
Async<Result<>> pour(Run& run, Probe&) {
  const int count = std::stoi(a2a::text_of(run.input().parts));
  for (int i = 0; i < count; ++i) {
    auto chunk = text_artifact("poured", std::to_string(i));
    CO_TRY_VOID(co_await run.artifact(std::move(chunk), i > 0, false));
    CO_TRY_VOID(co_await run.flush());
  }
  co_return co_await run.status(TaskState::completed);
}

/// Waits for a second, then emits as many chunks as its input says at once.
Async<Result<>> burst(Run& run, Probe&) {
  CO_TRY_VOID(co_await run.sleep(std::chrono::seconds(1)));
  const int count = std::stoi(a2a::text_of(run.input().parts));
  for (int i = 0; i < count; ++i) {
    auto chunk = text_artifact("burst", "x");
    CO_TRY_VOID(co_await run.artifact(std::move(chunk), i > 0, false));
  }
  co_return co_await run.status(TaskState::completed);
}

/// Fails unless the events go on from `after` without gap or repeat to the end.
Async<> expect_rest(Subscription& subscription, std::uint64_t after) {
  for (;;) {
    auto events = co_await subscription.next();
    CO_ASSERT_OK(events);
    if (events->empty()) break;
    for (const auto& event : *events) {
      EXPECT_EQ(event->seq, after + 1);
      after = event->seq;
    }
    EXPECT_EQ(subscription.cursor(), after);
  }
  auto again = co_await subscription.next();
  CO_ASSERT_OK(again);
  EXPECT_TRUE(again->empty());
}

Async<> join_at_any_time(TaskLog::Ptr log, Probe& probe) {
  auto view = co_await TaskLog::view(log);
  CO_ASSERT_OK(view);
  auto task = json::from_text<a2a::Task>(*view->task);
  CO_ASSERT_OK(task);
  const auto parts = task->artifacts.empty() ? 0U : task->artifacts[0].parts.size();
  // message, working (with the first commit), then a chunk with each event
  if (view->seq > 2) {
    EXPECT_EQ(parts + 2 + (a2a::is_terminal(view->state) ? 1 : 0), view->seq);
  }
  co_await expect_rest(*view->subscription, view->seq);
  ++probe.ended;
}

CORE_TEST_WITH(Subscription, snapshot_and_events_join_without_gap_or_repeat, kTwoLoops) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "pourer", pour, probe);
  auto log = co_await one.tasks.create(new_task("pourer", "300"));
  CO_ASSERT_OK(log);
  auto here = co_await boost::asio::this_coro::executor;
  TaskGroup readers(here);
  Probe joined;
  int count = 0;
  while (!a2a::is_terminal((*log)->committed().state)) {
    if (count < 200) {
      readers.spawn(join_at_any_time(*log, joined));
      ++count;
    }
    co_await boost::asio::post(boost::asio::use_awaitable);
  }
  co_await readers.join();
  EXPECT_EQ(joined.ended, count);
}

CORE_TEST(Subscription, resumes_after_each_cursor) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "counter", count_up, probe);
  auto log = co_await one.tasks.create(new_task("counter", "4"));
  CO_ASSERT_OK(log);
  for (std::uint64_t known = 0; known < 4; ++known) {
    co_await until([&] { return world.clock.sleepers() == 1; });
    const auto seq = (*log)->committed().seq;
    for (std::uint64_t after = 0; after <= seq; ++after) {
      auto subscription = TaskLog::subscribe(*log, after);
      CO_ASSERT_OK(subscription);
      auto events = co_await read_to(**subscription, seq);
      CO_ASSERT_OK(events);
      CO_ASSERT_EQ(events->size(), seq - after);
      for (std::size_t i = 0; i < events->size(); ++i) EXPECT_EQ((*events)[i]->seq, after + 1 + i);
    }
    world.clock.advance(std::chrono::seconds(1));
  }
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  // Over: each cursor gives the rest, then the end.
  const auto seq = (*log)->committed().seq;
  for (std::uint64_t after = 0; after <= seq; ++after) {
    auto subscription = TaskLog::subscribe(*log, after);
    CO_ASSERT_OK(subscription);
    co_await expect_rest(**subscription, after);
    EXPECT_EQ((*subscription)->cursor(), seq);
  }
}

CORE_TEST(Subscription, a_live_reader_sees_the_end) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "counter", count_up, probe);
  auto log = co_await one.tasks.create(new_task("counter", "1"));
  CO_ASSERT_OK(log);
  auto subscription = TaskLog::subscribe(*log, 0);
  CO_ASSERT_OK(subscription);
  EXPECT_EQ(one.metrics.subscribers.value(), 1);
  co_await until([&] { return world.clock.sleepers() == 1; });
  world.clock.advance(std::chrono::seconds(1));
  co_await expect_rest(**subscription, 0);
  EXPECT_EQ((*subscription)->cursor(), (*log)->committed().seq);
  subscription->reset();
  EXPECT_EQ(one.metrics.subscribers.value(), 0);
}

CORE_TEST(Subscription, a_cursor_beyond_the_journal_is_refused) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "waiter", wait_for_ever, probe);
  auto log = co_await one.tasks.create(new_task("waiter", "x"));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::durable(*log));
  const auto seq = (*log)->committed().seq;
  EXPECT_TRUE(TaskLog::subscribe(*log, seq));
  auto beyond = TaskLog::subscribe(*log, seq + 1);
  CO_ASSERT_TRUE(!beyond);
  EXPECT_EQ(beyond.error().code(), Code::invalid_argument);
}

CORE_TEST(Subscription, a_slow_reader_is_cut_and_resumes) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "burster", burst, probe);
  const int count = static_cast<int>(kMaxQueuedEvents) + 100;
  auto log = co_await one.tasks.create(new_task("burster", std::to_string(count)));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::durable(*log));
  const auto start = (*log)->committed().seq;
  auto slow = TaskLog::subscribe(*log, start);
  CO_ASSERT_OK(slow);
  co_await until([&] { return world.clock.sleepers() == 1; });
  world.clock.advance(std::chrono::seconds(1));
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  auto cut = co_await (*slow)->next();
  CO_ASSERT_TRUE(!cut);
  EXPECT_EQ(cut.error().reason(), reason::kSlowReader);
  EXPECT_EQ((*slow)->cursor(), start);
  EXPECT_EQ(one.metrics.slow_readers.value(), 1U);
  auto resumed = TaskLog::subscribe(*log, (*slow)->cursor());
  CO_ASSERT_OK(resumed);
  co_await expect_rest(**resumed, start);
}

CORE_TEST(Subscription, queued_bytes_are_bounded_too) {
  Mailbox mailbox;
  auto event = std::make_shared<Event>();
  event->payload = std::make_shared<const std::string>(kMaxQueuedBytes - 1, 'x');
  EXPECT_TRUE(mailbox.deliver(event));
  EXPECT_FALSE(mailbox.deliver(event));
  auto cut = co_await mailbox.receive();
  CO_ASSERT_TRUE(!cut);
  EXPECT_EQ(cut.error().reason(), reason::kSlowReader);
  // One that is larger than the bound still gets through alone.
  Mailbox other;
  event = std::make_shared<Event>();
  event->payload = std::make_shared<const std::string>(kMaxQueuedBytes + 1, 'x');
  EXPECT_TRUE(other.deliver(event));
  auto taken = co_await other.receive();
  CO_ASSERT_OK(taken);
  EXPECT_EQ(taken->size(), 1U);
}

Async<> listen_to_the_end(TaskLog::Ptr log, Probe& probe) {
  auto subscription = TaskLog::subscribe(log, 0);
  CO_ASSERT_OK(subscription);
  co_await expect_rest(**subscription, 0);
  ++probe.ended;
}

CORE_TEST(Subscription, a_thousand_readers_see_all_of_it) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "counter", count_up, probe);
  auto log = co_await one.tasks.create(new_task("counter", "3"));
  CO_ASSERT_OK(log);
  auto here = co_await boost::asio::this_coro::executor;
  TaskGroup readers(here);
  Probe heard;
  for (int i = 0; i < 1000; ++i) readers.spawn(listen_to_the_end(*log, heard));
  EXPECT_EQ(one.metrics.subscribers.value(), 1000);
  for (int i = 0; i < 3; ++i) {
    co_await until([&] { return world.clock.sleepers() == 1; });
    world.clock.advance(std::chrono::seconds(1));
    co_await ::flotilla::testing::settle();
  }
  co_await readers.join();
  EXPECT_EQ(heard.ended, 1000);
  EXPECT_EQ(one.metrics.subscribers.value(), 0);
}

CORE_TEST(Subscription, leaving_in_the_middle_touches_nobody) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "counter", count_up, probe);
  auto log = co_await one.tasks.create(new_task("counter", "1"));
  CO_ASSERT_OK(log);
  auto here = co_await boost::asio::this_coro::executor;
  TaskGroup readers(here);
  Probe heard;
  const auto leaver = readers.spawn(listen_to_the_end(*log, heard));
  readers.spawn(listen_to_the_end(*log, heard));
  co_await until([&] { return world.clock.sleepers() == 1; });
  readers.cancel(leaver);
  co_await until([&] { return one.metrics.subscribers.value() == 1; });
  world.clock.advance(std::chrono::seconds(1));
  co_await readers.join();
  EXPECT_EQ(heard.ended, 1);
}

}  // namespace
}  // namespace flotilla::core::testing
