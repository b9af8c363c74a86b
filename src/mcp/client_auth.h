#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "async/async.h"
#include "base/result.h"
#include "base/secret.h"
#include "http/message.h"

namespace flotilla::mcp {

/// One HTTP answer that asks for (other) credentials: 401, or 403 with insufficient_scope.
struct AuthChallenge {
  int status = 401;
  std::string url;  // of the request
  http::Headers headers;
  /// The credentials that were refused, as authorize() gave them.
  std::uint64_t generation = 0;
};

/// Credentials of the requests to one MCP server. Implemented by OAuthClient. Called on the
/// client's loop, by several requests at once.
class ClientAuth {
 public:
  struct Credentials {
    std::vector<std::pair<std::string, Secret>> headers;
    /// Grows with each change, so that many refusals of one token ask once.
    std::uint64_t generation = 0;
  };
  virtual ~ClientAuth() = default;
  /// Headers for a request; none as long as nobody asked for any.
  virtual Async<Result<Credentials>> authorize(http::Method method, std::string url) = 0;
  /// Ok: try again with new credentials. An error ends the request; the implementation bounds how
  /// often it is asked for the same thing.
  virtual Async<Result<>> challenged(AuthChallenge challenge) = 0;
  /// Whether a person may have to be waited for.
  [[nodiscard]] virtual bool asks_user() const { return false; }
};

}  // namespace flotilla::mcp
