#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "http/message.h"

namespace flotilla::http {

/// Why a request cannot be read: sent as problem+json, then the connection closes, because where
/// the next request would begin is not known any more.
struct Fault {
  int status = 0;
  std::string message;
};

struct ReadLimits {
  std::size_t header = 0;
  std::size_t body = 0;
};

/// Turns the bytes of one connection into requests (RFC 9112), stricter than its parser: framing
/// that two readers could understand differently is refused. Holds the read buffer, which is given
/// back by release(). No I/O.
class RequestReader {
 public:
  enum class Progress : std::uint8_t { need_more, done, failed };

  explicit RequestReader(ReadLimits limits);
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;
  ~RequestReader();

  /// Room for the next read; never empty.
  std::span<char> prepare();
  void commit(std::size_t bytes);
  /// Reads on. `request` is filled step by step and must stay the same until done; its old content
  /// is dropped when a new head begins.
  Progress parse(Request& request);

  [[nodiscard]] const Fault& fault() const { return fault_; }
  /// Bytes that no request has taken yet.
  [[nodiscard]] std::size_t buffered() const { return end_ - begin_; }
  /// Whether a message was begun but is not complete.
  [[nodiscard]] bool in_message() const { return in_body_ || buffered() > 0; }
  [[nodiscard]] bool in_body() const { return in_body_; }
  /// The head is complete and asks for `100 Continue` before it sends the body. Says so once.
  bool take_expect_continue();
  /// Of the last request that was done.
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }
  [[nodiscard]] bool http_1_1() const { return http_1_1_; }
  [[nodiscard]] bool has_buffer() const { return capacity_ > 0; }
  /// Frees the buffer and the parser; what was read ahead is kept in a block of just its size.
  void release();

 private:
  class Parser;

  Progress fail_with(int status, std::string message);
  Progress parse_head(Request& request);
  Progress parse_body();
  Progress finish();
  /// Offset behind the head's empty line, 0 when it is not there yet or fault_ is set.
  std::size_t find_head_end();
  bool check_line(std::size_t line_feed);
  void skip_empty_lines();
  void resize(std::size_t capacity);

  ReadLimits limits_;
  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t line_ = 0;  // offset from begin_ of the head's line that is not complete yet
  std::unique_ptr<Parser> parser_;
  Fault fault_;
  bool in_body_ = false;
  bool large_body_ = false;
  bool expect_continue_ = false;
  bool keep_alive_ = false;
  bool http_1_1_ = true;
};

}  // namespace flotilla::http
