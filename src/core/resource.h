#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "json/map.h"
#include "json/value.h"

namespace flotilla::core {

inline constexpr std::string_view kApiVersion = "flotilla.dev/v1";

/// What names a resource: unique while it is there. Another one may take the name later; only the
/// uid tells them apart.
struct ResourceRef {
  std::string kind;
  std::string name_space;
  std::string name;
  auto operator<=>(const ResourceRef&) const = default;
  /// `ToolServer default/github`, as messages name it.
  [[nodiscard]] std::string to_string() const;
};

/// A resource of the same namespace that this one goes with.
struct OwnerReference {
  std::optional<std::string> apiVersion;
  std::string kind;
  std::string name;
  std::optional<std::string> uid;  // filled in when stored
  bool operator==(const OwnerReference&) const = default;
};
BOOST_DESCRIBE_STRUCT(OwnerReference, (), (apiVersion, kind, name, uid))

/// One aspect of a resource's state, as Kubernetes has them: type is unique in a status, status is
/// True, False or Unknown, reason one CamelCase word.
struct Condition {
  std::string type;
  std::string status = "Unknown";
  std::string reason;
  std::string message;
  Time lastTransitionTime;  // when `status` changed; Resources keeps it
  std::int64_t observedGeneration = 0;
};
BOOST_DESCRIBE_STRUCT(Condition, (),
                      (type, status, reason, message, lastTransitionTime, observedGeneration))
constexpr bool has_defaults(const Condition*) {
  return true;
}

/// A stored declarative object. Spec and status are those of its kind (core/resource_kind.h), the
/// spec with its defaults filled in; values that are secret are not in it.
struct Resource {
  ResourceRef ref;
  std::string uid;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  std::vector<OwnerReference> owners;
  std::int64_t generation = 1;  // grows with each change of the spec
  std::uint64_t version = 0;    // resourceVersion: the position of its last event
  Time created_at;
  json::Object spec;
  json::Object status;
  /// Its spec was last written by an admin: what it names is the operator's word (egress class).
  bool by_admin = false;
  /// It is gone; this is how it was last.
  bool deleted = false;
};

/// The spec or status as the struct of the kind.
template <class Spec>
Result<Spec> spec_of(const Resource& resource) {
  return json::read<Spec>(json::Value(resource.spec), {.at = "/spec"});
}
template <class Status>
Result<Status> status_of(const Resource& resource) {
  return json::read<Status>(json::Value(resource.status), {.at = "/status"});
}

/// Whether the status has the condition with status True for the generation that is there.
bool is_condition_true(const Resource& resource, std::string_view type);

}  // namespace flotilla::core
