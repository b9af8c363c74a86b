#include "async/event.h"

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "async/cancel.h"
#include "async/loops.h"
#include "async/spawn.h"
#include "async/task_group.h"
#include "async/testing.h"

namespace {

using namespace flotilla;
using flotilla::testing::settle;

ASYNC_TEST(OneShot, value_set_before_the_wait_is_kept) {
  OneShot<std::string> shot;
  shot.setter().set("early");
  const std::string value = co_await shot.wait();
  EXPECT_EQ(value, "early");
}

ASYNC_TEST(OneShot, a_thread_wakes_the_waiter_on_its_loop) {
  const auto here = std::this_thread::get_id();
  OneShot<std::unique_ptr<int>> shot;
  std::thread thread([setter = shot.setter()]() mutable { setter.set(std::make_unique<int>(7)); });
  auto value = co_await shot.wait();
  EXPECT_EQ(*value, 7);
  EXPECT_EQ(std::this_thread::get_id(), here);
  thread.join();
}

ASYNC_TEST(OneShot, the_first_set_counts) {
  OneShot<int> shot;
  auto setter = shot.setter();
  auto copy = setter;
  copy.set(1);
  setter.set(2);
  const int value = co_await shot.wait();
  EXPECT_EQ(value, 1);
}

ASYNC_TEST(OneShot, without_setters_left_the_wait_throws) {
  OneShot<int> shot;
  std::thread thread([setter = shot.setter(), copy = shot.setter()] {});
  bool broken = false;
  try {
    std::ignore = co_await shot.wait();
  } catch (const boost::system::system_error&) {
  } catch (const std::runtime_error&) {
    broken = true;
  }
  EXPECT_TRUE(broken);
  thread.join();
}

Async<> expect_aborted(Async<int> wait, bool& aborted) {
  try {
    std::ignore = co_await std::move(wait);
  } catch (const boost::system::system_error& error) {
    aborted = error.code() == boost::asio::error::operation_aborted;
  }
}

ASYNC_TEST(OneShot, a_cancelled_wait_throws_and_a_later_set_is_dropped) {
  OneShot<int> shot;
  auto setter = shot.setter();
  bool aborted = false;
  TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(expect_aborted(shot.wait(), aborted));
  co_await settle();
  group.cancel();
  co_await group.join();
  EXPECT_TRUE(aborted);
  setter.set(1);
  co_await settle();
}

Async<> count_settled(Async<int> wait, int& values, int& aborts) {
  try {
    std::ignore = co_await std::move(wait);
    ++values;
  } catch (const boost::system::system_error&) {
    ++aborts;
  }
}

// set() on another thread against cancel() on the loop: each wait ends exactly once.
ASYNC_TEST(OneShot, set_and_cancel_may_race) {
  constexpr int kRounds = 2000;
  int values = 0;
  int aborts = 0;
  for (int round = 0; round < kRounds; ++round) {
    OneShot<int> shot;
    TaskGroup group(co_await boost::asio::this_coro::executor);
    group.spawn(count_settled(shot.wait(), values, aborts));
    if (round % 100 == 0) {
      std::thread thread([setter = shot.setter()]() mutable { setter.set(1); });
      group.cancel();
      co_await group.join();
      thread.join();
    } else {
      shot.setter().set(1);
      group.cancel();
      co_await group.join();
    }
  }
  EXPECT_EQ(values + aborts, kRounds);
  EXPECT_GT(values, 0);
}

ASYNC_TEST(OneShot, many_are_answered_by_one_thread) {
  constexpr int kCount = 5000;
  std::mutex mutex;
  std::vector<OneShot<int>::Setter> queue;
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    while (!stop) {
      std::vector<OneShot<int>::Setter> batch;
      {
        const std::lock_guard lock(mutex);
        batch.swap(queue);
      }
      for (auto& setter : batch) setter.set(1);
    }
  });
  int sum = 0;
  for (int i = 0; i < kCount; ++i) {
    OneShot<int> shot;
    {
      const std::lock_guard lock(mutex);
      queue.push_back(shot.setter());
    }
    sum += co_await shot.wait();
  }
  stop = true;
  writer.join();
  EXPECT_EQ(sum, kCount);
}

Async<> count_wakes(Notifier& notifier, int& woken) {
  co_await notifier.wait();
  ++woken;
}

ASYNC_TEST(Notifier, wakes_one_or_all_in_order) {
  Notifier notifier(co_await boost::asio::this_coro::executor);
  int woken = 0;
  TaskGroup group(co_await boost::asio::this_coro::executor);
  notifier.notify_all();  // nobody waits: not kept
  for (int i = 0; i < 3; ++i) group.spawn(count_wakes(notifier, woken));
  co_await settle();
  EXPECT_EQ(woken, 0);
  notifier.notify_one();
  co_await settle();
  EXPECT_EQ(woken, 1);
  notifier.notify_all();
  co_await group.join();
  EXPECT_EQ(woken, 3);
}

ASYNC_TEST(Notifier, a_cancelled_waiter_leaves_the_queue) {
  Notifier notifier(co_await boost::asio::this_coro::executor);
  int woken = 0;
  TaskGroup first(co_await boost::asio::this_coro::executor);
  TaskGroup second(co_await boost::asio::this_coro::executor);
  first.spawn(count_wakes(notifier, woken));
  second.spawn(count_wakes(notifier, woken));
  first.cancel();
  co_await first.join();
  notifier.notify_one();
  co_await second.join();
  EXPECT_EQ(woken, 1);
}

ASYNC_TEST(Notifier, can_be_woken_from_any_thread) {
  Notifier notifier(co_await boost::asio::this_coro::executor);
  int woken = 0;
  TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(count_wakes(notifier, woken));
  std::thread thread([&] { notifier.post_notify_all(); });
  co_await group.join();
  EXPECT_EQ(woken, 1);
  thread.join();
}

ASYNC_TEST(Notifier, destruction_cancels_waiters) {
  auto notifier = std::make_unique<Notifier>(co_await boost::asio::this_coro::executor);
  int woken = 0;
  TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(count_wakes(*notifier, woken));
  notifier.reset();
  co_await group.join();
  EXPECT_EQ(woken, 0);
}

Async<> hold(AsyncMutex& mutex, Notifier& release, std::vector<int>& order, int id) {
  auto guard = co_await mutex.lock();
  order.push_back(id);
  co_await release.wait();
}

ASYNC_TEST(AsyncMutex, is_fair_and_cancellable) {
  auto executor = co_await boost::asio::this_coro::executor;
  AsyncMutex mutex;
  Notifier release(executor);
  std::vector<int> order;
  TaskGroup group(executor);
  TaskGroup impatient(executor);
  group.spawn(hold(mutex, release, order, 1));
  impatient.spawn(hold(mutex, release, order, 2));
  group.spawn(hold(mutex, release, order, 3));
  co_await settle();
  impatient.cancel();
  co_await impatient.join();
  EXPECT_EQ(order, std::vector<int>{1});
  release.notify_all();
  co_await settle();
  EXPECT_EQ(order, (std::vector<int>{1, 3}));
  release.notify_all();
  co_await group.join();
  auto free = co_await mutex.lock();
}

Async<> add_guarded(AsyncMutex& mutex, int& total, int times) {
  for (int i = 0; i < times; ++i) {
    auto guard = co_await mutex.lock();
    ++total;
  }
}

ASYNC_TEST(AsyncMutex, excludes_across_loops) {
  Loops loops(2);
  loops.start();
  AsyncMutex mutex;
  int total = 0;
  TaskGroup group(co_await boost::asio::this_coro::executor);
  for (std::size_t i = 0; i < 4; ++i) {
    group.spawn(run_on(loops.executor(i % 2), add_guarded(mutex, total, 500)));
  }
  co_await group.join();
  EXPECT_EQ(total, 2000);
}

Async<> send_all(Channel<int>& channel, int count) {
  for (int i = 0; i < count; ++i) {
    const bool sent = co_await channel.send(i);
    EXPECT_TRUE(sent);
  }
  channel.close();
}

ASYNC_TEST(Channel, is_bounded_and_drains_after_close) {
  auto executor = co_await boost::asio::this_coro::executor;
  Channel<int> channel(executor, 3);
  TaskGroup group(executor);
  group.spawn(send_all(channel, 10));
  co_await settle();
  EXPECT_EQ(channel.size(), 3U);
  int extra = 99;
  EXPECT_FALSE(channel.try_send(std::move(extra)));
  std::vector<int> got;
  while (true) {
    auto value = co_await channel.receive();
    if (!value) break;
    got.push_back(*value);
  }
  co_await group.join();
  EXPECT_EQ(got, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  const bool sent = co_await channel.send(1);
  EXPECT_FALSE(sent);
}

Async<> receive_one(Channel<int>& channel, std::vector<int>& got) {
  auto value = co_await channel.receive();
  got.push_back(value.value_or(-1));
}

ASYNC_TEST(Channel, close_wakes_everyone) {
  auto executor = co_await boost::asio::this_coro::executor;
  Channel<int> channel(executor, 1);
  std::vector<int> got;
  TaskGroup group(executor);
  group.spawn(receive_one(channel, got));
  group.spawn(receive_one(channel, got));
  EXPECT_TRUE(channel.try_send(5));
  channel.close();
  co_await group.join();
  EXPECT_EQ(got, (std::vector<int>{5, -1}));
}

}  // namespace
