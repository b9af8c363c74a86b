#include <map>

#include <fmt/format.h>

#include "compat/kagent/facade_internal.h"
#include "core/resource_apply.h"
#include "json/map.h"

// How the facade writes resources: as manifests, the way of every other.
namespace flotilla::compat::kagent {

namespace {

struct SecretMaterial {
  std::string name;
  std::string key;
  std::string value;
};
BOOST_DESCRIBE_STRUCT(SecretMaterial, (), (name, key, value))

}  // namespace

Async<Result<core::Resource>> apply_one(const Facade& facade, core::PrincipalPtr principal,
                                        json::Value document, std::string name_space) {
  core::ApplyRequest wanted;
  wanted.documents.push_back(std::move(document));
  wanted.name_space = std::move(name_space);
  CO_TRY(applied,
         co_await core::apply_documents(facade.resources, std::move(principal), std::move(wanted)));
  if (applied.front().error) co_return fail(*applied.front().error);
  co_return std::move(applied.front().resource);
}

std::string ref_text(const core::ResourceRef& ref) {
  return fmt::format("{}/{}", ref.name_space, ref.name);
}

json::Object kagent_document(std::string_view version, std::string_view kind,
                             const std::string& name_space, const std::string& name,
                             json::Value spec) {
  json::Object metadata;
  metadata.append("name", name);
  metadata.append("namespace", name_space);
  json::Object document;
  document.append("apiVersion", version);
  document.append("kind", kind);
  document.append("metadata", std::move(metadata));
  document.append("spec", std::move(spec));
  return document;
}

json::Object secret_document(const std::string& name_space, const std::string& name,
                             const std::map<std::string, std::string>& values) {
  json::Object metadata;
  metadata.append("name", name);
  metadata.append("namespace", name_space);
  json::Object data;
  for (const auto& [key, value] : values) data.append(key, value);
  json::Object document;
  document.append("apiVersion", "v1");
  document.append("kind", "Secret");
  document.append("metadata", std::move(metadata));
  document.append("stringData", std::move(data));
  return document;
}

Result<std::vector<json::Object>> secrets_in(const json::Object& body,
                                             const std::string& name_space) {
  std::vector<json::Object> documents;
  const auto* given = body.find("secrets");
  if (given == nullptr || given->is_null()) return documents;
  TRY(materials, json::read<std::vector<SecretMaterial>>(*given, {.at = "/secrets"}));
  std::map<std::string, std::map<std::string, std::string>> by_name;
  for (auto& one : materials) by_name[one.name][one.key] = std::move(one.value);
  for (const auto& [name, values] : by_name)
    documents.push_back(secret_document(name_space, name, values));
  return documents;
}

}  // namespace flotilla::compat::kagent
