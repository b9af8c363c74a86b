#include "core/task_log.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "async/clock.h"
#include "core/feed.h"
#include "core/limits.h"
#include "core/metrics.h"
#include "core/state_machine.h"
#include "core/task_sql.h"
#include "json/map.h"

namespace flotilla::core {

using a2a::TaskState;

TaskLog::TaskLog(Services& services, TaskRow row)
    : services_(services),
      committed_(row),
      projected_(std::move(row)),
      stored_(true),
      dirty_(false),
      artifacts_known_(false) {}

TaskLog::TaskLog(Services& services, TaskRow row, Creation creation)
    : services_(services),
      committed_(row),
      projected_(std::move(row)),
      stored_(false),
      dirty_(true),
      creation_(std::move(creation)),
      artifacts_known_(true) {
  a2a::Task task;
  task.id = committed_.id.to_string();
  task.contextId = committed_.context_id;
  task.status.state = committed_.state;
  task.status.timestamp = committed_.status_at;
  snapshot_ = std::move(task);
}

TaskRow TaskLog::committed() const {
  std::lock_guard lock(mutex_);
  return committed_;
}

TaskRow TaskLog::projected() const {
  std::lock_guard lock(mutex_);
  return projected_;
}

bool TaskLog::broken() const {
  std::lock_guard lock(mutex_);
  return broken_.has_value();
}

std::size_t TaskLog::pending() const {
  std::lock_guard lock(mutex_);
  return pending_.size();
}

Result<> TaskLog::append(std::optional<std::uint64_t> token, Draft draft) {
  std::lock_guard lock(mutex_);
  if (broken_) return fail(*broken_);
  if (token && (projected_.lease_token != *token || !projected_.lease_holder))
    return fail(Error(Code::conflict, reason::kLeaseLost,
                      "the task is no longer held under this lease; stop writing"));
  if (auto* update = std::get_if<a2a::TaskStatusUpdateEvent>(&draft.change)) {
    if (!may_transition(projected_.state, update->status.state))
      return fail(Error(Code::failed_precondition, reason::kIllegalTransition,
                        fmt::format("a task in {} cannot become {}", wire_name(projected_.state),
                                    wire_name(update->status.state))));
  } else if (a2a::is_terminal(projected_.state)) {
    return fail(Error(Code::failed_precondition, reason::kIllegalTransition,
                      fmt::format("the task is already {}", wire_name(projected_.state))));
  }
  push(std::move(draft), token.value_or(0));
  return ok();
}

void TaskLog::push(Draft draft, std::uint64_t token) {
  auto event = std::make_shared<Event>();
  event->seq = ++projected_.seq;
  event->kind = draft.kind;
  event->at = services_.clock.now();
  event->actor = draft.actor;
  event->payload = std::make_shared<const std::string>(std::move(draft.payload));

  const std::string id = projected_.id.to_string();
  std::vector<db::Value> values;
  values.reserve(10);
  values.emplace_back("task/" + id);
  values.emplace_back(static_cast<std::int64_t>(event->seq));
  values.emplace_back(projected_.name_space);
  values.emplace_back(projected_.owner);
  values.emplace_back(sql::millis(event->at));
  values.emplace_back(std::string(to_string(event->kind)));
  values.emplace_back(event->actor);
  values.emplace_back(static_cast<std::int64_t>(token));
  if (creation_.trace_id.empty())
    values.emplace_back(std::monostate{});
  else
    values.emplace_back(creation_.trace_id);
  values.emplace_back(*event->payload);
  rows_.add(sql::kInsertEvent, std::move(values));

  if (auto* update = std::get_if<a2a::TaskStatusUpdateEvent>(&draft.change)) {
    event->state = update->status.state;
    project_status(*update, *event);
  } else if (auto* chunk = std::get_if<a2a::TaskArtifactUpdateEvent>(&draft.change)) {
    project_artifact(*chunk, *event);
  } else if (auto* message = std::get_if<a2a::Message>(&draft.change)) {
    rows_.add(sql::kInsertMessage, {id, static_cast<std::int64_t>(event->seq), *event->payload});
    new_messages_.emplace_back(event->seq, *message);
  }
  if (draft.change.index() != 0) ++projected_.generation;
  pending_.push_back({std::move(event), std::move(draft)});
}

void TaskLog::project_status(const a2a::TaskStatusUpdateEvent& update, const Event& event) {
  if (projected_.status_message)  // superseded: it becomes history, at its own place
    rows_.add(sql::kInsertMessage,
              {projected_.id.to_string(), static_cast<std::int64_t>(projected_.status_seq),
               std::move(*projected_.status_message)});
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

void TaskLog::project_artifact(const a2a::TaskArtifactUpdateEvent& update, const Event& event) {
  const std::string id = projected_.id.to_string();
  const std::string& artifact = update.artifact.artifactId;
  const bool replaces =
      !update.append.value_or(false) && (!artifacts_known_ || artifact_ids_.contains(artifact));
  if (replaces) rows_.add(sql::kDropArtifact, {id, artifact});
  rows_.add(sql::kInsertArtifact,
            {id, static_cast<std::int64_t>(event.seq), artifact, json::to_text(update.artifact)});
  if (artifacts_known_) artifact_ids_.insert(artifact);
}

std::uint64_t TaskLog::take_lease() {
  std::lock_guard lock(mutex_);
  projected_.lease_holder = services_.holder;
  projected_.lease_expires =
      std::chrono::time_point_cast<std::chrono::milliseconds>(services_.clock.now() + kLease);
  dirty_ = true;
  return ++projected_.lease_token;
}

void TaskLog::release_lease(std::uint64_t token) {
  std::lock_guard lock(mutex_);
  if (projected_.lease_token != token || !projected_.lease_holder) return;
  projected_.lease_holder.reset();
  projected_.lease_expires.reset();
  dirty_ = true;
}

void TaskLog::mark_direct() {
  std::lock_guard lock(mutex_);
  projected_.direct = true;
  dirty_ = true;
}

void TaskLog::attach(const db::Statement& statement, std::vector<db::Value> values) {
  std::lock_guard lock(mutex_);
  rows_.add(statement, std::move(values));
}

void TaskLog::project_pending_start() {
  // A turn that outlives its first commit is working; one that ends within it never shows that.
  if (!running_ || projected_.state != TaskState::submitted) return;
  a2a::TaskStatusUpdateEvent update;
  update.taskId = projected_.id.to_string();
  update.contextId = projected_.context_id;
  update.status.state = TaskState::working;
  update.status.timestamp = services_.clock.now();
  push(Draft::status(projected_.agent, std::move(update)), projected_.lease_token);
}

db::Batch TaskLog::take_batch() {
  project_pending_start();
  db::Batch batch = std::exchange(rows_, {});
  if (stored_) {
    batch.add(sql::kUpdateTask,
              sql::update_parameters(projected_, committed_.seq, committed_.lease_token),
              {1, Error(Code::conflict, reason::kLeaseLost,
                        "the task was changed by another holder meanwhile; try again")});
  } else {
    batch.add(sql::kInsertTask, sql::insert_parameters(projected_));
    for (const auto& step : creation_.rows.steps()) {
      if (step.expect)
        batch.add(*step.statement, step.parameters, *step.expect);
      else
        batch.add(*step.statement, step.parameters);
    }
    creation_.rows = {};
  }
  committing_row_ = projected_;
  in_flight_ = std::exchange(pending_, {});
  dirty_ = false;
  committing_ = true;
  return batch;
}

void TaskLog::commit(Ptr log) {
  std::unique_lock lock(log->mutex_);
  if (log->committing_ || log->broken_) return;
  if (log->pending_.empty() && !log->dirty_) return;
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
  auto& database = log->services_.database;
  database.submit(std::move(batch), [log](Result<db::BatchResult> result) mutable {
    if (log->complete(result)) commit(std::move(log));
  });
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
  publish();
  wake_waiters();
  return !pending_.empty() || dirty_;
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
}

std::optional<Result<>> TaskLog::answer(const Waiter& waiter) const {
  if (broken_) return Result<>(fail(*broken_));
  if (committed_.seq < waiter.seq || !stored_) return std::nullopt;
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
    waiter.seq = log->projected_.seq;
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
