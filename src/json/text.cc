#include "json/text_internal.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

namespace flotilla::json {

namespace {

void append_utf8(std::uint32_t code, std::string& out) {
  const auto push = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    push(code);
  } else if (code < 0x800) {
    push(0xC0 | code >> 6);
    push(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    push(0xE0 | code >> 12);
    push(0x80 | (code >> 6 & 0x3F));
    push(0x80 | (code & 0x3F));
  } else {
    push(0xF0 | code >> 18);
    push(0x80 | (code >> 12 & 0x3F));
    push(0x80 | (code >> 6 & 0x3F));
    push(0x80 | (code & 0x3F));
  }
}

/// The value of four hexadecimal digits.
std::optional<std::uint32_t> hex4(std::string_view text) {
  std::uint32_t code = 0;
  const char* end = text.data() + std::min<std::size_t>(text.size(), 4);
  const auto [stop, error] = std::from_chars(text.data(), end, code, 16);
  if (error != std::errc{} || stop != text.data() + 4) return std::nullopt;
  return code;
}

/// `text` starts with `\u`.
Escape decode_unicode_escape(std::string_view text, std::string& out) {
  constexpr Escape kLone{.length = 0, .fault = "lone surrogate"};
  const auto code = hex4(text.substr(2));
  if (!code) return {.length = 0, .fault = "expected four hexadecimal digits after \\u"};
  if (*code < 0xD800 || *code > 0xDFFF) {
    append_utf8(*code, out);
    return {.length = 6, .fault = {}};
  }
  if (*code > 0xDBFF || text.substr(6, 2) != "\\u") return kLone;
  const auto low = hex4(text.substr(8));
  if (!low || *low < 0xDC00 || *low > 0xDFFF) return kLone;
  append_utf8(0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00), out);
  return {.length = 12, .fault = {}};
}

}  // namespace

Escape decode_escape(const char* at, const char* end, std::string& out) {
  const std::string_view text(at, end);
  if (text.size() < 2) return {.length = 0, .fault = "unexpected end of text in a string"};
  if (text[1] == 'u') return decode_unicode_escape(text, out);
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const std::size_t index = kLetters.find(text[1]);
  if (index == std::string_view::npos) return {.length = 0, .fault = "unknown escape in a string"};
  out += kMeanings[index];
  return {.length = 2, .fault = {}};
}

void append_pointer(std::string_view name, std::string& out) {
  out += '/';
  for (const char c : shorten(name)) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
}

std::string shorten(std::string_view text) {
  constexpr std::size_t kLongest = 128;
  if (text.size() <= kLongest) return std::string(text);
  std::size_t cut = kLongest;
  while (cut > kLongest - 4 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return std::string(text.substr(0, cut)) + "…";
}

}  // namespace flotilla::json
