#include "a2a/card_canonical.h"

#include <algorithm>
#include <optional>
#include <span>

#include "json/canonical.h"

namespace flotilla::a2a {
namespace {

using json::Object;
using json::Value;

/// `plain`: proto3 without presence, so that a default value cannot be told from none.
enum class Presence : std::uint8_t { plain, required, optional };
enum class Content : std::uint8_t { scalar, message, messages, message_map };

struct Shape;
struct Field {
  std::string_view name;
  Presence presence = Presence::plain;
  Content content = Content::scalar;  // also lists and maps of scalars, and free objects
  const Shape* shape = nullptr;
};
struct Shape {
  std::span<const Field> fields;
};

constexpr auto kRequired = Presence::required;
constexpr auto kOptional = Presence::optional;
constexpr auto kPlain = Presence::plain;

constexpr Field kInterfaceFields[] = {
    {"url", kRequired}, {"protocolBinding", kRequired}, {"tenant"}, {"protocolVersion", kRequired}};
constexpr Shape kInterface{kInterfaceFields};
constexpr Field kProviderFields[] = {{"url", kRequired}, {"organization", kRequired}};
constexpr Shape kProvider{kProviderFields};
// `params` is a message: an empty one is not the same as none.
constexpr Field kExtensionFields[] = {
    {"uri"}, {"description"}, {"required"}, {"params", kOptional}};
constexpr Shape kExtension{kExtensionFields};
constexpr Field kCapabilitiesFields[] = {{"streaming", kOptional},
                                         {"pushNotifications", kOptional},
                                         {"extensions", kPlain, Content::messages, &kExtension},
                                         {"extendedAgentCard", kOptional}};
constexpr Shape kCapabilities{kCapabilitiesFields};
constexpr Field kListFields[] = {{"list"}};
constexpr Shape kList{kListFields};
constexpr Field kRequirementFields[] = {{"schemes", kPlain, Content::message_map, &kList}};
constexpr Shape kRequirement{kRequirementFields};
constexpr Field kSkillFields[] = {
    {"id", kRequired},
    {"name", kRequired},
    {"description", kRequired},
    {"tags", kRequired},
    {"examples"},
    {"inputModes"},
    {"outputModes"},
    {"securityRequirements", kPlain, Content::messages, &kRequirement}};
constexpr Shape kSkill{kSkillFields};

constexpr Field kFlowFields[] = {
    {"authorizationUrl", kRequired}, {"deviceAuthorizationUrl", kRequired},
    {"tokenUrl", kRequired},         {"refreshUrl"},
    {"scopes", kRequired},           {"pkceRequired"}};
constexpr Shape kFlow{kFlowFields};
// The deprecated flows have no required fields.
constexpr Field kOldFlowFields[] = {{"authorizationUrl"}, {"tokenUrl"}, {"refreshUrl"}, {"scopes"}};
constexpr Shape kOldFlow{kOldFlowFields};
constexpr Field kFlowsFields[] = {{"authorizationCode", kOptional, Content::message, &kFlow},
                                  {"clientCredentials", kOptional, Content::message, &kFlow},
                                  {"implicit", kOptional, Content::message, &kOldFlow},
                                  {"password", kOptional, Content::message, &kOldFlow},
                                  {"deviceCode", kOptional, Content::message, &kFlow}};
constexpr Shape kFlows{kFlowsFields};
constexpr Field kApiKeyFields[] = {{"description"}, {"location", kRequired}, {"name", kRequired}};
constexpr Shape kApiKey{kApiKeyFields};
constexpr Field kHttpFields[] = {{"description"}, {"scheme", kRequired}, {"bearerFormat"}};
constexpr Shape kHttp{kHttpFields};
constexpr Field kOauthFields[] = {
    {"description"}, {"flows", kRequired, Content::message, &kFlows}, {"oauth2MetadataUrl"}};
constexpr Shape kOauth{kOauthFields};
constexpr Field kOpenIdFields[] = {{"description"}, {"openIdConnectUrl", kRequired}};
constexpr Shape kOpenId{kOpenIdFields};
constexpr Field kMtlsFields[] = {{"description"}};
constexpr Shape kMtls{kMtlsFields};
constexpr Field kSchemeFields[] = {
    {"apiKeySecurityScheme", kOptional, Content::message, &kApiKey},
    {"httpAuthSecurityScheme", kOptional, Content::message, &kHttp},
    {"oauth2SecurityScheme", kOptional, Content::message, &kOauth},
    {"openIdConnectSecurityScheme", kOptional, Content::message, &kOpenId},
    {"mtlsSecurityScheme", kOptional, Content::message, &kMtls}};
constexpr Shape kScheme{kSchemeFields};

constexpr Field kCardFields[] = {{"name", kRequired},
                                 {"description", kRequired},
                                 {"supportedInterfaces", kRequired, Content::messages, &kInterface},
                                 {"provider", kOptional, Content::message, &kProvider},
                                 {"version", kRequired},
                                 {"documentationUrl", kOptional},
                                 {"capabilities", kRequired, Content::message, &kCapabilities},
                                 {"securitySchemes", kPlain, Content::message_map, &kScheme},
                                 {"securityRequirements", kPlain, Content::messages, &kRequirement},
                                 {"defaultInputModes", kRequired},
                                 {"defaultOutputModes", kRequired},
                                 {"skills", kRequired, Content::messages, &kSkill},
                                 {"iconUrl", kOptional}};
constexpr Shape kCard{kCardFields};

bool is_default(const Value& value) {
  if (const auto* text = value.if_string()) return text->empty();
  if (const auto* list = value.if_array()) return list->empty();
  if (const auto* object = value.if_object()) return object->empty();
  if (const auto* flag = value.if_bool()) return !*flag;
  return value.as_double() == 0.0;
}

Object in_presence(const Object& from, const Shape& shape, bool keep_unknown);

/// Recursion is as deep as the shapes are.
Value clean(const Value& value, const Field& field, bool keep_unknown) {
  const auto one = [&](const Value& item) {
    const auto* object = item.if_object();
    return object == nullptr ? item : Value(in_presence(*object, *field.shape, keep_unknown));
  };
  if (field.content == Content::message) return one(value);
  if (const auto* list = value.if_array(); list && field.content == Content::messages) {
    json::Array out;
    for (const Value& item : *list) out.push_back(one(item));
    return out;
  }
  if (const auto* map = value.if_object(); map && field.content == Content::message_map) {
    Object out;
    for (const auto& [name, item] : map->members()) out.append(name, one(item));
    return out;
  }
  return value;
}

Object in_presence(const Object& from, const Shape& shape, bool keep_unknown) {
  Object out;
  for (const auto& [name, value] : from.members()) {
    const auto field = std::ranges::find(shape.fields, name, &Field::name);
    if (field == shape.fields.end()) {
      if (keep_unknown) out.append(name, value);
      continue;
    }
    if (value.is_null()) continue;  // ProtoJSON: as absent
    if (field->presence == Presence::plain && is_default(value)) continue;
    out.append(name, clean(value, *field, keep_unknown));
  }
  return out;
}

/// Depth is bounded by the parser.
std::optional<Value> without_empty(const Value& value) {
  if (value.is_null()) return std::nullopt;
  if (const auto* text = value.if_string(); text && text->empty()) return std::nullopt;
  if (const auto* list = value.if_array()) {
    json::Array out;
    for (const Value& item : *list)
      if (auto kept = without_empty(item)) out.push_back(std::move(*kept));
    if (out.empty()) return std::nullopt;
    return Value(std::move(out));
  }
  if (const auto* object = value.if_object()) {
    Object out;
    for (const auto& [name, item] : object->members())
      if (auto kept = without_empty(item)) out.append(name, std::move(*kept));
    if (out.empty()) return std::nullopt;
    return Value(std::move(out));
  }
  return value;
}

}  // namespace

std::string canonical_card(const Object& card, CardForm form) {
  Object out = in_presence(card, kCard, form == CardForm::as_written);
  out.erase("signatures");
  Value value(std::move(out));
  if (form == CardForm::stripped) value = without_empty(value).value_or(Value(Object()));
  return json::to_canonical(value);
}

std::vector<std::string> canonical_cards(const Object& card) {
  std::vector<std::string> out;
  for (const auto form : {CardForm::as_written, CardForm::known, CardForm::stripped}) {
    auto payload = canonical_card(card, form);
    if (std::ranges::find(out, payload) == out.end()) out.push_back(std::move(payload));
  }
  return out;
}

}  // namespace flotilla::a2a
