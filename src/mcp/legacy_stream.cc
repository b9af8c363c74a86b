#include "mcp/legacy_stream.h"

#include <boost/asio/this_coro.hpp>
#include <charconv>
#include <utility>

#include "base/log.h"
#include "http/sse.h"
#include "mcp/legacy_post.h"
#include "mcp/limits.h"

namespace flotilla::mcp {
namespace {

constexpr Log kLog("mcp");

/// Earlier clients try to read its empty data as JSON (mcp.md 2.2).
bool wants_priming(const StreamJob& job) {
  return job.session->revision() >= Revision::v2025_11_25;
}

http::SseEvent priming(std::string_view stream, std::uint64_t seq) {
  http::SseEvent event;
  event.id = write_event_id(stream, seq);
  return event;
}

std::vector<http::SseEvent> events_of(const StreamJob& job, std::vector<StreamEvent> stored) {
  std::vector<http::SseEvent> out;
  const std::string& name = job.stream->name();
  for (StreamEvent& event : stored) {
    // Ours; not told by its number, which an old session's streams do not begin at 1.
    if (is_opening(event.data)) {
      if (wants_priming(job)) out.push_back(priming(name, event.seq));
      continue;
    }
    http::SseEvent sent;
    sent.id = write_event_id(name, event.seq);
    sent.prefix = std::move(event.data);
    out.push_back(std::move(sent));
  }
  return out;
}

Async<> serve(StreamJob job, http::BodyWriter& body) {
  http::SseWriter sse(body, job.heartbeat);
  const auto executor = co_await boost::asio::this_coro::executor;
  // Shared with the drain callback, which may outlive this stream.
  auto reader = std::make_shared<LiveStream::Reader>(job.stream, executor, job.after);
  // A call may still be answered before the server ends; the standalone stream goes on elsewhere.
  if (is_standalone(job.stream->name())) {
    body.on_drain([weak = std::weak_ptr<LiveStream::Reader>(reader)] {
      if (auto alive = weak.lock()) alive->stop();
    });
  }
  if (is_standalone(job.stream->name()) && wants_priming(job)) {
    const auto sent = co_await sse.send(priming(job.stream->name(), job.after));
    if (!sent) co_return;
  }
  for (;;) {
    auto batch = co_await reader->next();
    if (!batch) {
      kLog.warn("a stream cannot be read", {{"error", batch.error()}});
      co_return;
    }
    if (batch->retry) {
      const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(*batch->retry).count();
      const std::string line = "retry: " + std::to_string(ms) + "\n\n";
      std::vector<std::string_view> pieces(1, line);
      std::ignore = co_await body.write(std::move(pieces));
    }
    if (batch->events.empty()) co_return;
    const auto sent = co_await sse.send(events_of(job, std::move(batch->events)));
    if (!sent) co_return;
  }
}

}  // namespace

std::string write_event_id(std::string_view stream, std::uint64_t seq) {
  return std::string(stream) + "-" + std::to_string(seq);
}

std::optional<EventId> parse_event_id(std::string_view text) {
  if (text.size() > kMaxEventIdBytes) return std::nullopt;
  const auto dash = text.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return std::nullopt;
  EventId id;
  id.stream = text.substr(0, dash);
  const bool plain = id.stream.find_first_not_of("0123456789abcdef", 1) == std::string::npos;
  if (!plain || (id.stream[0] != 'p' && id.stream[0] != 'g')) return std::nullopt;
  const auto digits = text.substr(dash + 1);
  const char* last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, id.seq);
  if (error != std::errc() || end != last) return std::nullopt;
  return id;
}

bool is_standalone(std::string_view stream) {
  return stream.starts_with('g');
}

http::Response stream_response(StreamJob job) {
  auto held = std::make_unique<StreamJob>(std::move(job));
  auto stream = [held = std::move(held)](http::BodyWriter& body) mutable {
    return serve(std::move(*held), body);
  };
  return http::sse_response(std::move(stream));
}

}  // namespace flotilla::mcp
