#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mcp/oauth_internal.h"

namespace flotilla::mcp {

/// What one authorization is about.
struct OAuthFlow {
  ServerMetadata server;
  std::string resource;
  std::vector<std::string> scopes;
};

/// oauth_client.cc: credentials, when to ask; oauth_flow.cc: discovery, registration, the user;
/// oauth_token.cc: the token endpoint.
class OAuthClientImpl final : public OAuthClient {
 public:
  OAuthClientImpl(http::Client& http, Clock& clock, TokenStore& store, Authorizer* authorizer,
                  OAuthOptions options)
      : clock_(clock),
        store_(store),
        authorizer_(authorizer),
        options_(std::move(options)),
        fetcher_(http, options_) {}

  Async<Result<Credentials>> authorize(http::Method method, std::string url) override;
  Async<Result<>> challenged(AuthChallenge challenge) override;
  [[nodiscard]] bool asks_user() const override {
    return authorizer_ != nullptr && options_.grant == OAuthGrantType::authorization_code;
  }

 private:
  Async<Result<>> load();
  Async<Result<>> save();
  [[nodiscard]] bool expires_soon() const;
  Async<Result<>> refresh_if_due();
  Async<Result<>> renew(const std::map<std::string, std::string>& challenge, int status);
  Result<> count_attempt();

  Async<Result<>> run_flow(const std::map<std::string, std::string>& challenge, bool step_up);
  void choose_scopes(OAuthFlow& flow, const ResourceMetadata* resource,
                     const std::map<std::string, std::string>& challenge, bool step_up) const;
  void adopt_issuer(const std::string& issuer);
  Async<Result<>> identify(const OAuthFlow& flow);
  Async<Result<>> register_client(const OAuthFlow& flow);
  Async<Result<>> ask_user(const OAuthFlow& flow);
  Result<std::string> take_code(const OAuthFlow& flow, const std::string& redirect,
                                const std::string& state) const;
  Async<Result<>> exchange_identity(const OAuthFlow& flow);

  /// One request for tokens; what it brings is taken over.
  Async<Result<>> fetch_tokens(const OAuthFlow& flow, Form form);
  Async<Result<>> refresh();
  Async<Result<json::Object>> post_token_request(const OAuthFlow& flow, Form form);
  Result<> authenticate(const OAuthFlow& flow, http::Headers& headers, Form& form) const;
  [[nodiscard]] std::string auth_method(const OAuthFlow& flow) const;
  Result<> take_tokens(const json::Object& answer, const std::vector<std::string>& scopes);
  Result<> make_dpop_key();

  Clock& clock_;
  TokenStore& store_;
  Authorizer* authorizer_;
  OAuthOptions options_;
  OAuthFetcher fetcher_;
  OAuthState state_;
  bool loaded_ = false;
  bool refresh_failed_ = false;
  std::uint64_t generation_ = 0;
  std::optional<auth::PrivateKey> dpop_key_;
  std::string server_nonce_;  // of the MCP server
  std::string token_nonce_;   // of the token endpoint
  std::deque<SteadyTime> attempts_;
  AsyncMutex busy_;
};

}  // namespace flotilla::mcp
