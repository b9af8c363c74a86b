#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "async/clock.h"
#include "core/limits.h"
#include "core/metrics.h"
#include "core/runner.h"
#include "core/usage_ledger_internal.h"
#include "core/usage_sql_internal.h"

namespace flotilla::core {

namespace {

constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();

/// Output tokens that fit below a cap when so much is spent and held besides.
std::int64_t room_for_output(const SpendCap& cap, const Spending& taken, const ModelAsk& ask) {
  std::int64_t room = kAll;
  if (cap.tokens) room = *cap.tokens - taken.tokens - ask.input_tokens;
  if (!cap.cost) return room;
  const Usd input = cost_of({.input = ask.input_tokens}, *ask.price);
  const std::int64_t left = cap.cost->nanos - taken.cost.nanos - input.nanos;
  if (left < 0) return -1;
  if (ask.price->output <= 0) return room;
  const double tokens = static_cast<double>(left) / (ask.price->output * 1e3);
  return std::min(room, tokens < 1e15 ? static_cast<std::int64_t>(tokens) : kAll);
}

Spending sum(Spending one, const Spending& other) {
  one += other;
  return one;
}

std::string amount(const SpendCap& cap, const Spending& used) {
  std::string text;
  if (cap.tokens) text = fmt::format("{} of {} tokens", used.tokens, *cap.tokens);
  if (cap.cost)
    text += fmt::format("{}{:.4f} of {:.4f} USD", text.empty() ? "" : ", ", used.cost.dollars(),
                        cap.cost->dollars());
  return text;
}

Error exceeded(const UsageMeter& meter, const ModelAsk& ask) {
  return Error(
      Code::resource_exhausted, reason::kBudgetExceeded,
      fmt::format("{} does not allow another model call: {} are spent, and its input alone "
                  "is about {} tokens; raise the budget, or wait until it begins anew",
                  meter.name, amount(meter.cap, meter.used), ask.input_tokens));
}

Error unpriced(const UsageMeter& meter) {
  return Error(Code::failed_precondition, reason::kInvalidConfig,
               fmt::format("{} is in USD, and the model has no price; set spec.price of its "
                           "ModelConfig",
                           meter.name));
}

/// What the meters allow now. Called under the ledger's mutex.
struct Verdict {
  std::optional<Error> refused;
  bool later = false;  // others hold what is left
  std::optional<std::int64_t> output;
};

Verdict judge(const std::vector<MeterPtr>& meters, const ModelAsk& ask) {
  Verdict verdict;
  const std::int64_t wanted = ask.max_output_tokens.value_or(kUnaskedOutput);
  std::int64_t granted = wanted;
  for (const auto& meter : meters) {
    if (meter->cap.cost && !ask.price) {
      verdict.refused = unpriced(*meter);
      return verdict;
    }
    const std::int64_t most = room_for_output(meter->cap, meter->used, ask);
    if (most < 1) {
      verdict.refused = exceeded(*meter, ask);
      return verdict;
    }
    const std::int64_t now = room_for_output(meter->cap, sum(meter->used, meter->held), ask);
    if (now < std::min({wanted, most, kLeastOutput})) verdict.later = true;
    granted = std::min(granted, now);
  }
  verdict.output = granted;
  return verdict;
}

/// Holds what the call may cost, where the meters allow it now; null: not yet.
Result<std::unique_ptr<ReservationState>> hold(const std::shared_ptr<UsageAccountState>& account,
                                               const std::vector<MeterPtr>& meters,
                                               const ModelAsk& ask) {
  auto held = std::make_unique<ReservationState>();
  held->account = account;
  held->max_output_tokens = ask.max_output_tokens;
  if (meters.empty()) return held;
  std::lock_guard lock(account->ledger->mutex);
  auto verdict = judge(meters, ask);
  if (verdict.refused) return fail(std::move(*verdict.refused));
  if (verdict.later) return nullptr;
  held->meters = meters;
  held->max_output_tokens = verdict.output;
  held->held.tokens = ask.input_tokens + *verdict.output;
  if (ask.price)
    held->held.cost = cost_of({.input = ask.input_tokens, .output = *verdict.output}, *ask.price);
  for (const auto& meter : meters) meter->held += held->held;
  return held;
}

}  // namespace

Usage::Account::Account(std::shared_ptr<UsageAccountState> state) : state_(std::move(state)) {}

Usage::Account::~Account() = default;

Spending Usage::Account::spent() const {
  std::lock_guard lock(state_->ledger->mutex);
  return state_->chain.front().meter->used;
}

/// What binds a call now: the runs above and today's budgets, as far as they have a cap.
std::vector<MeterPtr> UsageAccountState::binding(std::int64_t day) const {
  auto meters = ledger->day_meters(name_space, agent, budget.day, day);
  std::lock_guard lock(ledger->mutex);
  for (const auto& link : chain)
    if (link.meter->cap.binds()) meters.push_back(link.meter);
  return meters;
}

/// Sees what other processes have spent, and what was before this one began.
// The caller awaits at once.
Async<Result<>> UsageAccountState::refresh(std::int64_t day) {
  const auto meters = ledger->day_meters(name_space, agent, budget.day, day);
  const auto now = ledger->clock.steady_now();
  for (const auto& meter : meters) {
    {
      std::lock_guard lock(ledger->mutex);
      if (meter->read_at && now - *meter->read_at < kUsageRefresh) continue;
    }
    const bool of_agent = meter->of_agent;
    const auto* statement =
        of_agent ? &usage_sql::kSelectAgentDay : &usage_sql::kSelectNamespaceDay;
    std::vector<db::Value> values{name_space, day};
    if (of_agent) values.emplace_back(agent);
    CO_TRY(rows, co_await ledger->database.read(*statement, values, 1));
    std::lock_guard lock(ledger->mutex);
    meter->read_at = now;
    if (rows.empty()) continue;
    const auto stored = usage_sql::spending_at(rows.front(), 0);
    meter->used.tokens = std::max(meter->used.tokens, stored.tokens);
    meter->used.cost = std::max(meter->used.cost, stored.cost);
  }
  co_return ok();
}

Async<Result<Reservation>> Usage::Account::reserve(ModelAsk ask, SteadyTime deadline) {
  auto& ledger = *state_->ledger;
  const auto until = std::min(deadline, ledger.clock.steady_now() + kUsagePatience);
  for (;;) {
    const std::int64_t day = usage_sql::day_of(ledger.clock.now());
    CO_TRY_VOID(co_await state_->refresh(day));
    auto held = hold(state_, state_->binding(day), ask);
    if (!held) {
      ledger.metrics.budget_refusals.add();
      co_return fail(held.error());
    }
    if (*held) co_return Reservation(std::move(*held));
    if (ledger.clock.steady_now() >= until) break;
    co_await ledger.clock.sleep_for(kUsagePoll);
  }
  ledger.metrics.budget_refusals.add();
  co_return fail(Error(Code::resource_exhausted, reason::kBudgetExceeded,
                       "other model calls hold what is left of a budget; try again later"));
}

void ReservationState::give_back() {
  if (meters.empty()) return;
  std::lock_guard lock(account->ledger->mutex);
  for (const auto& meter : meters) {
    meter->held.tokens -= held.tokens;
    meter->held.cost.nanos -= held.cost.nanos;
  }
  meters.clear();
}

Reservation::Reservation(std::unique_ptr<ReservationState> state) : state_(std::move(state)) {}

Reservation::Reservation(Reservation&&) noexcept = default;

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  if (state_) state_->give_back();
  state_ = std::move(other.state_);
  return *this;
}

Reservation::~Reservation() {
  if (state_) state_->give_back();
}

std::optional<std::int64_t> Reservation::max_output_tokens() const {
  return state_->max_output_tokens;
}

Usd Reservation::settle(Run& run, const ModelCharge& charge) {
  state_->give_back();
  return state_->account->settle(run, charge);
}

Usd Usage::Account::charge(Run& run, const ModelCharge& charge) {
  return state_->settle(run, charge);
}

Usd UsageAccountState::settle(Run& run, const ModelCharge& charge) {
  Usd cost;
  if (charge.price) cost = cost_of(charge.tokens, *charge.price);
  db::Batch rows;
  count(rows, charge, {charge.tokens.total(), cost});
  for (const auto& step : rows.steps()) run.stage(*step.statement, step.parameters);
  return cost;
}

/// In memory now, in the store with the batch.
void UsageAccountState::count(db::Batch& rows, const ModelCharge& charge, const Spending& spent) {
  const Time now = ledger->clock.now();
  ledger->add_call(rows, now, name_space, agent, owner, charge, spent);
  const auto limit = [](const std::optional<std::int64_t>& most) -> db::Value {
    if (most) return *most;
    return std::monostate{};
  };
  std::optional<std::int64_t> most_cost;
  if (budget.run.cost) most_cost = budget.run.cost->nanos;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const auto& link = chain[i];
    std::vector<db::Value> values{link.task,        link.name_space,  link.owner,      spent.tokens,
                                  spent.cost.nanos, std::monostate{}, std::monostate{}};
    if (i == 0) {
      values[5] = limit(budget.run.tokens);
      values[6] = limit(most_cost);
    }
    rows.add(i == 0 ? usage_sql::kAddTask : usage_sql::kAddAbove, std::move(values));
  }
  std::lock_guard lock(ledger->mutex);
  for (const auto& link : chain) link.meter->used += spent;
}

}  // namespace flotilla::core
