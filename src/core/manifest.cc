#include <fmt/format.h>

#include <charconv>

#include "base/id.h"
#include "base/utf8.h"
#include "core/faults_internal.h"
#include "core/label_selector.h"
#include "core/limits.h"
#include "core/resource_kind.h"

// Documents of resources: read, shown, described.
namespace flotilla::core {

/// As documents have it; what only the server writes is read and left out.
struct ManifestMetadata {
  std::optional<std::string> namespace_;
  std::optional<std::string> name;
  std::optional<std::string> uid;
  std::optional<std::string> resourceVersion;
  std::optional<std::int64_t> generation;
  std::optional<Time> creationTimestamp;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  std::vector<OwnerReference> ownerReferences;
};
BOOST_DESCRIBE_STRUCT(ManifestMetadata, (),
                      (namespace_, name, uid, resourceVersion, generation, creationTimestamp,
                       labels, annotations, ownerReferences))
constexpr json::FieldDoc kMetadataDocs[] = {
    {"namespace", "team that it belongs to; default where nothing else is said"},
    {"name", "unique among the namespace's resources of the kind: a DNS label"},
    {"uid", "tells it from another one that had the name; given by the server"},
    {"resourceVersion",
     "grows with each change; one that is given must still be true when the change is made"},
    {"generation", "grows with each change of the spec; given by the server"},
    {"creationTimestamp", "given by the server"},
    {"labels", "for selecting"},
    {"annotations", "for tools"},
    {"ownerReferences", "resources of the namespace that it is deleted with"},
};
std::span<const json::FieldDoc> field_docs(const ManifestMetadata*) {
  return kMetadataDocs;
}
constexpr json::FieldDoc kOwnerDocs[] = {
    {"apiVersion", "flotilla.dev/v1"},
    {"kind", "kind of the owner"},
    {"name", "its name"},
    {"uid", "its uid; found by the name where it is not given"},
};
std::span<const json::FieldDoc> field_docs(const OwnerReference*) {
  return kOwnerDocs;
}

namespace {

struct Head {
  std::optional<std::string> apiVersion;
  std::optional<std::string> kind;
  ManifestMetadata metadata;
  std::optional<json::Value> spec;
  std::optional<json::Value> status;
};
BOOST_DESCRIBE_STRUCT(Head, (), (apiVersion, kind, metadata, spec, status))
constexpr bool has_defaults(const Head*) {
  return true;
}

constexpr std::string_view kCoreVersion = "v1";

bool is_head(std::string_view member) {
  return member == "apiVersion" || member == "kind" || member == "metadata" || member == "status";
}

/// What a kind has beside metadata, apart from the rest.
std::pair<json::Value, json::Value> split_root(const json::Object& document) {
  json::Object head;
  json::Object spec;
  for (const auto& [name, value] : document.members())
    (is_head(name) ? head : spec).append(name, value);
  return {std::move(head), std::move(spec)};
}

Result<const ResourceKind*> kind_in(const json::Object& document, const ManifestContext& context) {
  const auto* given = document.find("kind");
  const auto* text = given == nullptr ? nullptr : given->if_string();
  if (given != nullptr && text == nullptr && !given->is_null())
    return fail(invalid("/kind", "expected string, got " + std::string(given->type_name())));
  if (text == nullptr && context.kind.empty())
    return fail(invalid("/kind", "is missing, such as ToolServer"));
  if (text == nullptr) return &kind_of(context.kind);
  const auto* kind = find_kind(*text);
  if (kind == nullptr || kind->kind != *text) return fail(unknown_kind(*text, "/kind"));
  if (!context.kind.empty() && kind->kind != context.kind)
    return fail(invalid("/kind", fmt::format("this is for {}", context.kind)));
  return kind;
}

Result<> check_version(const ResourceKind& kind, const Head& head, bool needed) {
  if (!head.apiVersion) {
    if (!needed) return ok();
    return fail(invalid("/apiVersion", fmt::format("is missing: {}", kApiVersion)));
  }
  if (*head.apiVersion == kApiVersion || (kind.at_root && *head.apiVersion == kCoreVersion))
    return ok();
  return fail(
      invalid("/apiVersion", fmt::format("'{}' is not supported for {}; it is {}",
                                         head.apiVersion->substr(0, 64), kind.kind, kApiVersion)));
}

void check_names(const Head& head, const ManifestContext& context, Faults& faults) {
  const auto& metadata = head.metadata;
  if (!metadata.name && context.name.empty())
    faults.add("/metadata/name", "is missing");
  else if (metadata.name && !is_label(*metadata.name))
    faults.add("/metadata/name",
               "must be 1 to 63 of a-z, 0-9 and -, with a letter or digit at both ends");
  else if (metadata.name && !context.name.empty() && *metadata.name != context.name)
    faults.add("/metadata/name", fmt::format("this is for {}", context.name));
  if (!is_label(metadata.namespace_.value_or(context.name_space)))
    faults.add("/metadata/namespace",
               "must be 1 to 63 of a-z, 0-9 and -, with a letter or digit at both ends");
  else if (context.fixed && metadata.namespace_.value_or(context.name_space) != context.name_space)
    faults.add("/metadata/namespace", fmt::format("this is for {}", context.name_space));
}

std::string pointer(std::string_view at, std::string_view token) {
  std::string out(at);
  out += '/';
  for (char c : token) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

void check_labels(const ManifestMetadata& metadata, Faults& faults) {
  if (metadata.labels.size() > kMaxLabels)
    faults.add("/metadata/labels", fmt::format("are more than {}", kMaxLabels));
  for (const auto& [key, value] : metadata.labels) {
    auto fault = label_key_fault(key);
    if (fault.empty()) fault = label_value_fault(value);
    if (!fault.empty()) faults.add(pointer("/metadata/labels", key), fault);
  }
  std::size_t bytes = 0;
  for (const auto& [key, value] : metadata.annotations) {
    bytes += key.size() + value.size();
    if (auto fault = label_key_fault(key); !fault.empty())
      faults.add(pointer("/metadata/annotations", key), fault);
  }
  if (bytes > kMaxAnnotationBytes)
    faults.add("/metadata/annotations",
               fmt::format("have more than {} KiB together", kMaxAnnotationBytes >> 10));
}

void check_owners(const ManifestMetadata& metadata, Faults& faults) {
  if (metadata.ownerReferences.size() > kMaxLabels)
    faults.add("/metadata/ownerReferences", fmt::format("are more than {}", kMaxLabels));
  for (std::size_t i = 0; i < metadata.ownerReferences.size(); ++i) {
    const auto& owner = metadata.ownerReferences[i];
    const auto at = fmt::format("/metadata/ownerReferences/{}", i);
    const auto* kind = find_kind(owner.kind);
    if (kind == nullptr || kind->kind != owner.kind)
      faults.add(at + "/kind", unknown_kind(owner.kind, "").message());
    if (!is_label(owner.name)) faults.add(at + "/name", "is no name of a resource");
    if (owner.apiVersion && *owner.apiVersion != kApiVersion)
      faults.add(at + "/apiVersion", fmt::format("must be {}", kApiVersion));
  }
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, value);
  if (failed != std::errc{} || stop != end) return std::nullopt;
  return value;
}

}  // namespace

namespace {

Result<Manifest> parse_own(const json::Value& document, const ManifestContext& context) {
  const auto* object = document.if_object();
  if (object == nullptr)
    return fail(
        invalid("", "expected a document (an object), got " + std::string(document.type_name())));
  TRY(kind, kind_in(*object, context));
  Head head;
  Manifest manifest;
  const json::ReadOptions strict{.strict = true};
  if (kind->at_root) {
    auto [of_head, of_spec] = split_root(*object);
    if (of_spec.if_object()->find("spec") != nullptr)
      return fail(invalid(
          "/spec", fmt::format("a {} has no spec: its members stand beside metadata", kind->kind)));
    TRY(read, json::read<Head>(of_head, strict));
    head = std::move(read);
    manifest.spec = std::move(of_spec);
  } else {
    TRY(read, json::read<Head>(document, strict));
    head = std::move(read);
    if (!head.spec) return fail(invalid("/spec", "is missing"));
    manifest.spec = std::move(*head.spec);
  }
  TRY_VOID(check_version(*kind, head, context.kind.empty()));
  Faults faults;
  check_names(head, context, faults);
  check_labels(head.metadata, faults);
  check_owners(head.metadata, faults);
  if (const auto& version = head.metadata.resourceVersion) {
    manifest.version = number(*version);
    if (!manifest.version)
      faults.add("/metadata/resourceVersion", "is not one of ours; leave it out, or read again");
  }
  TRY_VOID(faults.result());
  manifest.ref.kind = kind->kind;
  manifest.ref.name_space = head.metadata.namespace_.value_or(context.name_space);
  manifest.ref.name = head.metadata.name.value_or(std::string(context.name));
  manifest.labels = std::move(head.metadata.labels);
  manifest.annotations = std::move(head.metadata.annotations);
  manifest.owners = std::move(head.metadata.ownerReferences);
  manifest.uid = std::move(head.metadata.uid);
  return manifest;
}

}  // namespace

Result<Manifest> parse_manifest(const json::Value& document, const ManifestContext& context) {
  if (context.converter == nullptr) return parse_own(document, context);
  TRY(converted, context.converter->convert(document));
  if (!converted) return parse_own(document, context);
  auto manifest = parse_own(converted->document, context);
  if (!manifest) return fail(in_original(manifest.error(), converted->origins));
  manifest->origins = std::move(converted->origins);
  return manifest;
}

json::Object document_of(const Resource& resource) {
  ManifestMetadata metadata;
  metadata.namespace_ = resource.ref.name_space;
  metadata.name = resource.ref.name;
  metadata.uid = resource.uid;
  if (resource.version != 0) metadata.resourceVersion = std::to_string(resource.version);
  metadata.generation = resource.generation;
  metadata.creationTimestamp = resource.created_at;
  metadata.labels = resource.labels;
  metadata.annotations = resource.annotations;
  metadata.ownerReferences = resource.owners;
  json::Object document;
  document.append("apiVersion", kApiVersion);
  document.append("kind", resource.ref.kind);
  document.append("metadata", json::to_value(metadata));
  if (kind_of(resource.ref.kind).at_root) {
    for (const auto& [name, value] : resource.spec.members()) document.append(name, value);
  } else {
    document.append("spec", resource.spec);
  }
  document.append("status", resource.status);
  return document;
}

Result<Resource> resource_of(const json::Value& value) {
  const auto* document = value.if_object();
  if (document == nullptr) return fail(Error(Code::data_loss, "a stored resource is no object"));
  TRY(kind, kind_in(*document, {}));
  const auto* given = document->find("metadata");
  TRY(metadata, json::read<ManifestMetadata>(given == nullptr ? json::Value() : *given));
  Resource resource;
  resource.ref = {std::string(kind->kind), metadata.namespace_.value_or(""),
                  metadata.name.value_or("")};
  resource.uid = metadata.uid.value_or("");
  resource.generation = metadata.generation.value_or(1);
  resource.created_at = metadata.creationTimestamp.value_or(Time());
  resource.labels = std::move(metadata.labels);
  resource.annotations = std::move(metadata.annotations);
  resource.owners = std::move(metadata.ownerReferences);
  if (kind->at_root) {
    auto [head, spec] = split_root(*document);
    resource.spec = std::move(*spec.if_object());
  } else if (const auto* spec = document->find("spec"); spec != nullptr && spec->if_object()) {
    resource.spec = *spec->if_object();
  }
  if (const auto* status = document->find("status"); status != nullptr && status->if_object())
    resource.status = *status->if_object();
  return resource;
}

json::Value document_schema(const ResourceKind& kind, json::SchemaSet& set) {
  const std::string name(kind.kind);
  if (set.schemas.find(name) == nullptr) {
    const bool closed = std::exchange(set.closed, true);
    const auto constant = [](std::string_view text) {
      json::Object schema;
      schema.set("const", text);
      return schema;
    };
    json::Object properties;
    properties.set("apiVersion", constant(kApiVersion));
    properties.set("kind", constant(kind.kind));
    properties.set("metadata", json::schema_of<ManifestMetadata>(set));
    json::Array required{"apiVersion", "kind", "metadata"};
    const json::Value spec = kind.spec_schema(set);
    if (kind.at_root) {
      // The struct's schema is not referred to then: its members are the document's.
      const auto reference = *spec.if_object()->find("$ref")->if_string();
      const auto struct_name = reference.substr(reference.rfind('/') + 1);
      const auto described = *set.schemas.find(struct_name)->if_object();
      set.schemas.erase(struct_name);
      for (const auto& [member, schema] : described.find("properties")->if_object()->members())
        properties.set(member, schema);
    } else {
      properties.set("spec", spec);
      required.emplace_back("spec");
    }
    set.closed = false;
    properties.set("status", kind.status_schema(set));
    json::Object schema;
    schema.set("type", "object");
    schema.set("description", kind.summary);
    schema.set("properties", std::move(properties));
    schema.set("required", std::move(required));
    schema.set("additionalProperties", false);
    set.closed = closed;
    set.schemas.set(name, std::move(schema));
  }
  json::Object reference;
  reference.set("$ref", std::string(set.base) + name);
  return reference;
}

json::Object document_schema(const ResourceKind& kind) {
  json::SchemaSet set;
  set.base = "#/$defs/";
  std::ignore = document_schema(kind, set);
  const std::string name(kind.kind);
  json::Object schema;
  schema.set("$schema", "https://json-schema.org/draft/2020-12/schema");
  schema.set("title", kind.kind);
  for (const auto& [member, value] : set.schemas.find(name)->if_object()->members())
    schema.set(member, value);
  set.schemas.erase(name);
  schema.set("$defs", std::move(set.schemas));
  return schema;
}

}  // namespace flotilla::core
