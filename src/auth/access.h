#pragma once

#include <concepts>
#include <string_view>

#include "base/context.h"
#include "base/result.h"

namespace flotilla::auth {

std::string_view to_string(Role role);
std::string_view to_string(PrincipalKind kind);

/// viewer < operator < admin.
bool has_role(const Principal& principal, Role needed);

/// permission_denied, naming the role that is needed.
Result<> require(const Principal& principal, Role needed);

/// Fails with missing(), the very error of a row that is not there, so that nobody learns from an
/// answer which foreign namespaces or rows exist.
template <std::invocable Missing>
Result<> require_namespace(const Principal& principal, std::string_view name_space,
                           const Missing& missing) {
  if (!principal.may_enter(name_space)) return fail(missing());
  return ok();
}

/// The same for a row that belongs to `owner`.
template <std::invocable Missing>
Result<> require_row(const Principal& principal, std::string_view name_space,
                     std::string_view owner, const Missing& missing) {
  if (!principal.may_enter(name_space) || !principal.sees_owner(owner)) return fail(missing());
  return ok();
}

/// For a namespace that is addressed itself: not_found, the same whether it exists or not.
Result<> require_namespace(const Principal& principal, std::string_view name_space);

}  // namespace flotilla::auth
