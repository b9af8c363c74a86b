#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/event.h"
#include "http/url.h"
#include "mcp/oauth.h"

namespace flotilla::mcp {

using Form = std::vector<std::pair<std::string, std::string>>;
std::string encode_form(const Form& form);
/// Parameters of a query or form.
std::map<std::string, std::string> decode_form(std::string_view text);

/// Parameters of all challenges of WWW-Authenticate: `resource_metadata`, `scope`, `error`.
std::map<std::string, std::string> challenge_parameters(const http::Headers& headers);

std::vector<std::string> split_scopes(std::string_view text);
std::string join_scopes(const std::vector<std::string>& scopes);
void add_scopes(std::vector<std::string>& scopes, const std::vector<std::string>& more);

/// RFC 9728.
struct ResourceMetadata {
  std::string resource;
  std::vector<std::string> authorization_servers;
  std::vector<std::string> scopes;
};

/// RFC 8414 or OpenID Connect discovery.
struct ServerMetadata {
  std::string issuer;
  std::string authorization_endpoint;
  std::string token_endpoint;
  std::string registration_endpoint;
  std::vector<std::string> auth_methods;
  std::vector<std::string> scopes;
  bool pkce = false;
  bool metadata_documents = false;  // client_id may be a URL
  bool names_issuer = false;        // `iss` in authorization responses (RFC 9207)
  bool dpop = false;
};

/// Where metadata may be, in the order to try.
std::vector<std::string> resource_metadata_urls(const http::Url& server);
std::vector<std::string> server_metadata_urls(const http::Url& issuer);
/// The resource of metadata must be the server or what contains it.
bool covers(const http::Url& resource, const http::Url& server);
/// The canonical form of RFC 8707: no fragment, no lone slash.
std::string canonical_resource(const http::Url& server);

Result<ResourceMetadata> read_resource_metadata(std::string_view text);
Result<ServerMetadata> read_server_metadata(std::string_view text);

/// Fetches under the rules for foreign URLs.
class OAuthFetcher {
 public:
  OAuthFetcher(http::Client& http, const OAuthOptions& options) : http_(http), options_(options) {}
  /// https, or loopback, or a host that the operator wrote.
  [[nodiscard]] Result<> check(const std::string& url) const;
  Async<Result<http::Response>> get(std::string url);
  Async<Result<http::Response>> post(std::string url, http::Headers headers, std::string body);

  /// None: the server has none anywhere.
  Async<Result<std::optional<ResourceMetadata>>> find_resource(std::string named_url);
  /// None: only where `may_lack`.
  Async<Result<std::optional<ServerMetadata>>> find_server(std::string issuer, bool may_lack);

 private:
  Async<Result<http::Response>> send(http::ClientRequest request);
  [[nodiscard]] http::UrlAuthor author_of(const http::Url& url) const;
  http::Client& http_;
  const OAuthOptions& options_;
};

/// header.payload.signature of a JWT.
std::string sign_jwt(const auth::PrivateKey& key, json::Object header, json::Object claims);
/// Unguessable, URL-safe.
std::string random_text(Random& random, std::size_t bytes);
std::string code_challenge(std::string_view verifier);
/// A proof of possession for one request (RFC 9449); `token` and `nonce` may be empty.
std::string dpop_proof(const auth::PrivateKey& key, Random& random, Time now,
                       std::string_view method, const std::string& url, const std::string& token,
                       const std::string& nonce);
/// private_key_jwt (RFC 7523 section 2.2).
std::string client_assertion(const auth::PrivateKey& key, Random& random, Time now,
                             const std::string& client_id, const std::string& issuer);

}  // namespace flotilla::mcp
