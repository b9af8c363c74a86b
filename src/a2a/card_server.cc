#include "a2a/card_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "a2a/card_json.h"
#include "a2a/wire.h"

namespace flotilla::a2a {
namespace {

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
  for (std::string_view candidate : request.headers.list("If-None-Match")) {
    if (candidate.starts_with("W/"))
      candidate.remove_prefix(2);  // weak comparison, RFC 9110 13.1.2
    if (candidate == "*" || candidate == etag) return true;
  }
  return false;
}

}  // namespace

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
  add_server_facts(*card, origin_of(request, config_) + base_path, config_.authentication);
  std::string text = card_text(*card, variant_for(request));
  std::string etag = etag_of(text);
  const bool fresh = matches(request, etag);
  http::Response response;
  if (fresh)
    response.status = 304;
  else
    response = http::Response::json(200, std::move(text));
  response.headers.add("ETag", std::move(etag));
  response.headers.add("Cache-Control",
                       fmt::format("public, max-age={}", config_.card_max_age.count()));
  response.headers.add("Vary", "A2A-Version");
  co_return response;
}

}  // namespace flotilla::a2a
