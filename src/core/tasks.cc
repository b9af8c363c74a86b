#include "core/tasks.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <cstring>

#include "async/clock.h"
#include "base/hash.h"
#include "core/limits.h"
#include "core/outbox.h"
#include "core/state_machine.h"
#include "core/task_sql.h"
#include "json/map.h"

namespace flotilla::core {

using a2a::TaskState;

namespace {

Error task_not_found(const std::string& id) {
  return Error(Code::not_found, reason::kTaskNotFound, "there is no task " + id + " here")
      .with_metadata("taskId", id);
}

a2a::TaskStatusUpdateEvent status_update(Services& services, const TaskRow& row, TaskState state) {
  a2a::TaskStatusUpdateEvent update;
  update.taskId = row.id.to_string();
  update.contextId = row.context_id;
  update.status.state = state;
  update.status.timestamp = services.clock.now();
  return update;
}

}  // namespace

DedupeKey DedupeKey::of(std::string_view text) {
  const auto digest = sha256(text);
  DedupeKey key;
  std::memcpy(&key.number, digest.data(), sizeof key.number);
  std::memcpy(&key.check, digest.data() + sizeof key.number, sizeof key.check);
  return key;
}

bool Visibility::admits(const TaskRow& row) const {
  if (!principal->may_enter(row.name_space) || !principal->sees_owner(row.owner)) return false;
  return agent.empty() || (row.agent == agent && row.name_space == name_space);
}

Tasks::Tasks(Services& services, Sessions& sessions, Scheduler& scheduler, AgentRegistry& agents,
             Duration dedupe)
    : services_(services),
      sessions_(sessions),
      scheduler_(scheduler),
      agents_(agents),
      dedupe_(dedupe),
      shards_(std::make_shared<Shards>()) {}

Tasks::~Tasks() = default;

Tasks::Shard& Tasks::shard(const TaskId& id) {
  return (*shards_)[std::hash<TaskId>{}(id) % shards_->size()];
}

TaskLog::Ptr Tasks::live(const TaskId& id, std::uint64_t* gone) {
  auto& home = shard(id);
  TaskLog::Ptr log;  // outlives the lock: the last owner of a log takes it
  std::lock_guard lock(home.mutex);
  if (gone != nullptr) *gone = home.gone;
  auto found = home.logs.find(id);
  if (found != home.logs.end()) log = found->second.lock();
  if (log && !log->broken()) return log;
  return nullptr;
}

TaskLog::Ptr Tasks::share(const TaskId& id, std::unique_ptr<TaskLog> log,
                          std::optional<std::uint64_t> gone) {
  auto& home = shard(id);
  TaskLog::Ptr other;  // outlives the lock, which its deleter takes
  std::lock_guard lock(home.mutex);
  if (auto found = home.logs.find(id); found != home.logs.end()) other = found->second.lock();
  if (other && !other->broken()) return other;
  if (gone && *gone != home.gone) return nullptr;
  auto forget = [shards = shards_, &home, id](TaskLog* last) {
    {
      std::lock_guard guard(home.mutex);
      ++home.gone;
      auto found = home.logs.find(id);
      if (found != home.logs.end() && found->second.expired()) home.logs.erase(found);
    }
    std::default_delete<TaskLog>{}(last);
  };
  TaskLog::Ptr shared(log.release(), std::move(forget));
  home.logs[id] = shared;
  return shared;
}

TaskLog::Ptr Tasks::entry(TaskRow row) {
  const TaskId id = row.id;
  if (auto log = live(id)) return log;
  return share(id, std::make_unique<TaskLog>(services_, std::move(row)));
}

Time Tasks::expiry(Time now) const {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(now + dedupe_);
}

std::vector<db::Value> Tasks::idempotency(DedupeKey key, const TaskId& task) const {
  const Time now = services_.clock.now();
  return {key.number, key.check, task.to_string(), sql::millis(expiry(now)), sql::millis(now)};
}

Async<Result<TaskLog::Ptr>> Tasks::create(NewTask task) {
  return create_with(std::move(task), {});
}

Async<Result<TaskLog::Ptr>> Tasks::create_with(NewTask task, std::vector<Draft> entries) {
  Creation creation;
  creation.traceparent = std::move(task.traceparent);
  const std::string sender = task.principal->name;
  const std::string owner = task.owner.empty() ? sender : task.owner;
  db::Batch session_rows;
  CO_TRY(session, co_await sessions_.open(task.name_space, owner, task.agent,
                                          std::move(task.context_id), &session_rows));
  const Time now = services_.clock.now();
  TaskRow row;
  row.id = TaskId{make_uuid_v7(now, services_.random)};
  row.name_space = std::move(task.name_space);
  row.agent = std::move(task.agent);
  row.owner = owner;
  row.session = session.uid;
  row.context_id = session.context_id;
  row.parent = task.parent;
  row.status_at = now;
  row.created_at = now;
  static const Error sent(Code::already_exists, "this message was sent before");
  if (task.dedupe_key && deduplicates())
    creation.rows.add(sql::kInsertIdempotency, idempotency(*task.dedupe_key, row.id), {1, sent});
  creation.rows.add(std::move(session_rows));
  if (task.push && services_.outbox != nullptr)
    services_.outbox->insert(creation.rows, row, std::move(*task.push));

  task.message.taskId = row.id.to_string();
  task.message.contextId = row.context_id;
  auto agent = agents_.find(row.name_space, row.agent);
  const TaskId id = row.id;
  auto log = share(id, std::make_unique<TaskLog>(services_, std::move(row), std::move(creation)));
  CO_TRY_VOID(log->append(std::nullopt, Draft::message(sender, std::move(task.message))));
  for (auto& entry : entries) CO_TRY_VOID(log->append(std::nullopt, std::move(entry)));
  if (!entries.empty()) CO_TRY_VOID(co_await TaskLog::durable(log));
  auto here = co_await boost::asio::this_coro::executor;
  if (agent && agent->runner) scheduler_.start_run(here, log, agent->runner);
  co_return log;
}

Async<Result<std::optional<TaskId>>> Tasks::find_duplicate(DedupeKey key) {
  std::vector<db::Value> parameters{key.number, key.check, sql::millis(services_.clock.now())};
  CO_TRY(rows, co_await services_.database.read(sql::kSelectIdempotency, parameters, 1));
  std::optional<TaskId> found;
  if (!rows.empty()) found = TaskId::parse(db::text_at(rows.front(), 0));
  co_return found;
}

Async<Result<TaskLog::Ptr>> Tasks::find_log(TaskId id) {
  for (;;) {
    std::uint64_t gone = 0;
    if (auto log = live(id, &gone)) co_return log;
    std::vector<db::Value> parameters{id.to_string()};
    CO_TRY(rows, co_await services_.database.read(sql::kSelectTask, parameters, 1));
    if (rows.empty()) co_return fail(task_not_found(id.to_string()));
    // A log that came and went during the read may have written more than was read.
    auto log = std::make_unique<TaskLog>(services_, sql::to_task(rows.front()));
    if (auto shared = share(id, std::move(log), gone)) co_return shared;
  }
}

Async<Result<TaskLog::Ptr>> Tasks::find(std::string id, Visibility visibility) {
  auto parsed = TaskId::parse(id);
  if (!parsed) co_return fail(task_not_found(id));
  auto log = co_await find_log(*parsed);
  if (!log && log.error().code() != Code::not_found) co_return fail(log.error());
  if (!log || !visibility.admits((*log)->projected())) co_return fail(task_not_found(id));
  if (!(*log)->stored()) {
    auto stored = co_await TaskLog::durable(*log);
    if (!stored) co_return fail(task_not_found(id));
  }
  co_return std::move(*log);
}

Error Tasks::ended(const TaskRow& row) {
  return {Code::failed_precondition, reason::kUnsupportedOperation,
          fmt::format("task {} has ended ({}); send a message without taskId to go on in its "
                      "context",
                      row.id.to_string(), wire_name(row.state))};
}

Async<Result<TaskLog::Appended>> Tasks::add_input(TaskLog::Ptr log, Draft message,
                                                  std::optional<DedupeKey> dedupe_key,
                                                  db::Batch rows, TaskLog::Along along) {
  const auto row = log->projected();
  sessions_.touch(row.session, &rows);
  if (dedupe_key) rows.add(sql::kInsertIdempotency, idempotency(*dedupe_key, row.id));
  auto added = log->append_input(std::move(message), dedupe_key, std::move(rows), std::move(along));
  if (!added && added.error().reason() != reason::kIllegalTransition) co_return fail(added.error());
  if (added && *added == TaskLog::Appended::moved) co_return added;
  auto agent = agents_.find(row.name_space, row.agent);
  auto here = co_await boost::asio::this_coro::executor;
  const bool begins = added && *added == TaskLog::Appended::begins;
  if (begins && agent && agent->runner) scheduler_.start_run(here, log, agent->runner);
  // Its end, too, is told only once it is stored.
  CO_TRY_VOID(co_await TaskLog::durable(log));
  if (!added) co_return fail(ended(log->committed()));
  co_return added;
}

// The caller awaits at once.
Async<Result<std::optional<InputAddition>>> Tasks::admission(
    TaskLog::Ptr log, std::shared_ptr<const Principal> principal, const a2a::Message& message,
    std::uint64_t* at) {
  std::optional<InputAddition> addition;
  if (services_.gate == nullptr || !services_.gate->concerns(log->projected(), message))
    co_return addition;
  CO_TRY_VOID(co_await TaskLog::durable(log));
  const auto row = log->committed();
  CO_TRY(admitted, co_await services_.gate->admit(row, std::move(principal), message));
  *at = row.seq;
  addition = std::move(admitted);
  co_return addition;
}

Async<Result<>> Tasks::add_message(TaskLog::Ptr log, std::shared_ptr<const Principal> principal,
                                   a2a::Message message, std::optional<DedupeKey> dedupe_key) {
  const auto row = log->projected();
  message.taskId = row.id.to_string();
  message.contextId = row.context_id;
  for (int attempt = 0; attempt < kMaxGateAttempts; ++attempt) {
    // What was taken a moment ago is not judged twice.
    if (dedupe_key && log->took(*dedupe_key)) co_return co_await TaskLog::durable(log);
    std::uint64_t at = 0;
    CO_TRY(addition, co_await admission(log, principal, message, &at));
    TaskLog::Along along;
    db::Batch rows;
    const bool judged = addition.has_value();
    if (addition) {
      along.entries = std::move(addition->entries);
      along.at = at;
      rows = std::move(addition->rows);
    }
    auto draft = Draft::message(principal->name, message);
    CO_TRY(added, co_await add_input(log, std::move(draft), dedupe_key, std::move(rows),
                                     std::move(along)));
    if (added == TaskLog::Appended::moved) continue;
    if (judged) services_.gate->admitted(row);
    co_return ok();
  }
  co_return fail(Error(Code::unavailable, "the task changes too quickly; try again"));
}

Async<Result<bool>> Tasks::add_decided(TaskLog::Ptr log, std::shared_ptr<const Principal> principal,
                                       std::uint64_t at, InputAddition addition,
                                       std::optional<a2a::Message> message) {
  if (!message) {
    CO_TRY(added, log->append_at(at, std::move(addition.entries), std::move(addition.rows)));
    CO_TRY_VOID(co_await TaskLog::durable(log));
    co_return added;
  }
  const auto row = log->projected();
  message->taskId = row.id.to_string();
  message->contextId = row.context_id;
  TaskLog::Along along;
  along.entries = std::move(addition.entries);
  along.at = at;
  auto draft = Draft::message(principal->name, std::move(*message));
  CO_TRY(added, co_await add_input(log, std::move(draft), std::nullopt, std::move(addition.rows),
                                   std::move(along)));
  co_return added != TaskLog::Appended::moved;
}

Async<Result<>> Tasks::cancel(TaskLog::Ptr log, std::shared_ptr<const Principal> principal) {
  auto update = status_update(services_, log->projected(), TaskState::canceled);
  auto draft = Draft::status(principal->name, std::move(update));
  db::Batch rows;
  if (services_.gate != nullptr) rows = services_.gate->at_cancel(log->projected());
  auto canceled = log->append(std::nullopt, std::move(draft), std::move(rows));
  if (!canceled && canceled.error().reason() != reason::kIllegalTransition)
    co_return fail(canceled.error());
  if (canceled) log->cancel_turn();
  CO_TRY_VOID(co_await TaskLog::durable(log));
  const auto row = log->committed();
  if (row.state == TaskState::canceled) co_return ok();
  co_return fail(
      Error(Code::failed_precondition, reason::kTaskNotCancelable,
            fmt::format("task {} has ended already ({})", row.id.to_string(), wire_name(row.state)))
          .with_metadata("taskId", row.id.to_string()));
}

Async<Result<a2a::Task>> Tasks::load(const TaskRow& row) {
  // One that nobody uses is not shared: the row may be old by now.
  auto log = live(row.id);
  if (!log) log = std::make_shared<TaskLog>(services_, row);
  CO_TRY(loaded, co_await TaskLog::load(log));
  co_return std::move(loaded.first);
}

}  // namespace flotilla::core
