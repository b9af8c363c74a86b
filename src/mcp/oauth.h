#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/clock.h"
#include "auth/jose.h"
#include "base/id.h"
#include "base/secret.h"
#include "base/time.h"
#include "http/client.h"
#include "mcp/client_auth.h"

/// OAuth 2.1 of a client of MCP servers (mcp.md 5): discovery, registration, tokens.
namespace flotilla::mcp {

/// All that is remembered of one server for one user. Secrets are to be stored sealed.
struct OAuthState {
  std::string issuer;  // whose registration and tokens these are
  std::string client_id;
  Secret client_secret;
  std::string auth_method;  // at the token endpoint; empty: by metadata
  Secret access_token;
  Secret refresh_token;
  std::string token_type;  // Bearer or DPoP
  std::string token_endpoint;
  std::string resource;
  std::vector<std::string> scopes;
  std::optional<Time> expires;
  Secret dpop_key;  // PKCS #8
};

/// As the values of a Secret, by key, and back; what is not known is left out.
std::map<std::string, Secret> to_values(const OAuthState& state);
OAuthState state_from(const std::map<std::string, Secret>& values);

/// Where an OAuthState lives. Called on the client's loop.
class TokenStore {
 public:
  virtual ~TokenStore() = default;
  virtual Async<Result<std::optional<OAuthState>>> load() = 0;
  virtual Async<Result<>> save(OAuthState state) = 0;
};

/// For as long as the process lives.
class MemoryTokenStore final : public TokenStore {
 public:
  Async<Result<std::optional<OAuthState>>> load() override { co_return state_; }
  Async<Result<>> save(OAuthState state) override {
    state_ = std::move(state);
    co_return ok();
  }

 private:
  std::optional<OAuthState> state_;
};

/// The user's part: a browser that follows `url` until it comes back to redirect_uri().
class Authorizer {
 public:
  virtual ~Authorizer() = default;
  /// Loopback or https.
  [[nodiscard]] virtual std::string redirect_uri() const = 0;
  /// The whole URL that the browser came back to.
  virtual Async<Result<std::string>> authorize(std::string url) = 0;
};

enum class OAuthGrantType : std::uint8_t {
  authorization_code,
  client_credentials,
  jwt_bearer,          // `assertion` of a workload (RFC 7523)
  enterprise_managed,  // an ID token, exchanged at the company's provider first
};

/// The company's identity provider (extension enterprise-managed-authorization).
struct IdentityProvider {
  std::string token_endpoint;
  std::string client_id;
  Secret id_token;
};

struct OAuthOptions {
  std::string url;  // of the MCP server
  http::UrlAuthor author = http::UrlAuthor::operator_;
  OAuthGrantType grant = OAuthGrantType::authorization_code;
  /// A client that is registered already; empty: client_metadata_url, else dynamic registration.
  std::string client_id;
  Secret client_secret;
  std::optional<auth::PrivateKey> client_key;  // private_key_jwt
  /// The issuer that client_id belongs to; also makes its host one that the operator wrote. Empty:
  /// the one that the server names first.
  std::string issuer;
  std::string client_metadata_url;  // https, with path
  std::string client_name = "Flotilla";
  /// Asked for beside what the server asks for.
  std::vector<std::string> scopes;
  Secret assertion;
  std::optional<IdentityProvider> identity_provider;
  bool dpop = true;  // where the authorization server offers it
  /// Authorizations within `attempts_window`; more are refused.
  int attempts = 3;
  Duration attempts_window = std::chrono::minutes(1);
  Duration request_timeout = std::chrono::seconds(30);
  Random* random = &system_random();
};

/// Gets, refreshes and presents tokens for one MCP server and one user. Lives on its client's loop;
/// what it is given outlives it. URLs of metadata reach public addresses only, but for hosts that
/// the operator wrote, and are https but for loopback.
class OAuthClient : public ClientAuth {
 public:
  /// `authorizer` may be null for grants without a user: then a server that wants one is
  /// unauthenticated.
  static std::unique_ptr<OAuthClient> make(http::Client& http, Clock& clock, TokenStore& store,
                                           Authorizer* authorizer, OAuthOptions options);
};

}  // namespace flotilla::mcp
