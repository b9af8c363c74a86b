#pragma once

#include <array>
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/struct_schema.h"

/// What specs of several kinds have in common: how they refer to values and to each other. The
/// structs are the wire.
namespace flotilla::core {

/// A value of a Secret of the same namespace.
struct SecretKeyRef {
  std::string name;
  std::string key;
  bool operator==(const SecretKeyRef&) const = default;
};
BOOST_DESCRIBE_STRUCT(SecretKeyRef, (), (name, key))

/// A value of a ConfigMap of the same namespace.
struct ConfigMapKeyRef {
  std::string name;
  std::string key;
  bool operator==(const ConfigMapKeyRef&) const = default;
};
BOOST_DESCRIBE_STRUCT(ConfigMapKeyRef, (), (name, key))

/// Exactly one of them.
struct ValueSource {
  std::optional<SecretKeyRef> secretKeyRef;
  std::optional<ConfigMapKeyRef> configMapKeyRef;
  bool operator==(const ValueSource&) const = default;
};
BOOST_DESCRIBE_STRUCT(ValueSource, (), (secretKeyRef, configMapKeyRef))

/// A header or variable: exactly one of value and valueFrom.
struct NamedValue {
  std::string name;
  std::optional<std::string> value;
  std::optional<ValueSource> valueFrom;
};
BOOST_DESCRIBE_STRUCT(NamedValue, (), (name, value, valueFrom))

/// How a peer is checked that is reached by https, and who we are to it.
struct TlsSpec {
  std::optional<SecretKeyRef> caSecretRef;
  bool insecureSkipVerify = false;
  std::optional<std::string> serverName;
  std::optional<SecretKeyRef> clientCertSecretRef;
  std::optional<SecretKeyRef> clientKeySecretRef;
};
BOOST_DESCRIBE_STRUCT(TlsSpec, (),
                      (caSecretRef, insecureSkipVerify, serverName, clientCertSecretRef,
                       clientKeySecretRef))
constexpr bool has_defaults(const TlsSpec*) {
  return true;
}

enum class NamespacesFrom : std::uint8_t { same, all, list };
BOOST_DESCRIBE_ENUM(NamespacesFrom, same, all, list)
constexpr std::string_view wire_name(NamespacesFrom from) {
  constexpr std::array<std::string_view, 3> kNames{"Same", "All", "List"};
  return kNames[static_cast<std::size_t>(from)];
}

/// Agents of which namespaces may use a resource.
struct AllowedNamespaces {
  NamespacesFrom from = NamespacesFrom::same;
  std::vector<std::string> names;  // with List
};
BOOST_DESCRIBE_STRUCT(AllowedNamespaces, (), (from, names))
constexpr bool has_defaults(const AllowedNamespaces*) {
  return true;
}

/// Whether agents of namespace `user` may use a resource of namespace `own`. Absent is Same.
bool allows(const std::optional<AllowedNamespaces>& allowed, std::string_view own,
            std::string_view user);

std::span<const json::FieldDoc> field_docs(const SecretKeyRef*);
std::span<const json::FieldDoc> field_docs(const ConfigMapKeyRef*);
std::span<const json::FieldDoc> field_docs(const ValueSource*);
std::span<const json::FieldDoc> field_docs(const NamedValue*);
std::span<const json::FieldDoc> field_docs(const TlsSpec*);
std::span<const json::FieldDoc> field_docs(const AllowedNamespaces*);

}  // namespace flotilla::core
