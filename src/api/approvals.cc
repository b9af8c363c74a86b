#include "agents/approvals/approvals.h"

#include "agents/approvals/approval_view.h"
#include "api/query.h"
#include "api/route.h"

namespace flotilla::api {

namespace {

using flotilla::agents::Approval;
using flotilla::agents::ApprovalFilter;
using flotilla::agents::ApprovalList;
using flotilla::agents::ApprovalView;
using flotilla::agents::DecisionInput;
using http::Method;

Result<ApprovalFilter> filter_of(const http::Request& request) {
  ApprovalFilter filter;
  TRY(limit, limit_of(request));
  filter.limit = limit;
  TRY(name_space, value_of(request, "namespace"));
  filter.name_space = std::move(name_space);
  TRY(agent, value_of(request, "agent"));
  filter.agent = std::move(agent);
  TRY(task, value_of(request, "task"));
  if (!task.empty()) {
    filter.task = core::TaskId::parse(task);
    if (!filter.task) return fail(invalid("task", "is not the id of a task"));
  }
  TRY(state, value_of(request, "state"));
  if (!state.empty()) {
    TRY(parsed, flotilla::agents::parse_approval_state(state));
    filter.state = parsed;
  }
  TRY(cursor, value_of(request, "cursor"));
  if (!cursor.empty()) {
    TRY(place, flotilla::agents::approval_place(cursor));
    filter.before = place;
  }
  return filter;
}

Async<Result<ApprovalList>> load(const Sources& sources, http::Request& request) {
  CO_TRY(filter, filter_of(request));
  const auto principal = request.context.principal;
  CO_TRY(page, co_await sources.approvals->list(principal, std::move(filter)));
  co_return flotilla::agents::list_of(page, *principal);
}

Async<Result<Approval>> take_decision(const Sources& sources, http::Request& request) {
  CO_TRY(input, body_of<DecisionInput>(request));
  CO_TRY(decision, flotilla::agents::decision_of(std::move(input), "api"));
  std::string id(request.param("id"));
  co_return co_await sources.approvals->decide(request.context.principal, std::move(id),
                                               std::move(decision));
}

http::Response answer_item(const Result<Approval>& item, const http::Request& request) {
  if (!item) return http::Response::problem(item.error());
  return answer(flotilla::agents::view_of(*item, *request.context.principal));
}

Async<http::Response> list(const Sources& sources, http::Request& request) {
  const auto page = co_await load(sources, request);
  co_return page ? answer(*page) : http::Response::problem(page.error());
}

Async<http::Response> get(const Sources& sources, http::Request& request) {
  std::string id(request.param("id"));
  const auto item = co_await sources.approvals->get(request.context.principal, std::move(id));
  co_return answer_item(item, request);
}

Async<http::Response> decide(const Sources& sources, http::Request& request) {
  const auto item = co_await take_decision(sources, request);
  co_return answer_item(item, request);
}

Async<http::Response> revoke(const Sources& sources, http::Request& request) {
  std::string id(request.param("id"));
  const auto item = co_await sources.approvals->revoke(request.context.principal, std::move(id));
  co_return answer_item(item, request);
}

}  // namespace

void add_approval_routes(std::vector<Route>& table) {
  const auto add = [&](Method method, std::string_view pattern, std::string_view summary,
                       auto handle) {
    Route route;
    route.method = method;
    route.pattern = pattern;
    route.summary = summary;
    route.schema = schema_of<ApprovalView>;
    route.handle = handle;
    if (method != Method::get) route.role = Role::operator_;
    table.push_back(route);
  };
  add(Method::get, "/api/v1/approvals",
      "Calls that wait for a decision and questions of agents, newest first", list);
  table.back().schema = schema_of<ApprovalList>;
  table.back().query = {{"limit", "items of one page, 1 to 500, 50 by default"},
                        {"cursor", "nextCursor of the page before"},
                        {"namespace", "only of this namespace"},
                        {"agent", "only of agents of this name"},
                        {"task", "only of this task"},
                        {"state", "only in this state, such as pending; all by default"}};
  add(Method::get, "/api/v1/approvals/{id}", "One of them", get);
  add(Method::post, "/api/v1/approvals/{id}/decide",
      "Approves or rejects a call, or answers a question; counts once", decide);
  table.back().body = schema_of<DecisionInput>;
  add(Method::post, "/api/v1/approvals/{id}/revoke",
      "Ends an approval that was given for a session", revoke);
}

}  // namespace flotilla::api
