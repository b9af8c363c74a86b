#include "json/merge_patch.h"

namespace flotilla::json {

// Depth is bounded by the parser's limits.
void merge_patch(Value& target, const Value& patch) {
  const Object* changes = patch.if_object();
  if (changes == nullptr) {
    target = patch;
    return;
  }
  if (target.if_object() == nullptr) target = Object{};
  Object& object = *target.if_object();
  for (const auto& [name, change] : changes->members()) {
    if (change.is_null()) {
      object.erase(name);
      continue;
    }
    if (object.find(name) == nullptr) object.append(name, Value());
    merge_patch(*object.find(name), change);
  }
}

}  // namespace flotilla::json
