#include <fmt/format.h>

#include <algorithm>

#include "async/cancel.h"
#include "base/log.h"
#include "mcp/client_http_internal.h"
#include "mcp/header_value.h"

namespace flotilla::mcp {
namespace {

constexpr Log kLog("mcp");
constexpr std::size_t kFailureBodyMax = std::size_t{64} << 10;
constexpr std::size_t kSessionIdMax = 1024;
constexpr Duration kFirstPause = std::chrono::seconds(1);
constexpr Duration kLongestPause = std::chrono::seconds(30);
constexpr Duration kShortestPause = std::chrono::milliseconds(50);
constexpr Duration kGoodbye = std::chrono::seconds(2);

bool is_session_id(std::string_view text) {
  return !text.empty() && text.size() <= kSessionIdMax &&
         std::ranges::all_of(text, [](char c) { return c >= '!' && c <= '~'; });
}

/// Streamable HTTP of all revisions (mcp.md 2.2, 2.3).
class HttpTransport final : public Transport {
 public:
  explicit HttpTransport(const TransportContext& context) : context_(context), sender_(context) {}

  Async<Result<>> send(std::shared_ptr<const Outgoing> message) override;
  void agree(Revision revision) override { revision_ = revision; }
  Async<> follow() override;
  [[nodiscard]] bool is_exchange() const override { return true; }
  [[nodiscard]] ClientTransport kind() const override { return ClientTransport::streamable_http; }
  [[nodiscard]] std::uint64_t session() const override { return generation_; }
  void forget_session() override {
    session_.clear();
    revision_.reset();
    ++generation_;
  }
  Async<> stop() override;

 private:
  [[nodiscard]] bool modern() const { return revision_ && is_modern(*revision_); }
  [[nodiscard]] http::Headers common_headers() const;
  [[nodiscard]] http::Headers post_headers(const Outgoing& message) const;
  Async<Result<>> read_answer(StreamPtr stream, std::shared_ptr<const Outgoing> message);
  Async<Result<>> read_failure(StreamPtr stream, std::shared_ptr<const Outgoing> message,
                               bool in_session);
  Async<Result<>> read_events(StreamPtr stream, RequestId id);
  Async<Result<>> read_until_answered(StreamPtr stream, EventReader& reader, RequestId id);
  Async<> finish(StreamPtr stream);
  Async<Result<StreamPtr>> resume(EventReader& reader);
  Async<bool> follow_once(StreamPtr stream, EventReader& reader);
  Result<> remember_session(const http::ClientStream& stream);
  [[nodiscard]] Error session_lost(std::string how) const;
  Async<> say_goodbye();

  TransportContext context_;
  HttpSender sender_;
  std::optional<Revision> revision_;
  std::string session_;
  std::uint64_t generation_ = 0;
};

http::Headers HttpTransport::common_headers() const {
  http::Headers headers;
  if (revision_ && *revision_ >= Revision::v2025_06_18)
    headers.add("MCP-Protocol-Version", std::string(to_string(*revision_)));
  if (!session_.empty()) headers.add("Mcp-Session-Id", session_);
  return headers;
}

http::Headers HttpTransport::post_headers(const Outgoing& message) const {
  auto headers = common_headers();
  headers.add("Content-Type", "application/json");
  headers.add("Accept", "application/json, text/event-stream");
  for (const auto& [name, value] : message.own) headers.set(name, value);
  if (!modern() || message.method.empty()) return headers;
  headers.add("Mcp-Method", message.method);
  if (!message.name.empty()) headers.add("Mcp-Name", encode_header(message.name));
  for (const auto& [name, value] : message.headers) headers.add(name, value);
  return headers;
}

Async<Result<>> HttpTransport::send(std::shared_ptr<const Outgoing> message) {
  auto headers = post_headers(*message);
  const bool in_session = !session_.empty();
  CO_TRY(stream, co_await sender_.open(http::Method::post, context_.options.url, std::move(headers),
                                       message->text));
  const int status = stream->status();
  if (status < 200 || status > 299)
    co_return co_await read_failure(std::move(stream), std::move(message), in_session);
  if (!message->id) co_return ok();
  if (message->method == "initialize") CO_TRY_VOID(remember_session(*stream));
  co_return co_await read_answer(std::move(stream), std::move(message));
}

Result<> HttpTransport::remember_session(const http::ClientStream& stream) {
  const auto id = stream.headers().find("Mcp-Session-Id");
  if (!id) return ok();
  if (!is_session_id(*id)) return fail(broken_protocol("the session id is not visible ASCII"));
  session_ = *id;
  return ok();
}

Async<Result<>> HttpTransport::read_answer(StreamPtr stream,
                                           std::shared_ptr<const Outgoing> message) {
  const RequestId id = *message->id;
  if (is_event_stream(*stream)) co_return co_await read_events(std::move(stream), id);
  if (!is_json(*stream)) {
    co_return fail(broken_protocol(
        fmt::format("HTTP {} with neither JSON nor a stream of events", stream->status())));
  }
  CO_TRY(body, co_await read_body(*stream, context_.options.limits.message_bytes));
  json::ParseLimits limits;
  limits.size = context_.options.limits.message_bytes;
  if (auto parsed = json::parse(body, limits); !parsed)
    co_return fail(broken_protocol("the answer is no JSON: " + shown(parsed.error().message())));
  std::ignore = co_await deliver(context_.sink, context_.options.limits, std::move(body), id);
  if (context_.sink.awaits(id))
    co_return fail(broken_protocol("the answer is not one to the request's id"));
  co_return ok();
}

Error HttpTransport::session_lost(std::string how) const {
  return Error(Code::unavailable, "the server does not know the session any more")
      .with_metadata(std::string(fault::kSessionLost), std::move(how));
}

Async<Result<>> HttpTransport::read_failure(StreamPtr stream,
                                            std::shared_ptr<const Outgoing> message,
                                            bool in_session) {
  const int status = stream->status();
  auto body = co_await read_body(*stream, kFailureBodyMax);
  const auto text = std::move(body).value_or("");
  if (in_session && status == 404) co_return fail(session_lost("refused"));
  const auto id = std::to_string(message->id.value_or(0));
  auto error = rpc_error_in(text, id);
  // Servers that say 400 where 404 is due.
  if (in_session && status == 400 && error && error->code > -32010 && error->code <= -32000 &&
      error->message.contains("ession"))
    co_return fail(session_lost("refused"));
  const bool probe = message->method == "server/discover";
  if (!error || !message->id || status == 401 || status == 403 || (probe && status >= 500))
    co_return fail(http_failure(context_.options.url, status, text));
  auto response = RpcResponse{id, std::move(*error)};
  RpcMessage answer(std::move(response));
  co_await context_.sink.receive(std::move(answer), message->id);
  co_return ok();
}

/// Reads on where the server let the connection go, as long as the caller waits.
Async<Result<>> HttpTransport::read_events(StreamPtr stream, RequestId id) {
  EventReader reader(context_.options.limits.message_bytes);
  for (;;) {
    auto read = co_await read_until_answered(std::move(stream), reader, id);
    if (!context_.sink.awaits(id)) co_return ok();
    if (!read && read.error().code() != Code::unavailable &&
        read.error().code() != Code::deadline_exceeded)
      co_return read;
    if (modern() || reader.last_id().empty()) {
      if (!read) co_return read;
      co_return fail(Error(Code::unavailable, "the stream ended before the answer"));
    }
    reader.restart();
    CO_TRY(next, co_await resume(reader));
    stream = std::move(next);
  }
}

Async<Result<>> HttpTransport::read_until_answered(StreamPtr stream, EventReader& reader,
                                                   RequestId id) {
  for (;;) {
    CO_TRY(events, co_await reader.next(*stream));
    if (!events) co_return ok();
    for (auto& event : *events) {
      // An event without data is there for its id only.
      if (event.data.empty() || event.event != "message") continue;
      const bool good =
          co_await deliver(context_.sink, context_.options.limits, std::move(event.data), id);
      if (!good) co_return fail(broken_protocol("the stream brings what is no message"));
    }
    if (context_.sink.awaits(id)) continue;
    co_await finish(std::move(stream));
    co_return ok();
  }
}

/// The caller has its answer; a stream that is read to its end leaves a connection to use again.
Async<> HttpTransport::finish(StreamPtr stream) {
  auto rest = read_body(*stream, kFailureBodyMax);
  const auto deadline = context_.clock.steady_now() + kGoodbye;
  std::ignore = co_await with_deadline(std::move(rest), deadline, context_.clock);
}

Async<Result<StreamPtr>> HttpTransport::resume(EventReader& reader) {
  Duration pause = std::max(reader.retry(), kShortestPause);
  for (;;) {
    co_await context_.clock.sleep_for(pause);
    auto headers = common_headers();
    headers.add("Accept", "text/event-stream");
    headers.add("Last-Event-ID", reader.last_id());
    const bool in_session = !session_.empty();
    auto stream =
        co_await sender_.open(http::Method::get, context_.options.url, std::move(headers), "");
    if (stream) {
      const int status = (*stream)->status();
      if (status == 200 && is_event_stream(**stream)) co_return std::move(stream);
      if (status == 404 && in_session) co_return fail(session_lost("cut"));
      if (status < 500)
        co_return fail(Error(Code::unavailable, "the stream was cut and cannot be resumed"));
    }
    pause = std::clamp(pause * 2, kFirstPause, kLongestPause);
  }
}

Async<> HttpTransport::follow() {
  EventReader reader(context_.options.limits.message_bytes);
  Duration pause = kFirstPause;
  for (bool again = false;; again = true) {
    if (modern()) co_return;
    auto headers = common_headers();
    headers.add("Accept", "text/event-stream");
    if (!reader.last_id().empty()) headers.add("Last-Event-ID", reader.last_id());
    auto stream =
        co_await sender_.open(http::Method::get, context_.options.url, std::move(headers), "");
    bool lively = false;
    if (stream) {
      const int status = (*stream)->status();
      if (status >= 400 && status < 500) co_return;
      if (status == 200 && is_event_stream(**stream)) {
        if (again && reader.last_id().empty()) context_.sink.missed_changes();
        lively = co_await follow_once(std::move(*stream), reader);
      }
    }
    pause = lively ? std::max(reader.retry(), kShortestPause) : std::min(pause * 2, kLongestPause);
    reader.restart();
    co_await context_.clock.sleep_for(pause);
  }
}

/// Whether anything came.
Async<bool> HttpTransport::follow_once(StreamPtr stream, EventReader& reader) {
  bool lively = false;
  for (;;) {
    auto events = co_await reader.next(*stream);
    if (!events || !*events) co_return lively;
    lively = true;
    for (auto& event : **events) {
      if (event.data.empty() || event.event != "message") continue;
      const bool good = co_await deliver(context_.sink, context_.options.limits,
                                         std::move(event.data), std::nullopt);
      if (!good) co_return false;
    }
  }
}

Async<> HttpTransport::say_goodbye() {
  auto headers = common_headers();
  auto answer =
      co_await sender_.open(http::Method::delete_, context_.options.url, std::move(headers), "");
  if (!answer) kLog.debug("a session could not be ended", {{"error", answer.error()}});
}

Async<> HttpTransport::stop() {
  if (session_.empty()) co_return;
  auto goodbye = say_goodbye();
  const auto deadline = context_.clock.steady_now() + kGoodbye;
  std::ignore = co_await with_deadline(std::move(goodbye), deadline, context_.clock);
  session_.clear();
}

}  // namespace

std::unique_ptr<Transport> make_http_transport(TransportContext context) {
  return std::make_unique<HttpTransport>(context);
}

}  // namespace flotilla::mcp
