#include "auth/access.h"

#include <fmt/format.h>

#include <utility>

namespace flotilla::auth {

std::string_view to_string(Role role) {
  switch (role) {
    case Role::viewer:
      return "viewer";
    case Role::operator_:
      return "operator";
    case Role::admin:
      return "admin";
  }
  std::unreachable();
}

std::string_view to_string(PrincipalKind kind) {
  switch (kind) {
    case PrincipalKind::user:
      return "user";
    case PrincipalKind::agent:
      return "agent";
    case PrincipalKind::worker:
      return "worker";
    case PrincipalKind::executor:
      return "executor";
    case PrincipalKind::service:
      return "service";
  }
  std::unreachable();
}

bool has_role(const Principal& principal, Role needed) {
  return std::to_underlying(principal.role) >= std::to_underlying(needed);
}

Result<> require(const Principal& principal, Role needed) {
  if (has_role(principal, needed)) return ok();
  return fail(Error(Code::permission_denied,
                    fmt::format("this needs the role {}; {} is {}", to_string(needed),
                                principal.name, to_string(principal.role))));
}

Result<> require_namespace(const Principal& principal, std::string_view name_space) {
  return require_namespace(principal, name_space, [&] {
    return Error(Code::not_found, fmt::format("namespace {} not found", name_space));
  });
}

}  // namespace flotilla::auth
