#include <gmock/gmock.h>

#include "agents/declarative/limits.h"
#include "agents/declarative/testing_internal.h"

// Models and tools that misbehave: each has a right outcome.

namespace flotilla::agents {
namespace {

using namespace loop_testing;
using ::testing::HasSubstr;

CORE_TEST(LoopFaults, malformed_arguments_are_told_to_the_model_and_no_tool_is_called) {
  Single one(world);
  one.servers.add("shop", {{"price", answers("12")}});
  one.house->add("helper", with_server("shop"));
  one.model->lines = {calls({call_of("c1", "price", "{\"of\":")}),
                      calls({call_of("c2", "price", "[1]")}), says("sorry")};
  auto said = co_await one.house->ask("helper", "?");
  EXPECT_EQ(said, "COMPLETED|sorry");
  EXPECT_TRUE(one.servers.called.empty());
  CO_ASSERT_EQ(one.model->requests.size(), 3U);
  EXPECT_THAT(prompt_of(one.model->requests[1]), HasSubstr("tool:the arguments are not JSON"));
  EXPECT_THAT(prompt_of(one.model->requests[2]), HasSubstr("the arguments are no JSON object"));
}

CORE_TEST(LoopFaults, arguments_that_do_not_fit_the_schema_name_the_member) {
  Single one(world);
  auto tool = answers("12");
  tool.schema = R"({"type":"object","properties":{"of":{"type":"string"}},"required":["of"]})";
  one.servers.add("shop", {{"price", tool}});
  one.house->add("helper", with_server("shop"));
  one.model->lines = {calls({call_of("c1", "price", R"({"of":5})")}), says("sorry")};
  std::ignore = co_await one.house->ask("helper", "?");
  EXPECT_TRUE(one.servers.called.empty());
  EXPECT_THAT(prompt_of(one.model->requests.at(1)), HasSubstr("/of"));
}

CORE_TEST(LoopFaults, an_unknown_tool_is_answered_with_those_that_are_there) {
  Single one(world);
  one.servers.add("shop", {{"price", answers("12")}});
  one.house->add("helper", with_server("shop"));
  one.model->lines = {calls({call_of("c1", "steal")}), says("sorry")};
  auto said = co_await one.house->ask("helper", "?");
  EXPECT_EQ(said, "COMPLETED|sorry");
  EXPECT_THAT(prompt_of(one.model->requests.at(1)),
              HasSubstr("there is no tool steal; the tools are: price"));
}

CORE_TEST(LoopFaults, an_endless_loop_ends_at_the_limit_of_steps) {
  Single one(world);
  one.servers.add("shop", {{"price", answers("12")}});
  auto spec = with_server("shop");
  spec.limits.maxSteps = 3;
  one.house->add("helper", spec);
  one.model->lines = {calls({call_of("c1", "price")})};
  auto said = co_await one.house->ask("helper", "?");
  EXPECT_THAT(said, HasSubstr("FAILED"));
  EXPECT_THAT(said, HasSubstr("limits.maxSteps"));
  EXPECT_EQ(one.model->requests.size(), 3U);
}

CORE_TEST(LoopFaults, a_stream_that_breaks_off_fails_the_task_with_the_words_of_the_model) {
  Single one(world);
  one.house->add("helper");
  Line cut = says("Hel");
  cut.error = Error(Code::unavailable, "model fake-1: the stream was cut");
  one.model->lines = {cut};
  auto said = co_await one.house->ask("helper", "?");
  EXPECT_EQ(said, "FAILED|Hel|model fake-1: the stream was cut");
}

CORE_TEST(LoopFaults, another_attempt_of_the_model_replaces_what_was_streamed) {
  Single one(world);
  one.house->add("helper");
  Line again = says("Hello");
  again.restarts = true;
  one.model->lines = {again};
  auto said = co_await one.house->ask("helper", "?");
  EXPECT_EQ(said, "COMPLETED|Hello");
}

CORE_TEST(LoopFaults, ten_megabytes_of_text_fail_the_task) {
  Single one(world);
  one.house->add("helper");
  Line flood;
  flood.pieces.assign(10, std::string(std::size_t{1} << 20, 'x'));
  one.model->lines = {flood};
  auto request = request_of("?");
  auto task = co_await one.house->send("helper", std::move(request));
  CO_ASSERT_OK(task);
  EXPECT_EQ(task->status.state, a2a::TaskState::failed);
  EXPECT_THAT(a2a::text_of(task->status.message->parts), HasSubstr("longer than 4194304 bytes"));
}

CORE_TEST(LoopFaults, invalid_utf8_becomes_replacement_characters) {
  Single one(world);
  auto spec = with_server("shop");
  one.servers.add("shop", {{"price", answers("1\xff")}});
  one.house->add("helper", spec);
  one.model->lines = {calls({call_of("c1", "price")}), says("a\xc3(b")};
  auto said = co_await one.house->ask("helper", "?");
  EXPECT_EQ(said, "COMPLETED|a\xef\xbf\xbd(b");
  EXPECT_THAT(prompt_of(one.model->requests.at(1)), HasSubstr("tool:1\xef\xbf\xbd"));
}

CORE_TEST(LoopFaults, equal_ids_of_calls_are_told_apart) {
  Single one(world);
  one.servers.add("shop", {{"price", answers("12")}});
  one.house->add("helper", with_server("shop"));
  one.model->lines = {calls({call_of("c", "price"), call_of("c", "price")}), says("both")};
  auto said = co_await one.house->ask("helper", "?");
  EXPECT_EQ(said, "COMPLETED|both");
  EXPECT_EQ(one.servers.called.size(), 2U);
  EXPECT_THAT(prompt_of(one.model->requests.at(1)), HasSubstr("tool:12+12"));
}

CORE_TEST(LoopFaults, too_many_calls_at_once_fail_the_task) {
  Single one(world);
  one.servers.add("shop", {{"price", answers("12")}});
  one.house->add("helper", with_server("shop"));
  std::vector<llm::ToolCall> many(kMaxCallsOfAnswer + 1, call_of("c", "price"));
  one.model->lines = {calls(std::move(many))};
  auto said = co_await one.house->ask("helper", "?");
  EXPECT_THAT(said, HasSubstr("129 calls at once"));
  EXPECT_TRUE(one.servers.called.empty());
}

CORE_TEST(LoopFaults, a_server_that_vanishes_in_a_call_is_told_with_the_doubt) {
  Single one(world);
  auto gone = answers("");
  gone.error = Error(Code::unavailable, "tool server shop: the connection is gone");
  auto safe = gone;
  safe.repeatable = true;
  one.servers.add("shop", {{"charge", gone}, {"look", safe}});
  one.house->add("helper", with_server("shop"));
  one.model->lines = {calls({call_of("c1", "charge"), call_of("c2", "look")}), says("sorry")};
  auto said = co_await one.house->ask("helper", "?");
  EXPECT_EQ(said, "COMPLETED|sorry");
  const auto prompt = prompt_of(one.model->requests.at(1));
  EXPECT_THAT(prompt, HasSubstr("tool:the call failed: tool server shop: the connection is gone "
                                "(whether it took effect is unknown"));
  EXPECT_THAT(prompt, HasSubstr("+the call failed: tool server shop: the connection is gone"));
}

CORE_TEST(LoopFaults, a_long_result_is_cut_and_says_so) {
  Single one(world);
  one.servers.add("shop", {{"list", answers(std::string(kMaxResultBytes + 5, 'y'))}});
  one.house->add("helper", with_server("shop"));
  one.model->lines = {calls({call_of("c1", "list")}), says("long")};
  auto said = co_await one.house->ask("helper", "?");
  EXPECT_EQ(said, "COMPLETED|long");
  EXPECT_THAT(prompt_of(one.model->requests.at(1)),
              HasSubstr("[cut: the first 1048576 of 1048581 bytes]"));
}

CORE_TEST(LoopFaults, a_missing_model_fails_the_task_and_names_it) {
  Single one(world);
  core::DeclarativeAgent spec;
  spec.model = "gone";
  one.house->add("helper", spec);
  auto said = co_await one.house->ask("helper", "?");
  EXPECT_EQ(said, "FAILED|there is no ModelConfig default/gone");
}

CORE_TEST(LoopFaults, the_deadline_ends_a_run_and_what_it_waits_for) {
  Single one(world);
  auto slow = answers("");
  slow.hangs = true;
  one.servers.add("shop", {{"wait", slow}});
  auto spec = with_server("shop");
  spec.limits.deadline = std::chrono::minutes(1);
  one.house->add("helper", spec);
  one.model->lines = {calls({call_of("c1", "wait")})};
  auto stream = co_await one.house->stream("helper", request_of("?"));
  CO_ASSERT_OK(stream);
  co_await until([&] { return one.servers.active == 1; });
  world.clock.advance(std::chrono::minutes(2));
  auto items = co_await gateway::testing::read_all(**stream);
  CO_ASSERT_OK(items);
  CO_ASSERT_FALSE(items->empty());
  EXPECT_EQ(items->back().state, a2a::TaskState::failed);
  EXPECT_EQ(one.servers.active, 0);
  EXPECT_THAT(*items->back().json, HasSubstr("limits.deadline"));
}

CORE_TEST(LoopFaults, a_cancellation_ends_the_call_that_is_under_way) {
  Single one(world);
  auto slow = answers("");
  slow.hangs = true;
  one.servers.add("shop", {{"wait", slow}});
  one.house->add("helper", with_server("shop"));
  one.model->lines = {calls({call_of("c1", "wait"), call_of("c2", "wait")})};
  auto stream = co_await one.house->stream("helper", request_of("?"));
  CO_ASSERT_OK(stream);
  co_await until([&] { return one.servers.active == 2; });
  auto page = co_await one.house->process.tasks.list(core::testing::seen_by(alice()), {});
  CO_ASSERT_OK(page);
  auto canceled = co_await one.house->handler.cancel_task(
      gateway::testing::context_of(alice()), gateway::testing::agent_ref("helper"),
      gateway::testing::cancel_request(page->rows.at(0).id.to_string()));
  EXPECT_TRUE(canceled);
  co_await until([&] { return one.servers.active == 0; });
  co_await until([&] { return one.house->process.metrics.runs_active.value() == 0; });
}

}  // namespace
}  // namespace flotilla::agents
