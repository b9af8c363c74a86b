#pragma once

#include <boost/describe.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/resource.h"
#include "json/struct_schema.h"

/// The kinds Secret and ConfigMap: values by key, in the shape that Kubernetes gives them.
namespace flotilla::core {

struct SecretSpec {
  std::optional<std::string> type;
  std::optional<bool> immutable;
  std::map<std::string, std::optional<json::Base64>> data;  // null: the value that is stored
  std::map<std::string, std::string> stringData;
};
BOOST_DESCRIBE_STRUCT(SecretSpec, (), (type, immutable, data, stringData))

struct ConfigMapSpec {
  std::optional<bool> immutable;
  std::map<std::string, std::string> data;
  std::map<std::string, json::Base64> binaryData;
};
BOOST_DESCRIBE_STRUCT(ConfigMapSpec, (), (immutable, data, binaryData))

/// The status of kinds that nobody runs.
struct PlainStatus {
  std::vector<Condition> conditions;
  std::int64_t observedGeneration = 0;
};
BOOST_DESCRIBE_STRUCT(PlainStatus, (), (conditions, observedGeneration))
constexpr bool has_defaults(const PlainStatus*) {
  return true;
}

/// What a key of a Secret or ConfigMap must not be; empty: it is well.
std::string data_key_fault(std::string_view key);

std::span<const json::FieldDoc> field_docs(const SecretSpec*);
std::span<const json::FieldDoc> field_docs(const ConfigMapSpec*);
std::span<const json::FieldDoc> field_docs(const PlainStatus*);
std::span<const json::FieldDoc> field_docs(const Condition*);

}  // namespace flotilla::core
