#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "llm/aws_event_stream_internal.h"

/// The sender's side of the framing, for tests and their fake of Bedrock.
namespace flotilla::llm::testing {

inline std::string big_endian(std::size_t value, std::size_t width) {
  std::string out;
  for (std::size_t i = width; i-- > 0;) out += static_cast<char>((value >> (8 * i)) & 0xffU);
  return out;
}

/// A header of type string.
inline std::string string_header(std::string_view name, std::string_view value) {
  return big_endian(name.size(), 1) + std::string(name) + '\x07' + big_endian(value.size(), 2) +
         std::string(value);
}

/// A whole message around headers that are encoded already.
inline std::string frame(std::string_view headers, std::string_view payload) {
  std::string out =
      big_endian(headers.size() + payload.size() + 16, 4) + big_endian(headers.size(), 4);
  out += big_endian(crc32(out), 4);
  out += headers;
  out += payload;
  return out + big_endian(crc32(out), 4);
}

/// An event as Bedrock sends it.
inline std::string event(std::string_view type, std::string_view json) {
  return frame(string_header(":event-type", type) +
                   string_header(":content-type", "application/json") +
                   string_header(":message-type", "event"),
               json);
}

inline std::string exception(std::string_view type, std::string_view json) {
  return frame(string_header(":exception-type", type) +
                   string_header(":content-type", "application/json") +
                   string_header(":message-type", "exception"),
               json);
}

}  // namespace flotilla::llm::testing
