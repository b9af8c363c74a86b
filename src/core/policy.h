#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "core/references.h"
#include "core/resource.h"

/// The Policy kind: what needs a person's decision, and what may be spent. An agent names the
/// policies that hold for it (`spec.declarative.policies`); one with `allAgents` holds for every
/// agent of its namespace. Rules add up: each that fits asks for its own approval.
namespace flotilla::core {

/// An amount that may be spent; absent members are not limited.
struct SpendLimit {
  std::optional<std::int64_t> tokens;  // input and output together
  std::optional<double> usd;
};
BOOST_DESCRIBE_STRUCT(SpendLimit, (), (tokens, usd))

/// Who may decide: whoever has one of the roles or is one of the principals.
struct PolicyApprovers {
  std::vector<std::string> roles;  // operator, admin
  std::vector<std::string> principals;
};
BOOST_DESCRIBE_STRUCT(PolicyApprovers, (), (roles, principals))

struct ApprovalRule {
  std::vector<std::string> tools;  // names as the model sees them, or globs; not empty
  /// JSON Schema; only calls whose arguments fit it need approval. Absent: all calls.
  std::optional<json::Object> arguments;
  /// Absent: whoever may talk to the agent's task and write in its namespace.
  std::optional<PolicyApprovers> approvers;
  std::optional<Duration> expires;  // after it the request counts as rejected; absent: never
};
BOOST_DESCRIBE_STRUCT(ApprovalRule, (), (tools, arguments, approvers, expires))

/// Of the whole namespace together.
struct PolicyBudget {
  std::optional<SpendLimit> day;  // of UTC
};
BOOST_DESCRIBE_STRUCT(PolicyBudget, (), (day))

struct PolicySpec {
  std::optional<std::string> description;
  bool allAgents = false;
  std::vector<ApprovalRule> approvals;
  std::optional<PolicyBudget> budget;  // holds for the namespace, whatever allAgents says
};
BOOST_DESCRIBE_STRUCT(PolicySpec, (), (description, allAgents, approvals, budget))
constexpr bool has_defaults(const PolicySpec*) {
  return true;
}

/// What the types alone cannot say; all faults, each naming its field below /spec.
Result<> check_policy(const PolicySpec& spec);

std::span<const json::FieldDoc> field_docs(const SpendLimit*);
std::span<const json::FieldDoc> field_docs(const PolicyApprovers*);
std::span<const json::FieldDoc> field_docs(const ApprovalRule*);
std::span<const json::FieldDoc> field_docs(const PolicyBudget*);
std::span<const json::FieldDoc> field_docs(const PolicySpec*);

}  // namespace flotilla::core
