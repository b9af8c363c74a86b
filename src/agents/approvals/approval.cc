#include "agents/approvals/approval.h"

#include <algorithm>

#include "auth/access.h"
#include "base/hash.h"
#include "json/json.h"

namespace flotilla::agents {

std::string_view wire_name(ApprovalKind kind) {
  return kind == ApprovalKind::question ? "question" : "tool-call";
}

std::string_view to_string(ApprovalState state) {
  switch (state) {
    case ApprovalState::pending:
      return "pending";
    case ApprovalState::approved:
      return "approved";
    case ApprovalState::rejected:
      return "rejected";
    case ApprovalState::answered:
      return "answered";
    case ApprovalState::expired:
      return "expired";
    case ApprovalState::withdrawn:
      return "withdrawn";
  }
  return "";
}

std::string_view to_string(ApprovalScope scope) {
  return scope == ApprovalScope::session ? "session" : "call";
}

std::string hash_call(std::string_view tool, const json::Object& arguments) {
  Sha256 digest;
  digest.update(tool).update(std::string_view("\0", 1));
  digest.update(json::to_string(json::Value(arguments)));
  return hex(digest.finish());
}

namespace {

bool may_write_to_task(const Principal& principal, const Approval& approval) {
  return principal.may_enter(approval.name_space) && principal.sees_owner(approval.owner) &&
         auth::has_role(principal, Role::operator_);
}

bool is_approver(const Principal& principal, const core::PolicyApprovers& approvers) {
  if (std::ranges::find(approvers.principals, principal.name) != approvers.principals.end())
    return true;
  return std::ranges::any_of(approvers.roles, [&](const std::string& role) {
    if (role == "admin") return auth::has_role(principal, Role::admin);
    return role == "operator" && auth::has_role(principal, Role::operator_);
  });
}

/// Behind these are people, or programs that people wrote for it.
bool may_stand_for_a_person(PrincipalKind kind) {
  return kind == PrincipalKind::user || kind == PrincipalKind::service;
}

}  // namespace

bool may_decide(const Principal& principal, const Approval& approval) {
  // An agent that asked ours for something may be asked back.
  if (approval.kind == ApprovalKind::question) return may_write_to_task(principal, approval);
  if (!may_stand_for_a_person(principal.kind)) return false;
  if (!approval.approvers) return may_write_to_task(principal, approval);
  return principal.may_enter(approval.name_space) && is_approver(principal, *approval.approvers);
}

bool may_see(const Principal& principal, const Approval& approval) {
  if (!principal.may_enter(approval.name_space)) return false;
  return principal.sees_owner(approval.owner) || may_decide(principal, approval);
}

}  // namespace flotilla::agents
