#include "core/policy_budgets.h"

#include "async/clock.h"
#include "base/log.h"
#include "core/limits.h"
#include "core/policy.h"

namespace flotilla::core {

namespace {

constexpr Log kLog("usage");

ResourceFilter all_policies() {
  return {"Policy", "", {}};
}

}  // namespace

PolicyBudgets::PolicyBudgets(Resources& resources, Usage& usage, Clock& clock)
    : resources_(resources), usage_(usage), clock_(clock) {}

void PolicyBudgets::take(const Resource& policy) {
  std::optional<SpendCap> day;
  const auto spec = spec_of<PolicySpec>(policy);
  if (!spec) {
    kLog.warn("a policy's budget cannot be read", {{"policy", policy.ref.to_string()}});
    return;  // what it said before still binds
  }
  if (!policy.deleted && spec->budget && spec->budget->day) {
    day.emplace();
    day->tokens = spec->budget->day->tokens;
    if (spec->budget->day->usd) day->cost = usd(*spec->budget->day->usd);
  }
  usage_.set_namespace_budget(policy.ref.name_space, policy.ref.name, day);
  if (day)
    known_.insert(policy.ref);
  else
    known_.erase(policy.ref);
}

Async<Result<>> PolicyBudgets::load() {
  auto gone = known_;
  std::string cursor;
  do {
    auto filter = all_policies();
    CO_TRY(page, co_await resources_.list(nullptr, std::move(filter), cursor, kResourcePage));
    for (const auto& policy : page.items) {
      gone.erase(policy.ref);
      take(policy);
    }
    cursor = std::move(page.next);
  } while (!cursor.empty());
  for (const auto& ref : gone) {
    usage_.set_namespace_budget(ref.name_space, ref.name, {});
    known_.erase(ref);
  }
  co_return ok();
}

Async<Result<>> PolicyBudgets::follow() {
  auto filter = all_policies();
  CO_TRY(watch, co_await resources_.watch(nullptr, std::move(filter), std::nullopt));
  // Again, for what came before the watch.
  CO_TRY_VOID(co_await load());
  for (;;) {
    CO_TRY(batch, co_await watch->next());
    if (batch.gap) co_return ok();
    for (const auto& event : batch.events) {
      auto policy = event.resource;
      policy.deleted = event.type == ResourceEvent::Type::deleted;
      take(policy);
    }
  }
}

Async<> PolicyBudgets::follow_loop() {
  for (;;) {
    const auto followed = co_await follow();
    if (!followed)
      kLog.warn("changes of policies cannot be followed", {{"why", followed.error().message()}});
    co_await clock_.sleep_for(kResourcePoll);
  }
}

void PolicyBudgets::start(Executor loop) {
  group_ = std::make_unique<TaskGroup>(std::move(loop));
  group_->spawn(follow_loop());
}

Async<> PolicyBudgets::stop() {
  if (!group_) co_return;
  group_->cancel();
  co_await group_->join();
  group_.reset();
}

}  // namespace flotilla::core
