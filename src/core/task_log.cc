#include "core/task_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "async/clock.h"
#include "core/feed.h"
#include "core/limits.h"
#include "core/metrics.h"
#include "core/outbox.h"
#include "core/state_machine.h"
#include "core/task_sql.h"
#include "json/map.h"

namespace flotilla::core {

using a2a::TaskState;

namespace {
Time lease_end(Time now) {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(now + kLease);
}
}  // namespace

TaskLog::TaskLog(Services& services, TaskRow row)
    : services_(services),
      committed_(row),
      projected_(std::move(row)),
      stored_(true),
      born_here_(false) {}

TaskLog::TaskLog(Services& services, TaskRow row, Creation creation)
    : services_(services),
      committed_(row),
      projected_(std::move(row)),
      stored_(false),
      born_here_(true),
      changes_(1),
      creation_(std::move(creation)),
      snapshot_(std::in_place, committed_.id.to_string(), committed_.context_id,
                committed_.created_at) {}

TaskRow TaskLog::committed() const {
  std::lock_guard lock(mutex_);
  return committed_;
}

TaskRow TaskLog::projected() const {
  std::lock_guard lock(mutex_);
  return projected_;
}

TaskState TaskLog::state() const {
  std::lock_guard lock(mutex_);
  return committed_.state;
}

bool TaskLog::direct() const {
  std::lock_guard lock(mutex_);
  return committed_.direct;
}

bool TaskLog::broken() const {
  std::lock_guard lock(mutex_);
  return broken_.has_value();
}

std::optional<std::string> TaskLog::traceparent() const {
  if (!born_here_) return std::nullopt;
  return creation_.traceparent;  // never changes
}

bool TaskLog::stored() const {
  std::lock_guard lock(mutex_);
  return stored_;
}

std::size_t TaskLog::pending() const {
  std::lock_guard lock(mutex_);
  return pending_.size();
}

Result<> TaskLog::check(std::optional<std::uint64_t> token, const Draft& draft) const {
  if (broken_) return fail(*broken_);
  if (token && (projected_.lease_token != *token || !projected_.lease_holder))
    return fail(Error(Code::conflict, reason::kLeaseLost,
                      "the task is no longer held under this lease; stop writing"));
  const auto* update = std::get_if<a2a::TaskStatusUpdateEvent>(&draft.change);
  const bool ends = update != nullptr && a2a::is_terminal(update->status.state);
  if (projected_.generation >= kMaxSnapshotRows && !ends)
    return fail(Error(Code::resource_exhausted,
                      fmt::format("the task holds {} events; end it and go on in a new one",
                                  projected_.generation)));
  if (update != nullptr && !may_transition(projected_.state, update->status.state))
    return fail(Error(Code::failed_precondition, reason::kIllegalTransition,
                      fmt::format("a task in {} cannot become {}", wire_name(projected_.state),
                                  wire_name(update->status.state))));
  if (a2a::is_terminal(projected_.state))
    return fail(Error(Code::failed_precondition, reason::kIllegalTransition,
                      fmt::format("the task is already {}", wire_name(projected_.state))));
  return ok();
}

Result<> TaskLog::append(std::optional<std::uint64_t> token, Draft draft, db::Batch rows) {
  std::lock_guard lock(mutex_);
  TRY_VOID(check(token, draft));
  rows_.add(std::move(rows));
  push(std::move(draft), token.value_or(0));
  return ok();
}

bool TaskLog::took(const DedupeKey& key) const {
  std::lock_guard lock(mutex_);
  return std::ranges::find(recent_keys_, key) != recent_keys_.end();
}

Result<TaskLog::Appended> TaskLog::append_input(Draft message, std::optional<DedupeKey> key,
                                                db::Batch rows, Along along) {
  std::lock_guard lock(mutex_);
  if (key && std::ranges::find(recent_keys_, *key) != recent_keys_.end()) return Appended::repeated;
  TRY_VOID(check(std::nullopt, message));
  if (along.at && *along.at != projected_.seq) return Appended::moved;
  if (inputs_.size() >= kMaxUntakenInputs)
    return fail(
        Error(Code::resource_exhausted, "the agent has not read the messages before; wait for it"));
  if (key) recent_keys_.push_back(*key);
  if (recent_keys_.size() > kMaxRecentKeys) recent_keys_.pop_front();
  rows_.add(std::move(rows));
  for (auto& entry : along.entries) push(std::move(entry), 0);
  push(std::move(message), 0);
  if (!a2a::is_interrupted(projected_.state)) return Appended::joins;
  // In the same step, so that whoever finds the task next sees that it must be run.
  turn_begin_ = projected_.seq;
  push_status(TaskState::working, 0);
  turn_wanted_ = running_;
  return Appended::begins;
}

void TaskLog::push(Draft draft, std::uint64_t token) {
  auto event = std::make_shared<Event>();
  ++changes_;
  event->seq = ++projected_.seq;
  event->kind = draft.kind;
  event->at = services_.clock.now();
  event->actor = draft.actor;
  event->payload = std::make_shared<const std::string>(std::move(draft.payload));

  std::vector<db::Value> values;
  values.reserve(10);
  values.emplace_back(sql::stream_of(projected_.id));
  values.emplace_back(static_cast<std::int64_t>(event->seq));
  values.emplace_back(projected_.name_space);
  values.emplace_back(projected_.owner);
  values.emplace_back(sql::millis(event->at));
  values.emplace_back(std::string(to_string(event->kind)));
  values.emplace_back(event->actor);
  values.emplace_back(static_cast<std::int64_t>(token));
  if (creation_.traceparent.empty())
    values.emplace_back(std::monostate{});
  else
    values.emplace_back(creation_.traceparent);
  values.emplace_back(*event->payload);
  rows_.add(sql::kInsertEvent, std::move(values));

  if (auto* update = std::get_if<a2a::TaskStatusUpdateEvent>(&draft.change)) {
    event->state = update->status.state;
    if (draft.bare) projected_.direct = projected_.status_seq == 0 && !artifact_told_;
    project_status(*update, *event);
  } else if (draft.kind == EventKind::artifact) {
    artifact_told_ = true;
  } else if (auto* message = std::get_if<a2a::Message>(&draft.change)) {
    inputs_.emplace_back(event->seq, *message);
    if (event->seq == 1) turn_begin_ = 1;
  }
  if (draft.change.index() != 0) ++projected_.generation;
  pending_.push_back({std::move(event), std::move(draft)});
}

void TaskLog::project_status(const a2a::TaskStatusUpdateEvent& update, const Event& event) {
  projected_.status_message.reset();
  if (update.status.message) projected_.status_message = json::to_text(*update.status.message);
  projected_.state = update.status.state;
  projected_.status_at = update.status.timestamp.value_or(event.at);
  projected_.status_seq = event.seq;
  if (!update.metadata.empty()) {
    auto merged = json::Object{};
    if (projected_.metadata)
      if (auto old = json::parse(*projected_.metadata); old && old->if_object())
        merged = *old->if_object();
    for (const auto& [name, value] : update.metadata.members()) merged.set(name, value);
    projected_.metadata = json::to_string(json::Value(std::move(merged)));
  }
  if (!is_runnable(projected_.state)) {
    projected_.lease_holder.reset();
    projected_.lease_expires.reset();
  }
}

void TaskLog::push_status(TaskState state, std::uint64_t token) {
  a2a::TaskStatusUpdateEvent update;
  update.taskId = projected_.id.to_string();
  update.contextId = projected_.context_id;
  update.status.state = state;
  update.status.timestamp = services_.clock.now();
  push(Draft::status(projected_.agent, std::move(update)), token);
}

void TaskLog::project_pending_start() {
  // A turn that outlives its first commit is working; one that ends within it never shows that.
  if (running_ && projected_.state == TaskState::submitted)
    push_status(TaskState::working, projected_.lease_token);
}

db::Batch TaskLog::take_batch() {
  project_pending_start();
  // Each write of the holder renews its lease, else it would put back the time of its beginning.
  if (projected_.lease_holder == services_.holder)
    projected_.lease_expires = lease_end(services_.clock.now());
  // What may be refused stands first: then the store has nothing to undo.
  db::Batch batch;
  static const Error changed(Code::conflict, reason::kLeaseLost,
                             "the task was changed by another holder meanwhile; try again");
  if (stored_) {
    batch.add(sql::kUpdateTask,
              sql::update_parameters(projected_, committed_.seq, committed_.lease_token),
              {1, changed});
  } else {
    batch = std::exchange(creation_.rows, {});
    batch.add(sql::kInsertTask, sql::insert_parameters(projected_));
  }
  batch.add(std::exchange(rows_, {}));
  committing_row_ = projected_;
  in_flight_ = std::exchange(pending_, {});
  committing_change_ = changes_;
  committing_ = true;
  return batch;
}

void TaskLog::commit(Ptr log) {
  std::unique_lock lock(log->mutex_);
  if (log->committing_ || log->broken_) return;
  if (log->changes_ == log->committing_change_) return;
  db::Batch batch = log->take_batch();
  lock.unlock();
  submit(std::move(log), std::move(batch));
}

void TaskLog::commit_soon(Ptr log, const Executor& loop) {
  {
    std::lock_guard lock(log->mutex_);
    if (std::exchange(log->commit_posted_, true)) return;
  }
  boost::asio::post(loop, [log] {
    {
      std::lock_guard lock(log->mutex_);
      log->commit_posted_ = false;
    }
    commit(log);
  });
}

void TaskLog::submit(Ptr log, db::Batch batch) {
  Services& services = log->services_;
  ++services.commits;
  auto done = [log = std::move(log)](Result<db::BatchResult> result) mutable {
    // Let go of here: the database may keep the callback until all of core is gone.
    Ptr own = std::move(log);
    Services& shared = own->services_;
    if (own->complete(result))
      commit(std::move(own));
    else
      own.reset();
    --shared.commits;
  };
  services.database.submit(std::move(batch), std::move(done));
}

bool TaskLog::complete(const Result<db::BatchResult>& result) {
  std::lock_guard lock(mutex_);
  committing_ = false;
  if (!result) {
    fail_all(result.error());
    return false;
  }
  if (!stored_) services_.metrics.tasks_created.add();
  stored_ = true;
  committed_ = std::move(committing_row_);
  committed_change_ = committing_change_;
  publish();
  wake_waiters();
  if (!running_) forget_inputs();
  return changes_ != committing_change_;
}

void TaskLog::publish() {
  encoded_.reset();
  services_.metrics.events_appended.add(in_flight_.size());
  for (auto& entry : in_flight_) {
    apply_to_snapshot(entry);
    const auto cut = std::erase_if(
        mailboxes_, [&](const auto& mailbox) { return !mailbox->deliver(entry.event); });
    if (cut > 0) services_.metrics.slow_readers.add(cut);
  }
  if (!in_flight_.empty()) services_.feed.notify();
  if (services_.outbox != nullptr && services_.outbox->watches(committed_.id))
    services_.outbox->wake(committed_.id);
  in_flight_.clear();
  if (!a2a::is_terminal(committed_.state)) return;
  for (auto& mailbox : mailboxes_) mailbox->close(std::nullopt);
  mailboxes_.clear();
}

void TaskLog::fail_all(const Error& error) {
  if (error.reason() == reason::kLeaseLost) services_.metrics.leases_lost.add();
  broken_ = error;
  pending_.clear();
  in_flight_.clear();
  rows_ = {};
  for (auto& mailbox : mailboxes_) mailbox->close(error);
  mailboxes_.clear();
  wake_waiters();
  if (cancel_) cancel_();          // whatever the turn writes is refused from now on
  if (!running_) abandon_lease();  // else its turn does so at its end
}

/// The turn is over, but the store was not told.
void TaskLog::abandon_lease() {
  for (const TaskRow* row : {&committed_, &committing_row_})
    if (row->lease_holder == services_.holder)
      services_.orphans.add(committed_.id, row->lease_token);
}

std::optional<Result<>> TaskLog::answer(const Waiter& waiter) const {
  if (broken_) return Result<>(fail(*broken_));
  if (committed_change_ < waiter.change) return std::nullopt;
  if (waiter.settled && is_runnable(committed_.state)) return std::nullopt;
  return ok();
}

void TaskLog::wake_waiters() {
  std::erase_if(waiters_, [this](Waiter& waiter) {
    auto result = answer(waiter);
    if (!result) return false;
    waiter.setter->set(std::move(*result));
    return true;
  });
}

/// Takes a waiter off the list however its wait ends.
struct TaskLog::Leave {
  Ptr log;
  std::uint64_t id;
  ~Leave() {
    std::lock_guard lock(log->mutex_);
    std::erase_if(log->waiters_, [this](const Waiter& waiter) { return waiter.id == id; });
  }
};

Async<Result<>> TaskLog::wait(Ptr log, bool settled) {
  commit(log);
  OneShot<Result<>> signal;
  std::uint64_t id = 0;
  {
    std::lock_guard lock(log->mutex_);
    Waiter waiter;
    waiter.change = log->changes_;
    waiter.settled = settled;
    if (auto now = log->answer(waiter)) co_return std::move(*now);
    waiter.setter = signal.setter();
    waiter.id = id = ++log->next_waiter_;
    log->waiters_.push_back(std::move(waiter));
  }
  Leave leave{log, id};
  co_return co_await signal.wait();
}

Async<Result<>> TaskLog::durable(Ptr log) {
  return wait(std::move(log), false);
}

Async<Result<>> TaskLog::settled(Ptr log) {
  return wait(std::move(log), true);
}

}  // namespace flotilla::core
