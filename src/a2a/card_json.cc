#include "a2a/card_json.h"

#include "a2a/extensions.h"

#include <utility>

#include "base/hash.h"
#include "json/json.h"
#include "json/map.h"

namespace flotilla::a2a {
namespace {

using json::Array;
using json::Object;
using json::Value;

AgentInterface make_interface(const std::string& url, std::string_view binding, Version version) {
  AgentInterface out;
  out.url = url;
  out.protocolBinding = std::string(binding);
  out.protocolVersion = std::string(wire_name(version));
  return out;
}

void require_bearer(AgentCard& card) {
  Object scheme;
  scheme.append("scheme", Value("Bearer"));
  Object wrapped;
  wrapped.append("httpAuthSecurityScheme", Value(std::move(scheme)));
  card.securitySchemes.emplace("bearer", std::move(wrapped));
  SecurityRequirement requirement;
  requirement.schemes.emplace("bearer", StringList{});
  card.securityRequirements.push_back(std::move(requirement));
}

void copy_member(const Object& from, std::string_view name, Object& to, std::string_view as = {}) {
  if (const Value* value = from.find(name)) to.set(std::string(as.empty() ? name : as), *value);
}

/// 0.3 has an OpenAPI security scheme: its members stand beside the one member of the 1.0 oneof.
void add_v03_scheme(Object& scheme) {
  if (scheme.members().empty()) return;
  const std::string kind = scheme.members().front().first;
  const Object* fields = scheme.members().front().second.if_object();
  if (fields == nullptr) return;
  const Object inner = *fields;
  copy_member(inner, "description", scheme);
  if (kind == "apiKeySecurityScheme") {
    scheme.set("type", Value("apiKey"));
    copy_member(inner, "location", scheme, "in");
    copy_member(inner, "name", scheme);
  } else if (kind == "httpAuthSecurityScheme") {
    scheme.set("type", Value("http"));
    copy_member(inner, "scheme", scheme);
    copy_member(inner, "bearerFormat", scheme);
  } else if (kind == "oauth2SecurityScheme") {
    scheme.set("type", Value("oauth2"));
    copy_member(inner, "flows", scheme);
    copy_member(inner, "oauth2MetadataUrl", scheme);
  } else if (kind == "openIdConnectSecurityScheme") {
    scheme.set("type", Value("openIdConnect"));
    copy_member(inner, "openIdConnectUrl", scheme);
  } else if (kind == "mtlsSecurityScheme") {
    scheme.set("type", Value("mutualTLS"));
  }
}

/// [{"schemes":{"name":{"list":[…]}}}] as [{"name":[…]}].
Array to_v03_security(const std::vector<SecurityRequirement>& requirements) {
  Array out;
  for (const SecurityRequirement& requirement : requirements) {
    Object alternatives;
    for (const auto& [name, scopes] : requirement.schemes) {
      Array list;
      for (const std::string& scope : scopes.list) list.emplace_back(scope);
      alternatives.append(name, Value(std::move(list)));
    }
    out.emplace_back(std::move(alternatives));
  }
  return out;
}

void add_skill_security(const AgentCard& card, Object& out) {
  Value* skills = out.find("skills");
  Array* list = skills ? skills->if_array() : nullptr;
  if (list == nullptr) return;
  for (std::size_t i = 0; i < list->size() && i < card.skills.size(); ++i) {
    Object* skill = (*list)[i].if_object();
    const auto& requirements = card.skills[i].securityRequirements;
    if (skill && !requirements.empty())
      skill->set("security", Value(to_v03_security(requirements)));
  }
}

void add_v03_interfaces(const AgentCard& card, Object& out) {
  Array additional;
  for (const AgentInterface& entry : card.supportedInterfaces) {
    if (entry.protocolVersion != "0.3") continue;
    if (additional.empty()) {
      out.set("url", Value(entry.url));
      out.set("preferredTransport", Value(entry.protocolBinding));
    }
    Object transport;
    transport.append("url", Value(entry.url));
    transport.append("transport", Value(entry.protocolBinding));
    additional.emplace_back(std::move(transport));
  }
  if (!additional.empty()) out.set("additionalInterfaces", Value(std::move(additional)));
}

}  // namespace

void add_server_facts(AgentCard& card, const std::string& url, const ServerConfig& config) {
  card.supportedInterfaces.clear();
  for (const Version version : {Version::v1_0, Version::v0_3}) {
    for (const std::string_view binding : {"JSONRPC", "HTTP+JSON"})
      card.supportedInterfaces.push_back(make_interface(url, binding, version));
  }
  if (!config.push_notifications) card.capabilities.pushNotifications = false;
  card.capabilities.extendedAgentCard = config.extended_card;
  for (auto& extension : server_extensions()) card.capabilities.extensions.push_back(extension);
  if (config.authentication && card.securityRequirements.empty()) require_bearer(card);
}

void add_v03_members(const AgentCard& card, Object& out) {
  out.set("protocolVersion", Value("0.3.0"));
  add_v03_interfaces(card, out);
  out.set("supportsAuthenticatedExtendedCard",
          Value(card.capabilities.extendedAgentCard.value_or(false)));
  if (!card.securityRequirements.empty())
    out.set("security", Value(to_v03_security(card.securityRequirements)));
  if (Value* schemes = out.find("securitySchemes"); schemes && schemes->if_object()) {
    for (auto& [name, scheme] : schemes->if_object()->members())
      if (Object* object = scheme.if_object()) add_v03_scheme(*object);
  }
  add_skill_security(card, out);
}

Result<> check_extended_card(const ServerConfig& config,
                             const std::shared_ptr<const Principal>& caller) {
  if (!config.extended_card) return fail(extended_card_not_supported());
  const bool nobody = !caller || caller == public_principal() ||
                      (config.local_is_nobody && caller == local_principal());
  if (!nobody) return ok();
  return fail(Error(Code::unauthenticated, "the extended card needs a token of this server"));
}

std::string card_text(const AgentCard& card, Version version) {
  if (version == Version::v1_0) return json::to_text(card);
  Value value = json::to_value(card);
  add_v03_members(card, *value.if_object());
  return json::to_string(value);
}

std::string etag_of(std::string_view text) {
  return "\"" + hex(sha256(text)).substr(0, 32) + "\"";
}

}  // namespace flotilla::a2a
