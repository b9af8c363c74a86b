#include "api/messaging_internal.h"
#include "api/messaging_views.h"
#include "api/query.h"
#include "api/route.h"

namespace flotilla::api::subscriptions {

namespace {

SubscriptionView view_of(const core::TopicSubscription& subscription) {
  SubscriptionView view;
  view.namespace_ = subscription.name_space;
  view.name = subscription.name;
  view.patterns = subscription.patterns;
  view.cursor = std::to_string(subscription.position);
  view.createdAt = subscription.created_at;
  view.ackedAt = subscription.acked_at;
  return view;
}

/// The one that the route names, of the caller.
Async<Result<core::TopicSubscription>> find(const Sources& sources, http::Request& request) {
  const std::string name_space(request.param("ns"));
  const std::string name(request.param("name"));
  CO_TRY_VOID(core::check_namespace(name_space, *request.context.principal));
  co_return co_await sources.messaging.subscriptions().get(name_space,
                                                           request.context.principal->name, name);
}

Async<Result<SubscriptionList>> load_list(const Sources& sources, http::Request& request) {
  const std::string name_space(request.param("ns"));
  CO_TRY_VOID(core::check_namespace(name_space, *request.context.principal));
  CO_TRY(limit, limit_of(request));
  CO_TRY(after, value_of(request, "cursor"));
  CO_TRY(page, co_await sources.messaging.subscriptions().list(
                   name_space, request.context.principal->name, std::move(after), limit));
  SubscriptionList list;
  for (const auto& one : page.items) list.items.push_back(view_of(one));
  if (page.more) list.nextCursor = page.items.back().name;
  co_return list;
}

Async<Result<SubscriptionView>> open_one(const Sources& sources, http::Request& request) {
  core::TopicSubscription wanted;
  wanted.name_space = request.param("ns");
  wanted.owner = request.context.principal->name;
  CO_TRY_VOID(core::check_namespace(wanted.name_space, *request.context.principal));
  CO_TRY(body, body_of<SubscriptionBody>(request));
  wanted.name = std::move(body.name);
  wanted.patterns = std::move(body.patterns);
  std::optional<std::uint64_t> position;
  if (body.after) {
    CO_TRY(cursor, read_cursor(*body.after, "after"));
    position = cursor;
  }
  CO_TRY(opened, co_await sources.messaging.open(std::move(wanted), position));
  co_return view_of(opened);
}

Async<Result<SubscriptionView>> get_one(const Sources& sources, http::Request& request) {
  CO_TRY(found, co_await find(sources, request));
  co_return view_of(found);
}

Async<Result<SubscriptionView>> remove_one(const Sources& sources, http::Request& request) {
  CO_TRY(found, co_await find(sources, request));
  CO_TRY_VOID(
      co_await sources.messaging.subscriptions().remove(found.name_space, found.owner, found.name));
  co_return view_of(found);
}

Async<Result<SubscriptionView>> acknowledge_one(const Sources& sources, http::Request& request) {
  CO_TRY(found, co_await find(sources, request));
  CO_TRY(body, body_of<AckBody>(request));
  CO_TRY(position, read_cursor(body.cursor, "cursor"));
  CO_TRY(newest, co_await sources.messaging.topics().head());
  if (position > newest) co_return fail(invalid("cursor", "is after the newest event"));
  CO_TRY_VOID(co_await sources.messaging.subscriptions().acknowledge(found.name_space, found.owner,
                                                                     found.name, position));
  co_return co_await get_one(sources, request);
}

Async<Result<http::Response>> read_events(const Sources& sources, http::Request& request) {
  CO_TRY(found, co_await find(sources, request));
  CO_TRY(given, cursor_of(request));
  const auto after = given.value_or(found.position);
  core::TopicFilter filter{found.name_space, found.patterns, request.context.principal};
  if (wants_stream(request)) {
    CO_TRY(reader, co_await sources.messaging.subscribe(std::move(filter), after));
    co_return event_stream(std::move(reader));
  }
  CO_TRY(limit, limit_of(request));
  CO_TRY(page, co_await sources.messaging.page(std::move(filter), after, limit));
  co_return event_page(page);
}

template <class T>
http::Response respond(const Result<T>& result) {
  return result ? answer(*result) : http::Response::problem(result.error());
}

}  // namespace

Async<http::Response> list(const Sources& sources, http::Request& request) {
  auto page = co_await load_list(sources, request);
  co_return respond(page);
}

Async<http::Response> open(const Sources& sources, http::Request& request) {
  auto opened = co_await open_one(sources, request);
  co_return respond(opened);
}

Async<http::Response> get(const Sources& sources, http::Request& request) {
  auto found = co_await get_one(sources, request);
  co_return respond(found);
}

Async<http::Response> remove(const Sources& sources, http::Request& request) {
  auto removed = co_await remove_one(sources, request);
  co_return respond(removed);
}

Async<http::Response> events(const Sources& sources, http::Request& request) {
  auto response = co_await read_events(sources, request);
  if (!response) co_return http::Response::problem(response.error());
  co_return std::move(*response);
}

Async<http::Response> acknowledge(const Sources& sources, http::Request& request) {
  auto moved = co_await acknowledge_one(sources, request);
  co_return respond(moved);
}

}  // namespace flotilla::api::subscriptions
