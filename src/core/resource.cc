#include "core/resource.h"

#include <algorithm>

namespace flotilla::core {

std::string ResourceRef::to_string() const {
  return kind + " " + name_space + "/" + name;
}

bool is_condition_true(const Resource& resource, std::string_view type) {
  const auto* conditions = resource.status.find("conditions");
  if (conditions == nullptr) return false;
  const auto list = json::read<std::vector<Condition>>(*conditions);
  return list && std::ranges::any_of(*list, [&](const Condition& one) {
           return one.type == type && one.status == "True" &&
                  one.observedGeneration == resource.generation;
         });
}

}  // namespace flotilla::core
