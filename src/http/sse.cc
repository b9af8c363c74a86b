#include "http/sse.h"

#include <utility>

namespace flotilla::http {
namespace {

constexpr std::string_view kPing = ": ping\n\n";

void append_pieces(const SseEvent& event, std::vector<std::string_view>& pieces) {
  if (!event.id.empty()) pieces.insert(pieces.end(), {"id: ", event.id, "\n"});
  if (!event.event.empty()) pieces.insert(pieces.end(), {"event: ", event.event, "\n"});
  pieces.emplace_back("data: ");
  if (!event.prefix.empty()) pieces.emplace_back(event.prefix);
  if (event.shared) pieces.emplace_back(*event.shared);
  if (!event.suffix.empty()) pieces.emplace_back(event.suffix);
  pieces.emplace_back("\n\n");
}

}  // namespace

SseWriter::SseWriter(BodyWriter& body, Duration heartbeat) : body_(body) {
  body_.heartbeat(heartbeat, kPing);
}

Async<Result<>> SseWriter::send(SseEvent event) {
  std::vector<std::string_view> pieces;
  append_pieces(event, pieces);
  co_return co_await body_.write(std::move(pieces));
}

Async<Result<>> SseWriter::send(std::vector<SseEvent> events) {
  if (events.empty()) co_return ok();
  std::vector<std::string_view> pieces;
  for (const SseEvent& event : events) append_pieces(event, pieces);
  co_return co_await body_.write(std::move(pieces));
}

Async<Result<>> SseWriter::comment(std::string text) {
  std::vector<std::string_view> pieces{": ", text, "\n\n"};
  co_return co_await body_.write(std::move(pieces));
}

Response sse_response(std::move_only_function<Async<>(BodyWriter&)> stream) {
  Response response;
  response.headers.add("Content-Type", "text/event-stream");
  response.headers.add("Cache-Control", "no-cache");
  response.headers.add("X-Accel-Buffering", "no");
  response.stream = std::move(stream);
  return response;
}

}  // namespace flotilla::http
