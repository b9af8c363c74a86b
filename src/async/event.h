#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>

#include "async/async.h"

namespace flotilla {

/// Wakes coroutines of one loop. notify_*() from that loop only, except post_notify_all(). A
/// notification is not kept: who is not waiting misses it, so wait in a loop over the condition.
/// Destruction cancels those who wait.
class Notifier {
 public:
  explicit Notifier(Executor executor);
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;
  ~Notifier();
  /// Waits for the next notification; throws operation_aborted when cancelled.
  Async<> wait();
  void notify_one();
  void notify_all();
  /// notify_all() from any thread, by message; the notifier may die before it arrives.
  void post_notify_all();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Mutual exclusion across co_await for coroutines of any thread; fair (first come, first served).
/// Guards may outlive it; destruction cancels those who wait.
class AsyncMutex {
 public:
  class Guard;
  AsyncMutex();
  ~AsyncMutex();
  Async<Guard> lock();

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with guards still queued on other loops
};

class [[nodiscard]] AsyncMutex::Guard {
 public:
  Guard(Guard&& other) noexcept;
  Guard& operator=(Guard&&) = delete;
  ~Guard();

 private:
  friend class AsyncMutex;
  explicit Guard(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

/// One value set once from any thread, awaited once; set() wakes the waiter on its own executor.
/// The bridge from threads (database writer, resolver) to coroutines: one allocation, no timer.
///   OneShot<Row> row;  start(row.setter());  Row value = co_await row.wait();
/// The loop of the waiter outlives all setters.
template <class T>
class OneShot {
 public:
  class Setter;
  OneShot();
  OneShot(OneShot&&) noexcept = default;
  OneShot& operator=(OneShot&&) noexcept = default;

  [[nodiscard]] Setter setter();
  /// The value. Throws operation_aborted when cancelled (a later set() is then dropped), and
  /// std::runtime_error when all setters died without setting one.
  Async<T> wait();

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared: a cancelled waiter leaves before its setters
};

/// Bounded queue between coroutines of one loop; several may send and receive. Its owner outlives
/// them.
template <class T>
class Channel {
 public:
  Channel(Executor executor, std::size_t limit);

  /// Waits while full; false once closed.
  Async<bool> send(T value);
  /// False when full or closed; `value` is moved from only on success.
  [[nodiscard]] bool try_send(T&& value);
  /// The next value; nullopt once closed and drained.
  Async<std::optional<T>> receive();
  /// Refuses further values, wakes all who wait; what is queued can still be received.
  void close();
  [[nodiscard]] std::size_t size() const { return queue_.size(); }
  [[nodiscard]] bool closed() const { return closed_; }

 private:
  std::size_t limit_;
  bool closed_ = false;
  std::deque<T> queue_;
  Notifier not_full_;
  Notifier not_empty_;
};

}  // namespace flotilla

#include "async/event_internal.h"
