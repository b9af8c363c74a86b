#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "a2a/handler.h"
#include "a2a/wire.h"
#include "http/sse.h"

namespace flotilla::a2a {

/// Wraps the items of one stream for its wire (a2a.md 2.4). The event's own text is shared by all
/// streams; only the few bytes around it are this stream's. One thread.
class StreamEncoder {
 public:
  explicit StreamEncoder(Wire wire);
  /// `id` is the item's cursor. internal when an item cannot be told in 0.3.
  [[nodiscard]] Result<http::SseEvent> event(const StreamItem& item) const;
  [[nodiscard]] Result<std::vector<http::SseEvent>> events(
      const std::vector<StreamItem>& items) const;
  /// `event: error` with the same body that a refused request gets.
  [[nodiscard]] http::SseEvent error(const Error& error, std::string_view request_id) const;

 private:
  /// The item's text for a reader who asked for more than all others get.
  [[nodiscard]] Result<std::string> own_text(const StreamItem& item) const;

  Wire wire_;
  bool cursors_ = false;                 // in each item's metadata, by kCursorExtension
  std::array<std::string, 4> prefixes_;  // by ItemKind
  std::string suffix_;
};

}  // namespace flotilla::a2a
