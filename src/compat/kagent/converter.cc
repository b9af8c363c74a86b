#include "compat/kagent/converter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "compat/kagent/conversion_internal.h"

namespace flotilla::compat::kagent {

namespace {

constexpr std::string_view kGroup = "kagent.dev/";
constexpr std::string_view kNewGroup = "api.kagent.dev/";

struct KnownKind {
  std::string_view version;
  std::string_view kind;
  std::string_view ours;
};
constexpr std::array<KnownKind, 6> kKinds{{
    {"kagent.dev/v1alpha2", "Agent", "Agent"},
    {"kagent.dev/v1alpha2", "SandboxAgent", "Agent"},
    {"kagent.dev/v1alpha2", "ModelConfig", "ModelConfig"},
    {"kagent.dev/v1alpha2", "RemoteMCPServer", "ToolServer"},
    {"kagent.dev/v1alpha1", "MCPServer", "ToolServer"},
    {"kagent.dev/v1alpha1", "ToolServer", "ToolServer"},
}};

const KnownKind* find(std::string_view version, std::string_view kind) {
  const auto found = std::ranges::find_if(
      kKinds, [&](const KnownKind& one) { return one.version == version && one.kind == kind; });
  return found == kKinds.end() ? nullptr : &*found;
}

std::string text_of(const json::Object& object, std::string_view member) {
  const auto* value = object.find(member);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? "" : *text;
}

Error not_ours(std::string_view version, std::string_view kind) {
  for (const auto& known : kKinds)
    if (known.kind == kind)
      return invalid("/apiVersion", fmt::format("'{}' is not supported for {}; it is {}",
                                                version.substr(0, 64), kind, known.version));
  return invalid("/kind", fmt::format("{} of {} is not supported; of kagent's kinds there are "
                                      "Agent, SandboxAgent, ModelConfig, RemoteMCPServer and "
                                      "MCPServer: take this document out",
                                      kind.empty() ? "a document without kind" : kind.substr(0, 64),
                                      version.substr(0, 64)));
}

/// Ours are strict, so what only Kubernetes writes is left out; a foreign resourceVersion or uid
/// would be taken as a belief about ours.
json::Value metadata_of(const json::Value& given, Notes& notes) {
  constexpr std::array<std::string_view, 9> kServers{
      "uid",          "resourceVersion",   "generation",
      "selfLink",     "creationTimestamp", "managedFields",
      "generateName", "deletionTimestamp", "deletionGracePeriodSeconds"};
  const auto* object = given.if_object();
  if (object == nullptr) return given;
  json::Object out;
  for (const auto& [name, value] : object->members()) {
    if (std::ranges::find(kServers, name) != kServers.end()) continue;
    if (name == "ownerReferences" || name == "finalizers") {
      notes.ignored("/metadata/" + name, "of another cluster's objects");
      continue;
    }
    if (name == "labels" && value.if_object() != nullptr &&
        value.if_object()->find("kagent.dev/discovery") != nullptr)
      notes.ignored("/metadata/labels/kagent.dev~1discovery",
                    "tools are always asked for: what is not known cannot be called");
    if (name == "annotations" && value.if_object() != nullptr) {
      // What was noted about an earlier version must not stay.
      auto annotations = *value.if_object();
      annotations.erase(core::kUnsupportedAnnotation);
      out.append(name, std::move(annotations));
      continue;
    }
    out.append(name, value);
  }
  return out;
}

void annotate(json::Object& metadata, const std::string& text) {
  auto* annotations = metadata.find("annotations");
  if (annotations == nullptr || annotations->if_object() == nullptr) {
    metadata.set("annotations", json::Object());
    annotations = metadata.find("annotations");
  }
  annotations->if_object()->set(std::string(core::kUnsupportedAnnotation), text);
}

Result<json::Value> spec_of(const KnownKind& known, const json::Value& spec, Notes& notes) {
  if (known.kind == "ModelConfig") return model_config_of(spec, notes);
  if (known.kind == "RemoteMCPServer") return remote_mcp_server_of(spec, notes);
  if (known.kind == "MCPServer") return mcp_server_of(spec, notes);
  if (known.kind == "ToolServer") return old_tool_server_of(spec, notes);
  return agent_of(spec, known.kind == "SandboxAgent", notes);
}

Result<> check_members(const json::Object& document) {
  constexpr std::array<std::string_view, 5> kMembers{"apiVersion", "kind", "metadata", "spec",
                                                     "status"};
  for (const auto& [name, value] : document.members())
    if (std::ranges::find(kMembers, name) == kMembers.end())
      return fail(invalid("/" + name, "is not a member of such a document"));
  return ok();
}

}  // namespace

Result<std::optional<core::ConvertedManifest>> Converter::convert(
    const json::Value& document) const {
  using None = std::optional<core::ConvertedManifest>;
  const auto* object = document.if_object();
  if (object == nullptr) return None();
  const auto version = text_of(*object, "apiVersion");
  if (!version.starts_with(kGroup) && !version.starts_with(kNewGroup)) return None();
  const auto kind = text_of(*object, "kind");
  const auto* known = find(version, kind);
  if (known == nullptr) return fail(not_ours(version, kind));
  TRY_VOID(check_members(*object));
  const auto* spec = object->find("spec");
  if (spec == nullptr) return fail(invalid("/spec", "is missing"));
  Notes notes;
  const auto* given = object->find("metadata");
  if (given != nullptr && given->if_object() != nullptr)
    notes.name_space = text_of(*given->if_object(), "namespace");
  TRY(converted, spec_of(*known, *spec, notes));
  json::Value metadata = json::Object();
  if (given != nullptr) metadata = metadata_of(*given, notes);
  if (auto* members = metadata.if_object(); members != nullptr && !notes.unsupported.empty())
    annotate(*members, notes.unsupported);
  json::Object ours;
  ours.append("apiVersion", core::kApiVersion);
  ours.append("kind", known->ours);
  ours.append("metadata", std::move(metadata));
  ours.append("spec", std::move(converted));
  core::ConvertedManifest out;
  out.document = std::move(ours);
  out.origins = std::move(notes.origins);
  return std::optional(std::move(out));
}

std::optional<std::string> Converter::kind_of(std::string_view api_version,
                                              std::string_view kind) const {
  const auto* known = find(api_version, kind);
  if (known == nullptr) return std::nullopt;
  return std::string(known->ours);
}

}  // namespace flotilla::compat::kagent
