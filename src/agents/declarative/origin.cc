#include "agents/declarative/origin.h"

#include "json/map.h"

namespace flotilla::agents {

std::optional<TaskOrigin> origin_of(const json::Object& metadata) {
  const auto* value = metadata.find(kOriginMetadata);
  if (value == nullptr) return std::nullopt;
  auto origin = json::read<TaskOrigin>(*value);
  if (!origin) return std::nullopt;
  return std::move(*origin);
}

void set_origin(json::Object& metadata, const TaskOrigin& origin) {
  metadata.set(std::string(kOriginMetadata), json::to_value(origin));
}

}  // namespace flotilla::agents
