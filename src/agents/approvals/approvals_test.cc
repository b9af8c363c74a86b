#include <algorithm>

#include "agents/approvals/testing_internal.h"

namespace flotilla::agents {
namespace {

using namespace approvals_testing;
using a2a::TaskState;
using core::testing::advance_until;

/// Once the task has ended or waits again.
Async<Result<a2a::Task>> settled(Inbox& inbox, std::string id) {
  auto log = co_await inbox.process.tasks.find(id, core::testing::seen_by(admin()));
  if (!log) co_return fail(log.error());
  CO_TRY_VOID(co_await core::TaskLog::settled(*log));
  co_return co_await inbox.get("gated", std::move(id), admin());
}

CORE_TEST(Approvals, a_call_waits_and_runs_once_approved) {
  Inbox inbox(world);
  Script script({call_of("c1", "delete_pod", R"({"name": "web"})")});
  inbox.add("gated", script);
  auto task = co_await inbox.begin();
  CO_ASSERT_TRUE(is_state(task, TaskState::input_required));
  EXPECT_TRUE(script.done.empty());
  auto items = co_await inbox.pending();
  CO_ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].tool, "delete_pod");
  EXPECT_EQ(items[0].owner, "alice");
  EXPECT_EQ(items[0].arguments, R"({"name":"web"})");
  EXPECT_EQ(items[0].arguments_hash, hash_call("delete_pod", script.calls[0].arguments));
  auto decided = co_await inbox.approvals.decide(alice(), items[0].id.to_string(), approve());
  CO_ASSERT_OK(decided);
  EXPECT_EQ(decided->state, ApprovalState::approved);
  EXPECT_EQ(decided->decided_by, "alice");
  auto ended = co_await settled(inbox, task->id);
  EXPECT_TRUE(is_state(ended, TaskState::completed));
  EXPECT_EQ(script.done, std::vector<std::string>{R"(run delete_pod {"name":"web"})"});
  const auto journal = co_await inbox.journal(task->id);
  CO_ASSERT_EQ(journal.size(), 2U);
  EXPECT_NE(journal[0].find(R"("action":"requested")"), std::string::npos);
  EXPECT_TRUE(journal[1].starts_with("alice "));
  EXPECT_NE(journal[1].find(R"("action":"approved")"), std::string::npos);
  EXPECT_NE(journal[1].find(items[0].arguments_hash), std::string::npos);
  EXPECT_NE(journal[1].find(R"("byKind":"user","via":"test")"), std::string::npos);
}

CORE_TEST(Approvals, a_call_without_rule_runs_at_once) {
  Inbox inbox(world);
  Script script({call_of("c1", "get_pod", "{}", false)});
  inbox.add("gated", script);
  auto task = co_await inbox.begin();
  EXPECT_TRUE(is_state(task, TaskState::completed));
  EXPECT_EQ(script.done, std::vector<std::string>{"run get_pod {}"});
}

CORE_TEST(Approvals, a_rejected_call_tells_the_model_why) {
  Inbox inbox(world);
  Script script({call_of("c1", "delete_pod", "{}")});
  inbox.add("gated", script);
  auto task = co_await inbox.begin();
  auto items = co_await inbox.pending();
  CO_ASSERT_EQ(items.size(), 1U);
  auto decided =
      co_await inbox.approvals.decide(alice(), items[0].id.to_string(), reject("not today"));
  CO_ASSERT_OK(decided);
  auto ended = co_await settled(inbox, task->id);
  EXPECT_TRUE(is_state(ended, TaskState::completed));
  EXPECT_EQ(script.done,
            std::vector<std::string>{"answer Tool call was rejected by user. Reason: not today"});
  // That it was decided is told rather than that the task has ended.
  auto again = co_await inbox.approvals.decide(alice(), items[0].id.to_string(), approve());
  EXPECT_EQ(code_of(again), Code::conflict);
}

CORE_TEST(Approvals, edited_arguments_are_the_ones_that_run) {
  Inbox inbox(world);
  Script script({call_of("c1", "scale", R"({"replicas": 50})")});
  inbox.add("gated", script);
  auto task = co_await inbox.begin();
  auto items = co_await inbox.pending();
  CO_ASSERT_EQ(items.size(), 1U);
  auto decision = approve();
  decision.arguments = object(R"({"replicas": 5})");
  CO_ASSERT_OK(co_await inbox.approvals.decide(alice(), items[0].id.to_string(), decision));
  CO_ASSERT_OK(co_await settled(inbox, task->id));
  EXPECT_EQ(script.done, std::vector<std::string>{R"(run scale {"replicas":5})"});
}

CORE_TEST(Approvals, all_calls_of_a_step_wait_for_the_last_decision) {
  Inbox inbox(world);
  Script script(
      {call_of("c1", "a", "{}"), call_of("c2", "b", "{}"), call_of("c3", "free", "{}", false)});
  inbox.add("gated", script);
  auto task = co_await inbox.begin();
  auto items = co_await inbox.pending();
  CO_ASSERT_EQ(items.size(), 2U);
  CO_ASSERT_OK(co_await inbox.approvals.decide(alice(), items[0].id.to_string(), approve()));
  auto between = co_await inbox.get("gated", task->id);
  EXPECT_TRUE(is_state(between, TaskState::input_required));
  EXPECT_EQ(script.turns, 1);
  CO_ASSERT_OK(co_await inbox.approvals.decide(alice(), items[1].id.to_string(), reject()));
  CO_ASSERT_OK(co_await settled(inbox, task->id));
  EXPECT_EQ(script.done.size(), 3U);
}

CORE_TEST(Approvals, a_decision_is_taken_once) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", "{}"), call_of("c2", "b", "{}")});
  inbox.add("gated", script);
  CO_ASSERT_OK(co_await inbox.begin());
  auto items = co_await inbox.pending();
  const auto id = items.at(0).id.to_string();
  CO_ASSERT_OK(co_await inbox.approvals.decide(alice(), id, reject()));
  EXPECT_EQ(code_of(co_await inbox.approvals.decide(alice(), id, approve())), Code::conflict);
  EXPECT_EQ(code_of(co_await inbox.approvals.decide(admin(), id, approve())), Code::conflict);
  auto item = co_await inbox.approvals.get(alice(), id);
  CO_ASSERT_OK(item);
  EXPECT_EQ(item->state, ApprovalState::rejected);
}

Async<> decide_into(Approvals& approvals, std::string id, Decision decision,
                    std::vector<Code>& codes) {
  auto decided = co_await approvals.decide(alice(), std::move(id), std::move(decision));
  codes.push_back(code_of(decided));
}

CORE_TEST(Approvals, of_two_decisions_at_once_one_counts) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", "{}")});
  inbox.add("gated", script);
  auto task = co_await inbox.begin();
  auto items = co_await inbox.pending();
  const auto id = items.at(0).id.to_string();
  std::vector<Code> codes;
  TaskGroup group(world.loops.executor(0));
  group.spawn(decide_into(inbox.approvals, id, approve(), codes));
  group.spawn(decide_into(inbox.approvals, id, reject(), codes));
  co_await group.join();
  EXPECT_EQ(std::count(codes.begin(), codes.end(), Code::internal), 1);  // no error
  CO_ASSERT_OK(co_await settled(inbox, task->id));
  EXPECT_EQ(script.done.size(), 1U);
}

CORE_TEST(Approvals, who_may_not_decide_is_refused) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", "{}")});
  inbox.add("gated", script);
  CO_ASSERT_OK(co_await inbox.begin());
  auto items = co_await inbox.pending();
  const auto id = items.at(0).id.to_string();
  const auto decide = [&](std::shared_ptr<const Principal> who) {
    return inbox.approvals.decide(std::move(who), id, approve());
  };
  EXPECT_EQ(code_of(co_await decide(bob())), Code::not_found);    // another owner's
  EXPECT_EQ(code_of(co_await decide(carol())), Code::not_found);  // another namespace's
  EXPECT_EQ(code_of(co_await decide(principal("alice", {"default"}, Role::viewer))),
            Code::permission_denied);
  for (auto kind : {PrincipalKind::agent, PrincipalKind::worker, PrincipalKind::executor}) {
    auto program = std::make_shared<Principal>(*alice());
    program->kind = kind;
    EXPECT_EQ(code_of(co_await decide(program)), Code::permission_denied);
  }
  EXPECT_EQ(code_of(co_await inbox.approvals.decide(alice(), "nonsense", approve())),
            Code::not_found);
  EXPECT_TRUE(script.done.empty());
  EXPECT_EQ((co_await inbox.pending(bob())).size(), 0U);
  EXPECT_EQ((co_await inbox.pending(admin())).size(), 1U);
}

CORE_TEST(Approvals, what_was_seen_must_be_what_is_decided) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", R"({"n": 1})")});
  inbox.add("gated", script);
  CO_ASSERT_OK(co_await inbox.begin());
  auto items = co_await inbox.pending();
  auto decision = approve();
  decision.arguments_hash = hash_call("a", object(R"({"n": 2})"));
  const auto id = items.at(0).id.to_string();
  EXPECT_EQ(code_of(co_await inbox.approvals.decide(alice(), id, decision)), Code::conflict);
  decision.arguments_hash = items[0].arguments_hash;
  EXPECT_TRUE(co_await inbox.approvals.decide(alice(), id, decision));
}

CORE_TEST(Approvals, changed_arguments_do_not_run) {
  Inbox inbox(world);
  Script script({call_of("c1", "pay", R"({"amount": 9007199254740992})")});
  inbox.add("gated", script);
  auto task = co_await inbox.begin();
  auto items = co_await inbox.pending();
  // The next number that a double cannot tell from it.
  script.calls[0].arguments = object(R"({"amount": 9007199254740993})");
  CO_ASSERT_OK(co_await inbox.approvals.decide(alice(), items.at(0).id.to_string(), approve()));
  CO_ASSERT_OK(co_await settled(inbox, task->id));
  CO_ASSERT_EQ(script.done.size(), 1U);
  EXPECT_TRUE(script.done[0].starts_with("answer Tool call was not made"));
}

CORE_TEST(Approvals, another_tool_under_the_same_call_does_not_run) {
  Inbox inbox(world);
  Script script({call_of("c1", "harmless", "{}")});
  inbox.add("gated", script);
  auto task = co_await inbox.begin();
  auto items = co_await inbox.pending();
  script.calls[0].tool = "harmful";
  CO_ASSERT_OK(co_await inbox.approvals.decide(alice(), items.at(0).id.to_string(), approve()));
  CO_ASSERT_OK(co_await settled(inbox, task->id));
  CO_ASSERT_EQ(script.done.size(), 1U);
  EXPECT_TRUE(script.done[0].starts_with("answer Tool call was not made"));
}

CORE_TEST(Approvals, a_canceled_task_withdraws_what_it_asked) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", "{}")});
  inbox.add("gated", script);
  auto task = co_await inbox.begin();
  auto items = co_await inbox.pending();
  auto log = co_await inbox.process.tasks.find(task->id, core::testing::seen_by(alice()));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await inbox.process.tasks.cancel(*log, alice()));
  EXPECT_EQ((co_await inbox.pending()).size(), 0U);
  EXPECT_EQ(
      code_of(co_await inbox.approvals.decide(alice(), items.at(0).id.to_string(), approve())),
      Code::failed_precondition);
}

CORE_TEST(Approvals, a_task_that_ends_otherwise_leaves_nothing_in_the_inbox) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", "{}")});
  script.fails_in_turn = 2;
  inbox.add("gated", script);
  auto task = co_await inbox.begin();
  auto items = co_await inbox.pending();
  auto failed = co_await inbox.send("gated", to_task(task->id, "hurry", "m-2"));
  EXPECT_TRUE(is_state(failed, TaskState::failed));
  const auto id = items.at(0).id.to_string();
  EXPECT_EQ(code_of(co_await inbox.approvals.decide(alice(), id, approve())),
            Code::failed_precondition);
  CO_ASSERT_OK(co_await inbox.approvals.sweep());
  EXPECT_EQ((co_await inbox.pending()).size(), 0U);
}

CORE_TEST(Approvals, a_decision_survives_a_restart) {
  Script script({call_of("c1", "a", "{}")});
  std::string task_id;
  {
    Inbox inbox(world);
    inbox.add("gated", script);
    auto task = co_await inbox.begin();
    CO_ASSERT_TRUE(is_state(task, TaskState::input_required));
    task_id = task->id;
    co_await world.stop_all();
  }
  Inbox inbox(world);
  inbox.add("gated", script);
  auto items = co_await inbox.pending();
  CO_ASSERT_EQ(items.size(), 1U);
  CO_ASSERT_OK(co_await inbox.approvals.decide(alice(), items[0].id.to_string(), approve()));
  CO_ASSERT_OK(co_await settled(inbox, task_id));
  EXPECT_EQ(script.done, std::vector<std::string>{"run a {}"});
}

CORE_TEST(Approvals, two_calls_with_one_id_are_refused) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", "{}"), call_of("c1", "b", "{}")});
  inbox.add("gated", script);
  auto task = co_await inbox.begin();
  EXPECT_TRUE(is_state(task, TaskState::failed));
  EXPECT_TRUE(script.done.empty());
}

CORE_TEST(Approvals, a_message_before_the_question_is_not_lost) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", "{}")});
  script.wait_for_message = true;
  inbox.add("gated", script);
  auto request = request_of("go");
  request.configuration.emplace().returnImmediately = true;
  auto task = co_await inbox.send("gated", request);
  CO_ASSERT_OK(task);
  co_await until([&] { return world.clock.sleepers() > 0; });
  auto more = to_task(task->id, "also this", "m-2");
  more.configuration.emplace().returnImmediately = true;
  CO_ASSERT_OK(co_await inbox.send("gated", more));
  world.clock.advance(std::chrono::seconds(1));
  auto waits = co_await settled(inbox, task->id);
  EXPECT_TRUE(is_state(waits, TaskState::input_required));
  EXPECT_EQ(script.messages, std::vector<std::string>{"also this"});
  EXPECT_EQ((co_await inbox.pending()).size(), 1U);
}

CORE_TEST(Approvals, the_inbox_pages) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", "{}"), call_of("c2", "b", "{}"), call_of("c3", "c", "{}")});
  inbox.add("gated", script);
  CO_ASSERT_OK(co_await inbox.begin());
  ApprovalFilter filter;
  filter.limit = 2;
  auto first = co_await inbox.approvals.list(alice(), filter);
  CO_ASSERT_OK(first);
  CO_ASSERT_EQ(first->items.size(), 2U);
  CO_ASSERT_TRUE(first->next.has_value());
  filter.before = first->next;
  auto second = co_await inbox.approvals.list(alice(), filter);
  CO_ASSERT_OK(second);
  CO_ASSERT_EQ(second->items.size(), 1U);
  EXPECT_FALSE(second->next.has_value());
  EXPECT_NE(second->items[0].id, first->items[1].id);
}

}  // namespace
}  // namespace flotilla::agents
