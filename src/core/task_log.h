#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "async/async.h"
#include "async/event.h"
#include "base/id.h"
#include "base/result.h"
#include "core/draft.h"
#include "core/subscription.h"
#include "core/task.h"
#include "db/database.h"

namespace flotilla {
class Clock;
}

namespace flotilla::core {

class Feed;
struct Metrics;

/// What every task log uses; outlives them all.
struct Services {
  db::Database& database;
  Clock& clock;
  Random& random;
  Feed& feed;
  Metrics& metrics;
  std::string holder;  // this process, as the holder of leases
};

/// Creation of a task with its first batch: what else goes into that batch.
struct Creation {
  db::Batch rows;  // session, idempotency key
  std::string trace_id;
};

/// One task that somebody in this process uses: runs it, waits for it, listens to it. Serialises
/// all writers of the task, commits what they append in groups, and hands committed events to
/// readers (I1). Between processes the task row's seq and lease token serialise (I3).
///
/// Thread-safe; every critical section is short. Shared by run, waiters and subscriptions, gone
/// with the last of them. A log whose commit failed is broken for good: find the task again.
class TaskLog {
 public:
  using Ptr = std::shared_ptr<TaskLog>;
  TaskLog(Services& services, TaskRow row);                     // stored already
  TaskLog(Services& services, TaskRow row, Creation creation);  // born with its first commit

  [[nodiscard]] TaskRow committed() const;
  [[nodiscard]] TaskRow projected() const;  // with everything appended
  [[nodiscard]] bool broken() const;

  /// Appends one event. `token`: the lease under which a run writes; nullopt for others (a caller's
  /// message or cancellation), whom only the state machine binds.
  Result<> append(std::optional<std::uint64_t> token, Draft draft);
  /// Makes this process the holder under a new token.
  std::uint64_t take_lease();
  /// Gives the lease back if `token` still has it.
  void release_lease(std::uint64_t token);
  /// The answer of this turn is a bare Message.
  void mark_direct();
  /// Adds a row to the next commit.
  void attach(const db::Statement& statement, std::vector<db::Value> values);

  /// Begins to commit what was appended; returns at once.
  static void commit(Ptr log);
  /// Begins to commit once the running coroutine lets go of its loop: what it appends until then
  /// goes along.
  static void commit_soon(Ptr log, const Executor& loop);
  /// Commits and waits until everything appended so far is durable.
  static Async<Result<>> durable(Ptr log);
  /// Commits and waits until the task is committed in a terminal or interrupted state.
  static Async<Result<>> settled(Ptr log);
  [[nodiscard]] std::size_t pending() const;

  /// The committed task as 1.0 JSON; from memory while it is small and was born here.
  static Async<Result<std::shared_ptr<const std::string>>> snapshot(Ptr log);
  /// The same as a struct, with its seq.
  static Async<Result<std::pair<a2a::Task, std::uint64_t>>> load(Ptr log);

  /// Events after `after`, stored and to come. `after` nullopt: from the committed state on.
  /// invalid_argument for a cursor beyond the journal.
  static Result<std::unique_ptr<Subscription>> subscribe(Ptr log,
                                                         std::optional<std::uint64_t> after);
  /// Snapshot and subscription that continues it, taken together.
  struct View;
  static Async<Result<View>> view(Ptr log);
  void unsubscribe(const std::shared_ptr<Mailbox>& mailbox);
  Async<Result<std::vector<EventPtr>>> stored_events(std::uint64_t after, std::uint64_t up_to,
                                                     std::size_t limit);

  // For the scheduler.
  /// False when a run is attached already. `cancel` may be called from any thread.
  bool attach_run(std::function<void()> cancel);
  void detach_run();
  void cancel_run();
  [[nodiscard]] std::vector<a2a::Message> messages_after(std::uint64_t seq,
                                                         std::uint64_t* last) const;

 private:
  struct PendingEvent {
    std::shared_ptr<Event> event;
    Draft draft;
  };
  struct Leave;
  struct Waiter {
    std::uint64_t id = 0;
    std::uint64_t seq = 0;
    bool settled = false;
    std::optional<OneShot<Result<>>::Setter> setter;
  };
  void push(Draft draft, std::uint64_t token);
  void project_status(const a2a::TaskStatusUpdateEvent& update, const Event& event);
  void project_artifact(const a2a::TaskArtifactUpdateEvent& update, const Event& event);
  db::Batch take_batch();
  static void submit(Ptr log, db::Batch batch);
  /// On a database thread: the answer of one commit. True when the next one should begin.
  bool complete(const Result<db::BatchResult>& result);
  void project_pending_start();
  void publish();
  void apply_to_snapshot(PendingEvent& pending);
  void fail_all(const Error& error);
  void wake_waiters();
  static Async<Result<>> wait(Ptr log, bool settled);
  std::optional<Result<>> answer(const Waiter& waiter) const;

  Services& services_;
  mutable std::mutex mutex_;
  TaskRow committed_;
  TaskRow projected_;
  TaskRow committing_row_;
  bool stored_;
  bool dirty_;
  bool committing_ = false;
  bool commit_posted_ = false;
  std::optional<Error> broken_;
  Creation creation_;
  db::Batch rows_;
  std::vector<PendingEvent> pending_;
  std::vector<PendingEvent> in_flight_;
  std::uint64_t next_waiter_ = 0;
  std::vector<Waiter> waiters_;
  std::vector<std::shared_ptr<Mailbox>> mailboxes_;  // shared with the subscriptions
  std::optional<a2a::Task> snapshot_;  // committed; absent when large or not born here
  std::size_t snapshot_bytes_ = 0;
  std::size_t status_place_ = 0;  // where in history the status message belongs once superseded
  std::weak_ptr<const std::string> encoded_;
  std::set<std::string, std::less<>> artifact_ids_;
  bool artifacts_known_;
  bool running_ = false;
  std::function<void()> cancel_;
  std::vector<std::pair<std::uint64_t, a2a::Message>> new_messages_;  // since the log exists
};

struct TaskLog::View {
  std::shared_ptr<const std::string> task;
  std::uint64_t seq = 0;
  a2a::TaskState state = a2a::TaskState::unspecified;
  std::unique_ptr<Subscription> subscription;
};

}  // namespace flotilla::core
