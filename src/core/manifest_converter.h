#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "core/resource.h"
#include "json/value.h"

/// Documents of other systems, accepted wherever resources are applied.
namespace flotilla::core {

/// The annotation that says what of the original document has no effect here, one line each:
/// `/spec/deployment/tolerations: pods are …`. The status shows it as condition
/// UnsupportedFeatures.
inline constexpr std::string_view kUnsupportedAnnotation = "flotilla.dev/unsupported-features";

/// Fields of ours and what of the original they were made of, as JSON pointers from the root on.
using FieldOrigins = std::vector<std::pair<std::string, std::string>>;

/// A document of one of our kinds, made of somebody else's.
struct ConvertedManifest {
  json::Value document;
  /// For faults that are found later; a field that is not in it is named as ours.
  FieldOrigins origins;
};

/// Makes documents of our kinds from those of another system; implemented by a room above. Pure and
/// thread-safe; outlives the Resources that use it.
class ManifestConverter {
 public:
  virtual ~ManifestConverter() = default;
  /// nullopt: not one of its documents. A fault names the original's field. Each field is honoured,
  /// or named in kUnsupportedAnnotation.
  [[nodiscard]] virtual Result<std::optional<ConvertedManifest>> convert(
      const json::Value& document) const = 0;
  /// The kind of ours that documents of this apiVersion and kind become; nullopt: not one of its.
  [[nodiscard]] virtual std::optional<std::string> kind_of(std::string_view api_version,
                                                           std::string_view kind) const = 0;
};

/// The error with the original's fields, each by the longest match.
Error in_original(const Error& error, const FieldOrigins& origins);

/// UnsupportedFeatures, where the resource's annotation names any.
std::optional<Condition> unsupported_features(const Resource& resource);
/// Puts that condition into a status: beside the others, or its message before what is there.
void add_unsupported_features(const Resource& resource, json::Object& status);

}  // namespace flotilla::core
