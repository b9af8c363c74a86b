#include "agents/approvals/policy_rules.h"

#include "agents/approvals/testing_internal.h"

namespace flotilla::agents {
namespace {

using namespace approvals_testing;
using a2a::TaskState;
using core::testing::manifest;
using core::testing::Store;
using core::testing::store_of;

constexpr std::string_view kGuard =
    "apiVersion: flotilla.dev/v1\n"
    "kind: Policy\n"
    "metadata: {name: guard}\n"
    "spec:\n"
    "  approvals:\n"
    "  - tools: ['delete_*']\n"
    "    approvers: {roles: [admin]}\n"
    "    expires: 10m\n"
    "  - tools: [pay]\n"
    "    arguments: {properties: {amount: {exclusiveMinimum: 100}}, required: [amount]}\n"
    "    approvers: {principals: [bob]}\n";

Async<Result<>> write(Store& store, std::string_view text) {
  auto what = manifest(text);
  CO_TRY(written, co_await store.resources.apply(nullptr, std::move(what)));
  std::ignore = written;
  co_return ok();
}

/// An inbox whose agent `gated` is bound by the policy `guard`.
struct Guarded {
  explicit Guarded(World& world)
      : store(store_of(world)), inbox(world, world.process(), &store.resources) {}
  Store store;
  Inbox inbox;
};

CORE_TEST(PolicyRules, a_rule_names_tools_and_who_decides) {
  Guarded at(world);
  CO_ASSERT_OK(co_await write(at.store, kGuard));
  Script script({call_of("c1", "delete_pod", "{}", false), call_of("c2", "get_pod", "{}", false)});
  script.policies = {"guard"};
  at.inbox.add("gated", script);
  auto task = co_await at.inbox.begin();
  CO_ASSERT_TRUE(is_state(task, TaskState::input_required));
  auto items = co_await at.inbox.pending();
  CO_ASSERT_EQ(items.size(), 1U);
  EXPECT_TRUE(items[0].rules.at(0).starts_with("policy/guard/0@"));
  EXPECT_EQ(items[0].expires_at, world.clock.now() + std::chrono::minutes(10));
  const auto id = items[0].id.to_string();
  // The owner sees it, and may not.
  EXPECT_EQ(code_of(co_await at.inbox.approvals.decide(alice(), id, approve())),
            Code::permission_denied);
  auto on_wire = co_await at.inbox.say(task->id, R"({"decision_type": "approve"})", "d-1");
  EXPECT_EQ(code_of(on_wire), Code::permission_denied);
  EXPECT_EQ(code_of(co_await at.inbox.approvals.decide(bob(), id, approve())), Code::not_found);
  EXPECT_TRUE(script.done.empty());
  CO_ASSERT_OK(co_await at.inbox.approvals.decide(admin(), id, approve()));
  co_await until([&] { return script.done.size() == 2; });
}

CORE_TEST(PolicyRules, arguments_decide_whether_a_rule_fits) {
  Guarded at(world);
  CO_ASSERT_OK(co_await write(at.store, kGuard));
  Script script({call_of("c1", "pay", R"({"amount": 100})", false)});
  script.policies = {"guard"};
  at.inbox.add("gated", script);
  EXPECT_TRUE(is_state(co_await at.inbox.begin("go", "m-1"), TaskState::completed));
  script.calls = {call_of("c1", "pay", R"({"amount": 101})", false)};
  EXPECT_TRUE(is_state(co_await at.inbox.begin("go", "m-2"), TaskState::input_required));
  // Bob has no eyes for alice's tasks, but for what he decides.
  auto items = co_await at.inbox.pending(bob());
  CO_ASSERT_EQ(items.size(), 1U);
  CO_ASSERT_OK(co_await at.inbox.approvals.decide(bob(), items[0].id.to_string(), approve()));
  co_await until([&] { return script.done.size() == 2; });
}

CORE_TEST(PolicyRules, an_edit_needs_those_whose_rule_it_meets) {
  Guarded at(world);
  CO_ASSERT_OK(co_await write(at.store, kGuard));
  Script script({call_of("c1", "pay", R"({"amount": 5})", true)});
  script.policies = {"guard"};
  at.inbox.add("gated", script);
  CO_ASSERT_OK(co_await at.inbox.begin());
  auto items = co_await at.inbox.pending();
  CO_ASSERT_EQ(items.size(), 1U);
  auto decision = approve();
  decision.arguments = object(R"({"amount": 5000})");
  CO_ASSERT_OK(co_await at.inbox.approvals.decide(alice(), items[0].id.to_string(), decision));
  for (;;) {
    items = co_await at.inbox.pending(bob());
    if (!items.empty()) break;
  }
  EXPECT_TRUE(script.done.empty());
  EXPECT_EQ(items[0].arguments, R"({"amount":5000})");
  const auto id = items[0].id.to_string();
  EXPECT_EQ(code_of(co_await at.inbox.approvals.decide(alice(), id, approve())),
            Code::permission_denied);
  decision.arguments = object(R"({"amount": 6000})");
  EXPECT_EQ(code_of(co_await at.inbox.approvals.decide(bob(), id, decision)),
            Code::invalid_argument);
  CO_ASSERT_OK(co_await at.inbox.approvals.decide(bob(), id, approve()));
  co_await until([&] { return !script.done.empty(); });
  EXPECT_EQ(script.done, std::vector<std::string>{R"(run pay {"amount":5000})"});
}

CORE_TEST(PolicyRules, each_circle_of_people_decides) {
  Guarded at(world);
  CO_ASSERT_OK(co_await write(at.store, kGuard));
  Script script({call_of("c1", "pay", R"({"amount": 101})", true)});
  script.policies = {"guard"};
  at.inbox.add("gated", script);
  CO_ASSERT_OK(co_await at.inbox.begin());
  auto mine = co_await at.inbox.pending(alice());
  auto bobs = co_await at.inbox.pending(bob());
  CO_ASSERT_EQ(mine.size(), 2U);  // alice sees both, and decides one
  CO_ASSERT_EQ(bobs.size(), 1U);
  const bool first = mine[0].id != bobs[0].id;
  const auto own = mine[first ? 0 : 1].id.to_string();
  CO_ASSERT_OK(co_await at.inbox.approvals.decide(alice(), own, approve()));
  EXPECT_TRUE(script.done.empty());
  CO_ASSERT_OK(co_await at.inbox.approvals.decide(bob(), bobs[0].id.to_string(), reject("no")));
  co_await until([&] { return !script.done.empty(); });
  EXPECT_EQ(script.done[0], "answer Tool call was rejected by user. Reason: no");
}

CORE_TEST(PolicyRules, one_no_is_enough) {
  Guarded at(world);
  CO_ASSERT_OK(co_await write(at.store, kGuard));
  Script script({call_of("c1", "pay", R"({"amount": 101})", true)});
  script.policies = {"guard"};
  at.inbox.add("gated", script);
  CO_ASSERT_OK(co_await at.inbox.begin());
  auto bobs = co_await at.inbox.pending(bob());
  CO_ASSERT_EQ(bobs.size(), 1U);
  CO_ASSERT_OK(co_await at.inbox.approvals.decide(bob(), bobs[0].id.to_string(), reject()));
  co_await until([&] { return !script.done.empty(); });
  EXPECT_EQ(script.done[0], "answer Tool call was rejected by user.");
  EXPECT_EQ((co_await at.inbox.pending(admin())).size(), 0U);
}

CORE_TEST(PolicyRules, a_policy_that_is_not_there_stops_the_agent) {
  Guarded at(world);
  Script script({call_of("c1", "get_pod", "{}", false)});
  script.policies = {"gone"};
  at.inbox.add("gated", script);
  auto task = co_await at.inbox.begin();
  EXPECT_TRUE(is_state(task, TaskState::failed));
  EXPECT_TRUE(script.done.empty());
}

CORE_TEST(PolicyRules, a_policy_for_all_agents_needs_no_naming) {
  Guarded at(world);
  CO_ASSERT_OK(co_await write(at.store,
                              "apiVersion: flotilla.dev/v1\nkind: Policy\nmetadata: {name: all}\n"
                              "spec: {allAgents: true, approvals: [{tools: ['*']}]}\n"));
  Script script({call_of("c1", "get_pod", "{}", false)});
  at.inbox.add("gated", script);
  EXPECT_TRUE(is_state(co_await at.inbox.begin(), TaskState::input_required));
}

CORE_TEST(PolicyRules, a_change_while_a_call_waits_does_not_free_it) {
  Guarded at(world);
  CO_ASSERT_OK(co_await write(at.store, kGuard));
  Script script({call_of("c1", "delete_pod", "{}", false)});
  script.policies = {"guard"};
  at.inbox.add("gated", script);
  auto task = co_await at.inbox.begin();
  script.policies.clear();
  auto still = co_await at.inbox.send("gated", to_task(task->id, "hurry", "m-2"));
  EXPECT_TRUE(is_state(still, TaskState::input_required));
  EXPECT_TRUE(script.done.empty());
}

CORE_TEST(PolicyRules, our_own_deciding_tool_always_needs_a_person) {
  Guarded at(world);
  Script script({call_of("c1", "flotilla__decide_approval", "{}", false)});
  at.inbox.add("gated", script);
  EXPECT_TRUE(is_state(co_await at.inbox.begin(), TaskState::input_required));
}

CORE_TEST(PolicyRules, arguments_that_cannot_be_checked_need_a_person) {
  std::string many;
  for (int i = 0; i < 100; ++i) many += i == 0 ? "{type: integer}" : ", {type: integer}";
  core::Resource policy;
  policy.ref = {"Policy", "default", "guard"};
  policy.spec = object("{}");
  auto spec = json::parse_yaml(
      "approvals: [{tools: [sum], arguments: {properties: {list: {items: "
      "{allOf: [" +
      many + "]}}}}}]");
  CO_ASSERT_OK(spec);
  policy.spec = *spec->if_object();
  auto rules = PolicyRules::compile({policy});
  CO_ASSERT_OK(rules);
  // Neither list fits the schema, but of the long one that cannot be found out.
  json::Array list{json::Value("x")};
  json::Object few;
  few.set("list", list);
  EXPECT_TRUE((*rules)->needs({"guard"}, {"sum", &few, false})->empty());
  list.assign(60'000, json::Value(1));
  list.emplace_back("x");
  json::Object long_one;
  long_one.set("list", std::move(list));
  EXPECT_EQ((*rules)->needs({"guard"}, {"sum", &long_one, false})->size(), 1U);
  co_return;
}

CORE_TEST(PolicyRules, a_session_is_covered_until_its_rule_changes) {
  Guarded at(world);
  CO_ASSERT_OK(co_await write(at.store, kGuard));
  Script script({call_of("c1", "delete_pod", R"({"name": "a"})", false)});
  script.policies = {"guard"};
  at.inbox.add("gated", script);
  auto task = co_await at.inbox.begin();
  auto items = co_await at.inbox.pending(admin());
  CO_ASSERT_EQ(items.size(), 1U);
  auto decision = approve();
  decision.scope = ApprovalScope::session;
  CO_ASSERT_OK(co_await at.inbox.approvals.decide(admin(), items[0].id.to_string(), decision));
  co_await until([&] { return script.done.size() == 1; });
  auto next = request_of("again", "m-2");
  next.message.contextId = task->contextId;
  script.calls = {call_of("c1", "delete_pod", R"({"name": "b"})", false)};
  auto second = co_await at.inbox.send("gated", next);
  EXPECT_TRUE(is_state(second, TaskState::completed));
  const auto journal = co_await at.inbox.journal(second->id);
  CO_ASSERT_EQ(journal.size(), 1U);
  EXPECT_NE(journal[0].find(R"("action":"granted")"), std::string::npos);
  EXPECT_NE(journal[0].find(R"("by":"root")"), std::string::npos);
  // Another tool, and another session, ask.
  script.calls = {call_of("c1", "delete_all", "{}", false)};
  next.message.messageId = "m-3";
  EXPECT_TRUE(is_state(co_await at.inbox.send("gated", next), TaskState::input_required));
  script.calls = {call_of("c1", "delete_pod", "{}", false)};
  EXPECT_TRUE(is_state(co_await at.inbox.begin("go", "m-4"), TaskState::input_required));
  CO_ASSERT_OK(co_await write(at.store, std::string(kGuard) + "    expires: 1h\n"));
  next.message.messageId = "m-5";
  EXPECT_TRUE(is_state(co_await at.inbox.send("gated", next), TaskState::input_required));
}

CORE_TEST(PolicyRules, a_revoked_session_asks_again) {
  Guarded at(world);
  Script script({call_of("c1", "a", "{}")});
  at.inbox.add("gated", script);
  auto task = co_await at.inbox.begin();
  auto items = co_await at.inbox.pending();
  auto decision = approve();
  decision.scope = ApprovalScope::session;
  const auto id = items.at(0).id.to_string();
  EXPECT_EQ(code_of(co_await at.inbox.approvals.revoke(alice(), id)), Code::failed_precondition);
  CO_ASSERT_OK(co_await at.inbox.approvals.decide(alice(), id, decision));
  co_await until([&] { return script.done.size() == 1; });
  EXPECT_EQ(code_of(co_await at.inbox.approvals.revoke(bob(), id)), Code::not_found);
  CO_ASSERT_OK(co_await at.inbox.approvals.revoke(alice(), id));
  auto next = request_of("again", "m-2");
  next.message.contextId = task->contextId;
  EXPECT_TRUE(is_state(co_await at.inbox.send("gated", next), TaskState::input_required));
}

CORE_TEST(PolicyRules, nobody_in_time_is_a_no) {
  Guarded at(world);
  CO_ASSERT_OK(co_await write(at.store, kGuard));
  Script script({call_of("c1", "delete_pod", "{}", false)});
  script.policies = {"guard"};
  at.inbox.add("gated", script);
  auto task = co_await at.inbox.begin();
  auto items = co_await at.inbox.pending(admin());
  const auto id = items.at(0).id.to_string();
  CO_ASSERT_OK(co_await at.inbox.approvals.sweep());
  EXPECT_TRUE(script.done.empty());
  world.clock.advance(std::chrono::minutes(10));
  // Late, though nobody has swept yet.
  EXPECT_EQ(code_of(co_await at.inbox.approvals.decide(admin(), id, approve())),
            Code::failed_precondition);
  CO_ASSERT_OK(co_await at.inbox.approvals.sweep());
  co_await until([&] { return !script.done.empty(); });
  EXPECT_EQ(script.done[0], "answer Tool call was not approved in time.");
  EXPECT_EQ(code_of(co_await at.inbox.approvals.decide(admin(), id, approve())),
            Code::failed_precondition);
  const auto journal = co_await at.inbox.journal(task->id);
  CO_ASSERT_EQ(journal.size(), 2U);
  EXPECT_NE(journal[1].find(R"("action":"expired")"), std::string::npos);
}

}  // namespace
}  // namespace flotilla::agents
