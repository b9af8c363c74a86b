#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "core/manifest_converter.h"
#include "core/resource.h"
#include "json/struct_schema.h"
#include "json/value.h"

/// One definition of each kind of resource: what parsing, JSON Schema, REST and the command line
/// know of it comes from here. A new kind is a described struct with its docs, and a line in
/// resource_kinds().
namespace flotilla::core {

/// A spec as it will be stored: defaults filled in; values that are secret apart.
struct CheckedSpec {
  json::Object spec;
  /// Values by key, of a kind that seals them; nullopt: the stored one stays.
  std::map<std::string, std::optional<Secret>> secrets;
  /// Resources of its namespace that it names.
  std::vector<ResourceRef> uses;
  /// JSON pointer of a field that only an admin may write; empty: none.
  std::string admin_field;
};

struct ResourceKind {
  std::string_view kind;
  std::string_view plural;
  std::string_view singular;
  std::vector<std::string_view> short_names;
  std::string_view summary;
  /// Members stand beside metadata instead of below `spec`, as in Kubernetes' Secret and ConfigMap,
  /// whose apiVersion `v1` is then good, too.
  bool at_root = false;
  /// Reads strictly, fills in defaults and checks; faults are named from `/spec` (or the root) on.
  Result<CheckedSpec> (*check)(const json::Value& spec, const std::string& name_space) = nullptr;
  /// Schemas of spec and status.
  json::Value (*spec_schema)(json::SchemaSet&) = nullptr;
  json::Value (*status_schema)(json::SchemaSet&) = nullptr;
};

/// All kinds; for the life of the process.
std::span<const ResourceKind> resource_kinds();
/// By kind, plural, singular or short name, in any case; null: unknown.
const ResourceKind* find_kind(std::string_view name);
/// The same by exact kind; the kind is known.
const ResourceKind& kind_of(std::string_view kind);
/// not_found, with the nearest name.
Error unknown_kind(std::string_view name, std::string field);

/// What somebody wants a resource to be.
struct Manifest {
  ResourceRef ref;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  std::vector<OwnerReference> owners;
  std::optional<std::uint64_t> version;  // it must still be this one
  std::optional<std::string> uid;
  json::Value spec;           // as given
  FieldOrigins origins = {};  // where it was converted
};

/// Reads a document: {apiVersion, kind, metadata, spec, status}; a status, and what else only the
/// server writes, is left out. `name_space` is for documents without one; one that names another
/// is refused if `fixed`. Faults are named from the root on.
struct ManifestContext {
  std::string name_space = "default";
  bool fixed = false;
  std::string_view kind = {};  // it must be this one; may be left out then
  std::string_view name = {};  // the same
  /// Null: documents of other systems are refused.
  const ManifestConverter* converter = nullptr;
};
Result<Manifest> parse_manifest(const json::Value& document, const ManifestContext& context);

/// The document as it is shown: with status; without values that are secret.
json::Object document_of(const Resource& resource);
/// A document of document_of(), as the journal has it; the position is its version.
Result<Resource> resource_of(const json::Value& document);

/// JSON Schema 2020-12 of a kind's documents; named structs below `$defs`.
json::Object document_schema(const ResourceKind& kind);
/// The same for a set that others share; adds the kind's name to it.
json::Value document_schema(const ResourceKind& kind, json::SchemaSet& set);

}  // namespace flotilla::core
