#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace flotilla::http {

/// One server-sent event (WHATWG HTML section 9.2). `data` is prefix + shared + suffix, so that an
/// event is encoded once and sent to many; none of the three may contain a line end.
struct SseEvent {
  std::string id;     // empty: no id line
  std::string event;  // empty: no event line
  std::string prefix;
  std::shared_ptr<const std::string> shared;  // may be null
  std::string suffix;
};

/// Writes events to a streamed response and keeps it alive with `: ping`.
class SseWriter {
 public:
  explicit SseWriter(BodyWriter& body, Duration heartbeat = std::chrono::seconds(15));
  Async<Result<>> send(SseEvent event);
  /// Several events in one write.
  Async<Result<>> send(std::vector<SseEvent> events);
  Async<Result<>> comment(std::string text);

 private:
  BodyWriter& body_;
};

/// Response head for a stream of events: text/event-stream, no-cache, no proxy buffering.
Response sse_response(std::move_only_function<Async<>(BodyWriter&)> stream);

/// What a reader of a stream receives.
struct SseMessage {
  std::string id;
  std::string event;  // "message" when absent
  std::string data;
};

/// Incremental parser: any line ends, several data lines, BOM, comments. One event is limited
/// (reason LIMIT_EXCEEDED beyond).
class SseParser {
 public:
  explicit SseParser(std::size_t event_limit = std::size_t{4} << 20);
  /// Feeds bytes and appends the events completed by them.
  Result<> feed(std::string_view bytes, std::vector<SseMessage>& out);
  /// The last `id` that an event, with data or without, brought; empty when there was none.
  [[nodiscard]] const std::string& last_id() const { return last_id_; }
  /// How long to wait before a reconnect, as far as the peer said it; at most a day.
  [[nodiscard]] std::optional<std::chrono::milliseconds> retry() const { return retry_; }

 private:
  void end_line(std::vector<SseMessage>& out);
  void set_field(std::string_view name, std::string_view value);
  void dispatch(std::vector<SseMessage>& out);

  std::size_t limit_;
  std::string line_;
  SseMessage current_;
  std::string last_id_;
  std::optional<std::chrono::milliseconds> retry_;
  bool has_data_ = false;
  bool after_cr_ = false;
  bool at_start_ = true;
};

}  // namespace flotilla::http
