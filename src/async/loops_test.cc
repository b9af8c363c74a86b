#include "async/loops.h"

#include <atomic>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "async/blocking_pool.h"
#include "async/cancel.h"
#include "async/clock.h"
#include "async/spawn.h"
#include "async/task_group.h"
#include "async/testing.h"
#include "base/log.h"

namespace {

using namespace flotilla;
using namespace std::chrono_literals;
using flotilla::testing::settle;

Async<std::unique_ptr<std::thread::id>> where_am_i() {
  co_return std::make_unique<std::thread::id>(std::this_thread::get_id());
}

ASYNC_TEST(RunOn, works_there_and_returns_here) {
  Loops loops(2);
  loops.start();
  const auto here = std::this_thread::get_id();
  auto first = co_await run_on(loops.executor(0), where_am_i());
  EXPECT_EQ(std::this_thread::get_id(), here);
  auto second = co_await run_on(loops.executor(1), where_am_i());
  EXPECT_EQ(std::this_thread::get_id(), here);
  EXPECT_NE(*first, here);
  EXPECT_NE(*first, *second);
}

Async<int> broken() {
  throw std::runtime_error("broken there");
  co_return 1;
}

ASYNC_TEST(RunOn, exceptions_come_back) {
  Loops loops(1);
  loops.start();
  std::string what;
  try {
    std::ignore = co_await run_on(loops.executor(0), broken());
  } catch (const std::runtime_error& error) {
    what = error.what();
  }
  EXPECT_EQ(what, "broken there");
}

Async<> sleep_there(ManualClock& clock, std::atomic<int>& cancelled) {
  try {
    co_await clock.sleep_for(1h);
  } catch (const boost::system::system_error&) {
    ++cancelled;
    throw;
  }
}

ASYNC_TEST(RunOn, cancellation_crosses_and_the_end_is_awaited) {
  constexpr int kCount = 200;
  Loops loops(2);
  loops.start();
  ManualClock clock;
  std::atomic<int> cancelled = 0;
  TaskGroup group(co_await boost::asio::this_coro::executor);
  for (std::size_t i = 0; i < kCount; ++i) {
    group.spawn(run_on(loops.executor(i % 2), sleep_there(clock, cancelled)));
  }
  while (clock.sleepers() < kCount) co_await settle();
  group.cancel();
  co_await group.join();
  EXPECT_EQ(cancelled, kCount);
  EXPECT_EQ(clock.sleepers(), 0U);
}

Async<int> short_work(int value) {
  co_await settle();
  co_return value;
}

Async<> round_trips(Executor executor, int& sum) {
  for (int i = 0; i < 200; ++i) sum += co_await run_on(executor, short_work(1));
}

// Cancellation that meets work at its end.
ASYNC_TEST(RunOn, cancel_races_with_completion) {
  Loops loops(1);
  loops.start();
  int sum = 0;
  for (int round = 0; round < 50; ++round) {
    TaskGroup group(co_await boost::asio::this_coro::executor);
    group.spawn(round_trips(loops.executor(0), sum));
    for (int i = 0; i < round; ++i) co_await settle();
    group.cancel();
    co_await group.join();
  }
  EXPECT_GE(sum, 0);
}

ASYNC_TEST(SwitchTo, moves_until_the_next_wait) {
  Loops loops(1);
  loops.start();
  const auto here = std::this_thread::get_id();
  co_await switch_to(loops.executor(0));
  const auto there = std::this_thread::get_id();
  co_await settle();
  EXPECT_NE(there, here);
  EXPECT_EQ(std::this_thread::get_id(), here);
}

ASYNC_TEST(SpawnDetached, logs_an_escaped_exception) {
  CapturedLog log;
  struct Root {
    static Async<> run() {
      throw std::runtime_error("oops");
      co_return;
    }
  };
  spawn_detached(co_await boost::asio::this_coro::executor, Root::run());
  co_await settle();
  EXPECT_TRUE(log.contains("oops"));
}

Async<> stop_from_inside(Loops& loops, std::vector<std::thread::id>& threads) {
  for (std::size_t i = 0; i < loops.size(); ++i) {
    auto id = co_await run_on(loops.executor(i), where_am_i());
    threads.push_back(*id);
  }
  loops.stop();
}

TEST(Loops, run_here_drives_loop_0_until_stop) {
  Loops loops(2);
  std::vector<std::thread::id> threads;
  spawn_detached(loops.executor(0), stop_from_inside(loops, threads));
  loops.run_here();
  ASSERT_EQ(threads.size(), 2U);
  EXPECT_EQ(threads[0], std::this_thread::get_id());
  EXPECT_NE(threads[1], std::this_thread::get_id());
}

Async<> set_true(bool& flag) {
  co_await settle();
  flag = true;
}

TEST(Loops, run_blocking_returns_at_the_end_or_throws) {
  bool done = false;
  run_blocking(set_true(done));
  EXPECT_TRUE(done);
  struct Throw {
    static Async<> run() {
      throw std::runtime_error("x");
      co_return;
    }
  };
  EXPECT_THROW(run_blocking(Throw::run()), std::runtime_error);
}

ASYNC_TEST(BlockingPool, answers_on_the_callers_loop) {
  BlockingPool pool("test", 2, 10);
  const auto here = std::this_thread::get_id();
  auto work = []() -> Result<std::thread::id> { return std::this_thread::get_id(); };
  auto there = co_await pool.run<std::thread::id>(work);
  CO_ASSERT_OK(there);
  EXPECT_NE(*there, here);
  EXPECT_EQ(std::this_thread::get_id(), here);
  auto failing = []() -> Result<int> { return fail(Error(Code::not_found, "no")); };
  auto failed = co_await pool.run<int>(failing);
  CO_ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), Code::not_found);
}

ASYNC_TEST(BlockingPool, an_exception_is_an_internal_error) {
  CapturedLog log;
  BlockingPool pool("test", 1, 10);
  auto work = []() -> Result<int> { throw std::runtime_error("crash"); };
  auto result = co_await pool.run<int>(work);
  CO_ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::internal);
  EXPECT_TRUE(log.contains("crash"));
}

/// Blocks a pool's thread until it is let go.
struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  int waiting = 0;

  Result<int> pass() {
    std::unique_lock lock(mutex);
    ++waiting;
    changed.notify_all();
    changed.wait(lock, [this] { return open; });
    return 1;
  }
  void await_one() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return waiting > 0; });
  }
  void release() {
    const std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
};

Async<> pass(BlockingPool& pool, std::shared_ptr<Gate> gate, std::vector<std::string>& ends) {
  auto work = [gate = std::move(gate)] { return gate->pass(); };
  try {
    auto result = co_await pool.run<int>(std::move(work));
    ends.emplace_back(result ? "done" : to_string(result.error().code()));
  } catch (const boost::system::system_error&) {
    ends.emplace_back("aborted");
  }
}

ASYNC_TEST(BlockingPool, a_full_queue_refuses) {
  auto executor = co_await boost::asio::this_coro::executor;
  BlockingPool pool("test", 1, 1);
  auto gate = std::make_shared<Gate>();
  std::vector<std::string> ends;
  TaskGroup group(executor);
  group.spawn(pass(pool, gate, ends));
  gate->await_one();
  group.spawn(pass(pool, gate, ends));
  group.spawn(pass(pool, gate, ends));
  co_await settle();
  EXPECT_EQ(ends, std::vector<std::string>{"resource_exhausted"});
  gate->release();
  co_await group.join();
  EXPECT_EQ(ends, (std::vector<std::string>{"resource_exhausted", "done", "done"}));
}

ASYNC_TEST(BlockingPool, cancelled_waiters_return_at_once) {
  auto executor = co_await boost::asio::this_coro::executor;
  auto gate = std::make_shared<Gate>();
  std::vector<std::string> ends;
  {
    BlockingPool pool("test", 1, 1);
    TaskGroup group(executor);
    group.spawn(pass(pool, gate, ends));
    gate->await_one();
    group.cancel();
    co_await group.join();
    EXPECT_EQ(ends, std::vector<std::string>{"aborted"});
    gate->release();
  }
}

ASYNC_TEST(BlockingPool, destruction_answers_what_is_queued) {
  auto executor = co_await boost::asio::this_coro::executor;
  auto gate = std::make_shared<Gate>();
  std::vector<std::string> ends;
  auto pool = std::make_unique<BlockingPool>("test", 1, 1);
  TaskGroup group(executor);
  group.spawn(pass(*pool, gate, ends));
  gate->await_one();
  group.spawn(pass(*pool, gate, ends));
  std::thread opener([&] { gate->release(); });
  pool.reset();
  opener.join();
  co_await group.join();
  EXPECT_EQ(ends.size(), 2U);
  EXPECT_EQ(ends.front(), "done");
}

Async<> note_at(Clock& clock, SteadyTime when, std::vector<int>& order, int id) {
  co_await clock.sleep_until(when);
  order.push_back(id);
}

ASYNC_TEST(ManualClock, wakes_sleepers_in_the_order_of_their_time) {
  ManualClock clock;
  const SteadyTime start = clock.steady_now();
  const Time wall = clock.now();
  std::vector<int> order;
  TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(note_at(clock, start + 3s, order, 3));
  group.spawn(note_at(clock, start + 1s, order, 1));
  group.spawn(note_at(clock, start + 2s, order, 2));
  group.spawn(note_at(clock, start, order, 0));
  co_await settle();
  EXPECT_EQ(order, std::vector<int>{0});
  EXPECT_EQ(clock.sleepers(), 3U);
  clock.advance(2s);
  co_await settle();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  clock.advance(600us);
  clock.advance(999'400us);
  co_await group.join();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(clock.now() - wall, 3s);
}

ASYNC_TEST(SystemClock, sleeps_and_is_cancelled) {
  Clock& clock = system_clock();
  const SteadyTime start = clock.steady_now();
  co_await clock.sleep_for(1ms);
  EXPECT_GE(clock.steady_now() - start, 1ms);
  const bool done = co_await with_deadline(clock.sleep_for(1h), start + 2ms, clock);
  EXPECT_FALSE(done);
}

}  // namespace
