#include "gateway/push_sender.h"

#include <algorithm>
#include <array>
#include <utility>

#include "a2a/legacy.h"
#include "async/cancel.h"
#include "async/spawn.h"
#include "core/limits.h"
#include "http/status.h"

namespace flotilla::gateway {

namespace {

constexpr Duration kTimeout = std::chrono::seconds(10);
constexpr Duration kConnectTimeout = std::chrono::seconds(5);
/// What is read of an answer after its head, so that its connection can be used again.
constexpr Duration kDrainTimeout = std::chrono::seconds(2);
constexpr std::size_t kAnswerLimit = std::size_t{64} << 10;

http::ClientOptions options(http::Lookup lookup) {
  http::ClientOptions out;
  out.connect_timeout = kConnectTimeout;
  out.idle_timeout = kTimeout;
  out.max_idle_per_host = core::kOutboxWorkersPerPeer;
  out.max_redirects = 0;
  out.lookup = std::move(lookup);
  return out;
}

Result<std::string> body_of(const core::PushPayload& payload) {
  if (payload.whole_task)
    return a2a::to_v03_text(a2a::ItemKind::task, payload.json, a2a::v03::Form::rpc);
  const std::string_view open = payload.kind == core::EventKind::artifact
                                    ? std::string_view(R"({"artifactUpdate":)")
                                    : std::string_view(R"({"statusUpdate":)");
  std::string body;
  body.reserve(open.size() + payload.json.size() + 1);
  body.append(open).append(payload.json).append("}");
  return body;
}

/// What may be shown to the webhook's owner: the client's messages name hosts only.
core::PushOutcome failed(std::string why) {
  core::PushOutcome outcome;
  outcome.error = std::move(why);
  return outcome;
}

}  // namespace

Result<http::ClientRequest> push_request(const core::PushRow& row,
                                         const core::PushPayload& payload) {
  const auto& config = row.config;
  http::ClientRequest request;
  request.method = http::Method::post;
  request.url = config.url;
  request.author = http::UrlAuthor::caller;
  request.timeout = kTimeout;
  request.replayable = true;  // told at least once anyway
  TRY(body, body_of(payload));
  request.body = std::move(body);
  auto& headers = request.headers;
  if (config.legacy) {
    headers.add("Content-Type", "application/json");
  } else {
    headers.add("Content-Type", "application/a2a+json");
    headers.add("A2A-Version", "1.0");
  }
  // The same for each attempt, so that a receiver can drop what it has.
  headers.add("Idempotency-Key", row.task.to_string() + "/" + std::to_string(payload.seq));
  if (!config.token.empty()) headers.add("X-A2A-Notification-Token", config.token.reveal());
  if (!config.scheme.empty()) {
    std::string value = config.scheme;
    if (!config.credentials.empty()) value.append(" ").append(config.credentials.reveal());
    headers.add("Authorization", std::move(value));
  }
  return request;
}

namespace {

Async<> drain(http::ClientStream& stream) {
  for (std::size_t size = 0; size < kAnswerLimit;) {
    auto piece = co_await stream.read();
    if (!piece || !*piece) co_return;
    size += (*piece)->size();
  }
}

}  // namespace

PushSender::PushSender(Executor loop, Clock& clock, BlockingPool& resolver,
                       const http::EgressPolicy& egress, http::Lookup lookup)
    : loop_(loop),
      clock_(clock),
      client_(std::move(loop), clock, resolver, egress, options(std::move(lookup))) {}

Async<core::PushOutcome> PushSender::deliver(const core::PushRow& row,
                                             const core::PushPayload& payload) {
  auto request = push_request(row, payload);
  if (!request) co_return failed(request.error().message());
  auto answer = co_await client_.open(std::move(*request));
  if (!answer) co_return failed(answer.error().message());
  auto& stream = **answer;
  const int status = stream.status();
  core::PushOutcome outcome;
  outcome.delivered = status >= 200 && status < 300;
  if (!outcome.delivered) outcome.error = "answered " + std::to_string(status);
  const auto wish = http::retry_after(stream.headers());
  if (wish && !outcome.delivered) outcome.retry_after = std::min(*wish, core::kOutboxRetryAfter);
  auto rest = drain(stream);
  const auto until = clock_.steady_now() + kDrainTimeout;
  std::ignore = co_await with_deadline(std::move(rest), until, clock_);
  co_return outcome;
}

Async<Result<>> PushSender::check(std::string url, std::string field) {
  auto work = client_.check(std::move(url), http::UrlAuthor::caller);
  auto checked = co_await run_on(loop_, std::move(work));
  if (checked) co_return ok();
  const auto& error = checked.error();
  std::string why = error.message();
  if (error.code() == Code::invalid_argument && !error.violations().empty())
    why = error.violations().front().description;
  co_return fail(invalid(std::move(field), std::move(why)));
}

}  // namespace flotilla::gateway
