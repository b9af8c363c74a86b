#include "agents/approvals/policy_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "async/clock.h"
#include "base/log.h"
#include "gateway/mcp/naming.h"
#include "json/map.h"

namespace flotilla::agents {

namespace {

constexpr Log kLog("approvals");
constexpr std::string_view kPolicyKind = "Policy";
constexpr std::size_t kPageSize = 500;
constexpr Duration kWatchAgain = std::chrono::seconds(1);

/// A model that reaches our own tool of this name would decide its own calls.
constexpr std::string_view kDecidingTool = "*decide_approval";

Error broken(const core::Resource& policy, const std::string& why) {
  return {Code::failed_precondition,
          fmt::format("{} cannot be understood, so no tool may be called: {}",
                      policy.ref.to_string(), why)};
}

bool same_people(const std::optional<core::PolicyApprovers>& a,
                 const std::optional<core::PolicyApprovers>& b) {
  if (!a || !b) return !a && !b;
  return a->roles == b->roles && a->principals == b->principals;
}

std::string_view tail(std::string_view uid) {
  return uid.substr(uid.size() > 8 ? uid.size() - 8 : 0);
}

/// One circle decides once, for all its rules, within the shortest of their times.
void add_need(std::vector<Need>& needs, Need need) {
  for (auto& known : needs) {
    if (!same_people(known.approvers, need.approvers)) continue;
    for (auto& rule : need.rules) known.rules.push_back(std::move(rule));
    if (need.expires && (!known.expires || *need.expires < *known.expires))
      known.expires = need.expires;
    return;
  }
  needs.push_back(std::move(need));
}

}  // namespace

bool PolicyRules::Rule::concerns(const JudgedCall& call) const {
  const auto fits = [&](const std::string& glob) { return gateway::matches_glob(glob, call.tool); };
  if (std::ranges::none_of(source.tools, fits)) return false;
  if (!arguments) return true;
  const auto faults = arguments->validate(json::Value(*call.arguments));
  if (faults.empty()) return true;
  // The check gave up, as arguments may be made to have it: a person looks at them.
  return faults.size() == 1 && faults.front().keyword.empty();
}

Result<std::shared_ptr<const PolicyRules>> PolicyRules::compile(
    const std::vector<core::Resource>& policies) {
  auto compiled = std::make_shared<PolicyRules>();
  for (const auto& resource : policies) {
    auto spec = json::read<core::PolicySpec>(json::Value(resource.spec));
    if (!spec) return fail(broken(resource, spec.error().message()));
    Policy policy;
    policy.all_agents = spec->allAgents;
    for (std::size_t i = 0; i < spec->approvals.size(); ++i) {
      Rule rule;
      // With what changes when the Policy does: a session's approval does not outlive that.
      rule.key = fmt::format("policy/{}/{}@{}.{}", resource.ref.name, i, tail(resource.uid),
                             resource.generation);
      rule.source = std::move(spec->approvals[i]);
      if (rule.source.arguments) {
        auto schema = json::Schema::compile(json::Value(*rule.source.arguments));
        if (!schema) return fail(broken(resource, schema.error().message()));
        rule.arguments = std::move(*schema);
      }
      policy.rules.push_back(std::move(rule));
    }
    compiled->policies_.emplace(resource.ref.name, std::move(policy));
  }
  return compiled;
}

Result<std::vector<Need>> PolicyRules::needs(const std::vector<std::string>& named,
                                             const JudgedCall& call) const {
  for (const auto& name : named)
    if (!policies_.contains(name))
      return fail(Error(Code::failed_precondition,
                        fmt::format("the agent's Policy {} is not there, so no tool may be called; "
                                    "apply it, or take its name out of the agent's policies",
                                    name)));
  std::vector<Need> needs;
  if (call.require_approval) add_need(needs, {{"requireApproval"}, {}, {}});
  if (gateway::matches_glob(kDecidingTool, call.tool)) add_need(needs, {{"decides"}, {}, {}});
  for (const auto& [name, policy] : policies_) {
    if (!policy.all_agents && std::ranges::find(named, name) == named.end()) continue;
    for (const auto& rule : policy.rules)
      if (rule.concerns(call))
        add_need(needs, {{rule.key}, rule.source.approvers, rule.source.expires});
  }
  return needs;
}

Async<Result<std::shared_ptr<const PolicyRules>>> PolicyBook::rules_of(std::string name_space) {
  if (resources_ == nullptr) co_return std::make_shared<const PolicyRules>();
  std::uint64_t seen = 0;
  {
    std::lock_guard lock(mutex_);
    if (auto known = known_.find(name_space); known != known_.end()) co_return known->second;
    seen = changes_;
  }
  std::vector<core::Resource> policies;
  std::string cursor;
  do {
    core::ResourceFilter filter(std::string(kPolicyKind), name_space, {});
    CO_TRY(page, co_await resources_->list(nullptr, std::move(filter), cursor, kPageSize));
    for (auto& resource : page.items) policies.push_back(std::move(resource));
    cursor = std::move(page.next);
  } while (!cursor.empty());
  CO_TRY(rules, PolicyRules::compile(policies));
  std::lock_guard lock(mutex_);
  if (followed_ && seen == changes_) known_[name_space] = rules;
  co_return rules;
}

/// Nothing is kept while nobody follows.
struct PolicyBook::Following {
  PolicyBook& book;
  explicit Following(PolicyBook& of) : book(of) { set(true); }
  Following(const Following&) = delete;
  Following& operator=(const Following&) = delete;
  ~Following() { set(false); }
  void set(bool on) const {
    std::lock_guard lock(book.mutex_);
    book.followed_ = on;
    ++book.changes_;
    book.known_.clear();
  }
};

Async<Result<>> PolicyBook::follow() {
  core::ResourceFilter filter(std::string(kPolicyKind), "", {});
  CO_TRY(watch, co_await resources_->watch(nullptr, std::move(filter), std::nullopt));
  Following following(*this);
  for (;;) {
    CO_TRY(batch, co_await watch->next());
    std::lock_guard lock(mutex_);
    ++changes_;
    if (batch.gap) known_.clear();
    for (const auto& event : batch.events) known_.erase(event.resource.ref.name_space);
  }
}

Async<> PolicyBook::watch(Clock& clock) {
  if (resources_ == nullptr) co_return;
  for (;;) {
    auto followed = co_await follow();
    if (!followed)
      kLog.warn("changes of policies cannot be followed", {{"why", followed.error().message()}});
    co_await clock.sleep_for(kWatchAgain);
  }
}

bool covers(const std::vector<std::string>& granted, const std::vector<std::string>& needed) {
  return std::ranges::all_of(needed, [&](const std::string& rule) {
    return std::ranges::find(granted, rule) != granted.end();
  });
}

}  // namespace flotilla::agents
