#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

/// Takes the bytes of one HTTP response with a chunked SSE body, in any pieces, and reports each
/// whole event. Keeps little more than the line it is in, for ten thousand of them are open at
/// once.
class SseDecoder {
 public:
  /// `id` is the last one seen, 0 if none.
  using OnEvent = std::function<void(std::uint64_t id)>;

  void feed(std::string_view bytes, const OnEvent& on_event);

  [[nodiscard]] bool head_done() const { return state_ != State::head; }
  [[nodiscard]] bool ok() const { return head_.starts_with("HTTP/1.1 200 "); }
  /// The chunk of size 0 has come.
  [[nodiscard]] bool ended() const { return state_ == State::end; }
  [[nodiscard]] std::uint64_t heartbeats() const { return heartbeats_; }
  /// Begin of the response head, for error messages.
  [[nodiscard]] const std::string& head() const { return head_; }
  /// A `data` line held "COMPLETED".
  [[nodiscard]] bool completed() const { return completed_; }

 private:
  enum class State : std::uint8_t { head, size, data, after_data, end };

  void feed_body(std::string_view bytes, const OnEvent& on_event);
  void end_line(const OnEvent& on_event);

  State state_ = State::head;
  bool has_data_ = false;
  bool completed_ = false;
  std::uint8_t matched_ = 0;  // of the blank line that ends the head
  std::size_t left_ = 0;      // of the chunk, or the size read so far
  std::uint64_t id_ = 0;
  std::uint64_t heartbeats_ = 0;
  std::string head_;
  std::string line_;
};
