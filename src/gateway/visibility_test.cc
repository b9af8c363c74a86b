#include <fmt/format.h>

#include "gateway/testing.h"

// I5 through the handler: a foreign row answers exactly as a missing one.

namespace flotilla::gateway::testing {
namespace {

/// All that an error shows, with the id that was asked for taken out.
std::string shown(const Error& error, const std::string& id) {
  std::string text =
      fmt::format("{}|{}|{}", to_string(error.code()), error.reason(), error.message());
  for (const auto& [name, value] : error.metadata()) text += "|" + name + "=" + value;
  for (const auto& field : error.violations()) text += "|" + field.field + "=" + field.description;
  for (auto at = text.find(id); at != std::string::npos; at = text.find(id))
    text.replace(at, id.size(), "ID");
  return text;
}

/// What each operation answers for a task id.
Async<std::vector<std::string>> answers(Desk& desk, std::shared_ptr<const Principal> who,
                                        std::string agent, std::string id) {
  std::vector<std::string> found;
  auto note = [&](const auto& result) {
    found.push_back(result ? "ok" : shown(result.error(), id));
  };
  const auto context = context_of(std::move(who));
  const auto ref = agent_ref(std::move(agent));
  auto& handler = desk.handler;
  auto got = co_await handler.get_task(context, ref, get_request(id));
  note(got);
  auto subscribed = co_await handler.subscribe_to_task(context, ref, subscribe_request(id), {});
  note(subscribed);
  auto resumed = co_await handler.subscribe_to_task(context, ref, subscribe_request(id), "1");
  note(resumed);
  auto sent = co_await handler.send_message(context, ref, to_task(id, "x", "m-9"));
  note(sent);
  auto streamed = co_await handler.send_streaming_message(context, ref, to_task(id, "x", "m-8"));
  note(streamed);
  auto canceled = co_await handler.cancel_task(context, ref, cancel_request(id));
  note(canceled);
  co_return found;
}

CORE_TEST(Visibility, every_operation_answers_a_foreign_id_as_an_unknown_one) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "asker", ask_then_answer, probe);
  add_agent(desk.process, "asker", ask_then_answer, probe, "elsewhere");
  add_agent(desk.process, "other", ask_then_answer, probe);
  auto task = co_await desk.send("asker", request_of("x"));
  CO_ASSERT_OK(task);
  const std::string unknown = make_uuid_v7(world.clock.now(), world.random).to_string();
  auto both = core::testing::principal("bob", {"default", "elsewhere"});
  for (const auto& who : {bob(), carol(), both}) {
    auto foreign = co_await answers(desk, who, "asker", task->id);
    auto missing = co_await answers(desk, who, "asker", unknown);
    EXPECT_EQ(foreign, missing);
    for (const auto& answer : foreign) EXPECT_NE(answer, "ok");
  }
  // The owner, at another agent's URL.
  auto misplaced = co_await answers(desk, alice(), "other", task->id);
  auto missing = co_await answers(desk, alice(), "other", unknown);
  EXPECT_EQ(misplaced, missing);
  auto still = co_await desk.get("asker", task->id);
  CO_ASSERT_OK(still);
  EXPECT_EQ(still->status.state, a2a::TaskState::input_required);
  EXPECT_EQ(still->history.size(), 1U);
  EXPECT_TRUE(co_await desk.get("asker", task->id, admin()));
}

CORE_TEST(Visibility, agents_of_foreign_namespaces_answer_as_unknown_ones) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "quick", complete_at_once, probe, "elsewhere");
  auto& handler = desk.handler;
  auto foreign = co_await handler.send_message(context_of(alice()), agent_ref("quick", "elsewhere"),
                                               request_of("x"));
  auto missing = co_await handler.send_message(context_of(alice()),
                                               agent_ref("nobody", "elsewhere"), request_of("x"));
  CO_ASSERT_TRUE(!foreign && !missing);
  EXPECT_EQ(shown(foreign.error(), "quick"), shown(missing.error(), "nobody"));
  auto card = co_await handler.agent_card(context_of(alice()), agent_ref("quick", "elsewhere"));
  auto none = co_await handler.agent_card(context_of(alice()), agent_ref("nobody", "elsewhere"));
  CO_ASSERT_TRUE(!card && !none);
  EXPECT_EQ(shown(card.error(), "quick"), shown(none.error(), "nobody"));
}

CORE_TEST(Visibility, the_context_of_another_is_ones_own) {
  Probe probe;
  Desk desk(world.process());
  add_agent(desk.process, "quick", complete_at_once, probe);
  auto mine = co_await desk.send("quick", request_of("secret"));
  CO_ASSERT_OK(mine);
  auto request = request_of("x");
  request.message.contextId = mine->contextId;
  auto theirs = co_await desk.send("quick", request, bob());
  CO_ASSERT_OK(theirs);
  EXPECT_EQ(theirs->contextId, mine->contextId);
  EXPECT_EQ(theirs->history.size(), 1U);
  a2a::ListTasksRequest list;
  list.contextId = mine->contextId;
  auto page = co_await desk.handler.list_tasks(context_of(bob()), agent_ref("quick"), list);
  CO_ASSERT_OK(page);
  CO_ASSERT_EQ(page->tasks.size(), 1U);
  EXPECT_EQ(page->tasks[0].id, theirs->id);
  EXPECT_EQ(page->totalSize, 1);
}

}  // namespace
}  // namespace flotilla::gateway::testing
