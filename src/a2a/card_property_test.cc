#include <gtest/gtest.h>

#include "a2a/card_json.h"
#include "a2a/card_read.h"
#include "a2a/random_model_testing_internal.h"
#include "json/json.h"

// A card read back is the card that was served: the pure one, the hybrid one, and what is left of
// the hybrid one for a client that knows only 0.3.
namespace flotilla::a2a {
namespace {

using testing::Dice;

std::vector<SecurityRequirement> requirements(Dice& dice) {
  std::vector<SecurityRequirement> out(dice.roll(3));
  for (auto& one : out) {
    one.schemes[dice.text()].list = dice.texts();
    one.schemes["second"].list = {};
  }
  return out;
}

json::Object scheme(Dice& dice) {
  json::Object fields;
  if (dice.coin()) fields.append("description", dice.text());
  const auto wrapped = [&](const char* name) {
    json::Object out;
    out.append(name, std::move(fields));
    return out;
  };
  switch (dice.roll(5)) {
    case 0:
      fields.append("location", "header");
      fields.append("name", dice.text());
      return wrapped("apiKeySecurityScheme");
    case 1:
      fields.append("scheme", "Bearer");
      if (dice.coin()) fields.append("bearerFormat", "JWT");
      return wrapped("httpAuthSecurityScheme");
    case 2: {
      json::Object flow;
      flow.append("tokenUrl", "https://x.example/token");
      flow.append("scopes", json::Object{{"read", dice.text()}});
      fields.append("flows", json::Object{{"clientCredentials", std::move(flow)}});
      return wrapped("oauth2SecurityScheme");
    }
    case 3:
      fields.append("openIdConnectUrl", "https://x.example/oidc");
      return wrapped("openIdConnectSecurityScheme");
    default:
      return wrapped("mtlsSecurityScheme");
  }
}

AgentCard card(Dice& dice) {
  AgentCard out;
  out.name = dice.text();
  out.description = dice.text();
  out.version = dice.text();
  out.documentationUrl = dice.maybe_text();
  out.iconUrl = dice.maybe_text();
  if (dice.coin()) out.provider = AgentProvider{"https://x.example", dice.text()};
  const auto url = "https://x.example/" + std::to_string(dice.roll(9));
  for (const char* version : {"1.0", "0.3"})
    for (const char* binding : {"JSONRPC", "HTTP+JSON"})
      out.supportedInterfaces.push_back(AgentInterface{url, binding, std::nullopt, version});
  out.capabilities.streaming = dice.coin();
  out.capabilities.pushNotifications = dice.coin();
  out.capabilities.extendedAgentCard = dice.coin();
  for (std::size_t n = dice.roll(3); n > 0; --n) {
    AgentExtension extension;
    extension.uri = dice.text();
    extension.required = dice.coin();
    extension.params = dice.metadata();
    out.capabilities.extensions.push_back(std::move(extension));
  }
  for (std::size_t n = dice.roll(4); n > 0; --n) out.securitySchemes[dice.text()] = scheme(dice);
  out.securityRequirements = requirements(dice);
  out.defaultInputModes = dice.texts();
  out.defaultOutputModes = dice.texts();
  for (std::size_t n = dice.roll(3); n > 0; --n) {
    AgentSkill skill;
    skill.id = dice.text();
    skill.name = dice.text();
    skill.description = dice.text();
    skill.tags = dice.texts();
    skill.examples = dice.texts();
    skill.inputModes = dice.texts();
    skill.securityRequirements = requirements(dice);
    out.skills.push_back(std::move(skill));
  }
  return out;
}

json::Object served(const AgentCard& card, Version version) {
  return *json::parse(card_text(card, version))->if_object();
}

/// Without everything that 0.3 does not know.
json::Object only_v03(json::Object hybrid) {
  hybrid.erase("supportedInterfaces");
  hybrid.erase("securityRequirements");
  json::Object none;
  json::Value* schemes = hybrid.find("securitySchemes");
  for (auto& [name, scheme] : (schemes == nullptr ? none : *schemes->if_object()).members()) {
    json::Object plain;
    for (const auto& [field, value] : scheme.if_object()->members())
      if (!field.ends_with("SecurityScheme")) plain.append(field, value);
    scheme = json::Value(std::move(plain));
  }
  hybrid.find("capabilities")->if_object()->erase("extendedAgentCard");
  for (auto& skill : *hybrid.find("skills")->if_array())
    skill.if_object()->erase("securityRequirements");
  return hybrid;
}

TEST(CardProperty, card_survives_both_versions) {
  for (std::uint32_t seed = 0; seed < 2000; ++seed) {
    Dice dice(seed);
    const auto made = card(dice);
    const auto text = json::to_text(made);
    ASSERT_EQ(json::to_text(read_card(served(made, Version::v1_0))), text) << seed;
    ASSERT_EQ(json::to_text(read_card(served(made, Version::v0_3))), text) << seed;
  }
}

TEST(CardProperty, card_without_its_1_0_members_says_the_same) {
  for (std::uint32_t seed = 0; seed < 2000; ++seed) {
    Dice dice(seed);
    auto made = card(dice);
    const auto old = read_card(only_v03(served(made, Version::v0_3)));
    std::erase_if(made.supportedInterfaces,
                  [](const AgentInterface& one) { return one.protocolVersion != "0.3"; });
    ASSERT_EQ(json::to_text(old), json::to_text(made)) << seed;
  }
}

}  // namespace
}  // namespace flotilla::a2a
