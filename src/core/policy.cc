#include "core/policy.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "core/spec_checks_internal.h"
#include "json/schema.h"

namespace flotilla::core {

namespace {

constexpr Duration kLongestExpiry = std::chrono::hours(24 * 365);

constexpr json::FieldDoc kSpendLimitDocs[] = {
    {"tokens", "at most so many tokens, input and output together"},
    {"usd", "at most so many US dollars, by the prices of the ModelConfigs"},
};
constexpr json::FieldDoc kApproversDocs[] = {
    {"roles", "operator or admin: whoever has one of them", "^(operator|admin)$"},
    {"principals", "names of users and other principals"},
};
constexpr json::FieldDoc kRuleDocs[] = {
    {"tools", "names of tools, as the model sees them, or globs with * and ?"},
    {"arguments", "JSON Schema; only calls whose arguments fit it wait; absent: all calls"},
    {"approvers", "who may decide; absent: the owner of the task, and admins"},
    {"expires", "a request that nobody decided for so long is rejected; absent: never"},
};
constexpr json::FieldDoc kBudgetDocs[] = {
    {"day", "of a day, UTC"},
};
constexpr json::FieldDoc kSpecDocs[] = {
    {"description", "what the policy is for"},
    {"allAgents", "holds for every agent of the namespace, not only for those that name it"},
    {"approvals", "which tool calls wait for a person's decision"},
    {"budget", "what all agents of the namespace may spend together"},
};

void check_rule(const ApprovalRule& rule, const std::string& at, Faults& faults) {
  if (rule.tools.empty()) faults.add(at + "/tools", "is empty; '*' means every tool");
  check_globs(rule.tools, at + "/tools", faults);
  if (rule.arguments) check_json_schema(*rule.arguments, at + "/arguments", faults);
  if (rule.expires && (*rule.expires <= Duration::zero() || *rule.expires > kLongestExpiry))
    faults.add(at + "/expires", "must be more than 0s and at most 8760h");
  if (!rule.approvers) return;
  const auto& who = *rule.approvers;
  if (who.roles.empty() && who.principals.empty())
    faults.add(at + "/approvers", "names nobody: roles or principals are needed");
  for (std::size_t i = 0; i < who.roles.size(); ++i)
    if (who.roles[i] != "operator" && who.roles[i] != "admin")
      faults.add(fmt::format("{}/approvers/roles/{}", at, i), "must be operator or admin");
  for (std::size_t i = 0; i < who.principals.size(); ++i)
    if (who.principals[i].empty() || has_control(who.principals[i]))
      faults.add(fmt::format("{}/approvers/principals/{}", at, i), "is no name of a principal");
}

}  // namespace

void check_spend_limit(const SpendLimit& limit, const std::string& at, Faults& faults) {
  if (!limit.tokens && !limit.usd) faults.add(at, "tokens or usd is needed");
  if (limit.tokens && *limit.tokens <= 0) faults.add(at + "/tokens", "must be more than 0");
  if (limit.usd && (!std::isfinite(*limit.usd) || *limit.usd <= 0))
    faults.add(at + "/usd", "must be more than 0");
}

void check_json_schema(const json::Object& schema, const std::string& at, Faults& faults) {
  const auto compiled = json::Schema::compile(json::Value(schema));
  if (!compiled) faults.add(at, "is no JSON Schema: " + std::string(compiled.error().message()));
}

Result<> check_policy(const PolicySpec& spec) {
  Faults faults;
  check_count(spec.approvals.size(), "/spec/approvals", faults);
  for (std::size_t i = 0; i < spec.approvals.size(); ++i)
    check_rule(spec.approvals[i], fmt::format("/spec/approvals/{}", i), faults);
  if (spec.budget && !spec.budget->day) faults.add("/spec/budget/day", "is needed");
  if (spec.budget && spec.budget->day)
    check_spend_limit(*spec.budget->day, "/spec/budget/day", faults);
  return faults.result();
}

std::span<const json::FieldDoc> field_docs(const SpendLimit*) {
  return kSpendLimitDocs;
}
std::span<const json::FieldDoc> field_docs(const PolicyApprovers*) {
  return kApproversDocs;
}
std::span<const json::FieldDoc> field_docs(const ApprovalRule*) {
  return kRuleDocs;
}
std::span<const json::FieldDoc> field_docs(const PolicyBudget*) {
  return kBudgetDocs;
}
std::span<const json::FieldDoc> field_docs(const PolicySpec*) {
  return kSpecDocs;
}

}  // namespace flotilla::core
