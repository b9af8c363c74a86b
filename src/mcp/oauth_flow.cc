#include <algorithm>

#include "base/log.h"
#include "json/json.h"
#include "mcp/client_transport_internal.h"
#include "mcp/oauth_client_internal.h"

/// From a challenge to tokens (mcp.md 5.2 to 5.4).
namespace flotilla::mcp {
namespace {

constexpr Log kLog("mcp");
constexpr std::string_view kOffline = "offline_access";

Error denied(std::string message) {
  return Error(Code::unauthenticated, std::move(message));
}

std::string find_or_empty(const std::map<std::string, std::string>& map, const std::string& name) {
  const auto found = map.find(name);
  return found == map.end() ? "" : found->second;
}

json::Array to_array(const std::vector<std::string_view>& texts) {
  json::Array out;
  for (const auto text : texts) out.emplace_back(text);
  return out;
}

/// What 2025-03-26 lets a client assume of a server without any metadata.
ServerMetadata default_endpoints(const std::string& origin) {
  ServerMetadata server;
  server.issuer = origin;
  server.authorization_endpoint = origin + "/authorize";
  server.token_endpoint = origin + "/token";
  server.registration_endpoint = origin + "/register";
  server.pkce = true;
  return server;
}

std::string application_type(const std::string& redirect_uri) {
  const auto url = http::parse_url(redirect_uri);
  const bool loopback = url && !url->tls;
  return loopback ? "native" : "web";
}

}  // namespace

Async<Result<>> OAuthClientImpl::run_flow(const std::map<std::string, std::string>& challenge,
                                          bool step_up) {
  if (authorizer_ == nullptr && options_.grant == OAuthGrantType::authorization_code)
    co_return fail(
        denied("the server wants a person's authorization, and nobody can be asked here"));
  CO_TRY(own, http::parse_url(options_.url));
  CO_TRY(resource, co_await fetcher_.find_resource(find_or_empty(challenge, "resource_metadata")));
  std::string issuer = own.origin();
  if (resource) issuer = resource->authorization_servers.front();
  CO_TRY(server, co_await fetcher_.find_server(issuer, !resource));
  OAuthFlow flow;
  flow.server = std::move(server).value_or(default_endpoints(own.origin()));
  flow.resource = canonical_resource(own);
  if (resource) flow.resource = resource->resource;
  adopt_issuer(issuer);
  choose_scopes(flow, resource ? &*resource : nullptr, challenge, step_up);
  CO_TRY_VOID(co_await identify(flow));
  if (flow.server.dpop && options_.dpop) CO_TRY_VOID(make_dpop_key());
  state_.token_endpoint = flow.server.token_endpoint;
  state_.resource = flow.resource;
  Form form;
  switch (options_.grant) {
    case OAuthGrantType::authorization_code:
      co_return co_await ask_user(flow);
    case OAuthGrantType::client_credentials:
      form = {{"grant_type", "client_credentials"}};
      break;
    case OAuthGrantType::jwt_bearer:
      form = {{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"},
              {"assertion", options_.assertion.reveal()}};
      break;
    case OAuthGrantType::enterprise_managed:
      co_return co_await exchange_identity(flow);
  }
  if (!flow.scopes.empty()) form.emplace_back("scope", join_scopes(flow.scopes));
  co_return co_await fetch_tokens(flow, std::move(form));
}

/// Registration and tokens of one issuer are never shown to another.
void OAuthClientImpl::adopt_issuer(const std::string& issuer) {
  if (state_.issuer == issuer) return;
  if (!state_.issuer.empty())
    kLog.info("a tool server has another authorization server now", {{"issuer", shown(issuer)}});
  state_ = OAuthState();
  state_.issuer = issuer;
  dpop_key_.reset();
  token_nonce_.clear();
}

void OAuthClientImpl::choose_scopes(OAuthFlow& flow, const ResourceMetadata* resource,
                                    const std::map<std::string, std::string>& challenge,
                                    bool step_up) const {
  if (step_up) flow.scopes = state_.scopes;
  const auto asked = split_scopes(find_or_empty(challenge, "scope"));
  if (!asked.empty()) {
    add_scopes(flow.scopes, asked);
  } else if (resource != nullptr) {
    add_scopes(flow.scopes, resource->scopes);
  }
  add_scopes(flow.scopes, options_.scopes);
  const auto& offered = flow.server.scopes;
  if (options_.grant == OAuthGrantType::authorization_code &&
      std::ranges::find(offered, kOffline) != offered.end())
    add_scopes(flow.scopes, {std::string(kOffline)});
}

/// Pre-registered, metadata document, dynamic registration, in this order (mcp.md 5.3).
Async<Result<>> OAuthClientImpl::identify(const OAuthFlow& flow) {
  if (!options_.client_id.empty()) {
    if (!options_.issuer.empty() && options_.issuer != state_.issuer) {
      co_return fail(
          denied("the configured client belongs to another authorization server than the tool "
                 "server names: " +
                 shown(state_.issuer)));
    }
    state_.client_id = options_.client_id;
    state_.client_secret = options_.client_secret;
    co_return ok();
  }
  if (!state_.client_id.empty()) co_return ok();
  if (flow.server.metadata_documents && !options_.client_metadata_url.empty()) {
    state_.client_id = options_.client_metadata_url;
    state_.auth_method = options_.client_key ? "private_key_jwt" : "none";
    co_return ok();
  }
  if (flow.server.registration_endpoint.empty() || authorizer_ == nullptr)
    co_return fail(
        denied("no client is registered at " + shown(state_.issuer) + ": configure a client id"));
  co_return co_await register_client(flow);
}

Async<Result<>> OAuthClientImpl::register_client(const OAuthFlow& flow) {
  const auto redirect = authorizer_->redirect_uri();
  json::Object body;
  body.set("client_name", options_.client_name);
  body.set("redirect_uris", to_array({redirect}));
  body.set("grant_types", to_array({"authorization_code", "refresh_token"}));
  body.set("response_types", to_array({"code"}));
  body.set("application_type", application_type(redirect));
  if (!flow.scopes.empty()) body.set("scope", join_scopes(flow.scopes));
  const auto& offered = flow.server.auth_methods;
  const bool none = std::ranges::find(offered, "none") != offered.end();
  std::string method = "none";
  if (!none && !offered.empty()) method = offered.front();
  body.set("token_endpoint_auth_method", method);
  http::Headers headers;
  headers.add("Content-Type", "application/json");
  const json::Value document(std::move(body));
  auto text = json::to_string(document);
  CO_TRY(answer, co_await fetcher_.post(flow.server.registration_endpoint, std::move(headers),
                                        std::move(text)));
  if (answer.status != 200 && answer.status != 201)
    co_return fail(denied("the registration was refused: " + shown(answer.body)));
  CO_TRY(value, json::parse(answer.body));
  const auto* object = value.if_object();
  const auto text_of = [object](std::string_view name) {
    const auto* member = object == nullptr ? nullptr : object->find(name);
    return member == nullptr || member->if_string() == nullptr ? "" : *member->if_string();
  };
  state_.client_id = text_of("client_id");
  state_.client_secret = Secret(text_of("client_secret"));
  state_.auth_method = text_of("token_endpoint_auth_method");
  if (state_.client_id.empty())
    co_return fail(broken_protocol("the registration has no client_id"));
  co_return ok();
}

Async<Result<>> OAuthClientImpl::ask_user(const OAuthFlow& flow) {
  if (!flow.server.pkce)
    co_return fail(denied("the authorization server does not offer PKCE with S256"));
  CO_TRY_VOID(fetcher_.check(flow.server.authorization_endpoint));
  const auto verifier = random_text(*options_.random, 32);
  const auto state = random_text(*options_.random, 16);
  const auto redirect_uri = authorizer_->redirect_uri();
  Form form = {{"response_type", "code"},         {"client_id", state_.client_id},
               {"redirect_uri", redirect_uri},    {"code_challenge", code_challenge(verifier)},
               {"code_challenge_method", "S256"}, {"state", state},
               {"resource", flow.resource}};
  if (!flow.scopes.empty()) form.emplace_back("scope", join_scopes(flow.scopes));
  const auto& endpoint = flow.server.authorization_endpoint;
  auto url = endpoint + (endpoint.contains('?') ? '&' : '?') + encode_form(form);
  CO_TRY(redirect, co_await authorizer_->authorize(std::move(url)));
  CO_TRY(code, take_code(flow, redirect, state));
  Form request = {{"grant_type", "authorization_code"},
                  {"code", std::move(code)},
                  {"redirect_uri", redirect_uri},
                  {"code_verifier", verifier}};
  co_return co_await fetch_tokens(flow, std::move(request));
}

Result<std::string> OAuthClientImpl::take_code(const OAuthFlow& flow, const std::string& redirect,
                                               const std::string& state) const {
  const auto query = redirect.find('?');
  if (query == std::string::npos) return fail(denied("the browser came back without an answer"));
  const auto end = std::min(redirect.find('#'), redirect.size());
  const auto answer = decode_form(std::string_view(redirect).substr(query + 1, end - query - 1));
  if (!equal_in_constant_time(find_or_empty(answer, "state"), state))
    return fail(denied("the answer of the authorization server is not to our question (state)"));
  // RFC 9207: compared as it is, before anything else is believed.
  const auto issuer = answer.find("iss");
  if (issuer == answer.end() && flow.server.names_issuer)
    return fail(denied("the authorization server did not say who it is (iss)"));
  if (issuer != answer.end() && issuer->second != flow.server.issuer)
    return fail(denied("the answer is of another authorization server: " + shown(issuer->second)));
  if (const auto error = answer.find("error"); error != answer.end()) {
    return fail(denied("the authorization was refused: " + shown(error->second) + " " +
                       shown(find_or_empty(answer, "error_description"))));
  }
  auto code = find_or_empty(answer, "code");
  if (code.empty()) return fail(denied("the browser came back without a code"));
  return code;
}

/// ID token to ID-JAG at the company's provider, that to an access token at the server's.
Async<Result<>> OAuthClientImpl::exchange_identity(const OAuthFlow& flow) {
  if (!options_.identity_provider) co_return fail(denied("no identity provider is configured"));
  const auto& provider = *options_.identity_provider;
  Form form = {{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
               {"requested_token_type", "urn:ietf:params:oauth:token-type:id-jag"},
               {"subject_token", provider.id_token.reveal()},
               {"subject_token_type", "urn:ietf:params:oauth:token-type:id_token"},
               {"audience", flow.server.issuer},
               {"resource", flow.resource},
               {"client_id", provider.client_id}};
  if (!flow.scopes.empty()) form.emplace_back("scope", join_scopes(flow.scopes));
  http::Headers headers;
  headers.add("Content-Type", "application/x-www-form-urlencoded");
  auto body = encode_form(form);
  CO_TRY(answer,
         co_await fetcher_.post(provider.token_endpoint, std::move(headers), std::move(body)));
  if (answer.status != 200)
    co_return fail(denied("the identity provider refused: " + shown(answer.body)));
  CO_TRY(value, json::parse(answer.body));
  const auto* object = value.if_object();
  const auto* token = object == nullptr ? nullptr : object->find("access_token");
  if (token == nullptr || token->if_string() == nullptr)
    co_return fail(broken_protocol("the identity provider gave no token"));
  Form grant = {{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"},
                {"assertion", *token->if_string()}};
  if (!flow.scopes.empty()) grant.emplace_back("scope", join_scopes(flow.scopes));
  co_return co_await fetch_tokens(flow, std::move(grant));
}

}  // namespace flotilla::mcp
