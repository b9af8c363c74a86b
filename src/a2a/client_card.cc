#include <algorithm>
#include <cctype>

#include "a2a/client_internal.h"
#include "http/url.h"
#include "json/json.h"

namespace flotilla::a2a {

namespace {

std::optional<Binding> binding_of(std::string_view name) {
  std::string upper(name);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (upper == "JSONRPC") return Binding::jsonrpc;
  if (upper == "HTTP+JSON") return Binding::rest;
  return std::nullopt;
}

std::string text_at(const json::Object& object, std::string_view name, std::string otherwise = {}) {
  const auto* value = object.find(name);
  return value && value->if_string() ? *value->if_string() : std::move(otherwise);
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
  if (auto url = text_at(card, "url"); !url.empty())
    add(std::move(url), text_at(card, "preferredTransport", "JSONRPC"));
  if (const auto* more = card.find("additionalInterfaces"); more && more->if_array())
    for (const auto& entry : *more->if_array())
      if (const auto* object = entry.if_object())
        add(text_at(*object, "url"), text_at(*object, "transport"));
  return found;
}

/// What the card must have for us; the rest of a foreign card may be wrong or missing.
AgentCard read_card(const json::Object& object) {
  AgentCard card;
  card.name = text_at(object, "name");
  card.description = text_at(object, "description");
  card.version = text_at(object, "version");
  if (const auto* value = object.find("capabilities"))
    if (auto read = json::read<AgentCapabilities>(*value)) card.capabilities = std::move(*read);
  if (const auto* value = object.find("skills"))
    if (auto read = json::read<std::vector<AgentSkill>>(*value)) card.skills = std::move(*read);
  if (const auto* list = object.find("supportedInterfaces"); list && list->if_array()) {
    for (const auto& entry : *list->if_array()) {
      const auto* one = entry.if_object();
      if (one == nullptr) continue;
      AgentInterface interface;
      interface.url = text_at(*one, "url");
      interface.protocolBinding = text_at(*one, "protocolBinding");
      interface.protocolVersion = text_at(*one, "protocolVersion", "0.3");
      if (auto tenant = text_at(*one, "tenant"); !tenant.empty()) interface.tenant = tenant;
      card.supportedInterfaces.push_back(std::move(interface));
    }
  }
  if (card.supportedInterfaces.empty()) card.supportedInterfaces = old_interfaces(object);
  return card;
}

bool same_authority(const std::string& a, const std::string& b) {
  const auto left = http::parse_url(a);
  const auto right = http::parse_url(b);
  return left && right && left->host == right->host && left->port == right->port;
}

/// Higher is better: the wanted binding, then the newer version; ties by the card's order.
int rank(Binding binding, Version version, const ClientOptions& options) {
  const int newer = version == Version::v1_0 ? 1 : 0;
  return newer + (options.binding == binding ? 2 : 0);
}

}  // namespace

Result<Endpoint> choose_endpoint(const std::string& card_text, const std::string& base_url,
                                 const ClientOptions& options, AgentCard* card) {
  auto parsed = json::parse(card_text);
  if (!parsed || parsed->if_object() == nullptr)
    return fail(Error(Code::internal, reason::kInvalidAgentResponse,
                      "the agent card at " + base_url + " is not a JSON object"));
  *card = read_card(*parsed->if_object());
  std::optional<Endpoint> best;
  int best_rank = -1;
  for (const auto& interface : card->supportedInterfaces) {
    const auto binding = binding_of(interface.protocolBinding);
    const auto version = parse_version(interface.protocolVersion);
    if (!binding || !version || interface.url.empty()) continue;
    if (!options.version.empty() && options.version != wire_name(*version)) continue;
    const int here = rank(*binding, *version, options);
    if (here <= best_rank) continue;
    best_rank = here;
    Endpoint endpoint{interface.url, *binding, *version, interface.tenant, http::UrlAuthor::caller};
    while (endpoint.url.ends_with('/')) endpoint.url.pop_back();
    if (same_authority(endpoint.url, base_url)) endpoint.author = options.author;
    best = std::move(endpoint);
  }
  if (best) return std::move(*best);
  return fail(Error(Code::failed_precondition,
                    "the agent at " + base_url +
                        " offers no interface that this client speaks (JSONRPC or HTTP+JSON, "
                        "version 1.0 or 0.3)"));
}

}  // namespace flotilla::a2a
