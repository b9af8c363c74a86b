#include "async/task_group.h"

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "async/cancel.h"
#include "async/clock.h"
#include "async/event.h"
#include "async/testing.h"

namespace {

using namespace flotilla;
using namespace std::chrono_literals;
using Trace = std::vector<std::string>;

Async<> step(std::string name, Duration after, ManualClock& clock, Trace& trace) {
  try {
    co_await clock.sleep_for(after);
    trace.push_back(name);
  } catch (const boost::system::system_error&) {
    trace.push_back(name + " cancelled");
    throw;
  }
}

Async<> failing(Duration after, ManualClock& clock) {
  co_await clock.sleep_for(after);
  throw std::runtime_error("broken");
}

Async<> advance_after_settling(ManualClock& clock, Duration by) {
  co_await flotilla::testing::settle();
  clock.advance(by);
  co_await flotilla::testing::settle();
}

ASYNC_TEST(TaskGroup, join_waits_for_all_children) {
  ManualClock clock;
  Trace trace;
  TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(step("b", 2s, clock, trace));
  group.spawn(step("a", 1s, clock, trace));
  EXPECT_EQ(group.size(), 2U);
  group.spawn(advance_after_settling(clock, 2s));
  co_await group.join();
  EXPECT_EQ(trace, (Trace{"a", "b"}));
  EXPECT_EQ(group.size(), 0U);
}

ASYNC_TEST(TaskGroup, an_empty_group_joins_at_once) {
  TaskGroup group(co_await boost::asio::this_coro::executor);
  co_await group.join();
}

ASYNC_TEST(TaskGroup, the_first_failure_cancels_the_others_and_is_rethrown) {
  ManualClock clock;
  Trace trace;
  std::string what;
  TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(step("slow", 1h, clock, trace));
  group.spawn(failing(1s, clock));
  group.spawn(advance_after_settling(clock, 1s));
  try {
    co_await group.join();
  } catch (const std::runtime_error& error) {
    what = error.what();
  }
  EXPECT_EQ(what, "broken");
  EXPECT_EQ(trace, Trace{"slow cancelled"});
  EXPECT_EQ(clock.sleepers(), 0U);
}

ASYNC_TEST(TaskGroup, cancel_stops_children_and_is_no_failure) {
  ManualClock clock;
  Trace trace;
  TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(step("a", 1h, clock, trace));
  co_await flotilla::testing::settle();
  group.cancel();
  co_await group.join();
  EXPECT_EQ(trace, Trace{"a cancelled"});
}

ASYNC_TEST(TaskGroup, one_child_can_be_cancelled) {
  ManualClock clock;
  Trace trace;
  TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(step("a", 1s, clock, trace));
  const auto child = group.spawn(step("b", 1s, clock, trace));
  group.cancel(child);
  co_await flotilla::testing::settle();
  EXPECT_EQ(trace, Trace{"b cancelled"});
  group.cancel(child);  // ended: nothing
  clock.advance(1s);
  co_await group.join();
  EXPECT_EQ(trace, (Trace{"b cancelled", "a"}));
}

ASYNC_TEST(TaskGroup, children_spawned_after_cancel_do_not_run) {
  ManualClock clock;
  Trace trace;
  TaskGroup group(co_await boost::asio::this_coro::executor);
  group.cancel();
  group.spawn(step("a", 0s, clock, trace));
  co_await group.join();
  EXPECT_TRUE(trace.empty());
}

Async<> owner(ManualClock& clock, Trace& trace) {
  TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(step("child", 1h, clock, trace));
  try {
    co_await group.join();
  } catch (const boost::system::system_error&) {
    trace.push_back("owner cancelled");
    throw;
  }
}

ASYNC_TEST(TaskGroup, a_cancelled_owner_takes_its_children_along) {
  ManualClock clock;
  Trace trace;
  TaskGroup outer(co_await boost::asio::this_coro::executor);
  outer.spawn(owner(clock, trace));
  co_await flotilla::testing::settle();
  outer.cancel();
  co_await outer.join();
  EXPECT_EQ(trace, (Trace{"child cancelled", "owner cancelled"}));
}

/// A child that needs a while to end, in spite of cancellation.
Async<> stubborn(ManualClock& clock, Trace& trace) {
  try {
    co_await clock.sleep_for(1h);
  } catch (const boost::system::system_error&) {
  }
  co_await without_cancellation(clock.sleep_for(1s));
  trace.push_back("cleaned up");
}

Async<> owner_of_stubborn(ManualClock& clock, Trace& trace) {
  TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(stubborn(clock, trace));
  co_await group.join();
}

ASYNC_TEST(TaskGroup, a_cancelled_join_still_awaits_cleanup) {
  ManualClock clock;
  Trace trace;
  TaskGroup outer(co_await boost::asio::this_coro::executor);
  outer.spawn(owner_of_stubborn(clock, trace));
  co_await flotilla::testing::settle();
  outer.cancel();
  co_await flotilla::testing::settle();
  outer.cancel();  // a second time, while the join waits
  co_await flotilla::testing::settle();
  EXPECT_TRUE(trace.empty());
  EXPECT_EQ(outer.size(), 1U);
  clock.advance(1s);
  co_await outer.join();
  EXPECT_EQ(trace, Trace{"cleaned up"});
}

Async<> clean_up_by_hand(ManualClock& clock, Trace& trace) {
  TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(step("child", 1h, clock, trace));
  std::exception_ptr failure;
  try {
    co_await clock.sleep_for(1h);
  } catch (...) {
    failure = std::current_exception();
  }
  group.cancel();
  co_await without_cancellation(group.join());
  trace.push_back("joined");
  if (failure) std::rethrow_exception(failure);
}

ASYNC_TEST(TaskGroup, the_documented_cleanup_works_when_cancelled) {
  ManualClock clock;
  Trace trace;
  TaskGroup outer(co_await boost::asio::this_coro::executor);
  outer.spawn(clean_up_by_hand(clock, trace));
  co_await flotilla::testing::settle();
  outer.cancel();
  co_await outer.join();
  EXPECT_EQ(trace, (Trace{"child cancelled", "joined"}));
}

ASYNC_TEST(TaskGroup, a_child_may_spawn_and_cancel) {
  struct Nest {
    static Async<> run(TaskGroup& group, ManualClock& clock, Trace& trace) {
      group.spawn(step("inner", 1h, clock, trace));
      group.cancel();
      co_return;
    }
  };
  ManualClock clock;
  Trace trace;
  TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(Nest::run(group, clock, trace));
  co_await group.join();
  EXPECT_EQ(trace, Trace{"inner cancelled"});
}

TEST(TaskGroup, cancel_before_the_loop_runs_ends_all_children) {
  boost::asio::io_context context;
  ManualClock clock;
  Trace trace;
  TaskGroup group(context.get_executor());
  group.spawn(step("a", 1s, clock, trace));
  const auto child = group.spawn(step("b", 1s, clock, trace));
  group.cancel(child);
  group.cancel();
  context.run();
  EXPECT_EQ(group.size(), 0U);
  EXPECT_TRUE(trace.empty());
}

TEST(TaskGroupDeathTest, destruction_with_live_children_aborts) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        boost::asio::io_context context;
        TaskGroup group(context.get_executor());
        ManualClock clock;
        group.spawn(clock.sleep_for(1h));
      },
      "awaits join");
}

}  // namespace
