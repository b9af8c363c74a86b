#include "core/usage.h"

#include "core/testing.h"

namespace flotilla::core::testing {
namespace {

const TokenPrice kPrice{1, 10, {}, {}};  // a dollar for a million tokens in, ten for those out

ModelCharge charge_of(std::int64_t input, std::int64_t output) {
  ModelCharge charge;
  charge.model = "small";
  charge.tokens.input = input;
  charge.tokens.output = output;
  charge.price = kPrice;
  charge.latency = std::chrono::milliseconds(20);
  return charge;
}

SpendCap tokens(std::int64_t most) {
  return {most, {}};
}

/// What the agent of one test does.
struct Plan {
  UsageBudget budget;
  ModelAsk ask{100, 1000, kPrice};
  ModelCharge charge = charge_of(100, 50);
  int calls = 1;
  std::int64_t embedded = 0;  // tokens of a call that is not asked for, made first
  std::vector<std::optional<std::int64_t>> granted;
  std::vector<std::string> refused;
};

class SpendingRunner final : public Runner {
 public:
  SpendingRunner(Usage& usage, Plan& plan) : usage_(usage), plan_(plan) {}
  Async<Result<>> run(Run& run) override {
    CO_TRY(account, co_await usage_.open(run.row(), plan_.budget));
    if (plan_.embedded > 0) account->charge(run, charge_of(plan_.embedded, 0));
    for (int i = 0; i < plan_.calls; ++i) {
      auto reserved = co_await account->reserve(plan_.ask, SteadyTime::max());
      if (!reserved) {
        plan_.refused.emplace_back(reserved.error().reason());
        co_return fail(reserved.error());
      }
      plan_.granted.push_back(reserved->max_output_tokens());
      reserved->settle(run, plan_.charge);
      CO_TRY_VOID(co_await run.record(EventKind::step, "{}"));
    }
    co_return ok();
  }

 private:
  Usage& usage_;
  Plan& plan_;
};

/// One process with usage, and an agent that spends.
struct Shop {
  Shop(Process& on, std::string name = "spender")
      : process(on), usage(on.database, on.services.clock, on.metrics), agent(std::move(name)) {
    AgentInfo info;
    info.name_space = "default";
    info.name = agent;
    info.type = "declarative";
    info.runner = std::make_shared<SpendingRunner>(usage, plan);
    process.agents.put(std::move(info));
  }
  Async<TaskLog::Ptr> run(std::optional<TaskId> parent = {}) {
    auto wanted = new_task(agent, "go", agent + std::to_string(++messages));
    wanted.parent = parent;
    auto created = co_await process.tasks.create(std::move(wanted));
    TaskLog::Ptr log = created.value();
    const auto settled = co_await TaskLog::settled(log);
    EXPECT_TRUE(settled);
    co_return log;
  }

  Process& process;
  Usage usage;
  std::string agent;
  Plan plan;
  int messages = 0;
};

UsageQuery of_today(World& world) {
  UsageQuery query;
  query.since = world.clock.now() - std::chrono::hours(24);
  query.until = world.clock.now() + std::chrono::hours(24);
  query.step = Duration::zero();
  return query;
}

TEST(UsageMoney, cached_tokens_have_their_own_price) {
  TokenCounts counts{.input = 1'000'000, .output = 100'000, .cached_input = 400'000};
  TokenPrice price{3, 15, 0.3, {}};
  EXPECT_EQ(cost_of(counts, price), usd(0.6 * 3 + 0.4 * 0.3 + 0.1 * 15));
  price.cached_input.reset();
  EXPECT_EQ(cost_of(counts, price), usd(3 + 1.5));
  EXPECT_EQ(usd(-1), Usd{});
  EXPECT_EQ(usd(std::numeric_limits<double>::quiet_NaN()), Usd{});
  EXPECT_EQ(usd(1e300), Usd{9'000'000'000'000'000'000});
}

CORE_TEST(Usage, a_call_is_counted_in_the_commit_that_tells_its_result) {
  Shop shop(world.process());
  const auto before = world.store->stats().batches;
  const auto log = co_await shop.run();
  EXPECT_EQ(world.store->stats().batches - before, 1U);
  const auto sums = co_await shop.usage.sums(alice(), of_today(world));
  EXPECT_TRUE(sums);
  if (!sums || sums->size() != 1) co_return;
  const auto& sum = sums->front();
  EXPECT_EQ(sum.name_space, "default");
  EXPECT_EQ(sum.agent, "spender");
  EXPECT_EQ(sum.model, "small");
  EXPECT_EQ(sum.owner, "");
  EXPECT_EQ(sum.requests, 1);
  EXPECT_EQ(sum.errors, 0);
  EXPECT_EQ(sum.tokens.input, 100);
  EXPECT_EQ(sum.tokens.output, 50);
  EXPECT_EQ(sum.cost, usd(0.0006));
  EXPECT_EQ(sum.latency_ms, 20);
  const auto id = log->committed().id;
  const auto spent = co_await shop.usage.of_task(id);
  EXPECT_EQ(*spent, (Spending{150, usd(0.0006)}));
}

CORE_TEST(Usage, a_failed_call_is_a_request_and_an_error) {
  Shop shop(world.process());
  shop.plan.charge.failed = true;
  shop.plan.charge.tokens = {};
  shop.plan.calls = 3;
  co_await shop.run();
  const auto sums = co_await shop.usage.sums(alice(), of_today(world));
  EXPECT_EQ(sums->front().requests, 3);
  EXPECT_EQ(sums->front().errors, 3);
  EXPECT_EQ(sums->front().cost, Usd{});
}

CORE_TEST(Usage, sums_are_by_step_and_by_what_is_asked_for) {
  Shop shop(world.process());
  Shop other(world.process(), "other");
  other.plan.charge.model = "large";
  for (int i = 0; i < 3; ++i) {
    co_await shop.run();
    co_await other.run();
    world.clock.advance(std::chrono::minutes(1));
  }
  auto query = of_today(world);
  query.step = std::chrono::minutes(1);
  const auto by_all = co_await shop.usage.sums(admin(), query);
  EXPECT_EQ(by_all->size(), 6U);
  EXPECT_LT(by_all->front().at, by_all->back().at);
  query.by_agent = query.by_model = query.by_namespace = false;
  query.by_owner = true;
  const auto by_minute = co_await shop.usage.sums(admin(), query);
  EXPECT_EQ(by_minute->size(), 3U);
  EXPECT_EQ(by_minute->front().requests, 2);
  EXPECT_EQ(by_minute->front().owner, "alice");
  query.model = "large";
  query.step = Duration::zero();
  const auto large = co_await shop.usage.sums(admin(), query);
  EXPECT_EQ(large->size(), 1U);
  EXPECT_EQ(large->front().requests, 3);
}

CORE_TEST(Usage, others_rows_are_as_if_they_were_not_there) {
  Shop shop(world.process());
  co_await shop.run();
  const auto query = of_today(world);
  auto of_alice = query;
  of_alice.owner = "alice";
  auto of_default = query;
  of_default.name_space = "default";
  for (const auto& who : {bob(), carol()}) {
    for (const auto& asked : {query, of_alice, of_default}) {
      const auto sums = co_await shop.usage.sums(who, asked);
      EXPECT_TRUE(sums && sums->empty()) << who->name;
    }
  }
  const auto all = co_await shop.usage.sums(admin(), of_alice);
  EXPECT_EQ(all->size(), 1U);
}

CORE_TEST(Usage, a_run_spends_no_more_than_its_budget) {
  Shop shop(world.process());
  shop.plan.budget.run = tokens(400);
  shop.plan.calls = 5;
  const auto log = co_await shop.run();
  // 400: the first call may answer with 300 beside its input; 250 are left for the second.
  EXPECT_EQ(shop.plan.granted, (std::vector<std::optional<std::int64_t>>{300, 150}));
  EXPECT_EQ(shop.plan.refused, std::vector<std::string>{"BUDGET_EXCEEDED"});
  EXPECT_EQ(log->committed().state, a2a::TaskState::failed);
  EXPECT_EQ(shop.process.metrics.budget_refusals.value(), 1U);
  // Each run has its own.
  co_await shop.run();
  EXPECT_EQ(shop.plan.granted.size(), 4U);
}

CORE_TEST(Usage, what_is_not_asked_for_counts_too) {
  Shop shop(world.process());
  shop.plan.budget.run = tokens(400);
  shop.plan.embedded = 90;
  const auto log = co_await shop.run();
  EXPECT_EQ(shop.plan.granted.front(), 210);
  const auto spent = co_await shop.usage.of_task(log->committed().id);
  EXPECT_EQ(spent->tokens, 240);
}

CORE_TEST(Usage, without_a_budget_the_models_own_limit_stands) {
  Shop shop(world.process());
  co_await shop.run();
  EXPECT_EQ(shop.plan.granted.front(), 1000);
  shop.plan.ask.max_output_tokens.reset();
  co_await shop.run();
  EXPECT_EQ(shop.plan.granted.back(), std::nullopt);
}

CORE_TEST(Usage, a_budget_in_money_counts_by_the_price) {
  Shop shop(world.process());
  shop.plan.budget.run.cost = usd(0.0011);
  shop.plan.calls = 5;
  co_await shop.run();
  // 100 in are 0.0001, so 0.001 is left for 100 out; then 0.0005 less 0.0001.
  EXPECT_EQ(shop.plan.granted, (std::vector<std::optional<std::int64_t>>{100, 40}));
  EXPECT_EQ(shop.plan.refused.size(), 1U);
}

CORE_TEST(Usage, a_budget_in_money_needs_a_price) {
  Shop shop(world.process());
  shop.plan.budget.run.cost = usd(1);
  shop.plan.ask.price.reset();
  const auto log = co_await shop.run();
  EXPECT_EQ(shop.plan.refused, std::vector<std::string>{"INVALID_CONFIG"});
  const auto row = log->committed();
  EXPECT_NE(row.status_message.value_or("").find("spec.price"), std::string::npos);
}

CORE_TEST(Usage, what_is_delegated_counts_above_it_also_after_a_restart) {
  Shop parent(world.process(), "parent");
  parent.plan.budget.run = tokens(450);
  const auto above = co_await parent.run();
  const TaskId id = above->committed().id;

  Shop child(world.process(), "child");
  child.plan.calls = 5;
  const auto below = co_await child.run(id);
  // Nobody in this process knows the parent's run any more: its budget is in the store.
  EXPECT_EQ(child.plan.granted, (std::vector<std::optional<std::int64_t>>{200, 50}));
  EXPECT_EQ(child.plan.refused.size(), 1U);
  const auto all = co_await parent.usage.of_task(id);
  EXPECT_EQ(all->tokens, 450);
  const auto own = co_await child.usage.of_task(below->committed().id);
  EXPECT_EQ(own->tokens, 300);

  Shop grandchild(world.process(), "grandchild");
  co_await grandchild.run(below->committed().id);
  EXPECT_EQ(grandchild.plan.refused.size(), 1U);
}

CORE_TEST(Usage, an_agents_day_binds_its_tasks_together_until_midnight) {
  Shop shop(world.process());
  shop.plan.budget.day = tokens(500);
  for (int i = 0; i < 3; ++i) co_await shop.run();
  EXPECT_EQ(shop.plan.granted, (std::vector<std::optional<std::int64_t>>{400, 250, 100}));
  co_await shop.run();
  EXPECT_EQ(shop.plan.refused.size(), 1U);

  Shop restarted(world.process());
  restarted.plan.budget = shop.plan.budget;
  co_await restarted.run();
  EXPECT_EQ(restarted.plan.refused.size(), 1U);
  Shop neighbour(world.process(), "neighbour");
  neighbour.plan.budget = shop.plan.budget;
  co_await neighbour.run();
  EXPECT_TRUE(neighbour.plan.refused.empty());

  world.clock.advance(std::chrono::hours(24));
  co_await restarted.run();
  EXPECT_EQ(restarted.plan.granted.size(), 1U);
}

CORE_TEST(Usage, a_namespaces_day_is_the_least_that_its_policies_allow) {
  Shop shop(world.process());
  shop.usage.set_namespace_budget("default", "loose", tokens(10'000));
  shop.usage.set_namespace_budget("default", "tight", tokens(300));
  co_await shop.run();
  Shop other(world.process(), "other");
  other.usage.set_namespace_budget("default", "tight", tokens(300));
  co_await other.run();
  EXPECT_EQ(shop.plan.granted.front(), 200);
  EXPECT_EQ(other.plan.granted.front(), 50);
  world.clock.advance(std::chrono::seconds(10));
  co_await shop.run();
  EXPECT_EQ(shop.plan.refused.size(), 1U);  // the other's spending is seen by now
  shop.usage.set_namespace_budget("default", "tight", {});
  co_await shop.run();
  EXPECT_EQ(shop.plan.granted.size(), 2U);
}

CORE_TEST(Usage, a_call_waits_while_others_hold_what_is_left) {
  auto& process = world.process();
  Usage usage(process.database, world.clock, process.metrics);
  TaskRow row;
  row.id = TaskId{make_uuid_v7(world.clock.now(), world.random)};
  row.name_space = "default";
  row.agent = "spender";
  UsageBudget budget;
  budget.day = tokens(3000);
  auto first = co_await usage.open(row, budget);
  auto second = co_await usage.open(row, budget);
  auto& one = **first;
  auto& two = **second;
  const ModelAsk ask{100, 2000, kPrice};
  std::optional<Reservation> held;
  {
    auto reserved = co_await one.reserve(ask, SteadyTime::max());
    EXPECT_EQ(reserved->max_output_tokens(), 2000);
    held.emplace(std::move(*reserved));
  }
  // 900 are free, of which a call would get less than it should.
  const auto impatient = co_await two.reserve(ask, world.clock.steady_now());
  EXPECT_EQ(impatient.error().reason(), reason::kBudgetExceeded);

  auto here = co_await boost::asio::this_coro::executor;
  TaskGroup group(here);
  bool served = false;
  struct Waiter {
    static Async<> wait(Usage::Account& account, ModelAsk ask, bool& served) {
      auto late = co_await account.reserve(ask, SteadyTime::max());
      served = late && late->max_output_tokens() == 2000;
    }
  };
  group.spawn(Waiter::wait(two, ask, served));
  co_await until([&] { return world.clock.sleepers() > 0; });
  held.reset();
  world.clock.advance(std::chrono::seconds(1));
  co_await group.join();
  EXPECT_TRUE(served);
  // All is given back.
  const auto again = co_await one.reserve(ask, world.clock.steady_now());
  EXPECT_TRUE(again);
}

CORE_TEST(Usage, old_counts_are_deleted) {
  Shop shop(world.process());
  co_await shop.run();
  auto query = of_today(world);
  world.clock.advance(kUsageMinutesKept - std::chrono::hours(1));
  const auto early = co_await shop.usage.prune();
  EXPECT_TRUE(early);
  const auto kept = co_await shop.usage.sums(admin(), query);
  EXPECT_EQ(kept->size(), 1U);
  world.clock.advance(std::chrono::hours(2));
  const auto late = co_await shop.usage.prune();
  EXPECT_TRUE(late);
  const auto gone = co_await shop.usage.sums(admin(), query);
  EXPECT_TRUE(gone->empty());
}

CORE_TEST(Usage, too_many_sums_are_refused) {
  auto& process = world.process();
  Usage usage(process.database, world.clock, process.metrics);
  db::Batch batch;
  for (std::size_t i = 0; i <= kUsageRows; ++i)
    usage.charge(batch, "default", "agent-" + std::to_string(i), "alice", charge_of(1, 1));
  const auto written = co_await process.database.write(std::move(batch));
  EXPECT_TRUE(written);
  auto query = of_today(world);
  const auto refused = co_await usage.sums(admin(), query);
  EXPECT_EQ(refused.error().code(), Code::invalid_argument);
  query.by_agent = false;
  const auto summed = co_await usage.sums(admin(), query);
  EXPECT_EQ(summed->front().requests, static_cast<std::int64_t>(kUsageRows + 1));
}

}  // namespace
}  // namespace flotilla::core::testing
