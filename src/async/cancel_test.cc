#include "async/cancel.h"

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "async/event.h"
#include "async/task_group.h"
#include "async/testing.h"

namespace {

using namespace flotilla;
using namespace std::chrono_literals;
using flotilla::testing::settle;

Async<std::unique_ptr<int>> value_after(ManualClock& clock, Duration after) {
  co_await clock.sleep_for(after);
  co_return std::make_unique<int>(7);
}

Async<> advance_after_settling(ManualClock& clock, Duration by) {
  co_await settle();
  clock.advance(by);
}

ASYNC_TEST(WithDeadline, gives_the_value_in_time) {
  ManualClock clock;
  TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(advance_after_settling(clock, 1s));
  auto value = co_await with_deadline(value_after(clock, 1s), clock.steady_now() + 2s, clock);
  CO_ASSERT_TRUE(value);
  EXPECT_EQ(**value, 7);
  co_await group.join();
  EXPECT_EQ(clock.sleepers(), 0U);
  // The encapsulated cancellation of the timer must not reach this coroutine.
  co_await settle();
}

ASYNC_TEST(WithDeadline, cancels_and_awaits_late_work) {
  ManualClock clock;
  TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(advance_after_settling(clock, 2s));
  auto value = co_await with_deadline(value_after(clock, 1h), clock.steady_now() + 2s, clock);
  EXPECT_FALSE(value);
  EXPECT_EQ(clock.sleepers(), 0U);
  co_await group.join();
}

ASYNC_TEST(Alarm, rings_once_at_its_time) {
  ManualClock clock;
  int rung = 0;
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto alarm = clock.alarm(clock.steady_now() + 2s, executor, [&rung] { ++rung; });
  clock.advance(1s);
  co_await settle();
  EXPECT_EQ(rung, 0);
  clock.advance(1s);
  EXPECT_EQ(rung, 0);  // from the loop's queue, never inside advance()
  co_await settle();
  EXPECT_EQ(rung, 1);
  clock.advance(1h);
  co_await settle();
  EXPECT_EQ(rung, 1);
}

ASYNC_TEST(Alarm, that_is_dropped_never_rings) {
  ManualClock clock;
  int rung = 0;
  const auto executor = co_await boost::asio::this_coro::executor;
  auto alarm = clock.alarm(clock.steady_now() + 1s, executor, [&rung] { ++rung; });
  alarm.reset();
  EXPECT_EQ(clock.sleepers(), 0U);
  alarm = clock.alarm(clock.steady_now() + 1s, executor, [&rung] { ++rung; });
  clock.advance(1s);  // on its way already
  alarm.reset();
  co_await settle();
  EXPECT_EQ(rung, 0);
  alarm = system_clock().alarm(system_clock().steady_now(), executor, [&rung] { ++rung; });
  alarm.reset();
  co_await settle();
  EXPECT_EQ(rung, 0);
}

ASYNC_TEST(Alarm, of_the_system_clock_rings) {
  Notifier rung(co_await boost::asio::this_coro::executor);
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto alarm =
      system_clock().alarm(system_clock().steady_now(), executor, [&rung] { rung.notify_all(); });
  co_await rung.wait();
}

ASYNC_TEST(WithDeadline, a_passed_deadline_starts_nothing) {
  ManualClock clock;
  const bool done = co_await with_deadline(clock.sleep_for(1s), clock.steady_now(), clock);
  EXPECT_FALSE(done);
}

Async<> broken() {
  throw std::runtime_error("broken");
  co_return;
}

ASYNC_TEST(WithDeadline, failures_pass_through) {
  ManualClock clock;
  std::string what;
  try {
    std::ignore = co_await with_deadline(broken(), clock.steady_now() + 1s, clock);
  } catch (const std::runtime_error& error) {
    what = error.what();
  }
  EXPECT_EQ(what, "broken");
}

ASYNC_TEST(WithDeadline, the_largest_deadline_is_none) {
  ManualClock clock;
  const bool done = co_await with_deadline(clock.sleep_for(0s), SteadyTime::max(), clock);
  EXPECT_TRUE(done);
}

Async<> wait_with_deadline(ManualClock& clock, std::string& end) {
  try {
    std::ignore = co_await with_deadline(clock.sleep_for(1h), clock.steady_now() + 2h, clock);
    end = "returned";
  } catch (const boost::system::system_error&) {
    end = "aborted";
  }
}

ASYNC_TEST(WithDeadline, a_cancelled_caller_is_told_so) {
  ManualClock clock;
  std::string end;
  TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(wait_with_deadline(clock, end));
  co_await settle();
  EXPECT_EQ(clock.sleepers(), 2U);
  group.cancel();
  co_await group.join();
  EXPECT_EQ(end, "aborted");
  EXPECT_EQ(clock.sleepers(), 0U);
}

Async<> clean_up(ManualClock& clock, std::vector<std::string>& trace) {
  co_await clock.sleep_for(1s);
  trace.push_back("clean");
}

Async<> shielded(ManualClock& clock, std::vector<std::string>& trace) {
  try {
    co_await clock.sleep_for(1h);
  } catch (const boost::system::system_error&) {
    trace.push_back("aborted");
  }
  co_await without_cancellation(clean_up(clock, trace));
  trace.push_back("after");
  co_await clock.sleep_for(1s);
  trace.push_back("not reached");
}

ASYNC_TEST(WithoutCancellation, runs_in_a_cancelled_coroutine_and_does_not_forget) {
  ManualClock clock;
  std::vector<std::string> trace;
  TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(shielded(clock, trace));
  co_await settle();
  group.cancel();
  co_await settle();
  EXPECT_EQ(clock.sleepers(), 1U);
  clock.advance(1s);
  co_await group.join();
  EXPECT_EQ(trace, (std::vector<std::string>{"aborted", "clean", "after"}));
}

Async<> shielded_first(ManualClock& clock, std::vector<std::string>& trace) {
  co_await without_cancellation(clean_up(clock, trace));
  trace.push_back("after");
  co_await clock.sleep_for(1s);
  trace.push_back("not reached");
}

ASYNC_TEST(WithoutCancellation, a_cancel_meanwhile_is_felt_afterwards) {
  ManualClock clock;
  std::vector<std::string> trace;
  TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(shielded_first(clock, trace));
  co_await settle();
  group.cancel();
  co_await settle();
  clock.advance(1s);
  co_await group.join();
  EXPECT_EQ(trace, (std::vector<std::string>{"clean", "after"}));
}

ASYNC_TEST(WithoutCancellation, failures_pass_through) {
  std::string what;
  try {
    co_await without_cancellation(broken());
  } catch (const std::runtime_error& error) {
    what = error.what();
  }
  EXPECT_EQ(what, "broken");
}

Async<> compute(int& rounds) {
  while (true) {
    const bool stop = co_await is_cancelled();
    EXPECT_FALSE(stop);
    ++rounds;
    co_await settle();
  }
}

ASYNC_TEST(IsCancelled, ends_a_loop_that_computes) {
  int rounds = 0;
  TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(compute(rounds));
  co_await settle();
  group.cancel();
  co_await group.join();
  EXPECT_GT(rounds, 0);
}

}  // namespace
