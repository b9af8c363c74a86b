#include "core/feed.h"

#include "async/task_group.h"
#include "core/testing.h"

namespace flotilla::core::testing {
namespace {

Async<Result<>> make_tasks(Process& one, std::shared_ptr<const Principal> who, int count) {
  for (int i = 0; i < count; ++i) {
    auto task = new_task("quick", "x");
    task.principal = who;
    CO_TRY(log, co_await one.tasks.create(std::move(task)));
    CO_TRY_VOID(co_await TaskLog::settled(log));
  }
  co_return ok();
}

CORE_TEST(Feed, gives_every_event_once_in_order) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "quick", complete_at_once, probe);
  CO_ASSERT_OK(co_await make_tasks(one, alice(), 5));
  std::uint64_t after = 0;
  std::vector<FeedEvent> seen;
  for (;;) {
    auto page = co_await one.feed.page(alice(), after, 4);
    CO_ASSERT_OK(page);
    if (page->read == 0) break;
    for (auto& event : page->events) {
      EXPECT_GT(event.position, after);
      after = event.position;
      seen.push_back(std::move(event));
    }
    EXPECT_EQ(page->next, after);
  }
  EXPECT_EQ(seen.size(), 15U);  // message, artifact, completed
  for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i].seq, i % 3 + 1);
  auto head = co_await one.feed.head();
  CO_ASSERT_OK(head);
  EXPECT_EQ(*head, after);
}

CORE_TEST(Feed, the_cursor_moves_past_what_the_caller_may_not_see) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "quick", complete_at_once, probe);
  CO_ASSERT_OK(co_await make_tasks(one, bob(), 3));
  CO_ASSERT_OK(co_await make_tasks(one, alice(), 1));
  auto page = co_await one.feed.page(alice(), 0, 6);
  CO_ASSERT_OK(page);
  EXPECT_TRUE(page->events.empty());
  EXPECT_EQ(page->read, 6U);
  page = co_await one.feed.page(alice(), page->next, 100);
  CO_ASSERT_OK(page);
  EXPECT_EQ(page->events.size(), 3U);
  for (const auto& event : page->events) EXPECT_EQ(event.owner, "alice");
  auto all = co_await one.feed.page(admin(), 0, 100);
  CO_ASSERT_OK(all);
  EXPECT_EQ(all->events.size(), 12U);
  auto nothing = co_await one.feed.page(carol(), 0, 100);
  CO_ASSERT_OK(nothing);
  EXPECT_TRUE(nothing->events.empty());
  EXPECT_EQ(nothing->next, all->next);
}

Async<> wait_once(Feed& feed, std::uint64_t seen, Probe& probe) {
  co_await feed.wait(seen);
  ++probe.ended;
}

CORE_TEST(Feed, wakes_who_waits_and_lets_nobody_miss_a_commit) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "quick", complete_at_once, probe);
  const auto seen = one.feed.revision();
  auto here = co_await boost::asio::this_coro::executor;
  TaskGroup waiters(here);
  Probe woken;
  for (int i = 0; i < 10; ++i) waiters.spawn(wait_once(one.feed, seen, woken));
  const auto leaver = waiters.spawn(wait_once(one.feed, seen, woken));
  co_await ::flotilla::testing::settle();
  EXPECT_EQ(woken.ended, 0);
  waiters.cancel(leaver);
  CO_ASSERT_OK(co_await make_tasks(one, alice(), 1));
  co_await waiters.join();
  EXPECT_EQ(woken.ended, 10);
  co_await one.feed.wait(seen);  // what happened meanwhile ends the wait at once
  EXPECT_GT(one.feed.revision(), seen);
}

}  // namespace
}  // namespace flotilla::core::testing
