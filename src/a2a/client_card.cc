#include "a2a/card_read.h"
#include "a2a/client_internal.h"
#include "http/url.h"
#include "json/json.h"

namespace flotilla::a2a {

namespace {

/// Whether what was said of `base` may be believed of `other`.
bool same_peer(const http::Url& base, const http::Url& other) {
  return base.same_peer(other) && (other.tls || !base.tls);
}

std::optional<Endpoint> endpoint_of(const AgentInterface& interface, const std::string& base_url,
                                    const ClientOptions& options) {
  const auto binding = parse_binding(interface.protocolBinding);
  const auto version = parse_version(interface.protocolVersion);
  if (!binding || !version) return std::nullopt;
  if (!options.version.empty() && options.version != wire_name(*version)) return std::nullopt;
  if (options.binding && *options.binding != *binding) return std::nullopt;
  Endpoint endpoint;
  // An agent behind a proxy that does not know its own URL is where its card is.
  endpoint.url = interface.url.empty() ? base_url : interface.url;
  while (endpoint.url.ends_with('/')) endpoint.url.pop_back();
  const auto base = http::parse_url(base_url);
  auto url = http::parse_url(endpoint.url);
  if (!url) return std::nullopt;
  if (options.at_base && base) {
    auto here = *base;
    here.target = std::move(url->target);
    endpoint.url = here.to_string();
    while (endpoint.url.ends_with('/')) endpoint.url.pop_back();
    url = std::move(here);
  }
  endpoint.binding = *binding;
  endpoint.version = *version;
  if (*version == Version::v1_0) endpoint.tenant = interface.tenant;
  if (base && same_peer(*base, *url)) {
    endpoint.author = options.author;
    endpoint.with_token = true;
  }
  return endpoint;
}

/// The newest version; ties by the card's order.
std::optional<Endpoint> best_of(const std::vector<AgentInterface>& interfaces,
                                const std::string& base_url, const ClientOptions& options) {
  std::optional<Endpoint> best;
  for (const auto& interface : interfaces) {
    auto endpoint = endpoint_of(interface, base_url, options);
    if (endpoint && (!best || endpoint->version > best->version)) best = std::move(endpoint);
  }
  return best;
}

}  // namespace

Result<Endpoint> choose_endpoint(const std::string& card_text, const std::string& base_url,
                                 const ClientOptions& options, AgentCard* card) {
  auto parsed = json::parse(card_text);
  if (!parsed || parsed->if_object() == nullptr)
    return fail(invalid_answer("the agent card at " + base_url + " is not a JSON object"));
  const auto& object = *parsed->if_object();
  *card = read_card(object);
  auto best = best_of(card->supportedInterfaces, base_url, options);
  // A hybrid card need not list its 0.3 interfaces in both forms.
  if (!best) best = best_of(v03_interfaces(object), base_url, options);
  if (best) return std::move(*best);
  const std::string version = options.version.empty() ? "1.0 or 0.3" : options.version;
  std::string binding = "JSONRPC or HTTP+JSON";
  if (options.binding) binding = wire_name(*options.binding);
  return fail(
      Error(Code::failed_precondition, "the agent at " + base_url +
                                           " offers no interface that is wanted and spoken (" +
                                           binding + ", version " + version + ")"));
}

}  // namespace flotilla::a2a
