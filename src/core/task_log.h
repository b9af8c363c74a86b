#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
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
#include "telemetry/trace.h"

namespace flotilla {
class Clock;
}

namespace flotilla::core {

class Feed;
class InputGate;
class Outbox;
struct Metrics;

/// Leases of ours that failed writes left in the store: renewal would keep them for ever. Filled by
/// logs and turns, freed by the scheduler. Thread-safe.
class Orphans {
 public:
  using List = std::vector<std::pair<TaskId, std::uint64_t>>;  // with the token
  void add(TaskId task, std::uint64_t token) {
    std::lock_guard lock(mutex_);
    list_.emplace_back(task, token);
  }
  [[nodiscard]] List all() const {
    std::lock_guard lock(mutex_);
    return list_;
  }
  /// The first `count` are freed.
  void freed(std::size_t count) {
    std::lock_guard lock(mutex_);
    list_.erase(list_.begin(), list_.begin() + static_cast<std::ptrdiff_t>(count));
  }

 private:
  mutable std::mutex mutex_;
  List list_;
};

/// What every task log uses; outlives them all.
struct Services {
  db::Database& database;
  Clock& clock;
  Random& random;
  Feed& feed;
  Metrics& metrics;
  std::string holder;  // this process, as the holder of leases
  /// Commits whose callback has not returned; Scheduler::stop() waits for zero.
  std::atomic<std::size_t> commits{0};
  Orphans orphans{};
  Outbox* outbox = nullptr;   // set before the first task, where webhooks are served
  InputGate* gate = nullptr;  // set before the first task, where decisions are taken
  telemetry::Tracer* tracer = &telemetry::no_tracer();  // set before the first task
};

/// Creation of a task with its first batch: what else goes into that batch.
struct Creation {
  db::Batch rows;  // session, idempotency key
  std::string traceparent;
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
  [[nodiscard]] TaskRow projected() const;     // with everything appended
  [[nodiscard]] a2a::TaskState state() const;  // committed
  [[nodiscard]] bool direct() const;           // committed
  [[nodiscard]] bool broken() const;
  [[nodiscard]] bool stored() const;  // its creation is committed
  /// Where in a trace it was asked for, as NewTask has it; nullopt when the store alone knows.
  [[nodiscard]] std::optional<std::string> traceparent() const;

  /// Appends one event, with rows that are stored with it. `token`: the lease under which a run
  /// writes; nullopt for others (a caller's message or cancellation), whom only the state machine
  /// binds.
  Result<> append(std::optional<std::uint64_t> token, Draft draft, db::Batch rows = {});
  enum class Appended : std::uint8_t {
    begins,    // the task was interrupted and works on with this message: it wants a turn
    joins,     // for the turn that goes on or is to begin
    repeated,  // a message with this key was appended a moment ago
    moved,     // nothing was appended: the journal is not where the caller believes it to be
  };
  /// What goes along with a caller's message, if the journal is still at `at`.
  struct Along {
    std::vector<Draft> entries;  // stand before the message
    std::optional<std::uint64_t> at;
  };
  /// Appends a caller's message.
  Result<Appended> append_input(Draft message, std::optional<DedupeKey> key, db::Batch rows,
                                Along along = {});
  /// Appends entries and rows if the journal is still at `at`; false: it is not.
  Result<bool> append_at(std::uint64_t at, std::vector<Draft> entries, db::Batch rows);
  /// The last thing that a turn does: entries, rows and an interrupting status in one step. False,
  /// and nothing appended, when there are messages that the turn has not taken.
  Result<bool> interrupt(std::uint64_t token, std::vector<Draft> entries, Draft status,
                         db::Batch rows);
  /// A message with this key was appended a moment ago.
  [[nodiscard]] bool took(const DedupeKey& key) const;

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

  // For the scheduler and its runs.
  /// Makes this process the holder under a new token and begins a turn, in one step. nullopt when
  /// nothing is to be done, a turn is going on, or another holder's lease runs; one known to be
  /// void is named by its token, `freed`. `cancel` may be called from any thread.
  std::optional<std::uint64_t> begin_turn(std::function<void()> cancel,
                                          std::optional<std::uint64_t> freed = {});
  /// True when a message came that asks for another turn.
  bool end_turn();
  /// What the agent elsewhere is told of the task, kept in its row with the next commit.
  Result<> set_upstream(std::uint64_t token, std::string upstream);
  /// The turn under this lease has not ended the task, nor handed it back.
  [[nodiscard]] bool works_under(std::uint64_t token) const;
  void cancel_turn();
  /// Gives the lease back if `token` still has it.
  void release_lease(std::uint64_t token);
  /// Where a turn stands that an earlier holder may have begun.
  struct Resume {
    bool begun = false;               // an earlier holder wrote something in this turn
    std::uint64_t begin = 0;          // seq of the message that began the turn
    std::vector<a2a::Message> later;  // callers' messages since then…
    std::uint64_t seq = 0;            // …up to here
  };
  static Async<Result<Resume>> resume_point(Ptr log, std::uint64_t token);
  /// The same for a turn that begins here.
  [[nodiscard]] Resume turn_start() const;
  using Input = std::pair<std::uint64_t, a2a::Message>;
  /// Callers' messages with their seq that no run has taken yet; each is given once. While a turn
  /// goes on, none is missing.
  std::vector<Input> take_inputs();

 private:
  struct PendingEvent {
    std::shared_ptr<Event> event;
    Draft draft;
  };
  struct Leave;
  struct Encoded {
    std::shared_ptr<const std::string> text;  // shared by all who read this state of the task
    std::uint64_t seq = 0;
    std::uint64_t generation = 0;  // 0: unknown, the task has changed since
    a2a::TaskState state = a2a::TaskState::unspecified;
  };
  static Async<Result<Encoded>> encode(Ptr log);
  struct Waiter {
    std::uint64_t id = 0;
    std::uint64_t change = 0;
    bool settled = false;
    std::optional<OneShot<Result<>>::Setter> setter;
  };
  [[nodiscard]] Result<> check(std::optional<std::uint64_t> token, const Draft& draft) const;
  void push(Draft draft, std::uint64_t token);
  void push_status(a2a::TaskState state, std::uint64_t token);
  void forget_inputs();
  void project_status(const a2a::TaskStatusUpdateEvent& update, const Event& event);
  db::Batch take_batch();
  static void submit(Ptr log, db::Batch batch);
  /// On a database thread: the answer of one commit. True when the next one should begin.
  bool complete(const Result<db::BatchResult>& result);
  void project_pending_start();
  void publish();
  void apply_to_snapshot(PendingEvent& pending);
  void fail_all(const Error& error);
  void abandon_lease();
  void wake_waiters();
  static Async<Result<>> wait(Ptr log, bool settled);
  std::optional<Result<>> answer(const Waiter& waiter) const;

  Services& services_;
  mutable std::mutex mutex_;
  TaskRow committed_;
  TaskRow projected_;
  TaskRow committing_row_;
  bool stored_;
  bool born_here_;
  std::uint64_t changes_ = 0;            // of projected_
  std::uint64_t committing_change_ = 0;  // the last one that was submitted
  std::uint64_t committed_change_ = 0;
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
  std::optional<TaskSnapshot> snapshot_;  // committed; absent when large or not born here
  std::size_t snapshot_bytes_ = 0;
  std::weak_ptr<const std::string> encoded_;  // of the committed task, while a reader has it
  bool artifact_told_ = false;                // since this log began
  bool running_ = false;
  bool turn_wanted_ = false;  // a message came to an interrupted task before its turn had ended
  std::function<void()> cancel_;
  std::uint64_t turn_begin_ = 0;       // seq of the message that began the last turn
  std::vector<Input> inputs_;          // that no run has taken
  std::deque<DedupeKey> recent_keys_;  // of messages that may not be committed yet
};

struct TaskLog::View {
  std::shared_ptr<const std::string> task;
  std::uint64_t seq = 0;
  std::uint64_t generation = 0;  // of the task as shown; 0: unknown
  a2a::TaskState state = a2a::TaskState::unspecified;
  std::unique_ptr<Subscription> subscription;
};

}  // namespace flotilla::core
