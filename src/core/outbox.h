#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "async/async.h"
#include "async/clock.h"
#include "async/event.h"
#include "async/task_group.h"
#include "base/result.h"
#include "core/event.h"
#include "core/outbox_queue.h"
#include "core/push.h"
#include "core/push_watch.h"
#include "core/task.h"

namespace flotilla::core {

struct Metrics;

/// What one attempt tells a webhook.
struct PushPayload {
  std::uint64_t seq = 0;
  /// status or artifact: the event, as stored. For a webhook of 0.3: the task as of that event.
  EventKind kind = EventKind::status;
  bool whole_task = false;
  std::string json;
};

/// How an attempt went.
struct PushOutcome {
  bool delivered = false;
  std::string error;                    // without secrets and without the URL's path
  std::optional<Duration> retry_after;  // the receiver's wish
};

/// Carries out the attempts, on the outbox's loop, many at once. Implemented in gateway.
class PushDelivery {
 public:
  virtual ~PushDelivery() = default;
  /// Has its own deadline. At least once: the receiver may see an event again.
  virtual Async<PushOutcome> deliver(const PushRow& row, const PushPayload& payload) = 0;
};

/// Tells webhooks what happens to their tasks. A task's journal is the queue: each webhook has its
/// place in it, is told the status and artifact events after it in order, and goes on there after a
/// crash. A webhook that fails is tried again with growing pauses, and holds up nobody else: it has
/// few workers, of few for its peer. After kOutboxAttempts an event becomes a dead letter and the
/// next one follows.
///
/// It waits without polling: commits of watched tasks wake it (TaskLog), and the clock. Everything
/// that it holds in memory is bounded; what does not fit is found in the store again. The public
/// functions are thread-safe, the work is done on one loop. One process per store.
class Outbox {
 public:
  Outbox(Executor loop, db::Database& database, Clock& clock, Random& random, Metrics& metrics,
         PushConfigs& configs, PushDelivery& delivery);
  ~Outbox();
  void start();
  /// Ends what is under way, for a moment, then cancels it. Idempotent.
  Async<> stop();

  /// Adds a webhook to the batch that begins or continues a task; its id when it is stored.
  std::string insert(db::Batch& batch, const TaskRow& row, PushConfig config);
  /// Stores a webhook of a stored task, and tells it what comes after `row.seq`; its id.
  Async<Result<std::string>> create(TaskRow row, PushConfig config);
  Async<Result<>> remove(TaskId task, std::string id);
  /// Tries a dead letter once more, now; delivered, it is gone. Else unavailable says why.
  Async<Result<>> redeliver(DeadLetter letter);
  [[nodiscard]] PushConfigs& configs() { return configs_; }

  /// Whether the task's commits are to be told by wake().
  [[nodiscard]] bool watches(const TaskId& task) const { return watch_.holds(task); }
  /// The task has new events, or (`changed`) its webhooks were written.
  void wake(const TaskId& task, bool changed = false);

 private:
  struct Active;
  struct Peer {
    std::size_t workers = 0;
    std::size_t failing = 0;
  };
  struct Page;
  using News = std::unordered_map<TaskId, bool>;

  Async<> run();
  Async<Result<>> round();
  Async<> rest();
  [[nodiscard]] bool idle();
  Async<Result<>> sweep();
  Async<Result<>> take_news();
  Async<Result<>> take_due();
  void fill();
  Async<Result<>> offer(PushRow row);
  [[nodiscard]] bool may_start(const std::string& peer, bool failing) const;
  void start_worker(std::string peer, PushKey key, std::optional<PushRow> row);
  void ask_sweep();
  void due_by(Time when);

  // One worker: outbox_worker.cc.
  Async<> work(Active& active, std::optional<PushRow> row);
  Async<Result<>> serve(Active& active, std::optional<PushRow> row);
  Async<Result<bool>> serve_page(Active& active, PushRow& row);
  Async<Result<bool>> tell(Active& active, PushRow& row, Page& page);
  Async<Result<Page>> read_page(const PushRow& row);
  Async<Result<bool>> keep(const PushRow& row, std::optional<DeadLetter> dead = {});
  Async<Result<>> settle_failure(PushRow row, const PushPayload& payload, PushOutcome outcome,
                                 bool terminal);
  Async<Result<PushPayload>> payload_of(const PushRow& row, std::uint64_t seq, EventKind kind,
                                        std::optional<std::string> text);
  Async<Result<std::string>> task_at(const PushRow& row, std::uint64_t seq);
  Async<PushOutcome> attempt(const PushRow& row, const PushPayload& payload);
  Async<Result<>> redeliver_here(DeadLetter letter);
  [[nodiscard]] Duration pause(std::int64_t failures, std::optional<Duration> wish);

  Executor loop_;
  db::Database& database_;
  Clock& clock_;
  Random& random_;
  Metrics& metrics_;
  PushConfigs& configs_;
  PushDelivery& delivery_;
  PushWatch watch_;

  std::mutex mutex_;  // of what wake() hands over
  News news_;
  bool news_lost_ = false;
  bool told_ = false;  // the loop knows that there is something

  // The rest belongs to the loop.
  OutboxQueue queue_;
  std::map<PushKey, std::unique_ptr<Active>> active_;
  std::map<std::string, Peer> peers_;  // with workers
  std::size_t failing_ = 0;
  std::size_t large_ = 0;  // workers with a large payload
  bool counting_ = true;   // the first sweep fills watch_
  std::optional<PushKey> sweep_{PushKey{}};
  bool sweep_again_ = false;
  std::optional<Time> next_due_;
  bool due_left_ = false;  // due ones wait for a worker
  bool stopping_ = false;
  Notifier changed_;
  Notifier calm_;  // a worker ended
  std::unique_ptr<TaskGroup> group_;
};

}  // namespace flotilla::core
