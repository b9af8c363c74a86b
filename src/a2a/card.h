#pragma once

#include <boost/describe.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/map.h"
#include "json/value.h"

/// The 1.0 Agent Card (specification section 4.4; a2a.md 3.7).
namespace flotilla::a2a {

struct AgentInterface {
  std::string url;
  std::string protocolBinding;  // JSONRPC, GRPC, HTTP+JSON or a URI
  std::optional<std::string> tenant;
  std::string protocolVersion;
};

struct AgentProvider {
  std::string url;
  std::string organization;
};

struct AgentExtension {
  std::string uri;
  std::optional<std::string> description;
  std::optional<bool> required;
  json::Object params;
};

struct AgentCapabilities {
  std::optional<bool> streaming;
  std::optional<bool> pushNotifications;
  std::vector<AgentExtension> extensions;
  std::optional<bool> extendedAgentCard;
};

struct StringList {
  std::vector<std::string> list;
};

struct SecurityRequirement {
  std::map<std::string, StringList> schemes;
};

struct AgentSkill {
  std::string id;
  std::string name;
  std::string description;
  std::vector<std::string> tags;
  std::vector<std::string> examples;
  std::vector<std::string> inputModes;
  std::vector<std::string> outputModes;
  std::vector<SecurityRequirement> securityRequirements;
};

struct AgentCardSignature {
  std::string protected_;
  std::string signature;
  json::Object header;
};

struct AgentCard {
  std::string name;
  std::string description;
  std::vector<AgentInterface> supportedInterfaces;
  std::optional<AgentProvider> provider;
  std::string version;
  std::optional<std::string> documentationUrl;
  AgentCapabilities capabilities;
  /// Kept as written: a oneof of five schemes (a2a.md 3.7).
  std::map<std::string, json::Object> securitySchemes;
  std::vector<SecurityRequirement> securityRequirements;
  std::vector<std::string> defaultInputModes;
  std::vector<std::string> defaultOutputModes;
  std::vector<AgentSkill> skills;
  std::vector<AgentCardSignature> signatures;
  std::optional<std::string> iconUrl;
};

BOOST_DESCRIBE_STRUCT(AgentInterface, (), (url, protocolBinding, tenant, protocolVersion))
BOOST_DESCRIBE_STRUCT(AgentProvider, (), (url, organization))
BOOST_DESCRIBE_STRUCT(AgentExtension, (), (uri, description, required, params))
BOOST_DESCRIBE_STRUCT(AgentCapabilities, (),
                      (streaming, pushNotifications, extensions, extendedAgentCard))
BOOST_DESCRIBE_STRUCT(StringList, (), (list))
BOOST_DESCRIBE_STRUCT(SecurityRequirement, (), (schemes))
BOOST_DESCRIBE_STRUCT(AgentSkill, (),
                      (id, name, description, tags, examples, inputModes, outputModes,
                       securityRequirements))
BOOST_DESCRIBE_STRUCT(AgentCardSignature, (), (protected_, signature, header))
BOOST_DESCRIBE_STRUCT(AgentCard, (),
                      (name, description, supportedInterfaces, provider, version, documentationUrl,
                       capabilities, securitySchemes, securityRequirements, defaultInputModes,
                       defaultOutputModes, skills, signatures, iconUrl))

constexpr bool always_written(const AgentCard*, std::string_view member) {
  return member == "supportedInterfaces" || member == "defaultInputModes" ||
         member == "defaultOutputModes" || member == "skills";
}
constexpr bool always_written(const StringList*, std::string_view) {
  return true;
}
constexpr bool always_written(const AgentSkill*, std::string_view member) {
  return member == "tags";
}

}  // namespace flotilla::a2a
