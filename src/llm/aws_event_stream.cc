#include <fmt/format.h>

#include <array>
#include <optional>

#include "base/utf8.h"
#include "llm/answer_builder_internal.h"
#include "llm/aws_event_stream_internal.h"

namespace flotilla::llm {
namespace {

constexpr std::size_t kPrelude = 12;  // two lengths and their checksum
constexpr std::size_t kOverhead = 16;

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value & 1U) != 0 ? (value >> 1U) ^ 0xedb88320U : value >> 1U;
    }
    table[i] = value;
  }
  return table;
}
constexpr auto kTable = make_table();

Error fault(std::string_view what) {
  return {Code::internal, reason::kInvalidModelAnswer,
          fmt::format("the event stream is broken: {}", what)};
}

std::uint32_t number(std::string_view bytes, std::size_t at, std::size_t width) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    value = (value << 8U) | static_cast<std::uint8_t>(bytes[at + i]);
  }
  return value;
}

// Bytes of a value of this type; nullopt for those that say it themselves (6, 7) and unknown ones.
std::optional<std::size_t> fixed_size(std::uint8_t type) {
  switch (type) {
    case 0:  // true
    case 1:  // false
      return 0;
    case 2:  // byte
      return 1;
    case 3:  // int16
      return 2;
    case 4:  // int32
      return 4;
    case 5:  // int64
    case 8:  // timestamp
      return 8;
    case 9:  // uuid
      return 16;
    default:
      return std::nullopt;
  }
}

constexpr std::uint8_t kBytes = 6;
constexpr std::uint8_t kString = 7;

// The first of `count` bytes, taken off `rest`.
std::optional<std::string_view> take(std::string_view& rest, std::size_t count) {
  if (rest.size() < count) return std::nullopt;
  const auto taken = rest.substr(0, count);
  rest.remove_prefix(count);
  return taken;
}

Result<> read_header(std::string_view& rest, EventStreamMessage& out) {
  const auto name_size = take(rest, 1);
  if (!name_size) return fail(fault("a header ends early"));
  const auto name = take(rest, number(*name_size, 0, 1));
  const auto type_byte = take(rest, 1);
  if (!name || !type_byte || name->empty()) return fail(fault("a header ends early"));
  const auto type = static_cast<std::uint8_t>(number(*type_byte, 0, 1));
  auto size = fixed_size(type);
  if (!size) {
    if (type != kBytes && type != kString) return fail(fault("a header has an unknown type"));
    const auto length = take(rest, 2);
    if (!length) return fail(fault("a header ends early"));
    size = number(*length, 0, 2);
  }
  const auto value = take(rest, *size);
  if (!value) return fail(fault("a header ends early"));
  if (type == kString && is_utf8(*name) && is_utf8(*value)) out.headers.emplace_back(*name, *value);
  return ok();
}

// `bytes` has at least a prelude.
Result<std::size_t> message_size(std::string_view bytes) {
  if (crc32(bytes.substr(0, 8)) != number(bytes, 8, 4)) {
    return fail(fault("a prelude does not match its checksum"));
  }
  const std::size_t total = number(bytes, 0, 4);
  const std::size_t headers = number(bytes, 4, 4);
  if (headers > kEventStreamHeadersLimit || total < kOverhead + headers) {
    return fail(fault("a length is impossible"));
  }
  if (total > kEventStreamMessageLimit) {
    return fail(answer_too_large(
        fmt::format("the event stream has a message of {} bytes; at most {} are taken", total,
                    kEventStreamMessageLimit)));
  }
  return total;
}

Result<EventStreamMessage> read_message(std::string_view bytes) {
  const std::size_t end = bytes.size() - 4;
  if (crc32(bytes.substr(0, end)) != number(bytes, end, 4)) {
    return fail(fault("a message does not match its checksum"));
  }
  const std::size_t headers = number(bytes, 4, 4);
  EventStreamMessage message;
  for (auto rest = bytes.substr(kPrelude, headers); !rest.empty();) {
    TRY_VOID(read_header(rest, message));
  }
  message.payload = bytes.substr(kPrelude + headers, end - kPrelude - headers);
  return message;
}

}  // namespace

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t value = 0xffffffffU;
  for (const char c : bytes) {
    value = (value >> 8U) ^ kTable[(value ^ static_cast<std::uint8_t>(c)) & 0xffU];
  }
  return ~value;
}

std::string_view EventStreamMessage::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

Result<> EventStreamParser::feed(std::string_view bytes, std::vector<EventStreamMessage>& out) {
  pending_ += bytes;
  std::size_t at = 0;
  while (pending_.size() - at >= kPrelude) {
    const auto rest = std::string_view(pending_).substr(at);
    TRY(size, message_size(rest));
    if (rest.size() < size) break;
    TRY(message, read_message(rest.substr(0, size)));
    out.push_back(std::move(message));
    at += size;
  }
  pending_.erase(0, at);
  return ok();
}

}  // namespace flotilla::llm
