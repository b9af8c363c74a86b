#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "async/async.h"
#include "http/sse.h"

namespace flotilla::api {

/// One live stream of server-sent events, which tells its reader where and why it ends:
/// `event: bye` {cursor, reason}. Lives in the coroutine that serves the stream, on its loop.
class Live {
 public:
  Live(http::BodyWriter& body, std::uint64_t cursor);

  /// Runs the work that sends, then says goodbye. When the server drains, a wait of the work is
  /// cancelled, a write of whole events is not.
  Async<> run(Async<> work);
  /// Sends events; the reader then has all up to `cursor`.
  Async<> send(std::vector<http::SseEvent> events, std::uint64_t cursor);
  /// The reason that the reader is told; the work returns after it.
  void end(std::string_view reason);
  /// Whether the work is to return: the server drains or the reader is gone.
  [[nodiscard]] bool over() const;

 private:
  struct Drain;

  http::BodyWriter& body_;
  http::SseWriter writer_;
  std::shared_ptr<Drain> drain_;  // shared with the drain callback, which may outlive the stream
  std::uint64_t cursor_;
  std::string reason_ = "draining";
};

}  // namespace flotilla::api
