#include "core/usage.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "async/clock.h"
#include "base/log.h"
#include "core/limits.h"
#include "core/metrics.h"
#include "core/runner.h"
#include "core/usage_ledger_internal.h"
#include "core/usage_sql_internal.h"

namespace flotilla::core {

namespace {

constexpr Log kLog("usage");

/// Money for tokens at dollars a million, so thousandths of a billionth for one.
Usd price_of(std::int64_t tokens, double per_million) {
  return usd(static_cast<double>(tokens) * per_million / 1e6);
}

}  // namespace

Usd usd(double dollars) {
  constexpr double kMost = 9e9;
  if (!(dollars > 0)) return {};
  return {static_cast<std::int64_t>(std::llround(std::min(dollars, kMost) * 1e9))};
}

Usd cost_of(const TokenCounts& tokens, const TokenPrice& price) {
  const std::int64_t plain =
      std::max<std::int64_t>(0, tokens.input - tokens.cached_input - tokens.cache_write);
  Usd cost = price_of(plain, price.input);
  cost += price_of(tokens.cached_input, price.cached_input.value_or(price.input));
  cost += price_of(tokens.cache_write, price.cache_write.value_or(price.input));
  cost += price_of(tokens.output, price.output);
  return cost;
}

void UsageLedger::add_call(db::Batch& rows, Time now, const std::string& name_space,
                           const std::string& agent, const std::string& owner,
                           const ModelCharge& charge, const Spending& spent) {
  const auto& tokens = charge.tokens;
  const auto latency =
      std::chrono::duration_cast<std::chrono::milliseconds>(charge.latency).count();
  const std::int64_t today = usage_sql::day_of(now);
  rows.add(usage_sql::kAddMinute,
           {usage_sql::minute_of(now), name_space, agent, charge.model, owner,
            std::int64_t{charge.failed ? 1 : 0}, tokens.input, tokens.output, tokens.cached_input,
            tokens.cache_write, tokens.reasoning, spent.cost.nanos, std::int64_t{latency}});
  rows.add(usage_sql::kAddDay, {name_space, today, agent, spent.tokens, spent.cost.nanos});
  std::lock_guard lock(mutex);
  forget_other_days(today);
  for (const auto& key : {name_space, name_space + "/" + agent})
    if (const auto found = days.find(key); found != days.end()) found->second->used += spent;
}

MeterPtr UsageLedger::task_meter(const std::string& task) {
  std::lock_guard lock(mutex);
  auto& kept = tasks[task];
  if (auto found = kept.lock()) return found;
  auto made = std::make_shared<UsageMeter>();
  made->name = "task " + task;
  kept = made;
  // Those of runs that are over.
  if (tasks.size() % kUsageSweep == 0)
    std::erase_if(tasks, [](const auto& entry) { return entry.second.expired(); });
  return made;
}

void UsageLedger::forget_other_days(std::int64_t today) {
  if (day == today) return;
  day = today;
  days.clear();
}

std::vector<MeterPtr> UsageLedger::day_meters(const std::string& name_space,
                                              const std::string& agent, const SpendCap& agent_day,
                                              std::int64_t today) {
  std::vector<MeterPtr> found;
  std::lock_guard lock(mutex);
  forget_other_days(today);
  const auto meter = [&](const std::string& key, std::string name, const SpendCap& cap,
                         bool of_agent) {
    auto& kept = days[key];
    if (!kept) {
      kept = std::make_shared<UsageMeter>();
      kept->name = std::move(name);
      kept->of_agent = of_agent;
    }
    kept->cap = cap;
    found.push_back(kept);
  };
  if (agent_day.binds())
    meter(name_space + "/" + agent,
          fmt::format("today's (UTC) budget of agent {}/{}", name_space, agent), agent_day, true);
  const auto policies_here = policies.find(name_space);
  if (policies_here == policies.end()) return found;
  SpendCap least;
  for (const auto& [policy, cap] : policies_here->second) {
    if (cap.tokens) least.tokens = std::min(*cap.tokens, least.tokens.value_or(*cap.tokens));
    if (cap.cost) least.cost = std::min(*cap.cost, least.cost.value_or(*cap.cost));
  }
  meter(name_space, fmt::format("today's (UTC) budget of namespace {}", name_space), least, false);
  return found;
}

Usage::Usage(db::Database& database, Clock& clock, Metrics& metrics)
    : ledger_(std::make_shared<UsageLedger>(database, clock, metrics)) {}

Usage::~Usage() = default;

void Usage::set_namespace_budget(const std::string& name_space, const std::string& policy,
                                 std::optional<SpendCap> day) {
  std::lock_guard lock(ledger_->mutex);
  auto& here = ledger_->policies[name_space];
  if (day && day->binds()) {
    here[policy] = *day;
    return;
  }
  here.erase(policy);
  if (here.empty()) ledger_->policies.erase(name_space);
}

Async<Result<std::unique_ptr<Usage::Account>>> Usage::open(TaskRow task, UsageBudget budget) {
  auto state = std::make_shared<UsageAccountState>();
  state->ledger = ledger_;
  state->name_space = task.name_space;
  state->agent = task.agent;
  state->owner = task.owner;
  state->budget = budget;
  const std::string id = task.id.to_string();
  state->chain.push_back({id, task.name_space, task.owner, ledger_->task_meter(id)});
  if (task.parent || budget.run.binds()) CO_TRY_VOID(co_await read_chain(state, task.parent));
  {
    std::lock_guard lock(ledger_->mutex);
    state->chain.front().meter->cap = budget.run;
  }
  co_return std::make_unique<Account>(std::move(state));
}

/// The tasks above, and what all of them have spent.
Async<Result<>> Usage::read_chain(std::shared_ptr<UsageAccountState> state,
                                  std::optional<TaskId> parent) {
  auto& ledger = *state->ledger;
  db::Value above;
  if (parent) above = parent->to_string();
  std::vector<db::Value> values{state->chain.front().task, above,
                                static_cast<std::int64_t>(usage_sql::kMaxChain)};
  CO_TRY(rows,
         co_await ledger.database.read(usage_sql::kSelectChain, values, usage_sql::kMaxChain + 1));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    if (i > 0)
      state->chain.push_back({db::text_at(row, 0), db::text_at(row, 1), db::text_at(row, 2),
                              ledger.task_meter(db::text_at(row, 0))});
    auto& meter = *state->chain[i].meter;
    const auto stored = usage_sql::spending_at(row, 4);
    std::lock_guard lock(ledger.mutex);
    meter.used.tokens = std::max(meter.used.tokens, stored.tokens);
    meter.used.cost = std::max(meter.used.cost, stored.cost);
    meter.read_at = ledger.clock.steady_now();
    if (meter.cap.binds()) continue;  // its run goes on here, and knows better
    meter.cap.tokens = db::optional_int_at(row, 6);
    if (const auto cost = db::optional_int_at(row, 7)) meter.cap.cost = Usd{*cost};
  }
  co_return ok();
}

void Usage::charge(db::Batch& batch, const std::string& name_space, const std::string& agent,
                   const std::string& owner, const ModelCharge& charge) {
  Usd cost;
  if (charge.price) cost = cost_of(charge.tokens, *charge.price);
  const Spending spent{charge.tokens.total(), cost};
  ledger_->add_call(batch, ledger_->clock.now(), name_space, agent, owner, charge, spent);
}

Async<Result<Spending>> Usage::of_task(TaskId task) {
  std::vector<db::Value> values{task.to_string()};
  CO_TRY(rows, co_await ledger_->database.read(usage_sql::kSelectTask, values, 1));
  if (rows.empty()) co_return Spending{};
  co_return usage_sql::spending_at(rows.front(), 0);
}

Async<Result<>> Usage::prune() {
  const Time now = ledger_->clock.now();
  db::Batch batch;
  const auto before = [now](Duration kept) {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(now - kept);
  };
  batch.add(usage_sql::kPruneMinutes, {usage_sql::minute_of(before(kUsageMinutesKept))});
  batch.add(usage_sql::kPruneDays, {usage_sql::day_of(before(kUsageDaysKept))});
  CO_TRY(done, co_await ledger_->database.write(std::move(batch)));
  std::ignore = done;  // how many there were is of no interest
  co_return ok();
}

Async<> Usage::prune_loop() {
  for (;;) {
    co_await ledger_->clock.sleep_for(kUsagePruning);
    const auto pruned = co_await prune();
    if (!pruned) kLog.warn("old usage not deleted", {{"error", pruned.error().message()}});
  }
}

void Usage::start(Executor loop) {
  background_ = std::make_unique<TaskGroup>(std::move(loop));
  background_->spawn(prune_loop());
}

Async<> Usage::stop() {
  if (!background_) co_return;
  background_->cancel();
  co_await background_->join();
  background_.reset();
}

}  // namespace flotilla::core
