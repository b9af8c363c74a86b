#include "base/log.h"
#include "mcp/client_transport_internal.h"
#include "mcp/oauth_client_internal.h"

namespace flotilla::mcp {

namespace {
constexpr Log kLog("mcp");
constexpr Duration kRefreshAhead = std::chrono::seconds(30);
}  // namespace

std::unique_ptr<OAuthClient> OAuthClient::make(http::Client& http, Clock& clock, TokenStore& store,
                                               Authorizer* authorizer, OAuthOptions options) {
  return std::make_unique<OAuthClientImpl>(http, clock, store, authorizer, std::move(options));
}

Async<Result<>> OAuthClientImpl::load() {
  if (loaded_) co_return ok();
  CO_TRY(stored, co_await store_.load());
  if (loaded_) co_return ok();
  loaded_ = true;
  if (!stored) co_return ok();
  state_ = std::move(*stored);
  if (state_.dpop_key.empty()) co_return ok();
  auto key = auth::PrivateKey::from_der(state_.dpop_key);
  if (!key) co_return fail(key.error());
  dpop_key_ = std::move(*key);
  co_return ok();
}

Async<Result<>> OAuthClientImpl::save() {
  ++generation_;
  co_return co_await store_.save(state_);
}

bool OAuthClientImpl::expires_soon() const {
  return state_.expires && clock_.now() + kRefreshAhead >= *state_.expires;
}

Async<Result<>> OAuthClientImpl::refresh_if_due() {
  const auto guard = co_await busy_.lock();
  if (!expires_soon() || refresh_failed_) co_return ok();
  auto refreshed = co_await refresh();
  // The server's own refusal starts over.
  if (!refreshed) kLog.info("a token was not refreshed", {{"error", refreshed.error()}});
  co_return ok();
}

Async<Result<ClientAuth::Credentials>> OAuthClientImpl::authorize(http::Method method,
                                                                  std::string url) {
  CO_TRY_VOID(co_await load());
  if (!state_.refresh_token.empty() && expires_soon() && !refresh_failed_)
    CO_TRY_VOID(co_await refresh_if_due());
  Credentials credentials;
  credentials.generation = generation_;
  if (state_.access_token.empty()) co_return credentials;
  const auto& token = state_.access_token.reveal();
  if (state_.token_type == "DPoP" && dpop_key_) {
    auto proof = dpop_proof(*dpop_key_, *options_.random, clock_.now(), to_string(method), url,
                            token, server_nonce_);
    credentials.headers.emplace_back("DPoP", Secret(std::move(proof)));
  }
  const std::string scheme = state_.token_type == "DPoP" ? "DPoP " : "Bearer ";
  credentials.headers.emplace_back("Authorization", Secret(scheme + token));
  co_return credentials;
}

Async<Result<>> OAuthClientImpl::challenged(AuthChallenge challenge) {
  const auto guard = co_await busy_.lock();
  CO_TRY_VOID(co_await load());
  const auto parameters = challenge_parameters(challenge.headers);
  const auto nonce = challenge.headers.find("DPoP-Nonce");
  const auto error = parameters.find("error");
  if (nonce && error != parameters.end() && error->second == "use_dpop_nonce" &&
      *nonce != server_nonce_) {
    server_nonce_ = *nonce;
    co_return ok();
  }
  // Another request has seen to it already.
  if (challenge.generation != generation_) co_return ok();
  co_return co_await renew(parameters, challenge.status);
}

Result<> OAuthClientImpl::count_attempt() {
  const auto now = clock_.steady_now();
  while (!attempts_.empty() && now - attempts_.front() > options_.attempts_window)
    attempts_.pop_front();
  if (std::cmp_greater_equal(attempts_.size(), options_.attempts)) {
    return fail(Error(Code::unauthenticated,
                      "the server asks for authorization again and again; it was given up"));
  }
  attempts_.push_back(now);
  return ok();
}

Async<Result<>> OAuthClientImpl::renew(const std::map<std::string, std::string>& challenge,
                                       int status) {
  if (status == 401 && !state_.refresh_token.empty() && !refresh_failed_) {
    auto refreshed = co_await refresh();
    if (refreshed) co_return ok();
    kLog.info("a token was not refreshed", {{"error", refreshed.error()}});
  }
  CO_TRY_VOID(count_attempt());
  co_return co_await run_flow(challenge, status == 403);
}

}  // namespace flotilla::mcp
