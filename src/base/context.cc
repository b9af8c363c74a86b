#include "base/context.h"

#include <algorithm>

namespace flotilla {

bool Principal::may_enter(std::string_view name_space) const {
  return all_namespaces || std::ranges::find(namespaces, name_space) != namespaces.end();
}

bool Principal::sees_owner(std::string_view owner) const {
  return role == Role::admin || owner == name;
}

std::string Principal::home() const {
  return namespaces.empty() ? "default" : namespaces.front();
}

std::shared_ptr<const Principal> local_principal() {
  static const auto local = std::make_shared<const Principal>(Principal{.kind = PrincipalKind::user,
                                                                        .name = "local",
                                                                        .role = Role::admin,
                                                                        .namespaces = {},
                                                                        .all_namespaces = true});
  return local;
}

std::shared_ptr<const Principal> public_principal() {
  static const auto anyone =
      std::make_shared<const Principal>(Principal{.kind = PrincipalKind::user,
                                                  .name = "anonymous",
                                                  .role = Role::viewer,
                                                  .namespaces = {"default"},
                                                  .all_namespaces = false});
  return anyone;
}

}  // namespace flotilla
