#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "json/map.h"

/// What kagent's kinds have in common (go/api/v1alpha2/common_types.go). The structs are its wire;
/// a `json::Value` is a member that we only look at to see that it is there.
namespace flotilla::compat::kagent {

struct TypedReference {
  std::optional<std::string> kind;
  std::optional<std::string> apiGroup;
  std::string name;
  std::optional<std::string> namespace_;
};
BOOST_DESCRIBE_STRUCT(TypedReference, (), (kind, apiGroup, name, namespace_))

enum class ValueSourceType : std::uint8_t { ConfigMap, Secret };
BOOST_DESCRIBE_ENUM(ValueSourceType, ConfigMap, Secret)

struct ValueSource {
  ValueSourceType type = ValueSourceType::Secret;
  std::string name;
  std::string key;
};
BOOST_DESCRIBE_STRUCT(ValueSource, (), (type, name, key))

struct ValueRef {
  std::string name;
  std::optional<std::string> value;
  std::optional<ValueSource> valueFrom;
};
BOOST_DESCRIBE_STRUCT(ValueRef, (), (name, value, valueFrom))

enum class FromNamespaces : std::uint8_t { Same, All, Selector };
BOOST_DESCRIBE_ENUM(FromNamespaces, Same, All, Selector)

struct SelectorExpression {
  std::string key;
  std::string operator_;
  std::vector<std::string> values;
};
BOOST_DESCRIBE_STRUCT(SelectorExpression, (), (key, operator_, values))

struct LabelSelector {
  std::map<std::string, std::string> matchLabels;
  std::vector<SelectorExpression> matchExpressions;
};
BOOST_DESCRIBE_STRUCT(LabelSelector, (), (matchLabels, matchExpressions))

struct AllowedNamespaces {
  FromNamespaces from = FromNamespaces::Same;
  std::optional<LabelSelector> selector;
};
BOOST_DESCRIBE_STRUCT(AllowedNamespaces, (), (from, selector))
constexpr bool has_defaults(const AllowedNamespaces*) {
  return true;
}

struct TlsConfig {
  bool disableVerify = false;
  std::optional<std::string> caCertSecretRef;
  std::optional<std::string> caCertSecretKey;
  bool disableSystemCAs = false;
};
BOOST_DESCRIBE_STRUCT(TlsConfig, (),
                      (disableVerify, caCertSecretRef, caCertSecretKey, disableSystemCAs))
constexpr bool has_defaults(const TlsConfig*) {
  return true;
}

// Of Kubernetes' core/v1.

struct KeySelector {
  std::string name;
  std::string key;
  std::optional<bool> optional;
};
BOOST_DESCRIBE_STRUCT(KeySelector, (), (name, key, optional))

struct EnvVarSource {
  std::optional<KeySelector> configMapKeyRef;
  std::optional<KeySelector> secretKeyRef;
  std::optional<json::Value> fieldRef;
  std::optional<json::Value> resourceFieldRef;
};
BOOST_DESCRIBE_STRUCT(EnvVarSource, (), (configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef))

struct EnvVar {
  std::string name;
  std::optional<std::string> value;
  std::optional<EnvVarSource> valueFrom;
};
BOOST_DESCRIBE_STRUCT(EnvVar, (), (name, value, valueFrom))

}  // namespace flotilla::compat::kagent
