#include "api/query.h"
#include "api/route.h"
#include "api/views.h"
#include "core/place.h"

namespace flotilla::api::tasks {

TaskView view_of(const core::TaskRow& row) {
  TaskView view;
  view.id = row.id.to_string();
  view.namespace_ = row.name_space;
  view.agent = row.agent;
  view.owner = row.owner;
  view.session = row.session.to_string();
  view.contextId = row.context_id;
  if (row.parent) view.parent = row.parent->to_string();
  view.state = row.state;
  view.statusAt = row.status_at;
  view.createdAt = row.created_at;
  view.seq = static_cast<std::int64_t>(row.seq);
  view.generation = static_cast<std::int64_t>(row.generation);
  view.direct = row.direct;
  return view;
}

namespace {

core::Visibility visibility_of(const http::Request& request) {
  core::Visibility visibility;
  visibility.principal = request.context.principal;
  return visibility;
}

/// `working`, `TASK_STATE_WORKING` and `input-required` all name their state.
Result<std::optional<a2a::TaskState>> state_of(const std::string& text) {
  if (text.empty()) return std::optional<a2a::TaskState>();
  std::string upper;
  for (char c : text)
    upper += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (!upper.starts_with("TASK_STATE_")) upper.insert(0, "TASK_STATE_");
  for (int i = 1; i <= static_cast<int>(a2a::TaskState::auth_required); ++i) {
    const auto state = static_cast<a2a::TaskState>(i);
    if (wire_name(state) == upper) return std::optional(state);
  }
  return fail(invalid("state", "'" + text +
                                   "' is not submitted, working, completed, failed, canceled, "
                                   "input-required, rejected or auth-required"));
}

Result<core::TaskFilter> filter_of(const http::Request& request) {
  core::TaskFilter filter;
  TRY(limit, limit_of(request));
  filter.limit = limit;
  TRY(state_name, value_of(request, "state"));
  TRY(state, state_of(state_name));
  filter.state = state;
  filter.include_direct = true;
  TRY(context, value_of(request, "contextId"));
  if (!context.empty()) filter.context_id = std::move(context);
  TRY(session, value_of(request, "session"));
  if (!session.empty()) {
    filter.session = core::SessionId::parse(session);
    if (!filter.session) return fail(invalid("session", "is not a session uid"));
  }
  TRY(cursor, value_of(request, "cursor"));
  if (!cursor.empty()) {
    TRY(place, place_of(cursor));
    filter.before = place;
  }
  return filter;
}

Async<Result<TaskList>> load_list(const Sources& sources, http::Request& request) {
  CO_TRY(filter, filter_of(request));
  auto visibility = visibility_of(request);
  CO_TRY(name_space, value_of(request, "namespace"));
  CO_TRY(agent, value_of(request, "agent"));
  visibility.name_space = std::move(name_space);
  visibility.agent = std::move(agent);
  CO_TRY(page, co_await sources.tasks.list(std::move(visibility), std::move(filter)));
  TaskList list;
  for (const auto& row : page.rows) list.items.push_back(view_of(row));
  if (page.next) list.nextCursor = core::encode_place(*page.next);
  co_return list;
}

Async<Result<TaskView>> load_one(const Sources& sources, http::Request& request, bool cancel) {
  auto visibility = visibility_of(request);
  const std::string id(request.param("id"));
  CO_TRY(log, co_await sources.tasks.find(id, std::move(visibility)));
  if (cancel) CO_TRY_VOID(co_await sources.tasks.cancel(log, request.context.principal));
  CO_TRY(loaded, co_await core::TaskLog::load(log));
  auto view = view_of(log->committed());
  view.task = std::move(loaded.first);
  const auto task = log->committed().id;
  CO_TRY(spent, co_await sources.usage->of_task(task));
  if (spent != core::Spending{}) view.usage = TaskUsage{spent.tokens, spent.cost.dollars()};
  co_return view;
}

}  // namespace

Async<http::Response> list(const Sources& sources, http::Request& request) {
  auto page = co_await load_list(sources, request);
  co_return page ? answer(*page) : http::Response::problem(page.error());
}

Async<http::Response> get(const Sources& sources, http::Request& request) {
  auto task = co_await load_one(sources, request, false);
  co_return task ? answer(*task) : http::Response::problem(task.error());
}

Async<http::Response> cancel(const Sources& sources, http::Request& request) {
  auto task = co_await load_one(sources, request, true);
  co_return task ? answer(*task) : http::Response::problem(task.error());
}

}  // namespace flotilla::api::tasks
