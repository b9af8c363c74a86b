#include <algorithm>
#include <cctype>

#include "a2a/client_internal.h"
#include "http/url.h"
#include "json/json.h"

namespace flotilla::a2a {

namespace {

/// Empty counts as absent: serializers write "" for what is not there.
std::string text_at(const json::Object& object, std::string_view name, std::string otherwise = {}) {
  const auto* value = object.find(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  if (text != nullptr && !text->empty()) return *text;
  return otherwise;
}

/// A 0.3 card: `url` with `preferredTransport`, and `additionalInterfaces`.
std::vector<AgentInterface> old_interfaces(const json::Object& card) {
  std::vector<AgentInterface> found;
  const auto add = [&](std::string url, std::string binding) {
    AgentInterface one;
    one.url = std::move(url);
    one.protocolBinding = std::move(binding);
    one.protocolVersion = "0.3";
    found.push_back(std::move(one));
  };
  if (card.find("url") != nullptr || card.find("preferredTransport") != nullptr)
    add(text_at(card, "url"), text_at(card, "preferredTransport", "JSONRPC"));
  if (const auto* more = card.find("additionalInterfaces"); more && more->if_array())
    for (const auto& entry : *more->if_array())
      if (const auto* object = entry.if_object())
        add(text_at(*object, "url"), text_at(*object, "transport"));
  return found;
}

std::vector<AgentInterface> new_interfaces(const json::Object& card) {
  std::vector<AgentInterface> found;
  const auto* list = card.find("supportedInterfaces");
  if (list == nullptr || list->if_array() == nullptr) return found;
  for (const auto& entry : *list->if_array()) {
    const auto* object = entry.if_object();
    if (object == nullptr) continue;
    AgentInterface one;
    one.url = text_at(*object, "url");
    one.protocolBinding = text_at(*object, "protocolBinding");
    one.protocolVersion = text_at(*object, "protocolVersion", "0.3");
    if (auto tenant = text_at(*object, "tenant"); !tenant.empty()) one.tenant = std::move(tenant);
    found.push_back(std::move(one));
  }
  return found;
}

/// What the card must have for us; the rest of a foreign card may be wrong or missing.
AgentCard read_card(const json::Object& object) {
  json::ReadOptions lenient;
  lenient.proto_names = true;
  AgentCard card;
  card.name = text_at(object, "name");
  card.description = text_at(object, "description");
  card.version = text_at(object, "version");
  if (const auto* value = object.find("capabilities"))
    if (auto read = json::read<AgentCapabilities>(*value, lenient))
      card.capabilities = std::move(*read);
  if (const auto* value = object.find("skills"))
    if (auto read = json::read<std::vector<AgentSkill>>(*value, lenient))
      card.skills = std::move(*read);
  card.supportedInterfaces = new_interfaces(object);
  return card;
}

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
  const auto url = http::parse_url(endpoint.url);
  if (!url) return std::nullopt;
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
  if (!best) {
    auto old = old_interfaces(object);
    best = best_of(old, base_url, options);
    if (card->supportedInterfaces.empty()) card->supportedInterfaces = std::move(old);
  }
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
