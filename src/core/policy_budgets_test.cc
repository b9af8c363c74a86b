#include "core/policy_budgets.h"

#include "core/resources_testing.h"
#include "core/testing.h"

namespace flotilla::core::testing {
namespace {

Manifest policy(const std::string& name, const std::string& spec) {
  return manifest("apiVersion: flotilla.dev/v1\nkind: Policy\nmetadata: {name: " + name +
                  "}\nspec: " + spec + "\n");
}

struct Rules {
  explicit Rules(World& world)
      : store(store_of(world)),
        usage(*world.database, world.clock, world.process().metrics),
        budgets(store.resources, usage, world.clock) {
    row.id = TaskId{make_uuid_v7(world.clock.now(), world.random)};
    row.name_space = "default";
    row.agent = "spender";
  }
  Async<> apply(std::string name, std::string spec) {
    const auto written = co_await store.resources.apply(nullptr, policy(name, spec));
    EXPECT_TRUE(written) << (written ? "" : written.error().message());
  }
  /// Output tokens that a call may have now; 0: it is refused.
  Async<std::int64_t> allowed() {
    const auto account = co_await usage.open(row, {});
    ModelAsk ask;
    ask.input_tokens = 100;
    ask.max_output_tokens = 1000;
    ask.price = TokenPrice{1, 1, {}, {}};
    const auto reserved = co_await (*account)->reserve(ask, SteadyTime::min());
    if (!reserved) co_return 0;
    co_return reserved->max_output_tokens().value_or(0);
  }

  Store store;
  Usage usage;
  PolicyBudgets budgets;
  TaskRow row;
};

CORE_TEST(PolicyBudgets, what_is_there_binds_before_the_first_task) {
  Rules rules(world);
  co_await rules.apply("tokens", "{budget: {day: {tokens: 400}}}");
  co_await rules.apply("money", "{budget: {day: {usd: 0.00015}}}");
  co_await rules.apply("none", "{description: no budget}");
  const auto loaded = co_await rules.budgets.load();
  EXPECT_TRUE(loaded);
  const auto most = co_await rules.allowed();
  EXPECT_EQ(most, 50);
}

CORE_TEST(PolicyBudgets, changes_are_followed) {
  Rules rules(world);
  rules.budgets.start(world.loops.executor(0));
  co_await rules.apply("day", "{budget: {day: {tokens: 400}}}");
  std::int64_t most = 1000;
  const auto becomes = [&](std::int64_t wanted) { return most == wanted; };
  while (!becomes(300)) {
    most = co_await rules.allowed();
    world.clock.advance(std::chrono::milliseconds(100));
    co_await boost::asio::post(boost::asio::use_awaitable);
  }
  co_await rules.apply("day", "{budget: {day: {tokens: 100}}}");
  while (!becomes(0)) {
    most = co_await rules.allowed();
    co_await boost::asio::post(boost::asio::use_awaitable);
  }
  const ResourceRef day{"Policy", "default", "day"};
  const auto removed = co_await rules.store.resources.remove(nullptr, day);
  EXPECT_TRUE(removed);
  while (!becomes(1000)) {
    most = co_await rules.allowed();
    co_await boost::asio::post(boost::asio::use_awaitable);
  }
  co_await rules.budgets.stop();
}

}  // namespace
}  // namespace flotilla::core::testing
