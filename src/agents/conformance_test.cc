#include "agents/conformance.h"

#include "agents/conformance_behaviour.h"
#include "agents/testing_internal.h"

namespace flotilla::agents::testing {
namespace {

using conformance::find_by_id;
using conformance::find_by_text;

struct KitHouse : House {
  explicit KitHouse(World& world, bool reduced = false) : House(world) {
    register_conformance(process.agents, world.clock, world.random, {reduced});
  }
  Async<std::string> tell(std::string id, std::string text) {
    auto request = request_of(std::move(text), std::move(id));
    auto task = co_await send("front-desk", std::move(request), alice());
    if (!task) co_return "error: " + task.error().message();
    co_return said(*task);
  }
};

TEST(ConformanceBehaviour, the_longest_name_that_begins_the_id_counts) {
  EXPECT_EQ(find_by_id("tck-artifact-file-url-1a2b3c4d")->name, "tck-artifact-file-url");
  EXPECT_EQ(find_by_id("tck-artifact-file-1a2b3c4d-grpc")->name, "tck-artifact-file");
  EXPECT_EQ(find_by_id("test-resubscribe-message-id-1")->name, "test-resubscribe-message-id");
  EXPECT_EQ(find_by_id("tck-long-running-1"), nullptr);  // by text only
  EXPECT_EQ(find_by_id("m-1"), nullptr);
  EXPECT_EQ(find_by_id("cancel-test-message-id-1")->end, a2a::TaskState::input_required);
}

TEST(ConformanceBehaviour, the_first_word_of_the_text_is_the_whole_name) {
  EXPECT_EQ(find_by_text("tck-artifact-file-url x").behaviour->name, "tck-artifact-file-url");
  EXPECT_EQ(find_by_text("tck-complete-task").behaviour->name, "tck-complete-task");
  EXPECT_TRUE(find_by_text("tck-complete-tasks").unknown);
  EXPECT_TRUE(find_by_text("tck-stream-001").unknown);  // by id only
  EXPECT_FALSE(find_by_text("hello tck-complete-task").unknown);
}

CORE_TEST(Conformance, ends_as_the_id_or_the_text_tells) {
  KitHouse house(world);
  const std::vector<std::tuple<std::string, std::string, std::string>> cases{
      {"tck-complete-task-1", "anything", "COMPLETED|Hello from TCK"},
      {"1", "tck-complete-task hello", "COMPLETED|Hello from TCK"},
      {"tck-artifact-text-1", "x", "COMPLETED|Generated text content"},
      {"tck-reject-task-1", "tck-complete-task", "REJECTED|rejected"},
      {"tck-input-required-1", "x", "INPUT_REQUIRED|More input is needed."},
      {"2", "tck-task-failure now", "FAILED|The task failed, as it was asked to."},
      {"3", "tck-multi-turn start", "INPUT_REQUIRED"},
      {"4", "tck-stream-chunked", "COMPLETED|chunk-1 \nchunk-2 \nchunk-3"},
      {"tck-stream-artifact-chunked-1", "x", "COMPLETED|chunk-1 \nchunk-2"},
      {"5", "tck-nothing", "FAILED|There is no such behaviour: tck-nothing"},
      {"6", "Calculate 2 + 2", "COMPLETED|Calculate 2 + 2"},  // nothing is handed over
      {"7", "@echo hi", "COMPLETED|@echo hi"},
  };
  for (const auto& [id, text, expected] : cases)
    EXPECT_EQ(co_await house.tell(id, text), expected) << id << " " << text;
}

CORE_TEST(Conformance, artifacts_have_the_part_that_was_asked_for) {
  KitHouse house(world);
  auto file = co_await house.send("front-desk", request_of("tck-artifact-file", "1"));
  CO_ASSERT_OK(file);
  const auto& raw = file->artifacts.at(0).parts.at(0);
  EXPECT_TRUE(raw.raw && !raw.raw->bytes.empty());
  EXPECT_EQ(raw.filename, "output.txt");
  EXPECT_EQ(raw.mediaType, "text/plain");
  auto url = co_await house.send("front-desk", request_of("tck-artifact-file-url", "2"));
  CO_ASSERT_OK(url);
  EXPECT_EQ(url->artifacts.at(0).parts.at(0).url, "https://example.com/output.txt");
  auto data = co_await house.send("front-desk", request_of("tck-artifact-data", "3"));
  CO_ASSERT_OK(data);
  EXPECT_EQ(json::to_string(*data->artifacts.at(0).parts.at(0).data),
            R"({"key":"value","count":42})");
}

CORE_TEST(Conformance, a_multi_turn_task_goes_on_until_done) {
  KitHouse house(world);
  auto task = co_await house.send("front-desk", request_of("tck-multi-turn start", "1"));
  CO_ASSERT_OK(task);
  task = co_await house.send("front-desk", to_task(task->id, "more", "2"));
  CO_ASSERT_OK(task);
  EXPECT_EQ(task->status.state, a2a::TaskState::input_required);
  task = co_await house.send("front-desk", to_task(task->id, "done now", "3"));
  CO_ASSERT_OK(task);
  EXPECT_EQ(task->status.state, a2a::TaskState::completed);
}

CORE_TEST(Conformance, a_question_by_id_is_of_the_turn_and_one_by_text_of_the_task) {
  KitHouse house(world);
  auto task = co_await house.send("front-desk", request_of("x", "tck-input-required-1"));
  CO_ASSERT_OK(task);
  task = co_await house.send("front-desk", to_task(task->id, "y", "tck-input-required-2"));
  CO_ASSERT_OK(task);
  EXPECT_EQ(task->status.state, a2a::TaskState::input_required);
  task = co_await house.send("front-desk", to_task(task->id, "z", "tck-complete-task-3"));
  CO_ASSERT_OK(task);
  EXPECT_EQ(task->status.state, a2a::TaskState::completed);
  auto asked = co_await house.send("front-desk", request_of("tck-auth-required", "4"));
  CO_ASSERT_OK(asked);
  EXPECT_EQ(asked->status.state, a2a::TaskState::auth_required);
  asked = co_await house.send("front-desk", to_task(asked->id, "granted", "5"));
  CO_ASSERT_OK(asked);
  EXPECT_EQ(asked->status.state, a2a::TaskState::completed);
}

CORE_TEST(Conformance, streams_each_state_as_an_event) {
  KitHouse house(world);
  auto stream = co_await house.stream("front-desk", request_of("x", "tck-stream-001-1"));
  CO_ASSERT_OK(stream);
  auto items = co_await read_all(**stream);
  CO_ASSERT_OK(items);
  EXPECT_EQ(outline(*items), "task:SUBMITTED status:WORKING artifact status:COMPLETED");
  auto chunked = co_await house.stream("front-desk", request_of("tck-stream-chunked", "2"));
  CO_ASSERT_OK(chunked);
  items = co_await read_all(**chunked);
  CO_ASSERT_OK(items);
  EXPECT_EQ(outline(*items),
            "task:SUBMITTED status:WORKING artifact artifact artifact status:COMPLETED");
  auto message = co_await house.stream("front-desk", request_of("tck-message-response", "3"));
  CO_ASSERT_OK(message);
  items = co_await read_all(**message);
  CO_ASSERT_OK(items);
  EXPECT_EQ(outline(*items), "message");
}

CORE_TEST(Conformance, waits_as_long_as_it_says) {
  KitHouse house(world);
  auto request = request_of("tck-long-running x", "1");
  request.configuration.emplace();
  request.configuration->returnImmediately = true;
  auto task = co_await house.send("front-desk", request);
  CO_ASSERT_OK(task);
  EXPECT_FALSE(a2a::is_terminal(task->status.state));
  auto stream = co_await house.subscribe("front-desk", task->id);
  CO_ASSERT_OK(stream);
  co_await until([&] { return world.clock.sleepers() == 1; });
  world.clock.advance(std::chrono::seconds(1));
  auto items = co_await read_all(**stream);
  CO_ASSERT_OK(items);
  EXPECT_TRUE(outline(*items).ends_with("artifact status:COMPLETED")) << outline(*items);
  auto done = co_await house.get("front-desk", task->id);
  CO_ASSERT_OK(done);
  EXPECT_EQ(House::said(*done), "COMPLETED|Done after a while");
}

CORE_TEST(Conformance, works_until_it_is_cancelled) {
  KitHouse house(world);
  auto request = request_of("tck-cancel", "1");
  request.configuration.emplace();
  request.configuration->returnImmediately = true;
  auto task = co_await house.send("front-desk", request);
  CO_ASSERT_OK(task);
  a2a::CancelTaskRequest cancel;
  cancel.id = task->id;
  auto canceled = co_await house.handler.cancel_task(
      gateway::testing::context_of(alice()), gateway::testing::agent_ref("front-desk"), cancel);
  CO_ASSERT_OK(canceled);
  co_await until([&] { return house.process.metrics.runs_active.value() == 0; });
}

CORE_TEST(Conformance, a_reduced_agent_refuses_streams) {
  KitHouse house(world, true);
  auto stream = co_await house.stream("front-desk", request_of("x", "1"));
  CO_ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().reason(), reason::kUnsupportedOperation);
}

}  // namespace
}  // namespace flotilla::agents::testing
