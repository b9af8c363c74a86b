#include "core/tasks.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>

#include "async/clock.h"
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
      dedupe_(dedupe) {}

Tasks::~Tasks() = default;

Tasks::Shard& Tasks::shard(const TaskId& id) {
  return shards_[std::hash<TaskId>{}(id) % shards_.size()];
}

TaskLog::Ptr Tasks::live(const TaskId& id) {
  auto& home = shard(id);
  std::lock_guard lock(home.mutex);
  auto found = home.logs.find(id);
  if (found == home.logs.end()) return nullptr;
  auto log = found->second.lock();
  return log && !log->broken() ? log : nullptr;
}

TaskLog::Ptr Tasks::share(const TaskId& id, std::unique_ptr<TaskLog> log) {
  auto& home = shard(id);
  auto forget = [&home, id](TaskLog* gone) {
    {
      std::lock_guard lock(home.mutex);
      auto found = home.logs.find(id);
      if (found != home.logs.end() && found->second.expired()) home.logs.erase(found);
    }
    std::default_delete<TaskLog>{}(gone);
  };
  TaskLog::Ptr shared(log.release(), forget);
  std::lock_guard lock(home.mutex);
  auto& place = home.logs[id];
  if (auto other = place.lock(); other && !other->broken()) return other;
  place = shared;
  return shared;
}

TaskLog::Ptr Tasks::entry(TaskRow row) {
  if (auto log = live(row.id)) return log;
  const TaskId id = row.id;
  return share(id, std::make_unique<TaskLog>(services_, std::move(row)));
}

Time Tasks::expiry(Time now) const {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(now + dedupe_);
}

void Tasks::add_idempotency(db::Batch& batch, const std::string& key,
                            const std::string& task) const {
  if (key.empty() || dedupe_ <= Duration::zero()) return;
  const Time now = services_.clock.now();
  batch.add(sql::kInsertIdempotency, {key, task, sql::millis(expiry(now)), sql::millis(now)},
            {1, Error(Code::already_exists, "this message was sent before")});
}

Async<Result<TaskLog::Ptr>> Tasks::create(NewTask task) {
  Creation creation;
  creation.trace_id = std::move(task.trace_id);
  const std::string owner = task.principal->name;
  CO_TRY(session, co_await sessions_.open(task.name_space, owner, task.agent,
                                          std::move(task.context_id), &creation.rows));
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
  add_idempotency(creation.rows, task.dedupe_key, row.id.to_string());

  task.message.taskId = row.id.to_string();
  task.message.contextId = row.context_id;
  auto agent = agents_.find(row.name_space, row.agent);
  auto log = share(row.id, std::make_unique<TaskLog>(services_, row, std::move(creation)));
  CO_TRY_VOID(log->append(std::nullopt, Draft::message(owner, std::move(task.message))));
  if (agent && agent->runner && scheduler_.has_room()) {
    auto here = co_await boost::asio::this_coro::executor;
    const std::uint64_t token = log->take_lease();
    scheduler_.start_run(here, log, token, agent->runner, 0);
  }
  co_return log;
}

Async<Result<std::optional<TaskId>>> Tasks::find_duplicate(std::string dedupe_key) {
  std::vector<db::Value> parameters{std::move(dedupe_key), sql::millis(services_.clock.now())};
  CO_TRY(rows, co_await services_.database.read(sql::kSelectIdempotency, parameters, 1));
  std::optional<TaskId> found;
  if (!rows.empty()) found = TaskId::parse(db::text_at(rows.front(), 0));
  co_return found;
}

Async<Result<TaskLog::Ptr>> Tasks::find(std::string id, Visibility visibility) {
  auto parsed = TaskId::parse(id);
  if (!parsed) co_return fail(task_not_found(id));
  if (auto log = live(*parsed)) {
    if (!visibility.admits(log->projected())) co_return fail(task_not_found(id));
    co_return log;
  }
  std::vector<db::Value> parameters{parsed->to_string()};
  CO_TRY(rows, co_await services_.database.read(sql::kSelectTask, parameters, 1));
  if (rows.empty()) co_return fail(task_not_found(id));
  auto row = sql::to_task(rows.front());
  if (!visibility.admits(row)) co_return fail(task_not_found(id));
  co_return entry(std::move(row));
}

Async<Result<>> Tasks::add_message(TaskLog::Ptr log, std::shared_ptr<const Principal> principal,
                                   a2a::Message message, std::string dedupe_key) {
  auto row = log->projected();
  if (a2a::is_terminal(row.state))
    co_return fail(Error(Code::failed_precondition, reason::kUnsupportedOperation,
                         fmt::format("task {} has ended ({}); send a message without taskId to go "
                                     "on in its context",
                                     row.id.to_string(), wire_name(row.state))));
  message.taskId = row.id.to_string();
  message.contextId = row.context_id;
  std::uint64_t last = 0;
  const auto recent = log->messages_after(0, &last);
  const bool repeated = std::any_of(recent.begin(), recent.end(), [&](const a2a::Message& earlier) {
    return earlier.messageId == message.messageId &&
           json::to_text(earlier) == json::to_text(message);
  });
  if (repeated && !dedupe_key.empty()) co_return co_await TaskLog::durable(log);
  if (!dedupe_key.empty()) {
    const Time now = services_.clock.now();
    log->attach(sql::kInsertIdempotency,
                {dedupe_key, row.id.to_string(), sql::millis(expiry(now)), sql::millis(now)});
  }
  CO_TRY_VOID(log->append(std::nullopt, Draft::message(principal->name, std::move(message))));
  auto agent = agents_.find(row.name_space, row.agent);
  if (a2a::is_interrupted(row.state) && agent && agent->runner && scheduler_.has_room()) {
    auto here = co_await boost::asio::this_coro::executor;
    const std::uint64_t token = log->take_lease();
    auto update = status_update(services_, row, TaskState::working);
    CO_TRY_VOID(log->append(token, Draft::status(row.agent, std::move(update))));
    scheduler_.start_run(here, log, token, agent->runner, 0);
  }
  co_return co_await TaskLog::durable(log);
}

Async<Result<>> Tasks::cancel(TaskLog::Ptr log, std::shared_ptr<const Principal> principal) {
  auto row = log->projected();
  if (row.state == TaskState::canceled) co_return co_await TaskLog::durable(log);
  if (a2a::is_terminal(row.state))
    co_return fail(Error(Code::failed_precondition, reason::kTaskNotCancelable,
                         fmt::format("task {} has ended already ({})", row.id.to_string(),
                                     wire_name(row.state)))
                       .with_metadata("taskId", row.id.to_string()));
  auto update = status_update(services_, row, TaskState::canceled);
  auto draft = Draft::status(principal->name, std::move(update));
  CO_TRY_VOID(log->append(std::nullopt, std::move(draft)));
  log->cancel_run();
  co_return co_await TaskLog::durable(log);
}

Async<Result<a2a::Task>> Tasks::load(const TaskRow& row) {
  CO_TRY(loaded, co_await TaskLog::load(entry(row)));
  co_return std::move(loaded.first);
}

}  // namespace flotilla::core
