#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "http/sse.h"

namespace flotilla::http {

namespace {
constexpr std::chrono::milliseconds kRetryMax = std::chrono::hours(24);
}  // namespace

SseParser::SseParser(std::size_t event_limit) : limit_(event_limit) {}

Result<> SseParser::feed(std::string_view bytes, std::vector<SseMessage>& out) {
  while (!bytes.empty()) {
    // The LF of a CRLF whose CR has already ended the line.
    if (std::exchange(after_cr_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const auto end = bytes.find_first_of("\r\n");
    const auto text = bytes.substr(0, end);
    if (line_.size() + current_.data.size() + text.size() > limit_) {
      return fail(
          Error(Code::resource_exhausted, reason::kLimitExceeded,
                "an event of the stream is larger than " + std::to_string(limit_) + " bytes"));
    }
    line_ += text;
    if (end == std::string_view::npos) break;
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    end_line(out);
  }
  return ok();
}

void SseParser::end_line(std::vector<SseMessage>& out) {
  std::string_view line = line_;
  if (std::exchange(at_start_, false) && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
  if (line.empty()) {
    dispatch(out);
  } else if (line.front() != ':') {
    const auto colon = line.find(':');
    std::string_view value;
    if (colon != std::string_view::npos) value = line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    set_field(line.substr(0, colon), value);
  }
  line_.clear();
}

void SseParser::set_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    if (has_data_) current_.data.push_back('\n');
    current_.data += value;
    has_data_ = true;
  } else if (name == "event") {
    current_.event = value;
  } else if (name == "id" && !value.contains('\0')) {
    last_id_ = value;
  } else if (name == "retry") {
    std::int64_t wait = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), wait);
    if (error != std::errc() || end != value.data() + value.size() || value.front() == '-') return;
    retry_ = std::min(std::chrono::milliseconds(wait), kRetryMax);
  }
}

void SseParser::dispatch(std::vector<SseMessage>& out) {
  if (has_data_) {
    current_.id = last_id_;
    if (current_.event.empty()) current_.event = "message";
    out.push_back(std::move(current_));
  }
  current_ = SseMessage();
  has_data_ = false;
}

}  // namespace flotilla::http
