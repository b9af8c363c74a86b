#include "sse_decoder.h"

#include <algorithm>
#include <cstdlib>

namespace {

constexpr std::size_t kKeptHead = 64;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

void SseDecoder::feed(std::string_view bytes, const OnEvent& on_event) {
  constexpr std::string_view kBlankLine = "\r\n\r\n";
  while (!bytes.empty() && state_ != State::end) {
    if (state_ == State::data) {
      const std::size_t part = std::min(left_, bytes.size());
      feed_body(bytes.substr(0, part), on_event);
      bytes.remove_prefix(part);
      left_ -= part;
      if (left_ == 0) state_ = State::after_data;
      continue;
    }
    const char c = bytes.front();
    bytes.remove_prefix(1);
    if (state_ == State::head) {
      if (head_.size() < kKeptHead) head_ += c;
      matched_ = c == kBlankLine[matched_] ? static_cast<std::uint8_t>(matched_ + 1)
                                           : static_cast<std::uint8_t>(c == '\r' ? 1 : 0);
      if (matched_ == kBlankLine.size()) state_ = State::size;
    } else if (state_ == State::after_data) {
      if (c == '\n') state_ = State::size;
    } else if (const int digit = hex_digit(c); digit >= 0) {
      left_ = left_ * 16 + static_cast<std::size_t>(digit);
    } else if (c == '\n') {
      state_ = left_ == 0 ? State::end : State::data;
    }
  }
}

void SseDecoder::feed_body(std::string_view bytes, const OnEvent& on_event) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    line_ += bytes.substr(0, end);
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    end_line(on_event);
    line_.clear();
  }
  line_.shrink_to_fit();
}

void SseDecoder::end_line(const OnEvent& on_event) {
  if (line_.empty()) {
    if (has_data_) on_event(id_);
    has_data_ = false;
  } else if (line_.starts_with(':')) {
    ++heartbeats_;
  } else if (line_.starts_with("id: ")) {
    id_ = std::strtoull(line_.c_str() + 4, nullptr, 10);
  } else if (line_.starts_with("data: ")) {
    has_data_ = true;
    completed_ = completed_ || line_.find("COMPLETED") != std::string::npos;
  }
}
