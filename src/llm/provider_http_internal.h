#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/client.h"
#include "http/sse.h"
#include "json/value.h"
#include "llm/limits.h"
#include "llm/model.h"
#include "llm/settings.h"

/// What providers that speak HTTP share. The caller of each coroutine awaits at once.
namespace flotilla::llm {

using StreamPtr = std::unique_ptr<http::ClientStream>;

/// One request, before the configured headers, the call's and the time limits are added.
struct ProviderRequest {
  http::Method method = http::Method::post;
  std::string url;
  http::Headers headers;  // credentials, Accept and what the API wants; these win
  std::string body;
  Secret key;  // what must not be quoted from an answer, if any
};

/// Sends a model's requests. Lives as long as its model; any loop.
class ProviderHttp {
 public:
  ProviderHttp(const ModelSettings& settings, const ModelServices& services);
  /// The answer's stream once its head says success; else what the provider says of the failure.
  Async<Result<StreamPtr>> open(ProviderRequest request, const CallOptions& options);
  /// The whole answer as JSON.
  Async<Result<json::Value>> fetch(ProviderRequest request, const CallOptions& options);
  /// The key of this call: the caller's where the model passes it through. unauthenticated when
  /// there is none.
  Result<Secret> key_of(const CallOptions& options) const;

 private:
  const ModelSettings& settings_;
  ModelServices services_;
};

/// The base URL without a final slash; `otherwise` where none is configured.
std::string base_url_of(const ModelSettings& settings, std::string_view otherwise);

/// What a provider says of a failure, in a body or in an event of a stream.
struct ProviderFault {
  int status = 0;  // 0: unknown, then `type` tells
  std::string type;
  std::string message;
  std::optional<Duration> retry_after;
};
/// Reads the bodies of all providers: {error: {message, type, code, status}}, {error: text},
/// {message, __type}, or text. Never fails.
ProviderFault read_fault(int status, std::string_view body);
/// The house's error, which says whether and when to try again.
Error to_error(const ModelSettings& settings, const ProviderFault& fault);
/// The answer is not what the wire says; worth another attempt.
Error broken_answer(const ModelSettings& settings, std::string_view what);
/// `provider model`, for messages.
std::string title_of(const ModelSettings& settings);

/// Metadata of errors, for the retry wrapper: milliseconds to wait, and "never" for faults of a
/// code that else passes (a quota that is used up).
inline constexpr std::string_view kRetryAfterMetadata = "retryAfterMs";
inline constexpr std::string_view kRetryMetadata = "retry";

/// The rest of the body; broken_answer beyond kMaxAnswerBytes or `limit`.
Async<Result<std::string>> read_body(http::ClientStream& stream, std::size_t limit);

/// JSON of a provider, where broken UTF-8 becomes U+FFFD first.
Result<json::Value> parse_answer(const ModelSettings& settings, std::string text);
/// Broken UTF-8 becomes U+FFFD.
std::string well_formed(std::string text);

/// Events of one stream, within kMaxAnswerBytes in all.
class EventReader {
 public:
  explicit EventReader(const ModelSettings& settings);
  /// The next events, at least one; nullopt at the proper end. A cut is unavailable.
  Async<Result<std::optional<std::vector<http::SseMessage>>>> next(http::ClientStream& stream);

 private:
  const ModelSettings& settings_;
  http::SseParser parser_;
  std::size_t bytes_ = 0;
};

/// The same for lines of JSON.
class LineReader {
 public:
  explicit LineReader(const ModelSettings& settings) : settings_(settings) {}
  Async<Result<std::optional<std::vector<std::string>>>> next(http::ClientStream& stream);

 private:
  const ModelSettings& settings_;
  std::string rest_;
  std::size_t bytes_ = 0;
  bool ended_ = false;
};

}  // namespace flotilla::llm
