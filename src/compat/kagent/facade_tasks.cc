#include <fmt/format.h>

#include "a2a/v03.h"
#include "compat/kagent/facade_internal.h"
#include "compat/limits.h"

// Tasks as runtimes post them, whole and after each change; and our own, in the 0.3 form.
namespace flotilla::compat::kagent {

namespace {

constexpr std::size_t kMostTasks = 500;  // of one session, each read whole

const db::Statement kSave{
    "INSERT INTO kagent_task (id, namespace, owner, user_id, session, data, created_at, "
    "updated_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT (id) DO UPDATE SET data = excluded.data, "
    "session = excluded.session, updated_at = excluded.updated_at WHERE kagent_task.owner = "
    "excluded.owner AND kagent_task.user_id = excluded.user_id"};
const db::Statement kGet{
    "SELECT data FROM kagent_task WHERE id = $1 AND owner = $2 AND user_id = $3"};
const db::Statement kOfSession{
    "SELECT data FROM kagent_task WHERE owner = $1 AND user_id = $2 AND session = $3 ORDER BY "
    "created_at, id LIMIT $4"};
const db::Statement kDelete{
    "DELETE FROM kagent_task WHERE id = $1 AND owner = $2 AND user_id = $3"};

Error no_task(std::string_view id) {
  return Error(Code::not_found, fmt::format("there is no task '{}'", id.substr(0, 64)));
}

std::int64_t millis(Time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

json::Value shown(a2a::Task task) {
  return json::to_value(a2a::v03::to_v03(std::move(task), a2a::v03::Form::rpc));
}

core::Visibility visibility_of(const http::Request& request) {
  core::Visibility visibility;
  visibility.principal = request.context.principal;
  return visibility;
}

/// Only what 1.0 and 0.3 call a task here; another version's form cannot be told apart later.
Result<> check_version(const http::Request& request) {
  const auto version = request.headers.find("A2A-Version").value_or("");
  if (version.empty() || version == "0.3" || version == "1.0") return ok();
  return fail(invalid("A2A-Version", "is not 0.3 or 1.0"));
}

}  // namespace

Async<Answer> save_task(const Facade& facade, http::Request& request) {
  CO_TRY_VOID(check_version(request));
  CO_TRY(body, body_of(request));
  CO_TRY(id, needed_text_in(body, "id"));
  CO_TRY(session, text_in(body, "contextId"));
  if (session.empty()) {
    CO_TRY(other, text_in(body, "context_id"));
    session = std::move(other);
  }
  session.resize(std::min(session.size(), kMaxKagentIdBytes));
  const auto who = who_of(request);
  const auto name = request.headers.find("X-Agent-Name").value_or("");
  const auto agent = agent_named(facade, request, name);
  const auto name_space = agent ? agent->name_space : request.context.principal->home();
  Error taken(Code::conflict, fmt::format("the task '{}' is another user's", id.substr(0, 64)));
  db::Batch batch;
  batch.add(kSave,
            {id, name_space, who.owner, who.user_id, session, json::to_string(body),
             millis(facade.clock.now())},
            {1, std::move(taken)});
  CO_TRY_VOID(co_await facade.database.write(std::move(batch)));
  co_return answer(std::move(body), "Successfully created task", 201);
}

Async<Answer> get_task(const Facade& facade, http::Request& request) {
  CO_TRY_VOID(check_version(request));
  const auto who = who_of(request);
  const std::string id(request.param("id"));
  std::vector<db::Value> values{id, who.owner, who.user_id};
  CO_TRY(rows, co_await facade.database.read(kGet, std::move(values)));
  if (!rows.empty()) {
    CO_TRY(task, json::parse(db::text_at(rows.front(), 0)));
    co_return answer(std::move(task), "Successfully retrieved task");
  }
  // A runtime asks for its own tasks only.
  if (request.headers.find("X-Agent-Name")) co_return fail(no_task(id));
  auto log = co_await facade.tasks.find(id, visibility_of(request));
  if (!log) co_return fail(no_task(id));
  CO_TRY(loaded, co_await core::TaskLog::load(*log));
  co_return answer(shown(std::move(loaded.first)), "Successfully retrieved task");
}

Async<Answer> delete_task(const Facade& facade, http::Request& request) {
  const auto who = who_of(request);
  const std::string id(request.param("id"));
  db::Batch batch;
  batch.add(kDelete, {id, who.owner, who.user_id}, {1, no_task(id)});
  CO_TRY_VOID(co_await facade.database.write(std::move(batch)));
  co_return answer(json::Value(), "Task deleted successfully");
}

Async<Answer> session_tasks(const Facade& facade, http::Request& request) {
  CO_TRY_VOID(check_version(request));
  const auto who = who_of(request);
  std::string id(request.param("id"));
  std::vector<db::Value> values{who.owner, who.user_id, id, static_cast<std::int64_t>(kMostTasks)};
  CO_TRY(rows, co_await facade.database.read(kOfSession, std::move(values)));
  json::Array tasks;
  for (const auto& row : rows) {
    CO_TRY(task, json::parse(db::text_at(row, 0)));
    tasks.push_back(std::move(task));
  }
  if (!request.headers.find("X-Agent-Name")) {
    core::TaskFilter filter;
    filter.context_id = id;
    filter.limit = kMostTasks;
    CO_TRY(page, co_await facade.tasks.list(visibility_of(request), std::move(filter)));
    for (auto row = page.rows.rbegin(); row != page.rows.rend(); ++row) {
      CO_TRY(task, co_await facade.tasks.load(*row));
      tasks.push_back(shown(std::move(task)));
    }
  }
  co_return answer(std::move(tasks), "Successfully retrieved session tasks");
}

}  // namespace flotilla::compat::kagent
