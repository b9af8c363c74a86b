#include "api/query.h"
#include "api/route.h"
#include "api/views.h"

namespace flotilla::api::sessions {

namespace {

SessionView view_of(const core::Session& session) {
  SessionView view;
  view.uid = session.uid.to_string();
  view.namespace_ = session.name_space;
  view.owner = session.owner;
  view.contextId = session.context_id;
  view.kind = session.kind;
  view.agent = session.agent;
  view.title = session.title;
  view.createdAt = session.created_at;
  view.lastActivity = session.last_activity;
  view.expiresAt = session.expires_at;
  return view;
}

Async<Result<SessionList>> load_list(const Sources& sources, http::Request& request) {
  CO_TRY(limit, limit_of(request));
  std::optional<core::SessionId> before;
  CO_TRY(cursor, value_of(request, "cursor"));
  if (!cursor.empty()) {
    before = core::SessionId::parse(cursor);
    if (!before) co_return fail(invalid("cursor", "is not a nextCursor of this list"));
  }
  auto principal = request.context.principal;
  std::string name_space(request.param("ns"));
  if (name_space.empty()) {
    CO_TRY(wanted, value_of(request, "namespace"));
    name_space = std::move(wanted);
  }
  CO_TRY(page, co_await sources.sessions.list(principal, name_space, before, limit));
  SessionList list;
  for (const auto& session : page.rows) list.items.push_back(view_of(session));
  if (page.next) list.nextCursor = page.next->to_string();
  co_return list;
}

Async<Result<SessionView>> load_one(const Sources& sources, http::Request& request) {
  const auto uid = core::SessionId::parse(request.param("uid"));
  auto principal = request.context.principal;
  std::string name_space(request.param("ns"));
  // A malformed uid is an unknown one: the store says so in its own words.
  CO_TRY(session,
         co_await sources.sessions.get(principal, name_space, uid.value_or(core::SessionId{})));
  co_return view_of(session);
}

}  // namespace

Async<http::Response> list(const Sources& sources, http::Request& request) {
  auto page = co_await load_list(sources, request);
  co_return page ? answer(*page) : http::Response::problem(page.error());
}

Async<http::Response> get(const Sources& sources, http::Request& request) {
  auto session = co_await load_one(sources, request);
  co_return session ? answer(*session) : http::Response::problem(session.error());
}

}  // namespace flotilla::api::sessions
