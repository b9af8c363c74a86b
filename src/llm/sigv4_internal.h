#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret.h"
#include "base/time.h"

namespace flotilla::llm {

struct AwsCredentials {
  std::string access_key_id;
  Secret secret_access_key;
  std::optional<Secret> session_token;
};

/// What is signed. `target` is the path and query as they are sent; `host` as in the Host field.
struct SigV4Request {
  std::string_view method;
  std::string_view host;
  std::string_view target;
  /// Signed besides `host` and the x-amz ones; each name once.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view body;
};

/// AWS Signature Version 4 of a request: the headers that it must carry besides `request.headers`
/// (X-Amz-Date, X-Amz-Security-Token, Authorization). The path is encoded once more for the
/// signature, as all services but S3 do. Pure.
std::vector<std::pair<std::string, std::string>> sign_v4(const SigV4Request& request,
                                                         std::string_view region,
                                                         std::string_view service,
                                                         const AwsCredentials& credentials,
                                                         Time now);

/// Percent-encodes all but RFC 3986's unreserved characters.
std::string uri_encode(std::string_view text);

}  // namespace flotilla::llm
