#include "mcp/modern_listen.h"

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "async/task_group.h"
#include "http/sse.h"
#include "mcp/error.h"
#include "mcp/modern_runner.h"
#include "mcp/requests.h"
#include "mcp/rpc_message.h"

namespace flotilla::mcp {
namespace {

json::Object tag(const std::string& id) {
  json::Object meta;
  // The id's text is one JSON value; it keeps its type.
  auto value = json::parse(id);
  meta.append(std::string(kMetaPrefix) + "subscriptionId",
              value ? std::move(*value) : json::Value(id));
  return meta;
}

http::SseEvent event_of(std::string message) {
  http::SseEvent event;
  event.prefix = std::move(message);
  return event;
}

struct Job {
  Job(std::string listen_id, const ChangeFilter& filter, std::unique_ptr<ChangeStream> stream,
      Quota::Ticket held, Duration beat)
      : id(std::move(listen_id)),
        acknowledged(listen_acknowledged(id, filter)),
        changes(std::move(stream)),
        ticket(std::move(held)),
        heartbeat(beat) {}

  std::string id;
  std::string acknowledged;
  std::unique_ptr<ChangeStream> changes;
  Quota::Ticket ticket;
  Duration heartbeat;
};

/// Shared with the drain callback, which may outlive the stream.
struct Drain {
  TaskGroup* group = nullptr;
  bool writing = false;
  bool asked = false;
  bool failed = false;

  void ask() {
    asked = true;
    if (group != nullptr && !writing) group->cancel();
  }
};

Async<> send(http::SseWriter& sse, std::vector<http::SseEvent> events, Drain& drain) {
  drain.writing = true;
  const auto sent = co_await sse.send(std::move(events));
  drain.writing = false;
  if (!sent) drain.failed = true;
}

/// The caller joins at once: references outlive it.
Async<> pump(Job& job, http::SseWriter& sse, Drain& drain) {
  std::vector<http::SseEvent> events;
  events.push_back(event_of(std::move(job.acknowledged)));
  while (!events.empty()) {
    co_await send(sse, std::exchange(events, {}), drain);
    if (drain.failed || drain.asked) co_return;
    auto changes = co_await job.changes->next();
    if (!changes) co_return;
    for (Change& change : *changes)
      events.push_back(event_of(listen_change(job.id, std::move(change))));
  }
}

Async<> serve(std::unique_ptr<Job> job, http::BodyWriter& body) {
  http::SseWriter sse(body, job->heartbeat);
  const auto executor = co_await boost::asio::this_coro::executor;
  TaskGroup group(executor);
  auto drain = std::make_shared<Drain>();
  drain->group = &group;
  drain->asked = body.draining();
  body.on_drain([weak = std::weak_ptr<Drain>(drain)] {
    if (auto alive = weak.lock()) alive->ask();
  });
  group.spawn(pump(*job, sse, *drain));
  co_await group.join();
  drain->group = nullptr;
  if (drain->failed) co_return;
  std::ignore = co_await sse.send(event_of(listen_ended(job->id)));
}

}  // namespace

json::Object honored(const ChangeFilter& filter) {
  json::Object out;
  if (filter.tools) out.append("toolsListChanged", true);
  if (filter.prompts) out.append("promptsListChanged", true);
  if (filter.resources) out.append("resourcesListChanged", true);
  for (const auto& [name, texts] : {std::pair("resourceSubscriptions", &filter.resource_uris),
                                    std::pair("taskIds", &filter.task_ids)}) {
    if (texts->empty()) continue;
    json::Array array(texts->begin(), texts->end());
    out.append(name, std::move(array));
  }
  return out;
}

std::string listen_acknowledged(const std::string& id, const ChangeFilter& filter) {
  json::Object params;
  params.append("_meta", tag(id));
  params.append("notifications", honored(filter));
  return write_notification("notifications/subscriptions/acknowledged", std::move(params));
}

std::string listen_change(const std::string& id, Change change) {
  json::Object meta = tag(id);
  if (const json::Object* own = meta_of(change.params))
    for (const auto& [name, value] : own->members()) meta.set(name, value);
  const auto tagged = tag(id);
  for (const auto& [name, value] : tagged.members()) meta.set(name, value);
  change.params.set("_meta", std::move(meta));
  return write_notification(change.method, std::move(change.params));
}

std::string listen_ended(const std::string& id) {
  json::Object result{{"resultType", "complete"}};
  result.append("_meta", tag(id));
  return write_result(id, std::move(result));
}

Async<http::Response> ModernListener::listen(ModernRequest request) {
  const auto respond = [&request](const RpcError& error) {
    auto answer = refuse_request(request.id, error);
    return http::Response::json(answer.status, std::move(answer.body));
  };
  auto filter = read_listen(request.params);
  if (!filter) co_return respond(filter.error());
  if (!request.caller.capabilities.tasks) filter->task_ids.clear();
  auto ticket = quota_.take(request.caller.context.principal->name);
  if (!ticket)
    co_return respond(rpc_error(code::kServerError, "too many listen streams of this principal"));
  const std::string request_id = request.caller.context.request_id;
  auto changes = co_await handler_.changes(request.caller, *filter);
  if (!changes) co_return respond(to_rpc(changes.error(), request_id));
  auto job = std::make_unique<Job>(request.id, *filter, std::move(*changes), std::move(*ticket),
                                   heartbeat_);
  auto stream = [job = std::move(job)](http::BodyWriter& body) mutable {
    return serve(std::move(job), body);
  };
  co_return http::sse_response(std::move(stream));
}

}  // namespace flotilla::mcp
