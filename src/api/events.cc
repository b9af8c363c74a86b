#include "api/live.h"
#include "api/query.h"
#include "api/route.h"
#include "api/views.h"
#include "http/sse.h"

namespace flotilla::api::events {

namespace {

constexpr std::size_t kFeedBatch = 200;

json::Value parsed(const std::string& payload) {
  auto value = json::parse(payload);
  return value ? std::move(*value) : json::Value(payload);
}

EventView view_of(const core::Event& event) {
  EventView view;
  view.seq = static_cast<std::int64_t>(event.seq);
  view.kind = to_string(event.kind);
  view.at = event.at;
  view.actor = event.actor;
  view.payload = parsed(*event.payload);
  return view;
}

http::SseEvent sse_of(const core::Event& event) {
  http::SseEvent sse;
  sse.id = std::to_string(event.seq);
  sse.event = to_string(event.kind);
  sse.prefix = R"({"seq":)" + sse.id + R"(,"kind":")" + sse.event + R"(","at":")" +
               format_time(event.at) + R"(","actor":)";
  json::write_string(event.actor, sse.prefix);
  sse.prefix += R"(,"payload":)";
  sse.shared = event.payload;
  sse.suffix = "}";
  return sse;
}

Async<Result<EventList>> page_of(core::TaskLog::Ptr log, http::Request& request) {
  CO_TRY(given, cursor_of(request));
  const auto after = given.value_or(0);
  CO_TRY(limit, limit_of(request));
  const auto last = log->committed().seq;
  CO_TRY(events, co_await log->stored_events(after, last, limit));
  EventList list;
  for (const auto& event : events) list.items.push_back(view_of(*event));
  if (!events.empty() && events.back()->seq < last)
    list.nextCursor = std::to_string(events.back()->seq);
  co_return list;
}

Async<> send_journal(core::Subscription& subscription, Live& live) {
  while (!live.over()) {
    auto events = co_await subscription.next();
    if (!events || events->empty()) {
      live.end(events ? std::string_view("ended") : events.error().reason());
      co_return;
    }
    std::vector<http::SseEvent> batch;
    for (const auto& event : *events) batch.push_back(sse_of(*event));
    co_await live.send(std::move(batch), events->back()->seq);
  }
}

Async<> follow_task(std::shared_ptr<core::Subscription> subscription, http::BodyWriter& body) {
  Live live(body, subscription->cursor());
  co_await live.run(send_journal(*subscription, live));
}

http::SseEvent sse_of(const core::FeedEvent& event) {
  http::SseEvent sse;
  sse.id = std::to_string(event.position);
  sse.event = event.kind;
  FeedEventView view{static_cast<std::int64_t>(event.position),
                     event.stream,
                     static_cast<std::int64_t>(event.seq),
                     event.name_space,
                     event.owner,
                     event.kind,
                     event.at,
                     event.actor,
                     parsed(event.payload)};
  sse.prefix = json::to_text(view);
  return sse;
}

Async<> send_feed(core::Feed& feed, std::shared_ptr<const Principal> principal,
                  std::uint64_t cursor, Live& live) {
  while (!live.over()) {
    const auto seen = feed.revision();
    auto page = co_await feed.page(principal, cursor, kFeedBatch);
    if (!page) {
      live.end(page.error().reason());
      co_return;
    }
    cursor = page->next;
    std::vector<http::SseEvent> batch;
    for (const auto& event : page->events) batch.push_back(sse_of(event));
    if (!batch.empty()) {
      co_await live.send(std::move(batch), cursor);
    } else if (page->read < kFeedBatch) {
      co_await feed.wait(seen);
    }
  }
}

Async<> follow_feed(core::Feed& feed, std::shared_ptr<const Principal> principal,
                    std::uint64_t cursor, http::BodyWriter& body) {
  Live live(body, cursor);
  co_await live.run(send_feed(feed, std::move(principal), cursor, live));
}

Async<Result<http::Response>> task_events(const Sources& sources, http::Request& request) {
  core::Visibility visibility;
  visibility.principal = request.context.principal;
  const std::string id(request.param("id"));
  CO_TRY(log, co_await sources.tasks.find(id, std::move(visibility)));
  if (!wants_stream(request)) {
    CO_TRY(list, co_await page_of(log, request));
    co_return answer(list);
  }
  CO_TRY(after, cursor_of(request));
  CO_TRY(subscription, core::TaskLog::subscribe(log, after.value_or(0)));
  std::shared_ptr<core::Subscription> shared = std::move(subscription);  // std::function copies
  co_return http::sse_response(
      [shared](http::BodyWriter& body) { return follow_task(shared, body); });
}

Async<Result<http::Response>> feed_events(const Sources& sources, http::Request& request) {
  CO_TRY(given, cursor_of(request));
  auto after = given.value_or(0);
  auto principal = request.context.principal;
  if (wants_stream(request)) {
    core::Feed& feed = sources.feed;
    if (!given) {
      CO_TRY(head, co_await feed.head());
      after = head;
    }
    co_return http::sse_response([&feed, principal, after](http::BodyWriter& body) {
      return follow_feed(feed, principal, after, body);
    });
  }
  CO_TRY(limit, limit_of(request));
  CO_TRY(page, co_await sources.feed.page(principal, after, limit));
  FeedList list;
  for (const auto& event : page.events)
    list.items.push_back({static_cast<std::int64_t>(event.position), event.stream,
                          static_cast<std::int64_t>(event.seq), event.name_space, event.owner,
                          event.kind, event.at, event.actor, parsed(event.payload)});
  if (page.read == limit) list.nextCursor = std::to_string(page.next);
  co_return answer(list);
}

}  // namespace

Async<http::Response> of_task(const Sources& sources, http::Request& request) {
  auto response = co_await task_events(sources, request);
  if (!response) co_return http::Response::problem(response.error());
  co_return std::move(*response);
}

Async<http::Response> feed(const Sources& sources, http::Request& request) {
  auto response = co_await feed_events(sources, request);
  if (!response) co_return http::Response::problem(response.error());
  co_return std::move(*response);
}

}  // namespace flotilla::api::events
