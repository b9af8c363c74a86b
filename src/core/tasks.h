#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "async/async.h"
#include "base/context.h"
#include "base/result.h"
#include "core/agents.h"
#include "core/input_gate.h"
#include "core/scheduler.h"
#include "core/sessions.h"
#include "core/task.h"
#include "core/task_log.h"

namespace flotilla::core {

/// All tasks: creation, lookup under a visibility, messages, cancellation, lists. Thread-safe; a
/// foreign task answers exactly as a missing one (I5).
class Tasks {
 public:
  Tasks(Services& services, Sessions& sessions, Scheduler& scheduler, AgentRegistry& agents,
        Duration dedupe);
  ~Tasks();

  /// Opens the session, journals the message and begins the turn. Nothing is committed when it
  /// returns: the caller awaits TaskLog::durable or settled. These answer already_exists when the
  /// dedupe key is taken (see find_duplicate()), conflict when another request opened the context
  /// meanwhile (create it again).
  Async<Result<TaskLog::Ptr>> create(NewTask task);
  /// With entries that its journal begins with, after the message: a run finds them as if it had
  /// written them before a crash. Stored when this returns, and before the turn begins.
  Async<Result<TaskLog::Ptr>> create_with(NewTask task, std::vector<Draft> entries);
  /// The task that an earlier, equal request made.
  Async<Result<std::optional<TaskId>>> find_duplicate(DedupeKey key);

  /// TASK_NOT_FOUND for unknown, malformed and foreign ids alike.
  Async<Result<TaskLog::Ptr>> find(std::string id, Visibility visibility);
  /// Journals a message to a live task and begins a turn when none is going on.
  /// UNSUPPORTED_OPERATION when the task has ended. The same key again changes nothing.
  Async<Result<>> add_message(TaskLog::Ptr log, std::shared_ptr<const Principal> principal,
                              a2a::Message message, std::optional<DedupeKey> dedupe_key);
  /// The same for a message that one who decides has not written himself, with what is decided:
  /// only if the journal is still at `at`, and without asking the gate. No message: the entries
  /// alone, and no turn begins. False: the journal has moved on.
  Async<Result<bool>> add_decided(TaskLog::Ptr log, std::shared_ptr<const Principal> principal,
                                  std::uint64_t at, InputAddition addition,
                                  std::optional<a2a::Message> message);
  /// TASK_NOT_CANCELABLE when the task has ended otherwise; success when it is canceled.
  Async<Result<>> cancel(TaskLog::Ptr log, std::shared_ptr<const Principal> principal);

  Async<Result<TaskPage>> list(Visibility visibility, TaskFilter filter);
  /// Committed rows as struct, read without a log (lists).
  Async<Result<a2a::Task>> load(const TaskRow& row);

  /// The shared log of a stored task, whose row was read just now.
  TaskLog::Ptr entry(TaskRow row);
  [[nodiscard]] bool deduplicates() const { return dedupe_ > Duration::zero(); }

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_map<TaskId, std::weak_ptr<TaskLog>> logs;
    std::uint64_t gone = 0;  // logs that were here
  };
  using Shards = std::array<Shard, 64>;
  Shard& shard(const TaskId& id);
  /// Puts the log in its place, unless another has it, or one had since `gone` was read (nullptr:
  /// what `log` was made of may be old).
  TaskLog::Ptr share(const TaskId& id, std::unique_ptr<TaskLog> log,
                     std::optional<std::uint64_t> gone = {});
  TaskLog::Ptr live(const TaskId& id, std::uint64_t* gone = nullptr);
  Async<Result<TaskLog::Ptr>> find_log(TaskId id);
  [[nodiscard]] static Error ended(const TaskRow& row);
  /// What the gate adds to the message; nullopt: it need not be asked.
  Async<Result<std::optional<InputAddition>>> admission(TaskLog::Ptr log,
                                                        std::shared_ptr<const Principal> principal,
                                                        const a2a::Message& message,
                                                        std::uint64_t* at);
  Async<Result<TaskLog::Appended>> add_input(TaskLog::Ptr log, Draft message,
                                             std::optional<DedupeKey> dedupe_key, db::Batch rows,
                                             TaskLog::Along along);
  [[nodiscard]] Time expiry(Time now) const;
  [[nodiscard]] std::vector<db::Value> idempotency(DedupeKey key, const TaskId& task) const;

  Services& services_;
  Sessions& sessions_;
  Scheduler& scheduler_;
  AgentRegistry& agents_;
  Duration dedupe_;
  std::shared_ptr<Shards> shards_;  // shared with the logs, the last of which may go later
};

}  // namespace flotilla::core
