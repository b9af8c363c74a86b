#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace flotilla::llm {

/// Largest message that is taken, and largest header part of one: the sender's own limits.
inline constexpr std::size_t kEventStreamMessageLimit = std::size_t{16} << 20;
inline constexpr std::size_t kEventStreamHeadersLimit = std::size_t{128} << 10;

/// One message of `application/vnd.amazon.eventstream`.
struct EventStreamMessage {
  /// Those of type string; others are checked and left out.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string payload;
  /// Empty when absent.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

/// Incremental parser of that framing (AWS "Event stream encoding"): lengths, both checksums,
/// headers of all ten types. A fault is internal/INVALID_MODEL_ANSWER; the parser is of no use
/// after one.
class EventStreamParser {
 public:
  /// Feeds bytes and appends the messages completed by them.
  Result<> feed(std::string_view bytes, std::vector<EventStreamMessage>& out);
  /// Whether a message has begun that is not there yet: an end now is a cut.
  [[nodiscard]] bool in_message() const { return !pending_.empty(); }

 private:
  std::string pending_;
};

/// CRC-32 of IEEE 802.3 (as gzip's).
std::uint32_t crc32(std::string_view bytes);

}  // namespace flotilla::llm
