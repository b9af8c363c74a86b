#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "async/event.h"
#include "base/result.h"
#include "base/secret.h"
#include "json/value.h"
#include "llm/provider_http_internal.h"
#include "llm/settings.h"

/// What the two families on Vertex AI share: where it is, and access tokens of Google.
namespace flotilla::llm {

/// `…/VERSION/projects/P/locations/L/publishers/PUBLISHER/models/MODEL:METHOD`. The host is that of
/// the location (global, us, eu or a region) unless spec.baseUrl names another.
std::string vertex_url(const ModelSettings& settings, std::string_view version,
                       std::string_view publisher, std::string_view method);

/// Project and location are there, and a machine's own identity goes to Google's hosts only.
Result<> check_vertex_settings(const ModelSettings& settings);

/// The claims of RFC 7523, signed (RS256) with the key of a service account.
struct ServiceAccount {
  std::string email;
  std::string key_id;
  std::string token_uri;
  Secret private_key;  // PEM
};
Result<std::string> signed_assertion(const ServiceAccount& account, Time now);

/// Access tokens for Vertex AI: of a service account's key, of a user's refresh token (both as
/// Google's JSON), or of the machine's metadata server. Kept until shortly before they end; who
/// asks meanwhile waits for the one request under way. Thread-safe.
///
/// Errors: invalid_argument (the credentials), as of ProviderHttp else.
class GoogleTokens {
 public:
  /// Outlives neither; `settings` has the credentials. The fault names /spec/vertex/credentials.
  static Result<std::unique_ptr<GoogleTokens>> make(const ModelSettings& settings,
                                                    const ModelServices& services);
  virtual ~GoogleTokens() = default;
  virtual Async<Result<Secret>> token(const CallOptions& options) = 0;
};

}  // namespace flotilla::llm
