#include "gateway/a2a_handler.h"

#include "async/task_group.h"
#include "gateway/testing.h"

namespace flotilla::gateway::testing {
namespace {

using a2a::TaskState;
using core::testing::texts_of;

CORE_TEST(A2aHandler, a_blocking_send_answers_with_the_settled_task) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "quick", complete_at_once, probe);
  auto task = co_await desk.send("quick", request_of("hello"));
  CO_ASSERT_OK(task);
  EXPECT_EQ(task->status.state, TaskState::completed);
  EXPECT_EQ(texts_of(*task), "hello ");
  EXPECT_EQ(task->history.size(), 1U);
  auto again = co_await desk.get("quick", task->id);
  CO_ASSERT_OK(again);
  EXPECT_EQ(json::to_text(*again), json::to_text(*task));
}

CORE_TEST(A2aHandler, return_immediately_does_not_wait_for_the_end) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "waiter", wait_for_ever, probe);
  auto request = request_of("hello");
  request.configuration.emplace();
  request.configuration->returnImmediately = true;
  auto task = co_await desk.send("waiter", std::move(request));
  CO_ASSERT_OK(task);
  EXPECT_EQ(task->status.state, TaskState::working);
}

CORE_TEST(A2aHandler, history_length_cuts_the_answer_only) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "asker", ask_then_answer, probe);
  auto asked = co_await desk.send("asker", request_of("one"));
  CO_ASSERT_OK(asked);
  auto request = to_task(asked->id, "two", "m-2");
  request.configuration.emplace();
  request.configuration->historyLength = 1;
  auto answered = co_await desk.send("asker", std::move(request));
  CO_ASSERT_OK(answered);
  CO_ASSERT_EQ(answered->history.size(), 1U);
  EXPECT_EQ(a2a::text_of(answered->history[0].parts), "two");
  auto whole = co_await desk.get("asker", asked->id);
  CO_ASSERT_OK(whole);
  CO_ASSERT_EQ(whole->history.size(), 3U);
  EXPECT_EQ(whole->history[1].role, a2a::MessageRole::agent);
}

CORE_TEST(A2aHandler, a_stream_begins_with_the_submitted_task) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "counter", count_up, probe);
  auto stream = co_await desk.stream("counter", request_of("2"));
  CO_ASSERT_OK(stream);
  auto here = co_await boost::asio::this_coro::executor;
  TaskGroup clock(here);
  auto tick = [](World& in) -> Async<> {
    for (int i = 0; i < 2; ++i) {
      co_await until([&] { return in.clock.sleepers() == 1; });
      in.clock.advance(std::chrono::seconds(1));
    }
  };
  clock.spawn(tick(world));
  auto items = co_await read_all(**stream);
  co_await clock.join();
  CO_ASSERT_OK(items);
  EXPECT_EQ(outline(*items), "task:SUBMITTED status:WORKING artifact artifact status:COMPLETED");
  for (std::size_t i = 0; i < items->size(); ++i) EXPECT_EQ((*items)[i].cursor, i + 1);
  auto first = json::from_text<a2a::Task>(*items->front().json);
  CO_ASSERT_OK(first);
  EXPECT_EQ(first->history.size(), 1U);
  EXPECT_EQ(first->status.state, TaskState::submitted);
}

CORE_TEST(A2aHandler, a_stream_ends_at_input_required_and_a_subscription_does_not) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "asker", ask_then_answer, probe);
  auto stream = co_await desk.stream("asker", request_of("one"));
  CO_ASSERT_OK(stream);
  auto items = co_await read_all(**stream);
  CO_ASSERT_OK(items);
  EXPECT_EQ(outline(*items), "task:SUBMITTED status:INPUT_REQUIRED");
  auto task = json::from_text<a2a::Task>(*items->front().json);
  CO_ASSERT_OK(task);
  auto subscription = co_await desk.subscribe("asker", task->id);
  CO_ASSERT_OK(subscription);
  auto next = co_await desk.stream("asker", to_task(task->id, "two", "m-2"));
  CO_ASSERT_OK(next);
  items = co_await read_all(**next);
  CO_ASSERT_OK(items);
  EXPECT_EQ(outline(*items), "task:INPUT_REQUIRED status:WORKING artifact status:COMPLETED");
  items = co_await read_all(**subscription);
  CO_ASSERT_OK(items);
  EXPECT_EQ(outline(*items), "task:INPUT_REQUIRED status:WORKING artifact status:COMPLETED");
}

CORE_TEST(A2aHandler, a_subscription_resumes_after_its_cursor) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "quick", complete_at_once, probe);
  auto task = co_await desk.send("quick", request_of("x"));
  CO_ASSERT_OK(task);
  auto plain = co_await desk.subscribe("quick", task->id);
  CO_ASSERT_TRUE(!plain);
  EXPECT_EQ(plain.error().reason(), reason::kUnsupportedOperation);
  const std::vector<std::pair<std::string, std::string>> cursors{
      {"1", "artifact status:COMPLETED"},
      {"2", "status:COMPLETED"},
      {"3", ""},
      {"4", "task:COMPLETED"},  // unknown: where the task is
      {"99999999999999999999999", "task:COMPLETED"},
      {"-1", "task:COMPLETED"},
      {"x", "task:COMPLETED"},
      {"", "task:COMPLETED"},
  };
  for (const auto& [after, expected] : cursors) {
    auto stream = co_await desk.subscribe("quick", task->id, after);
    CO_ASSERT_OK(stream);
    auto items = co_await read_all(**stream);
    CO_ASSERT_OK(items);
    EXPECT_EQ(outline(*items), expected) << "after " << after;
  }
}

CORE_TEST(A2aHandler, a_bare_message_is_no_task) {
  Probe probe;
  Desk desk(world.process());
  add_bare_agent(desk.process, "bare", answer_bare, probe);
  auto sent =
      co_await desk.handler.send_message(context_of(alice()), agent_ref("bare"), request_of("hi"));
  CO_ASSERT_OK(sent);
  EXPECT_EQ(sent->kind, a2a::ItemKind::message);
  auto message = json::from_text<a2a::Message>(sent->json);
  CO_ASSERT_OK(message);
  EXPECT_EQ(a2a::text_of(message->parts), "bare hi");
  EXPECT_FALSE(message->taskId);
  EXPECT_TRUE(message->contextId);
  auto again =
      co_await desk.handler.send_message(context_of(alice()), agent_ref("bare"), request_of("hi"));
  CO_ASSERT_OK(again);
  EXPECT_EQ(again->json, sent->json);  // the same request, the same answer
  EXPECT_EQ(probe.begun, 2);           // the second was begun, but not stored

  core::TaskFilter all;
  all.include_direct = true;
  auto page = co_await desk.process.tasks.list(core::testing::seen_by(alice()), all);
  CO_ASSERT_OK(page);
  CO_ASSERT_EQ(page->rows.size(), 1U);
  const std::string id = page->rows[0].id.to_string();
  auto got = co_await desk.get("bare", id);
  CO_ASSERT_TRUE(!got);
  EXPECT_EQ(got.error().reason(), reason::kTaskNotFound);
  EXPECT_FALSE(co_await desk.subscribe("bare", id));
  EXPECT_FALSE(co_await desk.send("bare", to_task(id, "more", "m-2")));
  EXPECT_FALSE(co_await desk.handler.cancel_task(context_of(alice()), agent_ref("bare"),
                                                 cancel_request(id)));
  a2a::ListTasksRequest none;
  auto listed = co_await desk.handler.list_tasks(context_of(alice()), agent_ref("bare"), none);
  CO_ASSERT_OK(listed);
  EXPECT_EQ(listed->totalSize, 0);
}

CORE_TEST(A2aHandler, a_stream_of_a_bare_message_holds_it_alone) {
  Probe probe;
  Desk desk(world.process());
  add_bare_agent(desk.process, "bare", answer_bare, probe);
  for (int i = 0; i < 2; ++i) {  // the second joins the first
    auto stream = co_await desk.stream("bare", request_of("hi"));
    CO_ASSERT_OK(stream);
    auto items = co_await read_all(**stream);
    CO_ASSERT_OK(items);
    EXPECT_EQ(outline(*items), "message");
  }
  add_bare_agent(desk.process, "bare", complete_at_once, probe);  // it need not answer so
  auto stream = co_await desk.stream("bare", request_of("hi", "m-2"));
  CO_ASSERT_OK(stream);
  auto items = co_await read_all(**stream);
  CO_ASSERT_OK(items);
  EXPECT_EQ(outline(*items), "task:SUBMITTED artifact status:COMPLETED");
}

CORE_TEST(A2aHandler, cancel_answers_with_the_canceled_task) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "waiter", wait_for_ever, probe);
  auto request = request_of("hello");
  request.configuration.emplace();
  request.configuration->returnImmediately = true;
  auto task = co_await desk.send("waiter", std::move(request));
  CO_ASSERT_OK(task);
  for (int i = 0; i < 2; ++i) {
    auto text = co_await desk.handler.cancel_task(context_of(alice()), agent_ref("waiter"),
                                                  cancel_request(task->id));
    CO_ASSERT_OK(text);
    auto canceled = json::from_text<a2a::Task>(*text);
    CO_ASSERT_OK(canceled);
    EXPECT_EQ(canceled->status.state, TaskState::canceled);
  }
  auto more = co_await desk.send("waiter", to_task(task->id, "more", "m-2"));
  CO_ASSERT_TRUE(!more);
  EXPECT_EQ(more.error().reason(), reason::kUnsupportedOperation);
}

CORE_TEST(A2aHandler, sending_and_cancelling_need_an_operator) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "quick", complete_at_once, probe);
  auto viewer = core::testing::principal("alice", {"default"}, Role::viewer);
  auto refused = co_await desk.send("quick", request_of("x"), viewer);
  CO_ASSERT_TRUE(!refused);
  EXPECT_EQ(refused.error().code(), Code::permission_denied);
  auto task = co_await desk.send("quick", request_of("x"));
  CO_ASSERT_OK(task);
  EXPECT_TRUE(co_await desk.get("quick", task->id, viewer));
}

CORE_TEST(A2aHandler, a_context_of_another_task_is_refused) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "asker", ask_then_answer, probe);
  auto task = co_await desk.send("asker", request_of("x"));
  CO_ASSERT_OK(task);
  auto request = to_task(task->id, "y", "m-2");
  request.message.contextId = "another";
  auto refused = co_await desk.send("asker", request);
  CO_ASSERT_TRUE(!refused);
  EXPECT_EQ(refused.error().code(), Code::invalid_argument);
  request.message.contextId = task->contextId;
  EXPECT_TRUE(co_await desk.send("asker", request));
}

CORE_TEST(A2aHandler, media_types_are_checked_against_the_agent_that_takes_it) {
  Probe probe;
  Desk desk(world.process());
  core::AgentInfo picky;
  picky.name_space = "default";
  picky.name = "picky";
  picky.input_modes = {"text/*"};
  picky.keywords = {"look"};
  picky.runner = std::make_shared<core::testing::ScriptedRunner>(ask_then_answer, probe);
  desk.process.agents.put(picky);
  picky.name = "front-desk";
  picky.keywords = {};
  picky.input_modes = {"*/*"};
  desk.process.agents.put(picky);
  auto image = request_of("look here");
  a2a::Part part;
  part.raw = json::Base64{"png"};
  part.mediaType = "image/png";
  image.message.parts.push_back(part);
  for (const std::string agent : {"picky", "front-desk"}) {
    auto refused = co_await desk.send(agent, image);
    CO_ASSERT_TRUE(!refused);
    EXPECT_EQ(refused.error().reason(), reason::kContentTypeNotSupported);
  }
  auto task = co_await desk.send("picky", request_of("x"));
  CO_ASSERT_OK(task);
  image.message.taskId = task->id;
  auto refused = co_await desk.send("front-desk", image);
  CO_ASSERT_TRUE(!refused);
  EXPECT_EQ(refused.error().reason(), reason::kContentTypeNotSupported);
}

CORE_TEST(A2aHandler, an_agent_without_a_runner_takes_no_messages) {
  Desk desk(world.process());
  core::AgentInfo reported;
  reported.name_space = "default";
  reported.name = "reported";
  desk.process.agents.put(reported);
  auto refused = co_await desk.send("reported", request_of("x"));
  CO_ASSERT_TRUE(!refused);
  EXPECT_EQ(refused.error().reason(), reason::kUnsupportedOperation);
}

CORE_TEST(A2aHandler, a_refused_message_is_no_duplicate_of_itself) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "quick", complete_at_once, probe);
  world.database->fail_after(0, Error(Code::resource_exhausted, reason::kStorageFull, "full"));
  auto refused = co_await desk.send("quick", request_of("x"));
  CO_ASSERT_TRUE(!refused);
  EXPECT_EQ(refused.error().reason(), reason::kStorageFull);
  world.database->recover();
  EXPECT_TRUE(co_await desk.send("quick", request_of("x")));  // not taken for a duplicate
}

}  // namespace
}  // namespace flotilla::gateway::testing
