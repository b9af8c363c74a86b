#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "async/async.h"
#include "base/result.h"
#include "core/event.h"
#include "core/mailbox.h"

namespace flotilla::core {

class TaskLog;

inline std::size_t mailbox_bytes(const Event& event) {
  return event.payload->size();
}
/// Between a task's log, which delivers under its own lock, and one reader.
using Mailbox = BasicMailbox<Event>;

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
