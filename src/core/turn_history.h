#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "async/async.h"
#include "base/result.h"
#include "core/event.h"
#include "core/task.h"
#include "db/database.h"

namespace flotilla::core {

/// A stored entry of a task's journal.
struct JournalEntry {
  std::uint64_t seq = 0;
  EventKind kind = EventKind::note;
  std::string payload;
};

/// A task that ended, as far as a later one goes on from it: entries of kind message and step.
struct EarlierTask {
  TaskId id;
  Time ended_at;
  std::vector<JournalEntry> entries;
};

/// What agents read of journals when a turn begins: a task's own entries, and those of the tasks
/// that the same agent ended in the same session. Thread-safe; costs what it returns.
class TurnHistory {
 public:
  explicit TurnHistory(db::Database& database) : database_(database) {}

  /// Entries of one kind of this task, up to `row.seq`, in order.
  Async<Result<std::vector<JournalEntry>>> entries(const TaskRow& row, EventKind kind);

  using Before = std::optional<std::pair<Time, TaskId>>;
  /// Tasks of the row's session, agent and owner that ended, the last one first, at most `limit`;
  /// `before`: those that come after this one in that order.
  Async<Result<std::vector<EarlierTask>>> earlier(const TaskRow& row, Before before,
                                                  std::size_t limit);
  /// Another task of the row's namespace, agent and owner, as it is now; nullopt for any other id.
  Async<Result<std::optional<TaskRow>>> sibling(const TaskRow& row, std::string id);

 private:
  db::Database& database_;
};

}  // namespace flotilla::core
