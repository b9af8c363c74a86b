#include "auth/access.h"

#include <gtest/gtest.h>

namespace flotilla::auth {
namespace {

Principal with_role(Role role) {
  Principal principal;
  principal.name = "alice";
  principal.role = role;
  principal.namespaces = {"team-a"};
  return principal;
}

TEST(Access, roles_include_those_below) {
  constexpr Role kRoles[] = {Role::viewer, Role::operator_, Role::admin};
  for (const auto have : kRoles) {
    for (const auto needed : kRoles) {
      const auto verdict = require(with_role(have), needed);
      EXPECT_EQ(verdict.has_value(), have >= needed);
      if (verdict) continue;
      EXPECT_EQ(verdict.error().code(), Code::permission_denied);
      EXPECT_TRUE(verdict.error().message().contains(to_string(needed)));
    }
  }
}

TEST(Access, a_foreign_namespace_answers_as_a_missing_row) {
  const auto missing = [] { return Error(Code::not_found, "task 1 not found"); };
  EXPECT_TRUE(require_namespace(with_role(Role::viewer), "team-a", missing));
  const auto foreign = require_namespace(with_role(Role::admin), "team-b", missing);
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code(), missing().code());
  EXPECT_EQ(foreign.error().reason(), missing().reason());
  EXPECT_EQ(foreign.error().message(), missing().message());
}

TEST(Access, a_foreign_owners_row_answers_as_a_missing_row) {
  const auto missing = [] { return Error(Code::not_found, "task 1 not found"); };
  const auto viewer = with_role(Role::viewer);
  EXPECT_TRUE(require_row(viewer, "team-a", "alice", missing));
  EXPECT_FALSE(require_row(viewer, "team-a", "bob", missing));
  EXPECT_FALSE(require_row(viewer, "team-b", "alice", missing));
  EXPECT_TRUE(require_row(with_role(Role::admin), "team-a", "bob", missing));
  EXPECT_FALSE(require_row(with_role(Role::admin), "team-b", "bob", missing));
}

TEST(Access, a_namespace_itself_is_not_found) {
  const auto verdict = require_namespace(with_role(Role::admin), "team-b");
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().code(), Code::not_found);
}

}  // namespace
}  // namespace flotilla::auth
