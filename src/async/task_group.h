#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "async/async.h"

namespace flotilla {

/// Owns work that outlives the statement that started it. Lives on one loop; declare it last among
/// the members its children touch. The owner awaits join() before destruction: destroying a group
/// with live children aborts the process. The first child that throws cancels the others, and
/// join() rethrows it (operation_aborted of a cancelled child is not a failure).
///
/// After a cancel every co_await of the owner throws, join() too. So a coroutine that owns a group
/// either awaits nothing but join() after its first spawn(), or cleans up in this way:
///   group.cancel();
///   co_await without_cancellation(group.join());
class TaskGroup {
 public:
  /// Names a child for cancel(); never used twice in a group.
  using Child = std::uint64_t;

  explicit TaskGroup(Executor executor);
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup();

  /// Called on the group's loop, runs the child at once up to its first wait.
  Child spawn(Async<> child);
  /// Asks one child to stop; nothing when it has ended.
  void cancel(Child child);
  /// Asks every child to stop. Children spawned later, or not begun yet, end without running.
  void cancel();
  /// Waits for all children. When the waiting coroutine is cancelled, the children are cancelled
  /// and still awaited, then operation_aborted is thrown.
  Async<> join();
  [[nodiscard]] std::size_t size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace flotilla
