#include "a2a/stream_server.h"

#include <boost/asio/this_coro.hpp>
#include <utility>
#include <vector>

#include "a2a/stream_encoder.h"
#include "async/task_group.h"
#include "base/log.h"
#include "http/sse.h"

namespace flotilla::a2a {
namespace {

constexpr Log kLog("a2a");

/// What a stream needs after its head was sent.
struct Job {
  Job(Exchange&& exchange, std::unique_ptr<ItemStream> stream, std::vector<StreamItem> peeked,
      Duration beat)
      : encoder(std::move(exchange.wire)),
        agent(std::move(exchange.agent)),
        request_id(exchange.http.context.request_id),
        items(std::move(stream)),
        first(std::move(peeked)),
        heartbeat(beat) {}

  StreamEncoder encoder;
  AgentRef agent;
  std::string request_id;
  std::unique_ptr<ItemStream> items;
  std::vector<StreamItem> first;
  Duration heartbeat;
};

/// Shared between the stream and the drain callback, which may outlive it.
struct Drain {
  TaskGroup* group = nullptr;
  bool asked = false;
  bool writing = false;
  bool failed = false;  // nothing more can be sent

  /// Ends the wait for items at once, a write only after its event.
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

std::vector<http::SseEvent> error_event(const Job& job, const Error& error) {
  if (is_opaque(error)) {
    kLog.error("stream failed inside", {{"request", std::string_view(job.request_id)},
                                        {"agent", std::string_view(job.agent.name)},
                                        {"reason", error.reason()},
                                        {"error", error}});
  }
  std::vector<http::SseEvent> events;
  events.push_back(job.encoder.error(error, job.request_id));
  return events;
}

/// Sends items until the stream ends. The caller joins at once: references outlive it.
Async<> pump(Job& job, http::SseWriter& sse, Drain& drain) {
  std::vector<StreamItem> items = std::move(job.first);
  while (!items.empty()) {
    auto encoded = job.encoder.events(items);
    if (!encoded) {
      co_await send(sse, error_event(job, encoded.error()), drain);
      co_return;
    }
    co_await send(sse, std::move(*encoded), drain);
    if (drain.failed || drain.asked) co_return;
    items = std::vector<StreamItem>();  // a silent stream keeps nothing of what it has sent
    auto next = co_await job.items->next();
    if (next) {
      items = std::move(*next);
      continue;
    }
    if (next.error().reason() != reason::kSlowReader)
      co_await send(sse, error_event(job, next.error()), drain);
    co_return;
  }
}

Async<> serve(std::unique_ptr<Job> job, http::BodyWriter& body) {
  http::SseWriter sse(body, job->heartbeat);
  auto executor = co_await boost::asio::this_coro::executor;
  TaskGroup group(executor);
  // Shared, because the callback may be called after this stream has ended.
  auto drain = std::make_shared<Drain>();
  drain->group = &group;
  drain->asked = body.draining();
  body.on_drain([weak = std::weak_ptr<Drain>(drain)] {
    if (auto alive = weak.lock()) alive->ask();
  });
  group.spawn(pump(*job, sse, *drain));
  co_await group.join();
  drain->group = nullptr;
  if (drain->asked && !drain->failed) std::ignore = co_await sse.comment("draining");
}

}  // namespace

Async<http::Response> answer_stream(Exchange exchange, std::unique_ptr<ItemStream> items,
                                    Duration heartbeat) {
  auto first = co_await items->next();
  if (!first) co_return answer_error(exchange, first.error());
  Wire told;
  told.version = exchange.wire.version;
  told.extensions = exchange.wire.extensions;
  auto job =
      std::make_unique<Job>(std::move(exchange), std::move(items), std::move(*first), heartbeat);
  auto stream = [job = std::move(job)](http::BodyWriter& body) mutable {
    return serve(std::move(job), body);
  };
  auto response = http::sse_response(std::move(stream));
  add_extensions_header(told, response.headers);
  co_return response;
}

}  // namespace flotilla::a2a
