#include <gtest/gtest.h>

#include "agents/declarative/testing_internal.h"

namespace flotilla::agents {
namespace {

using namespace loop_testing;

CORE_TEST(Loop, an_answer_completes_the_task) {
  Single one(world);
  one.house->add("helper");
  one.model->lines = {says("Hello!")};
  auto said = co_await one.house->ask("helper", "hi");
  EXPECT_EQ(said, "COMPLETED|Hello!");
  CO_ASSERT_EQ(one.model->requests.size(), 1U);
  EXPECT_EQ(prompt_of(one.model->requests[0]), "user:hi");
  EXPECT_EQ(one.model->requests[0].system, "Be helpful.");
}

CORE_TEST(Loop, a_tool_is_called_and_its_result_given_to_the_model) {
  Single one(world);
  one.servers.add("shop", {{"price", answers("12")}});
  one.house->add("helper", with_server("shop"));
  one.model->lines = {calls({call_of("c1", "price", R"({"of":"tea"})")}), says("It costs 12.")};
  auto said = co_await one.house->ask("helper", "price of tea?");
  EXPECT_EQ(said, "COMPLETED|It costs 12.");
  EXPECT_EQ(one.servers.called, std::vector<std::string>{R"(price{"of":"tea"})"});
  CO_ASSERT_EQ(one.model->requests.size(), 2U);
  EXPECT_EQ(prompt_of(one.model->requests[1]), "user:price of tea? assistant:price! tool:12");
  auto steps = co_await one.house->steps(one.house->last.id);
  const std::vector<std::string> expected{"model 1", "tool 1 intent price", "tool 1 price",
                                          "model 2"};
  EXPECT_EQ(steps, expected);
}

CORE_TEST(Loop, a_run_goes_on_after_a_crash_where_it_was) {
  Single one(world);
  one.servers.add("shop", {{"price", answers("12")}});
  one.house->add("helper", with_server("shop"));
  Line hang;
  hang.hangs = true;
  one.model->lines = {calls({call_of("c1", "price")}), hang};
  auto stream = co_await one.house->stream("helper", request_of("price?"));
  CO_ASSERT_OK(stream);
  co_await until([&] { return one.model->requests.size() == 2; });
  // The process stops breathing; another one takes over once the lease has run out.
  auto& other = world.add_process("two");
  std::map<std::string, std::shared_ptr<FakeModel>> models;
  models["default"] = std::make_shared<FakeModel>(world.clock);
  models["default"]->lines = {says("It costs 12.")};
  House second(world, other, models, one.servers);
  second.add("helper", with_server("shop"));
  world.clock.advance(core::kLease + std::chrono::seconds(1));
  other.scheduler.start(other.tasks);
  co_await advance_until(world, 4, [&] { return models["default"]->requests.size() == 1; });
  EXPECT_EQ(prompt_of(models["default"]->requests[0]), "user:price? assistant:price! tool:12");
  EXPECT_EQ(one.servers.called.size(), 1U) << "a finished call was made again";
  co_await until([&] { return other.metrics.runs_active.value() == 0; });
  const core::TaskFilter all;
  auto page = co_await other.tasks.list(core::testing::seen_by(alice()), all);
  CO_ASSERT_OK(page);
  CO_ASSERT_EQ(page->rows.size(), 1U);
  EXPECT_EQ(page->rows[0].state, a2a::TaskState::completed);
  stream->reset();  // it may not outlive its process
  co_await world.stop_all();
}

}  // namespace
}  // namespace flotilla::agents
