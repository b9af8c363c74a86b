#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/async.h"
#include "base/result.h"
#include "core/policy.h"
#include "core/resources.h"
#include "json/schema.h"

namespace flotilla::agents {

/// A decision that a call needs, of one circle of people.
struct Need {
  std::vector<std::string> rules;  // as Approval::rules
  std::optional<core::PolicyApprovers> approvers;
  std::optional<Duration> expires;
};

/// Of one call: what it is judged by.
struct JudgedCall {
  std::string_view tool;
  const json::Object* arguments = nullptr;
  bool require_approval = false;
};

/// The Policies of one namespace, compiled. Immutable.
class PolicyRules {
 public:
  PolicyRules() = default;
  /// Fails closed: a Policy that cannot be compiled makes the whole a failed_precondition.
  static Result<std::shared_ptr<const PolicyRules>> compile(
      const std::vector<core::Resource>& policies);

  /// What the call needs, by those policies that hold for all agents and those that are named:
  /// each circle of people once. failed_precondition when one that is named is not there.
  [[nodiscard]] Result<std::vector<Need>> needs(const std::vector<std::string>& named,
                                                const JudgedCall& call) const;

 private:
  struct Rule {
    std::string key;
    core::ApprovalRule source;
    std::shared_ptr<const json::Schema> arguments;  // shared by copies; null: all calls
    [[nodiscard]] bool concerns(const JudgedCall& call) const;
  };
  struct Policy {
    bool all_agents = false;
    std::vector<Rule> rules;
  };
  std::map<std::string, Policy, std::less<>> policies_;
};

/// The rules of each namespace, read once and again after a change. Thread-safe. Until watch() runs
/// and when it cannot, each look is one at the store.
class PolicyBook {
 public:
  explicit PolicyBook(core::Resources* resources) : resources_(resources) {}
  Async<Result<std::shared_ptr<const PolicyRules>>> rules_of(std::string name_space);
  /// Follows the changes; ends by cancellation only.
  Async<> watch(Clock& clock);

 private:
  using Rules = std::shared_ptr<const PolicyRules>;  // shared by runs that judge by it
  struct Following;
  Async<Result<>> follow();
  core::Resources* resources_;
  std::mutex mutex_;
  bool followed_ = false;
  std::uint64_t changes_ = 0;
  std::map<std::string, Rules, std::less<>> known_;
};

/// A session's approval covers a later call when it was given for every rule that concerns it.
bool covers(const std::vector<std::string>& granted, const std::vector<std::string>& needed);

}  // namespace flotilla::agents
