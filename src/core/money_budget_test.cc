#include "core/money_budget.h"

#include "core/resources_testing.h"

namespace flotilla::core::testing {
namespace {

Manifest model(const std::string& more) {
  return manifest(
      "apiVersion: flotilla.dev/v1\nkind: ModelConfig\nmetadata: {name: small}\nspec: " +
      ("{provider: ollama, model: x" + more + "}\n"));
}

Manifest agent(const std::string& budget) {
  return manifest(
      "apiVersion: flotilla.dev/v1\nkind: Agent\nmetadata: {name: a}\nspec: {declarative: {model: "
      "small, systemMessage: hi, budget: " +
      budget + "}}\n");
}

CORE_TEST(MoneyBudget, needs_a_price_when_it_is_applied) {
  auto store = store_of(world);
  // Nobody knows yet what the model will be.
  const auto early = co_await store.resources.apply(admin(), agent("{run: {usd: 1}}"));
  EXPECT_TRUE(early) << (early ? "" : early.error().message());
  const auto unpriced = co_await store.resources.apply(admin(), model(""));
  EXPECT_TRUE(unpriced) << (unpriced ? "" : unpriced.error().message());
  const auto refused =
      co_await store.resources.apply(admin(), agent("{run: {usd: 1}, day: {usd: 2, tokens: 5}}"));
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::invalid_argument);
  CO_ASSERT_EQ(refused.error().violations().size(), 2U);
  EXPECT_EQ(refused.error().violations()[1].field, "/spec/declarative/budget/day/usd");
  EXPECT_NE(refused.error().message().find("spec.price"), std::string::npos);
  const auto in_tokens = co_await store.resources.apply(admin(), agent("{run: {tokens: 1}}"));
  EXPECT_TRUE(in_tokens);
  const auto priced =
      co_await store.resources.apply(admin(), model(", price: {input: 1, output: 2}"));
  EXPECT_TRUE(priced) << (priced ? "" : priced.error().message());
  const auto taken = co_await store.resources.apply(admin(), agent("{run: {usd: 1}}"));
  EXPECT_TRUE(taken) << (taken ? "" : taken.error().message());
}

}  // namespace
}  // namespace flotilla::core::testing
