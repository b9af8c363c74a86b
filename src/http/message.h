#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/async.h"
#include "base/context.h"
#include "base/result.h"

namespace flotilla::http {

enum class Method : std::uint8_t { get, head, post, put, patch, delete_, options };
std::string_view to_string(Method method);

/// Field names compare without case; order and repetition are kept.
class Headers {
 public:
  struct Field {
    std::string name;
    std::string value;
  };
  /// The first value.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  /// All values, comma-separated lists split and trimmed.
  [[nodiscard]] std::vector<std::string_view> list(std::string_view name) const;
  void add(std::string name, std::string value);
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);
  /// Forgets the fields, keeps the memory.
  void clear() { fields_.clear(); }
  [[nodiscard]] const std::vector<Field>& fields() const { return fields_; }

 private:
  std::vector<Field> fields_;
};

/// One parsed request. Its body is complete and within the limit.
struct Request {
  Method method = Method::get;
  std::string target;  // as sent
  std::string path;    // without query, still percent-encoded
  std::string query;   // without '?', still percent-encoded
  Headers headers;
  std::string body;
  std::string peer;  // address of the caller (behind a trusted proxy: the forwarded one)
  bool tls = false;
  std::string client_certificate_subject;  // verified mTLS peer, else empty
  Context context;                         // principal is filled by the authentication filter
  /// Path parameters of the matched route, percent-decoded.
  std::vector<std::pair<std::string, std::string>> params;

  [[nodiscard]] std::string_view param(std::string_view name) const;
  /// First query value, percent-decoded; nullopt when absent.
  [[nodiscard]] std::optional<std::string> query_value(std::string_view name) const;
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> query_values() const;
};

/// The sending half of one streamed response. One loop, one writer at a time.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  /// Sends the pieces as one write. Waits while the peer is slow; after `write_timeout` without
  /// progress it answers unavailable/SLOW_READER and the connection closes.
  virtual Async<Result<>> write(std::vector<std::string_view> pieces) = 0;
  /// From now on, `comment` is sent whenever nothing was written for `interval` (SSE heartbeat).
  virtual void heartbeat(Duration interval, std::string_view comment) = 0;
  /// True once the server drains: a stream should send its farewell and return.
  [[nodiscard]] virtual bool draining() const = 0;
  /// Called at most once, on the connection's loop, when draining begins.
  virtual void on_drain(std::move_only_function<void()> callback) = 0;
};

/// What a handler answers: a complete body, or a stream that is produced while it is sent.
struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  /// When set, `body` is ignored: called once after the head was sent (chunked on HTTP/1.1). The
  /// stream ends when it returns. It is cancelled when the client goes away or the server drains
  /// past its grace period.
  std::move_only_function<Async<>(BodyWriter&)> stream;

  static Response text(int status, std::string body,
                       std::string_view content_type = "text/plain; charset=utf-8");
  static Response json(int status, std::string body);
  /// problem+json (RFC 9457) of an error; status from its code.
  static Response problem(const Error& error);
  /// The same under another status, where HTTP has a finer one (405, 413, 421, …).
  static Response problem(int status, const Error& error);
};

/// HTTP status of an error code (docs/architecture.md section 4).
int status_of(Code code);

/// A handler. `request` lives until the response (its stream included) is done.
using Handler = std::function<Async<Response>(Request& request)>;

/// Equality of ASCII text without case, as field names and tokens compare.
bool iequals(std::string_view a, std::string_view b);

std::string percent_decode(std::string_view text, bool plus_is_space = false);
std::string percent_encode(std::string_view text);

}  // namespace flotilla::http
