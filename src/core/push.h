#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/async.h"
#include "base/id.h"
#include "base/result.h"
#include "core/push_config.h"
#include "core/task.h"
#include "db/database.h"

namespace flotilla {
class Clock;
namespace auth {
class Sealer;
}
}  // namespace flotilla

namespace flotilla::core {

/// A stored webhook, and how far its task's journal was told to it.
struct PushRow {
  TaskId task;
  std::string name_space;
  std::string owner;
  PushConfig config;
  std::int64_t revision = 0;  // another one when it was written again
  std::uint64_t delivered = 0;
  bool live = true;           // something may follow
  std::int64_t failures = 0;  // attempts since the last success
  std::optional<Time> due_at;
  bool behind = false;  // the journal has more than was delivered
};

/// An event that a webhook did not take.
struct DeadLetter {
  std::int64_t id = 0;
  std::string name_space;
  std::string owner;
  TaskId task;
  std::string config;
  std::uint64_t seq = 0;
  std::int64_t attempts = 0;
  std::string error;
  Time at;
};

/// The rows of webhooks, their secrets sealed, and of dead letters. Thread-safe. Who asks for a
/// task's rows has found the task under the caller's visibility.
class PushConfigs {
 public:
  PushConfigs(db::Database& database, Clock& clock, Random& random, const auth::Sealer& sealer);

  /// Gives an id where there is none: under 0.3 the task's, as its SDKs do.
  void name(PushConfig& config, const TaskId& task) const;
  /// Adds the row of a named config to a batch: what is journaled after `row.seq` is told to it. An
  /// id that the task has is overwritten, and goes on where it was. The batch is refused with
  /// LIMIT_EXCEEDED when the task has kMaxPushConfigs.
  void insert(db::Batch& batch, const TaskRow& row, const PushConfig& config) const;
  /// nullopt when there is none. An empty id: the one named like its task, else the first.
  Async<Result<std::optional<PushRow>>> find(TaskId task, std::string id);
  /// By id, after `after`.
  Async<Result<std::vector<PushRow>>> list(TaskId task, std::string after, std::size_t limit);
  /// Whether there was one.
  Async<Result<bool>> remove(TaskId task, std::string id);
  /// Seals again, with the newest key, what an older one sealed; how many rows.
  Async<Result<std::size_t>> reseal();

  /// What the principal may see, newest first, with smaller ids than `before`.
  Async<Result<std::vector<DeadLetter>>> dead_letters(std::shared_ptr<const Principal> who,
                                                      std::int64_t before, std::size_t limit);
  /// not_found also for a foreign one.
  Async<Result<DeadLetter>> dead_letter(std::shared_ptr<const Principal> who, std::int64_t id);
  Async<Result<>> forget(std::int64_t dead_letter);

  // For the outbox: rows that are live.
  Async<Result<std::vector<PushRow>>> live_of(TaskId task);
  /// In order of task and id, after these.
  Async<Result<std::vector<PushRow>>> live_after(std::string task, std::string id,
                                                 std::size_t limit);
  Async<Result<std::vector<PushRow>>> due(Time now, std::size_t limit);
  /// When the first one after `now` is due.
  Async<Result<std::optional<Time>>> next_due(Time now);
  /// Keeps delivered, live, failures and due_at; false when the row was written again meanwhile, or
  /// is gone. `dead`: an event that is given up, stored along.
  Async<Result<bool>> keep(PushRow row, std::optional<DeadLetter> dead);

 private:
  Async<Result<std::vector<PushRow>>> rows(const db::Statement& statement,
                                           std::vector<db::Value> parameters, std::size_t limit);
  [[nodiscard]] PushRow to_row(const db::Row& row) const;

  db::Database& database_;
  Clock& clock_;
  Random& random_;
  const auth::Sealer& sealer_;
};

}  // namespace flotilla::core
