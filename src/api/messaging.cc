#include "core/messaging.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/messaging_internal.h"
#include "api/messaging_views.h"
#include "api/query.h"
#include "api/route.h"
#include "async/cancel.h"

namespace flotilla::api {

Result<std::uint64_t> read_cursor(const std::string& text, std::string_view field) {
  const auto number = json::Value(json::Number{text}).as_int64();
  if (!text.empty() && number && *number >= 0) return static_cast<std::uint64_t>(*number);
  return fail(invalid(std::string(field), "is not a cursor of ours"));
}

http::Response event_page(const core::TopicPage& page) {
  std::string text = R"({"items":[)";
  for (const auto& event : page.events) {
    if (text.back() != '[') text += ',';
    text += *event->text;
  }
  text += R"(],"nextCursor":")";
  if (page.more) text += std::to_string(page.next);
  text += R"("})";
  return http::Response::json(200, std::move(text));
}

namespace {

/// Where the stream begins, so that a reader who got nothing yet can resume, too.
http::SseEvent beginning(std::uint64_t cursor) {
  http::SseEvent sse;
  sse.id = std::to_string(cursor);
  sse.event = "cursor";
  sse.prefix = R"({"cursor":")" + sse.id + R"("})";
  return sse;
}

Async<> send_events(core::TopicReader& reader, Live& live) {
  std::vector<http::SseEvent> first;
  first.push_back(beginning(reader.cursor()));
  co_await live.send(std::move(first), reader.cursor());
  while (!live.over()) {
    auto events = co_await reader.next();
    if (!events || events->empty()) {
      live.end(events ? std::string_view("draining") : events.error().reason());
      co_return;
    }
    std::vector<http::SseEvent> batch;
    batch.reserve(events->size());
    for (const auto& event : *events) {
      auto& sse = batch.emplace_back();
      sse.id = std::to_string(event->position);
      sse.shared = event->text;
    }
    co_await live.send(std::move(batch), events->back()->position);
  }
}

Async<> follow(std::shared_ptr<core::TopicReader> reader, http::BodyWriter& body) {
  Live live(body, reader->cursor());
  co_await live.run(send_events(*reader, live));
}

}  // namespace

http::Response event_stream(std::unique_ptr<core::TopicReader> reader) {
  std::shared_ptr<core::TopicReader> shared = std::move(reader);  // std::function copies
  return http::sse_response([shared](http::BodyWriter& body) { return follow(shared, body); });
}

Result<core::TopicFilter> topic_filter(const http::Request& request) {
  core::TopicFilter filter;
  filter.name_space = request.param("ns");
  filter.principal = request.context.principal;
  TRY(pattern, value_of(request, "pattern"));
  if (pattern.empty()) pattern = "*";
  for (std::size_t begin = 0; begin <= pattern.size();) {
    const auto end = std::min(pattern.find(',', begin), pattern.size());
    filter.patterns.push_back(pattern.substr(begin, end - begin));
    begin = end + 1;
  }
  return filter;
}

namespace messaging {

namespace {

Async<Result<http::Response>> publish_one(const Sources& sources, http::Request& request) {
  core::PublishRequest made;
  made.name_space = request.param("ns");
  CO_TRY_VOID(core::check_namespace(made.name_space, *request.context.principal));
  CO_TRY(body, body_of<PublishBody>(request));
  made.name = std::move(body.name);
  made.agent = std::move(body.agent);
  made.shared = body.shared.value_or(false);
  made.context_id = std::move(body.contextId);
  if (body.data) made.data = std::move(*body.data);
  made.key = body.key.value_or("");
  if (body.cause) {
    CO_TRY(cause, read_cursor(*body.cause, "cause"));
    made.cause = cause;
  }
  CO_TRY(event, co_await sources.messaging.publish(request.context.principal, std::move(made)));
  co_return http::Response::json(200, *event->text);
}

Async<Result<http::Response>> read_events(const Sources& sources, http::Request& request) {
  CO_TRY(filter, topic_filter(request));
  CO_TRY_VOID(core::check_namespace(filter.name_space, *request.context.principal));
  CO_TRY(after, cursor_of(request));
  if (wants_stream(request)) {
    CO_TRY(reader, co_await sources.messaging.subscribe(std::move(filter), after));
    co_return event_stream(std::move(reader));
  }
  CO_TRY(limit, limit_of(request));
  CO_TRY(page, co_await sources.messaging.page(std::move(filter), after.value_or(0), limit));
  co_return event_page(page);
}

/// The parent of a message: a task that the sender sees, whose owner the message is for.
Async<Result<>> place(const Sources& sources, const std::string& task,
                      core::DirectMessage& message) {
  core::Visibility visibility;
  visibility.principal = message.sender;
  CO_TRY(log, co_await sources.tasks.find(task, std::move(visibility)));
  const auto row = log->committed();
  if (row.name_space != message.name_space)
    co_return fail(invalid("taskId", "is a task of another namespace"));
  message.parent = row.id;
  message.owner = row.owner;
  if (!message.context_id) message.context_id = row.context_id;
  co_return ok();
}

Result<core::DirectMessage> message_of(MessageBody body, const http::Request& request) {
  core::DirectMessage message;
  message.name_space = request.param("ns");
  message.sender = request.context.principal;
  message.traceparent = request.context.traceparent;
  message.to = std::move(body.to);
  message.context_id = std::move(body.contextId);
  if (message.to.empty()) return fail(invalid("to", "is missing: the name of an agent"));
  if (message.context_id && message.context_id->size() > kMaxContextId)
    return fail(invalid("contextId", "is longer than 256 bytes"));
  const std::string key = body.key.value_or("");
  if (key.size() > kMaxMessageKey) return fail(invalid("key", "is longer than 128 bytes"));
  if (!body.text && !body.data) return fail(invalid("text", "is missing, and so is data"));
  if (body.text) message.message.parts.push_back(a2a::text_part(std::move(*body.text)));
  if (body.data) {
    a2a::Part part;
    part.data = std::move(*body.data);
    part.mediaType = "application/json";
    message.message.parts.push_back(std::move(part));
  }
  // Nobody else's: names may hold slashes, so their length goes first.
  const auto& sender = message.sender->name;
  if (!key.empty())
    message.key =
        fmt::format("{}/{}:{}/{}/{}", message.name_space, sender.size(), sender, message.to, key);
  return message;
}

Async<Result<MessageView>> send_one(const Sources& sources, http::Request& request) {
  const std::string name_space(request.param("ns"));
  CO_TRY_VOID(core::check_namespace(name_space, *request.context.principal));
  CO_TRY(body, body_of<MessageBody>(request));
  const bool wait = body.wait.value_or(true);
  const auto task = body.taskId;
  CO_TRY(message, message_of(std::move(body), request));
  if (task) CO_TRY_VOID(co_await place(sources, *task, message));
  CO_TRY(log, co_await sources.messaging.send(std::move(message)));
  MessageView view;
  view.delivery = log ? "task" : "mailbox";
  if (!log) co_return view;
  if (wait) {
    auto answering = sources.messaging.answer(log);
    const auto deadline = sources.clock.steady_now() + kMessageWait;
    auto answered = co_await with_deadline(std::move(answering), deadline, sources.clock);
    if (answered && !*answered) co_return fail(answered->error());
    if (answered) {
      view.task = std::move(**answered);
      co_return view;
    }
  }
  CO_TRY(loaded, co_await core::TaskLog::load(log));
  view.task = std::move(loaded.first);
  co_return view;
}

}  // namespace

Async<http::Response> publish(const Sources& sources, http::Request& request) {
  auto response = co_await publish_one(sources, request);
  if (!response) co_return http::Response::problem(response.error());
  co_return std::move(*response);
}

Async<http::Response> events(const Sources& sources, http::Request& request) {
  auto response = co_await read_events(sources, request);
  if (!response) co_return http::Response::problem(response.error());
  co_return std::move(*response);
}

Async<http::Response> send(const Sources& sources, http::Request& request) {
  auto view = co_await send_one(sources, request);
  if (!view) co_return http::Response::problem(view.error());
  co_return answer(*view);
}

}  // namespace messaging

}  // namespace flotilla::api
