#include "agents/testing_internal.h"

namespace flotilla::agents::testing {
namespace {

CORE_TEST(FrontDeskAgent, hands_over_by_name_keyword_and_claim) {
  House house(world);
  const std::vector<std::pair<std::string, std::string>> cases{
      {"Calculate 25 * 4", "COMPLETED|100"},
      {"25 * 4", "COMPLETED|100"},
      {"@calculator 1 + 1", "COMPLETED|2"},
      {"calculator: sqrt(81)", "COMPLETED|9"},
      {"@echo hello", "COMPLETED|hello"},
      {"echo hello", "COMPLETED|hello"},
      {"remember colour = blue", "COMPLETED|Stored colour."},
      {"recall colour", "COMPLETED|blue"},
  };
  for (const auto& [text, expected] : cases)
    EXPECT_EQ(co_await house.ask("front-desk", text), expected) << text;
  auto analysis = co_await house.ask("front-desk", "analyze: a b c.");
  EXPECT_TRUE(analysis.starts_with("COMPLETED|")) << analysis;
}

CORE_TEST(FrontDeskAgent, answers_what_nobody_else_takes) {
  House house(world);
  auto said = co_await house.ask("front-desk", "What can you do?");
  EXPECT_TRUE(said.starts_with("COMPLETED|I am the front desk")) << said;
  for (const std::string name : {"- analysis:", "- calculator:", "- echo:", "- memory:"})
    EXPECT_NE(said.find(name), std::string::npos) << said;
  EXPECT_EQ(said.find("- front-desk:"), std::string::npos) << said;
}

CORE_TEST(FrontDeskAgent, shows_the_tasks_of_all_agents) {
  House house(world);
  auto task = co_await house.send("echo", request_of("hello"));
  CO_ASSERT_OK(task);
  EXPECT_TRUE(co_await house.get("front-desk", task->id));
  EXPECT_FALSE(co_await house.get("calculator", task->id));
}

CORE_TEST(FrontDeskAgent, a_conversation_stays_with_its_agent) {
  House house(world);
  auto first = co_await house.send("front-desk", request_of("echo hello"));
  CO_ASSERT_OK(first);
  world.clock.advance(std::chrono::seconds(1));
  auto request = request_of("1 + 1", "m-2");
  request.message.contextId = first->contextId;
  auto second = co_await house.send("front-desk", request);
  CO_ASSERT_OK(second);
  EXPECT_EQ(House::said(*second), "COMPLETED|1 + 1");
  request = request_of("@calculator 1 + 1", "m-3");
  request.message.contextId = first->contextId;
  auto third = co_await house.send("front-desk", request);
  CO_ASSERT_OK(third);
  EXPECT_EQ(House::said(*third), "COMPLETED|2");
}

}  // namespace
}  // namespace flotilla::agents::testing
