#include "agents/memory/memory.h"
#include "api/memory_views.h"
#include "api/query.h"
#include "api/route.h"
#include "auth/access.h"
#include "core/messaging.h"

namespace flotilla::api::memories {

namespace {

MemoryView view_of(::flotilla::agents::MemoryItem item) {
  MemoryView view;
  view.agent = std::move(item.agent);
  view.owner = std::move(item.owner);
  view.name = std::move(item.name);
  view.value = std::move(item.value);
  view.createdAt = item.created_at;
  view.updatedAt = item.updated_at;
  view.expiresAt = item.expires_at;
  view.used = item.used;
  return view;
}

/// The caller, or whom an admin names.
Result<std::string> owner_of(const http::Request& request) {
  const auto& principal = *request.context.principal;
  TRY(owner, value_of(request, "owner"));
  if (owner.empty()) return principal.name;
  if (owner != principal.name) TRY_VOID(auth::require(principal, Role::admin));
  return owner;
}

Result<::flotilla::agents::MemoryScope> scope_of(const http::Request& request) {
  ::flotilla::agents::MemoryScope scope;
  scope.name_space = request.param("ns");
  scope.agent = request.param("name");
  TRY_VOID(core::check_namespace(scope.name_space, *request.context.principal));
  TRY(owner, owner_of(request));
  scope.owner = std::move(owner);
  return scope;
}

Async<Result<MemoryList>> search(const Sources& sources, ::flotilla::agents::MemoryScope scope,
                                 std::string query, std::size_t limit) {
  ::flotilla::agents::MemorySearch how;
  how.limit = limit;
  CO_TRY(found, co_await sources.memory->search(std::move(scope), std::move(query), how,
                                                ::flotilla::agents::Embedder()));
  MemoryList list;
  for (auto& one : found) {
    list.items.push_back(view_of(std::move(one.item)));
    list.items.back().score = one.score;
  }
  co_return list;
}

Async<Result<MemoryList>> load_list(const Sources& sources, http::Request& request) {
  CO_TRY(scope, scope_of(request));
  CO_TRY(limit, limit_of(request));
  CO_TRY(query, value_of(request, "query"));
  CO_TRY(cursor, value_of(request, "cursor"));
  if (!query.empty() && !scope.agent.empty())
    co_return co_await search(sources, std::move(scope), std::move(query), limit);
  std::int64_t before = 0;
  if (!cursor.empty()) {
    before = json::Value(json::Number{cursor}).as_int64().value_or(0);
    if (before < 1) co_return fail(invalid("cursor", "is not the nextCursor of a page"));
  }
  ::flotilla::agents::MemoryFilter filter;
  filter.name_space = std::move(scope.name_space);
  filter.owner = std::move(scope.owner);
  if (!scope.agent.empty()) filter.agent = std::move(scope.agent);
  CO_TRY(items, co_await sources.memory->store().list(std::move(filter), before,
                                                      static_cast<std::int64_t>(limit)));
  MemoryList list;
  if (items.size() == limit) list.nextCursor = std::to_string(items.back().number);
  for (auto& item : items) list.items.push_back(view_of(std::move(item)));
  co_return list;
}

Async<Result<MemoryView>> save_one(const Sources& sources, http::Request& request) {
  CO_TRY(scope, scope_of(request));
  CO_TRY(body, body_of<MemoryBody>(request));
  ::flotilla::agents::NewMemory item;
  item.value = std::move(body.value);
  item.name = body.name.value_or("");
  item.ttl = body.ttl;
  CO_TRY(name,
         co_await sources.memory->save(scope, std::move(item), ::flotilla::agents::Embedder()));
  CO_TRY(saved, co_await sources.memory->store().find(std::move(scope), std::move(name)));
  if (!saved) co_return fail(Error(Code::not_found, "it has expired already"));
  co_return view_of(std::move(*saved));
}

Async<Result<MemoryCleared>> remove_one(const Sources& sources, http::Request& request) {
  CO_TRY(scope, scope_of(request));
  std::string name(request.param("item"));
  CO_TRY(removed, co_await sources.memory->remove(std::move(scope), std::move(name)));
  if (!removed)
    co_return fail(Error(Code::not_found,
                         "nothing of that name is remembered; names are told by "
                         "the list of memories"));
  co_return MemoryCleared{1};
}

Async<Result<MemoryCleared>> clear_all(const Sources& sources, http::Request& request) {
  CO_TRY(scope, scope_of(request));
  CO_TRY(deleted, co_await sources.memory->clear(std::move(scope)));
  co_return MemoryCleared{deleted};
}

}  // namespace

Async<http::Response> list(const Sources& sources, http::Request& request) {
  auto page = co_await load_list(sources, request);
  co_return page ? answer(*page) : http::Response::problem(page.error());
}

Async<http::Response> save(const Sources& sources, http::Request& request) {
  auto view = co_await save_one(sources, request);
  if (!view) co_return http::Response::problem(view.error());
  co_return answer(*view);
}

Async<http::Response> clear(const Sources& sources, http::Request& request) {
  auto done = co_await clear_all(sources, request);
  co_return done ? answer(*done) : http::Response::problem(done.error());
}

Async<http::Response> remove(const Sources& sources, http::Request& request) {
  auto done = co_await remove_one(sources, request);
  co_return done ? answer(*done) : http::Response::problem(done.error());
}

}  // namespace flotilla::api::memories
