#include "agents/testing_internal.h"

namespace flotilla::agents::testing {
namespace {

CORE_TEST(CalculatorAgent, answers_with_the_value) {
  House house(world);
  EXPECT_EQ(co_await house.ask("calculator", "Calculate 25 * 4"), "COMPLETED|100");
  EXPECT_EQ(co_await house.ask("calculator", "0.1 + 0.2"), "COMPLETED|0.3");
  auto task = co_await house.send("calculator", request_of("2 * (3 + 4)"));
  CO_ASSERT_OK(task);
  CO_ASSERT_EQ(task->artifacts.size(), 1U);
  EXPECT_EQ(task->artifacts[0].artifactId, "result");
}

CORE_TEST(CalculatorAgent, explains_a_fault) {
  House house(world);
  for (const std::string text : {"1 / 0", "2 +", "hello", ""}) {
    auto said = co_await house.ask("calculator", text);
    EXPECT_TRUE(said.starts_with("FAILED|")) << text << " gives " << said;
    EXPECT_GT(said.size(), 15U) << said;
  }
}

}  // namespace
}  // namespace flotilla::agents::testing
