#include "a2a/card_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "a2a/card_grpc.h"
#include "a2a/card_json.h"
#include "a2a/card_signer.h"
#include "a2a/wire.h"
#include "http/status.h"

namespace flotilla::a2a {
namespace {

constexpr std::string_view kJwksPath = "/.well-known/jwks.json";

/// Any version that is not ours gets the card that every client can read.
Version variant_for(const http::Request& request) {
  const auto requested = requested_version(request);
  return requested ? requested->version : Version::v0_3;
}

bool is_host_char(char c) {
  const bool alphanumeric =
      (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return alphanumeric || c == '.' || c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
}

bool matches(const http::Request& request, std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  for (std::string_view candidate : request.headers.list("If-None-Match")) {
    // Weak comparison, RFC 9110 section 13.1.2.
    if (candidate.starts_with("W/")) candidate.remove_prefix(2);
    if (candidate == "*" || candidate == etag) return true;
  }
  return false;
}

}  // namespace

std::string base_path_of(const http::Request& request) {
  const auto name = request.param("name");
  if (name.empty()) return {};
  return "/a2a/" + http::percent_encode(request.param("namespace")) + "/" +
         http::percent_encode(name);
}

std::string origin_of(const http::Request& request, const ServerConfig& config) {
  if (!config.public_url.empty()) {
    std::string_view url = config.public_url;
    while (url.ends_with('/')) url.remove_suffix(1);
    return std::string(url);
  }
  std::string_view host = request.headers.find("Host").value_or("");
  if (host.empty() || !std::ranges::all_of(host, is_host_char)) host = "localhost";
  return fmt::format("{}://{}", request.tls ? "https" : "http", host);
}

Async<http::Response> CardServer::handle(http::Request& request, AgentRef agent,
                                         std::string base_path) const {
  Exchange exchange{request, std::move(agent), {}};
  exchange.wire.binding = Binding::rest;
  exchange.wire.profile = config_.profile;
  exchange.wire.plain_json = true;
  auto card = co_await handler_.agent_card(request.context, exchange.agent);
  if (!card) co_return answer_error(exchange, card.error());
  add_server_facts(*card, origin_of(request, config_) + base_path, config_);
  add_grpc_interfaces(*card, request, exchange.agent, config_);
  auto [text, etag] = sign(request, card_text(*card, variant_for(request)));
  http::Response response;
  if (matches(request, etag))
    response.status = 304;
  else
    response = http::Response::json(200, std::move(text));
  response.headers.add("ETag", std::move(etag));
  response.headers.add("Cache-Control",
                       fmt::format("public, max-age={}", config_.card_max_age.count()));
  response.headers.add("Last-Modified", http::to_http_date(config_.started_at));
  response.headers.add("Vary", "A2A-Version");
  co_return response;
}

CardServer::Signed CardServer::sign(const http::Request& request, std::string text) const {
  std::string etag = etag_of(text);
  if (config_.card_signer == nullptr) return {std::move(text), std::move(etag)};
  const auto key_ids = config_.card_signer->key_ids();
  // Who verifies us must reach the keys: only the configured URL is the same for everybody.
  const std::string jku =
      config_.public_url.empty() ? "" : origin_of(request, config_) + std::string(kJwksPath);
  // ECDSA signs the same card differently after a restart: equal in meaning, not in bytes.
  if (!key_ids.empty()) etag = "W/" + etag_of(text + key_ids + jku);
  return {config_.card_signer->sign(text, jku), std::move(etag)};
}

Async<http::Response> CardServer::extended(Exchange exchange) const {
  http::Request& request = exchange.http;
  const auto allowed = check_extended_card(config_, request.context.principal);
  if (!allowed) co_return answer_error(exchange, allowed.error());
  auto card = co_await handler_.extended_card(request.context, exchange.agent);
  if (!card) co_return answer_error(exchange, card.error());
  add_server_facts(*card, origin_of(request, config_) + base_path_of(request), config_);
  add_grpc_interfaces(*card, request, exchange.agent, config_);
  auto [text, etag] = sign(request, card_text(*card, exchange.wire.version));
  auto response = answer_json(exchange, std::move(text));
  response.headers.add("Cache-Control", "private, no-cache");
  co_return response;
}

http::Response CardServer::jwks() const {
  auto response = http::Response::json(
      200, config_.card_signer == nullptr ? R"({"keys":[]})" : config_.card_signer->jwks());
  response.headers.set("Content-Type", "application/jwk-set+json");
  response.headers.add("Cache-Control",
                       fmt::format("public, max-age={}", config_.card_max_age.count()));
  return response;
}

}  // namespace flotilla::a2a
