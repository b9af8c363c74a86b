#include "core/manifest_converter.h"

#include <algorithm>

#include "json/map.h"

namespace flotilla::core {

namespace {

constexpr std::string_view kType = "UnsupportedFeatures";
constexpr std::string_view kReason = "FieldsWithoutEffect";

/// Whether `field` is `prefix` or below it.
bool is_below(std::string_view field, std::string_view prefix) {
  return field.starts_with(prefix) &&
         (field.size() == prefix.size() || field[prefix.size()] == '/');
}

std::string original_of(const std::string& field, const FieldOrigins& origins) {
  const std::pair<std::string, std::string>* best = nullptr;
  for (const auto& origin : origins)
    if (is_below(field, origin.first) &&
        (best == nullptr || origin.first.size() > best->first.size()))
      best = &origin;
  if (best == nullptr) return field;
  return best->second + field.substr(best->first.size());
}

}  // namespace

Error in_original(const Error& error, const FieldOrigins& origins) {
  if (origins.empty() || error.violations().empty()) return error;
  const auto& first = error.violations().front();
  const auto field = original_of(first.field, origins);
  std::string message = error.message();
  if (message.starts_with(first.field)) message = field + message.substr(first.field.size());
  Error out(error.code(), error.reason(), std::move(message));
  for (const auto& violation : error.violations())
    out.add_field(original_of(violation.field, origins), violation.description);
  return out;
}

std::optional<Condition> unsupported_features(const Resource& resource) {
  const auto found = resource.annotations.find(std::string(kUnsupportedAnnotation));
  if (found == resource.annotations.end() || found->second.empty()) return std::nullopt;
  Condition condition;
  condition.type = kType;
  condition.status = "True";
  condition.reason = kReason;
  condition.message = found->second;
  condition.observedGeneration = resource.generation;
  return condition;
}

void add_unsupported_features(const Resource& resource, json::Object& status) {
  const auto ours = unsupported_features(resource);
  auto* given = status.find("conditions");
  std::vector<Condition> conditions;
  if (given != nullptr)
    if (auto read = json::read<std::vector<Condition>>(*given)) conditions = std::move(*read);
  const auto gone = std::erase_if(
      conditions, [](const Condition& one) { return one.type == kType && one.reason == kReason; });
  if (!ours && gone == 0) return;
  if (ours) {
    const auto other = std::ranges::find(conditions, kType, &Condition::type);
    if (other == conditions.end()) {
      conditions.push_back(*ours);
    } else if (other->status != "True") {
      *other = *ours;
    } else if (!other->message.contains(ours->message)) {
      other->message = ours->message + "\n" + other->message;
    }
  }
  status.set("conditions", json::to_value(conditions));
}

}  // namespace flotilla::core
