#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/sse.h"
#include "mcp/client_transport_internal.h"

/// What the HTTP transports share. The caller of each coroutine awaits at once.
namespace flotilla::mcp {

using StreamPtr = std::unique_ptr<http::ClientStream>;

/// Sends requests with the configured headers and with credentials, which are asked for when the
/// server wants (other) ones.
class HttpSender {
 public:
  explicit HttpSender(const TransportContext& context) : context_(context) {}
  /// Answers with any status but those that new credentials could mend.
  Async<Result<StreamPtr>> open(http::Method method, std::string url, http::Headers headers,
                                std::string body);

 private:
  Async<Result<http::ClientRequest>> make_request(http::Method method, const std::string& url,
                                                  const http::Headers& headers,
                                                  const std::string& body,
                                                  std::uint64_t& generation);
  TransportContext context_;
};

/// The rest of the body; resource_exhausted beyond the limit.
Async<Result<std::string>> read_body(http::ClientStream& stream, std::size_t limit);

bool is_event_stream(const http::ClientStream& stream);
bool is_json(const http::ClientStream& stream);
/// The error of an answer that is no JSON-RPC.
Error http_failure(const std::string& url, int status, std::string_view body);
/// `error` of a JSON-RPC answer whose id is `id`, null or absent.
std::optional<RpcError> rpc_error_in(std::string_view body, const std::string& id);

/// Reads events of one stream and of those that continue it.
class EventReader {
 public:
  explicit EventReader(std::size_t event_limit) : limit_(event_limit), parser_(event_limit) {}
  void restart() { parser_ = http::SseParser(limit_); }
  /// The next events; nullopt at the end. A cut is an error.
  Async<Result<std::optional<std::vector<http::SseMessage>>>> next(http::ClientStream& stream);
  [[nodiscard]] const std::string& last_id() const { return last_id_; }
  /// What the peer said last, else a second.
  [[nodiscard]] Duration retry() const { return retry_; }

 private:
  std::size_t limit_;
  http::SseParser parser_;
  std::string last_id_;
  Duration retry_ = std::chrono::seconds(1);
};

}  // namespace flotilla::mcp
