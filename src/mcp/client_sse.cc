#include <fmt/format.h>

#include "async/cancel.h"
#include "async/task_group.h"
#include "http/url.h"
#include "mcp/client_http_internal.h"

namespace flotilla::mcp {
namespace {

constexpr std::size_t kFailureBodyMax = std::size_t{64} << 10;

/// HTTP+SSE of 2024-11-05 (mcp.md 2.4): one stream for all that the server says.
class SseTransport final : public Transport {
 public:
  SseTransport(const TransportContext& context, Executor executor)
      : context_(context),
        sender_(context),
        reader_(context.options.limits.message_bytes),
        group_(std::move(executor)) {}

  Async<Result<>> open();
  Async<Result<>> send(std::shared_ptr<const Outgoing> message) override;
  void agree(Revision revision) override { revision_ = revision; }
  Async<> follow() override { co_return; }
  [[nodiscard]] bool is_exchange() const override { return false; }
  [[nodiscard]] ClientTransport kind() const override { return ClientTransport::sse; }
  [[nodiscard]] std::uint64_t session() const override { return 0; }
  void forget_session() override {}
  Async<> stop() override;

 private:
  Async<Result<>> find_endpoint();
  Result<> take_endpoint(std::string_view reference);
  Async<> read();
  Async<Result<>> read_to_end();

  TransportContext context_;
  HttpSender sender_;
  EventReader reader_;
  StreamPtr stream_;
  std::vector<http::SseMessage> early_;
  std::string endpoint_;
  std::optional<Revision> revision_;
  TaskGroup group_;
};

Async<Result<>> SseTransport::open() {
  http::Headers headers;
  headers.add("Accept", "text/event-stream");
  CO_TRY(stream,
         co_await sender_.open(http::Method::get, context_.options.url, std::move(headers), ""));
  if (stream->status() != 200 || !is_event_stream(*stream)) {
    auto body = co_await read_body(*stream, kFailureBodyMax);
    const auto text = std::move(body).value_or("");
    co_return fail(http_failure(context_.options.url, stream->status(), text));
  }
  stream_ = std::move(stream);
  auto found = find_endpoint();
  const auto deadline = context_.clock.steady_now() + context_.options.connect_timeout;
  auto done = co_await with_deadline(std::move(found), deadline, context_.clock);
  if (!done)
    co_return fail(Error(Code::deadline_exceeded, "the stream did not begin with its endpoint"));
  if (!*done) co_return std::move(*done);
  group_.spawn(read());
  co_return ok();
}

Async<Result<>> SseTransport::find_endpoint() {
  CO_TRY(events, co_await reader_.next(*stream_));
  if (!events || events->front().event != "endpoint")
    co_return fail(broken_protocol("the stream does not begin with an event `endpoint`"));
  early_.assign(std::make_move_iterator(events->begin() + 1),
                std::make_move_iterator(events->end()));
  co_return take_endpoint(events->front().data);
}

Result<> SseTransport::take_endpoint(std::string_view reference) {
  TRY(base, http::parse_url(context_.options.url));
  auto endpoint = http::resolve_reference(base, reference);
  if (!endpoint) return fail(broken_protocol("the endpoint is no URL: " + shown(reference)));
  // Our headers, secrets among them, go there.
  if (endpoint->origin() != base.origin())
    return fail(broken_protocol("the endpoint leaves the origin of the stream"));
  endpoint_ = endpoint->to_string();
  return ok();
}

Async<> SseTransport::read() {
  auto end = co_await read_to_end();
  if (end) end = fail(Error(Code::unavailable, "the server closed the stream"));
  context_.sink.closed(end.error());
}

Async<Result<>> SseTransport::read_to_end() {
  auto events = std::optional(std::exchange(early_, {}));
  for (;;) {
    for (auto& event : *events) {
      if (event.data.empty() || event.event != "message") continue;
      const bool good = co_await deliver(context_.sink, context_.options.limits,
                                         std::move(event.data), std::nullopt);
      if (!good) co_return fail(broken_protocol("the stream brings what is no message"));
    }
    CO_TRY(next, co_await reader_.next(*stream_));
    if (!next) co_return ok();
    events = std::move(next);
  }
}

Async<Result<>> SseTransport::send(std::shared_ptr<const Outgoing> message) {
  http::Headers headers;
  headers.add("Content-Type", "application/json");
  headers.add("Accept", "application/json, text/event-stream");
  if (revision_ && *revision_ >= Revision::v2025_06_18)
    headers.add("MCP-Protocol-Version", std::string(to_string(*revision_)));
  for (const auto& [name, value] : message->own) headers.set(name, value);
  CO_TRY(stream,
         co_await sender_.open(http::Method::post, endpoint_, std::move(headers), message->text));
  auto body = co_await read_body(*stream, kFailureBodyMax);
  if (stream->status() >= 200 && stream->status() <= 299) co_return ok();
  const auto text = std::move(body).value_or("");
  co_return fail(http_failure(endpoint_, stream->status(), text));
}

Async<> SseTransport::stop() {
  group_.cancel();
  co_await group_.join();
  stream_.reset();
}

}  // namespace

Async<Result<std::unique_ptr<Transport>>> open_sse_transport(TransportContext context) {
  auto executor = co_await boost::asio::this_coro::executor;
  auto transport = std::make_unique<SseTransport>(context, executor);
  CO_TRY_VOID(co_await transport->open());
  co_return std::unique_ptr<Transport>(std::move(transport));
}

}  // namespace flotilla::mcp
