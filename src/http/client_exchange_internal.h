#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "http/client.h"
#include "http/client_connection_internal.h"
#include "http/client_watch_internal.h"
#include "http/url.h"

namespace flotilla::http {

inline constexpr std::size_t kResponseHeaderLimit = std::size_t{64} << 10;
inline constexpr std::size_t kReadSize = std::size_t{16} << 10;
inline constexpr int kMaxInterimResponses = 16;

/// Request line and fields up to the empty line; invalid_argument when a header cannot be sent.
Result<std::string> format_request_head(const ClientRequest& request, const Url& url);

struct ExchangeOptions {
  std::string peer;  // for messages
  bool head_method = false;
  std::optional<std::size_t> body_limit;  // none: the reader takes pieces
};

/// One request and its response on one connection.
class ClientExchange {
 public:
  ClientExchange(std::unique_ptr<ClientConnection> connection, ExchangeOptions options,
                 Watch watch);
  ClientExchange(const ClientExchange&) = delete;
  ClientExchange& operator=(const ClientExchange&) = delete;
  ~ClientExchange();

  /// Sends the request and reads the response's head. The arguments live until it returns.
  Async<Result<>> start(const std::string& head, const std::string& body);
  /// Appends what comes next of the body to `out`; false at its proper end.
  Async<Result<bool>> read(std::string& out);

  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] const Headers& headers() const { return headers_; }
  [[nodiscard]] Watch& watch() { return watch_; }
  /// The peer closed before a byte of its answer, so that (given the right method) the request
  /// may be sent again.
  [[nodiscard]] bool died_unanswered() const { return died_unanswered_; }
  [[nodiscard]] bool wrote_nothing() const { return written_ == 0; }
  /// The connection, once the response is complete and another request may follow; else null.
  std::unique_ptr<ClientConnection> take_connection();

 private:
  struct Parser;
  Async<Result<>> send_and_read_head(const std::string& head, const std::string& body);
  Async<Result<>> send(const std::string& bytes);
  Async<Result<>> read_head();
  /// Parses what is buffered, and reads when that does not suffice.
  Async<Result<>> advance();
  Async<Result<>> await_piece();
  bool take_piece(std::string& out);
  Result<> end_of_input(const boost::system::error_code& why);
  [[nodiscard]] Error late() const;
  [[nodiscard]] Error parse_failure(const boost::system::error_code& error) const;
  void take_head();

  std::unique_ptr<ClientConnection> connection_;
  ExchangeOptions options_;
  Watch watch_;
  std::unique_ptr<Parser> parser_;
  int status_ = 0;
  Headers headers_;
  std::size_t written_ = 0;
  bool request_complete_ = false;
  bool died_unanswered_ = false;
};

}  // namespace flotilla::http
