#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "async/async.h"
#include "async/event.h"
#include "base/result.h"
#include "core/event.h"

namespace flotilla::core {

class TaskLog;

/// The mailbox between a task's log (any thread) and one reader. Bounded: a reader that falls too
/// far behind is cut off, its cursor stays good.
class Mailbox {
 public:
  /// Called by the log under its own lock, in order of seq. False when the mailbox is done with.
  bool deliver(const EventPtr& event);
  /// No event will follow, or only this error.
  void close(std::optional<Error> error);
  /// Waits for events; empty at the end.
  Async<Result<std::vector<EventPtr>>> receive();

 private:
  struct Taken {
    std::vector<EventPtr> events;
    std::optional<Error> error;
    bool ended = false;
  };
  std::optional<Taken> take();
  void wake();

  std::mutex mutex_;
  std::vector<EventPtr> queue_;
  std::size_t queued_bytes_ = 0;
  bool closed_ = false;
  std::optional<Error> error_;
  std::optional<OneShot<bool>::Setter> waiter_;
};

/// One reader's view of a task's journal from a cursor on: what is stored, then what comes, without
/// gap or repeat. Ends after the terminal status. Used by one coroutine at a time.
class Subscription {
 public:
  Subscription(std::shared_ptr<TaskLog> log, std::shared_ptr<Mailbox> mailbox, std::uint64_t after,
               std::uint64_t live_after);
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  /// The next events, of all kinds; empty at the end. SLOW_READER: resume from cursor().
  Async<Result<std::vector<EventPtr>>> next();
  /// Events up to `seq` are known to the reader already: they are not given.
  void skip_to(std::uint64_t seq);
  /// Seq of the last event given.
  [[nodiscard]] std::uint64_t cursor() const { return cursor_; }

 private:
  Async<Result<std::vector<EventPtr>>> catch_up();

  std::shared_ptr<TaskLog> log_;  // keeps the task's log alive while somebody listens
  std::shared_ptr<Mailbox> mailbox_;
  std::uint64_t cursor_;
  std::uint64_t live_after_;  // stored events up to here come from storage, later ones live
};

}  // namespace flotilla::core
