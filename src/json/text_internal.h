#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace flotilla::json {

/// What decode_escape took, or why it took nothing.
struct Escape {
  std::size_t length = 0;
  std::string_view fault;
};
/// Appends what the escape of a JSON string that starts at `at` (with its backslash) stands for; a
/// surrogate pair is one escape.
Escape decode_escape(const char* at, const char* end, std::string& out);
/// Appends `/` and the escaped name: one step of a JSON pointer (RFC 6901) for a message, shortened
/// as below.
void append_pointer(std::string_view name, std::string& out);
/// At most 128 bytes of text that came from outside, so that messages stay small.
std::string shorten(std::string_view text);

/// The first byte from `at` on that cannot stand in a JSON string as it is or needs a look: quote,
/// backslash, control character or the start of a non-ASCII sequence; `end` when there is none.
inline const char* skip_plain(const char* at, const char* end) {
  static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHigh = kOnes * 0x80;
  while (end - at >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    // A byte's high bit is set when it is below 0x20, a quote, a backslash or not ASCII; a borrow
    // spoils only bytes above such a one.
    const std::uint64_t found = ((word - kOnes * 0x20) | ((word ^ (kOnes * '"')) - kOnes) |
                                 ((word ^ (kOnes * '\\')) - kOnes) | word) &
                                kHigh;
    if (found != 0) return at + std::countr_zero(found) / 8;
    at += 8;
  }
  for (; at != end; ++at) {
    const auto byte = static_cast<unsigned char>(*at);
    if (byte < 0x20 || byte == '"' || byte == '\\' || byte >= 0x80) break;
  }
  return at;
}

}  // namespace flotilla::json
