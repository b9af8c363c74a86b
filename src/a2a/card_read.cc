#include "a2a/card_read.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "json/map.h"

namespace flotilla::a2a {

namespace {

/// Empty counts as absent: serializers write "" for what is not there.
std::string text_at(const json::Object& object, std::string_view name, std::string otherwise = {}) {
  const auto* value = object.find(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  if (text != nullptr && !text->empty()) return *text;
  return otherwise;
}

std::optional<std::string> maybe_text_at(const json::Object& object, std::string_view name) {
  auto text = text_at(object, name);
  if (text.empty()) return std::nullopt;
  return text;
}

const json::Array& array_at(const json::Object& object, std::string_view name) {
  static const json::Array kNone;
  const auto* value = object.find(name);
  const auto* array = value == nullptr ? nullptr : value->if_array();
  return array == nullptr ? kNone : *array;
}

const json::Object* object_at(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  return value == nullptr ? nullptr : value->if_object();
}

template <class T>
void read_member(const json::Object& card, std::string_view name, T& out) {
  json::ReadOptions lenient;
  lenient.proto_names = true;
  const auto* value = card.find(name);
  if (value == nullptr || value->is_null()) return;
  if (auto read = json::read<T>(*value, lenient)) out = std::move(*read);
}

std::vector<AgentInterface> new_interfaces(const json::Object& card) {
  std::vector<AgentInterface> found;
  for (const auto& entry : array_at(card, "supportedInterfaces")) {
    const auto* object = entry.if_object();
    if (object == nullptr) continue;
    AgentInterface one;
    one.url = text_at(*object, "url");
    one.protocolBinding = text_at(*object, "protocolBinding");
    one.protocolVersion = text_at(*object, "protocolVersion", "0.3");
    one.tenant = maybe_text_at(*object, "tenant");
    found.push_back(std::move(one));
  }
  return found;
}

/// [{"name":["scope"]}] of 0.3.
std::vector<SecurityRequirement> v03_requirements(const json::Array& list) {
  std::vector<SecurityRequirement> out;
  for (const auto& entry : list) {
    if (entry.if_object() == nullptr) continue;
    SecurityRequirement requirement;
    for (const auto& [name, scopes] : entry.if_object()->members()) {
      auto& wanted = requirement.schemes[name].list;
      if (scopes.if_array() == nullptr) continue;
      for (const auto& scope : *scopes.if_array())
        if (scope.if_string() != nullptr) wanted.push_back(*scope.if_string());
    }
    out.push_back(std::move(requirement));
  }
  return out;
}

struct SchemeKind {
  std::string_view type;    // 0.3
  std::string_view member;  // 1.0
};
constexpr SchemeKind kSchemes[] = {{"apiKey", "apiKeySecurityScheme"},
                                   {"http", "httpAuthSecurityScheme"},
                                   {"oauth2", "oauth2SecurityScheme"},
                                   {"openIdConnect", "openIdConnectSecurityScheme"},
                                   {"mutualTLS", "mtlsSecurityScheme"}};

/// The 1.0 form: one member that says what it is. A hybrid has it beside the members of 0.3.
std::optional<json::Object> security_scheme(const json::Object& scheme) {
  json::Object out;
  for (const auto& kind : kSchemes) {
    const auto* inner = scheme.find(kind.member);
    if (inner == nullptr || inner->if_object() == nullptr) continue;
    out.append(std::string(kind.member), *inner);
    return out;
  }
  const auto type = text_at(scheme, "type");
  const auto* kind = std::ranges::find(kSchemes, std::string_view(type), &SchemeKind::type);
  if (kind == std::end(kSchemes)) return std::nullopt;
  json::Object fields;
  for (const auto& [name, value] : scheme.members())
    if (name != "type") fields.append(name == "in" ? "location" : name, value);
  out.append(std::string(kind->member), std::move(fields));
  return out;
}

void read_security(const json::Object& card, AgentCard& out) {
  read_member(card, "securityRequirements", out.securityRequirements);
  if (out.securityRequirements.empty())
    out.securityRequirements = v03_requirements(array_at(card, "security"));
  if (const auto* schemes = object_at(card, "securitySchemes"))
    for (const auto& [name, value] : schemes->members())
      if (const auto* scheme = value.if_object())
        if (auto read = security_scheme(*scheme)) out.securitySchemes[name] = std::move(*read);
}

/// A skill is worth showing even where what is required of it is missing.
json::Value with_skill_defaults(json::Value skill) {
  json::Object* object = skill.if_object();
  if (object == nullptr) return skill;
  for (const char* name : {"name", "description"})
    if (object->find(name) == nullptr) object->set(name, json::Value(""));
  if (object->find("tags") == nullptr) object->set("tags", json::Value(json::Array()));
  return skill;
}

void read_skills(const json::Object& card, AgentCard& out) {
  json::ReadOptions lenient;
  lenient.proto_names = true;
  for (const auto& entry : array_at(card, "skills")) {
    auto skill = json::read<AgentSkill>(with_skill_defaults(entry), lenient);
    if (!skill) continue;
    if (skill->securityRequirements.empty() && entry.if_object() != nullptr)
      skill->securityRequirements = v03_requirements(array_at(*entry.if_object(), "security"));
    out.skills.push_back(std::move(*skill));
  }
}

void read_capabilities(const json::Object& card, AgentCard& out) {
  read_member(card, "capabilities", out.capabilities);
  const auto* old = card.find("supportsAuthenticatedExtendedCard");
  if (!out.capabilities.extendedAgentCard && old != nullptr && old->if_bool() != nullptr)
    out.capabilities.extendedAgentCard = *old->if_bool();
}

}  // namespace

std::vector<AgentInterface> v03_interfaces(const json::Object& card) {
  std::vector<AgentInterface> found;
  const auto add = [&](std::string url, std::string binding) {
    AgentInterface one;
    one.url = std::move(url);
    one.protocolBinding = std::move(binding);
    one.protocolVersion = "0.3";
    // Additional ones often repeat the main one.
    const auto same = [&](const AgentInterface& other) {
      return other.url == one.url && other.protocolBinding == one.protocolBinding;
    };
    if (std::ranges::none_of(found, same)) found.push_back(std::move(one));
  };
  if (card.find("url") != nullptr || card.find("preferredTransport") != nullptr)
    add(text_at(card, "url"), text_at(card, "preferredTransport", "JSONRPC"));
  for (const auto& entry : array_at(card, "additionalInterfaces"))
    if (const auto* object = entry.if_object())
      add(text_at(*object, "url"), text_at(*object, "transport"));
  return found;
}

AgentCard read_card(const json::Object& card) {
  AgentCard out;
  out.name = text_at(card, "name");
  out.description = text_at(card, "description");
  out.version = text_at(card, "version");
  out.documentationUrl = maybe_text_at(card, "documentationUrl");
  out.iconUrl = maybe_text_at(card, "iconUrl");
  out.supportedInterfaces = new_interfaces(card);
  if (out.supportedInterfaces.empty()) out.supportedInterfaces = v03_interfaces(card);
  read_member(card, "provider", out.provider);
  read_capabilities(card, out);
  read_security(card, out);
  read_member(card, "defaultInputModes", out.defaultInputModes);
  read_member(card, "defaultOutputModes", out.defaultOutputModes);
  read_skills(card, out);
  read_member(card, "signatures", out.signatures);
  return out;
}

}  // namespace flotilla::a2a
