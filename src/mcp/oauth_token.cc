#include <algorithm>

#include "base/hash.h"
#include "json/json.h"
#include "mcp/client_transport_internal.h"
#include "mcp/oauth_client_internal.h"

/// The token endpoint (mcp.md 5.4, RFC 9449 for DPoP).
namespace flotilla::mcp {
namespace {

constexpr std::int64_t kLifeMax = 366LL * 24 * 3600;

std::string text_at(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  return value == nullptr || value->if_string() == nullptr ? "" : *value->if_string();
}

json::Object object_in(const std::string& text) {
  auto value = json::parse(text);
  if (!value || value->if_object() == nullptr) return {};
  return std::move(*value->if_object());
}

}  // namespace

Result<> OAuthClientImpl::make_dpop_key() {
  if (dpop_key_) return ok();
  TRY(key, auth::PrivateKey::generate("ES256"));
  state_.dpop_key = key.to_der();
  dpop_key_ = std::move(key);
  return ok();
}

std::string OAuthClientImpl::auth_method(const OAuthFlow& flow) const {
  if (options_.client_key) return "private_key_jwt";
  if (!state_.auth_method.empty()) return state_.auth_method;
  if (state_.client_secret.empty()) return "none";
  const auto& offered = flow.server.auth_methods;
  const bool post = std::ranges::find(offered, "client_secret_post") != offered.end();
  const bool basic = std::ranges::find(offered, "client_secret_basic") != offered.end();
  return post && !basic ? "client_secret_post" : "client_secret_basic";
}

Result<> OAuthClientImpl::authenticate(const OAuthFlow& flow, http::Headers& headers,
                                       Form& form) const {
  const auto method = auth_method(flow);
  const auto& secret = state_.client_secret.reveal();
  if (method == "client_secret_basic") {
    const auto pair = http::percent_encode(state_.client_id) + ":" + http::percent_encode(secret);
    headers.set("Authorization", "Basic " + base64(pair));
    return ok();
  }
  form.emplace_back("client_id", state_.client_id);
  if (method == "none") return ok();
  if (method == "client_secret_post") {
    form.emplace_back("client_secret", secret);
    return ok();
  }
  if (method != "private_key_jwt" || !options_.client_key) {
    return fail(Error(Code::unauthenticated,
                      "the authorization server wants to be met by " + shown(method)));
  }
  form.emplace_back("client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
  form.emplace_back("client_assertion",
                    client_assertion(*options_.client_key, *options_.random, clock_.now(),
                                     state_.client_id, state_.issuer));
  return ok();
}

Async<Result<json::Object>> OAuthClientImpl::post_token_request(const OAuthFlow& flow, Form form) {
  if (!flow.resource.empty()) form.emplace_back("resource", flow.resource);
  for (bool again = false;; again = true) {
    http::Headers headers;
    headers.set("Content-Type", "application/x-www-form-urlencoded");
    Form whole = form;
    CO_TRY_VOID(authenticate(flow, headers, whole));
    if (dpop_key_) {
      auto proof = dpop_proof(*dpop_key_, *options_.random, clock_.now(), "POST",
                              flow.server.token_endpoint, "", token_nonce_);
      headers.set("DPoP", std::move(proof));
    }
    auto body = encode_form(whole);
    CO_TRY(answer,
           co_await fetcher_.post(flow.server.token_endpoint, std::move(headers), std::move(body)));
    auto object = object_in(answer.body);
    if (answer.status == 200) co_return object;
    const auto nonce = answer.headers.find("DPoP-Nonce");
    const auto error = text_at(object, "error");
    if (!again && nonce && error == "use_dpop_nonce") {
      token_nonce_ = *nonce;
      continue;
    }
    co_return fail(Error(answer.status >= 500 ? Code::unavailable : Code::unauthenticated,
                         "the authorization server gave no token: " + shown(error) + " " +
                             shown(text_at(object, "error_description"))));
  }
}

Result<> OAuthClientImpl::take_tokens(const json::Object& answer,
                                      const std::vector<std::string>& scopes) {
  const auto access = text_at(answer, "access_token");
  const auto type = text_at(answer, "token_type");
  if (access.empty()) return fail(broken_protocol("the authorization server gave no access_token"));
  const bool dpop = http::iequals(type, "DPoP");
  if (!dpop && !http::iequals(type, "Bearer"))
    return fail(broken_protocol("a token of an unknown type: " + shown(type)));
  if (dpop && !dpop_key_) return fail(broken_protocol("a token bound to a key that is not ours"));
  state_.access_token = Secret(access);
  state_.token_type = dpop ? "DPoP" : "Bearer";
  // A server that rotates gives a new one; one that does not lets the old one stand.
  if (auto refresh = text_at(answer, "refresh_token"); !refresh.empty())
    state_.refresh_token = Secret(std::move(refresh));
  state_.scopes = scopes;
  add_scopes(state_.scopes, split_scopes(text_at(answer, "scope")));
  state_.expires.reset();
  const auto* life = answer.find("expires_in");
  if (const auto told = life == nullptr ? std::nullopt : life->as_int64(); told && *told >= 0)
    state_.expires = clock_.now() + std::chrono::seconds(std::min(*told, kLifeMax));
  return ok();
}

Async<Result<>> OAuthClientImpl::fetch_tokens(const OAuthFlow& flow, Form form) {
  CO_TRY(answer, co_await post_token_request(flow, std::move(form)));
  state_.refresh_token = Secret();
  CO_TRY_VOID(take_tokens(answer, flow.scopes));
  state_.auth_method = auth_method(flow);  // a refresh has no metadata to choose by
  refresh_failed_ = false;
  co_return co_await save();
}

Async<Result<>> OAuthClientImpl::refresh() {
  OAuthFlow flow;
  flow.server.token_endpoint = state_.token_endpoint;
  flow.server.issuer = state_.issuer;
  flow.resource = state_.resource;
  flow.scopes = state_.scopes;
  Form form = {{"grant_type", "refresh_token"}, {"refresh_token", state_.refresh_token.reveal()}};
  auto answer = co_await post_token_request(flow, std::move(form));
  if (!answer) {
    // Refused, not unreachable: the token is of no use any more.
    refresh_failed_ = answer.error().code() == Code::unauthenticated;
    co_return fail(answer.error());
  }
  CO_TRY_VOID(take_tokens(*answer, flow.scopes));
  co_return co_await save();
}

}  // namespace flotilla::mcp
