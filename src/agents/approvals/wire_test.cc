#include "agents/approvals/testing_internal.h"
#include "json/schema.h"

namespace flotilla::agents {
namespace {

using namespace approvals_testing;
using a2a::TaskState;

constexpr std::string_view kQuestions =
    R"({"questions": [{"question": "which cluster?", "choices": ["east", "west"]}]})";
constexpr std::string_view kTwoQuestions =
    R"({"questions": [{"question": "which?"}, {"question": "when?"}]})";

const json::Object* data_of(const a2a::Part& part) {
  return part.data ? part.data->if_object() : nullptr;
}
std::string text_at(const json::Value& value, std::initializer_list<std::string_view> path) {
  const json::Value* at = &value;
  for (auto name : path) {
    if (at->if_object() == nullptr) return "?";
    at = at->if_object()->find(name);
    if (at == nullptr) return "-";
  }
  return at->if_string() != nullptr ? *at->if_string() : json::to_string(*at);
}

CORE_TEST(ApprovalWire, the_request_has_both_forms_and_a_text) {
  Inbox inbox(world);
  Script script({call_of("c1", "delete_pod", R"({"name": "web"})")});
  inbox.add("gated", script);
  auto task = co_await inbox.begin();
  CO_ASSERT_TRUE(is_state(task, TaskState::input_required));
  const auto items = co_await inbox.pending();
  const auto id = items.at(0).id.to_string();
  const auto& message = *task->status.message;
  CO_ASSERT_EQ(message.parts.size(), 2U);
  EXPECT_NE(message.parts[0].text->find("delete_pod with {\"name\":\"web\"}"), std::string::npos);
  const json::Value data = *message.parts[1].data;
  EXPECT_EQ(text_at(data, {"name"}), "adk_request_confirmation");
  EXPECT_EQ(text_at(data, {"id"}), id);
  EXPECT_EQ(text_at(data, {"args", "originalFunctionCall"}),
            R"({"name":"delete_pod","args":{"name":"web"},"id":"c1"})");
  EXPECT_EQ(text_at(data, {"args", "toolConfirmation", "confirmed"}), "false");
  EXPECT_EQ(json::to_string(json::Value(message.parts[1].metadata)),
            R"({"kagent_type":"function_call","kagent_is_long_running":true})");
  EXPECT_EQ(message.extensions, std::vector<std::string>{std::string(kHitlExtension)});
  const json::Value payload = *message.metadata.find(kHitlExtension);
  EXPECT_EQ(text_at(payload, {"type"}), "tool_approval_request");
  EXPECT_EQ(text_at(payload, {"tools"}),
            R"([{"id":")" + id + R"(","call_id":"c1","name":"delete_pod","args":{"name":"web"}}])");
}

CORE_TEST(ApprovalWire, approve_and_reject_of_version_0) {
  for (const std::string form : {R"({"decision_type": "approve"})",
                                 R"({"decision_type": "reject", "rejection_reason": "no"})",
                                 R"({"decision_type": "batch", "decisions": {"c1": "approve"}})",
                                 R"({"decision_type": "batch", "decisions": {"c1": "reject"},
            "rejection_reasons": {"c1": "no"}})"}) {
    Inbox inbox(world);
    Script script({call_of("c1", "a", "{}")});
    inbox.add("gated", script);
    auto task = co_await inbox.begin("go " + form, "m-" + form);
    auto ended = co_await inbox.say(task->id, form, "d-" + form);
    EXPECT_TRUE(is_state(ended, TaskState::completed)) << form;
    const bool approved = form.find("reject") == std::string::npos;
    EXPECT_EQ(script.done,
              std::vector<std::string>{
                  approved ? "run a {}" : "answer Tool call was rejected by user. Reason: no"})
        << form;
  }
}

CORE_TEST(ApprovalWire, an_id_that_is_missing_in_a_batch_stays_pending) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", "{}"), call_of("c2", "b", "{}")});
  inbox.add("gated", script);
  auto task = co_await inbox.begin();
  auto still = co_await inbox.say(
      task->id, R"({"decision_type": "batch", "decisions": {"c1": "approve"}})", "d-1");
  EXPECT_TRUE(is_state(still, TaskState::input_required));
  EXPECT_TRUE(script.done.empty());
  const auto items = co_await inbox.pending();
  CO_ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].call_id, "c2");
  auto ended = co_await inbox.say(
      task->id, R"({"decision_type": "batch", "decisions": {"c2": "reject"}})", "d-2");
  EXPECT_TRUE(is_state(ended, TaskState::completed));
  EXPECT_EQ(script.done,
            (std::vector<std::string>{"run a {}", "answer Tool call was rejected by user."}));
}

CORE_TEST(ApprovalWire, words_are_no_approval) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", "{}")});
  inbox.add("gated", script);
  auto task = co_await inbox.begin();
  for (const std::string text : {"approve", "yes", R"({"decision_type": "approve"})"}) {
    auto still = co_await inbox.send("gated", to_task(task->id, text, "w-" + text));
    EXPECT_TRUE(is_state(still, TaskState::input_required));
  }
  EXPECT_TRUE(script.done.empty());
  EXPECT_EQ((co_await inbox.pending()).size(), 1U);
}

CORE_TEST(ApprovalWire, what_does_not_fit_is_refused_and_changes_nothing) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", "{}"), call_of("c2", "b", "{}")});
  inbox.add("gated", script);
  auto task = co_await inbox.begin();
  int n = 0;
  for (const std::string_view form :
       {R"({"decision_type": "batch", "decisions": {"c1": "approve", "c9": "approve"}})",
        R"({"decision_type": "batch", "decisions": {"c1": "perhaps"}})",
        R"({"decision_type": "batch"})", R"({"decision_type": "sure"})", R"({"decision_type": 1})",
        R"({"decision_type": "approve", "ask_user_answers": [{"answer": ["x"]}]})",
        R"({"decision_type": "approve", "scope": "forever"})",
        R"({"decision_type": "batch", "decisions": {"c1": "reject"},
            "edited_arguments": {"c1": {}}})"}) {
    auto refused = co_await inbox.say(task->id, form, "r-" + std::to_string(++n));
    EXPECT_EQ(code_of(refused), Code::invalid_argument) << form;
  }
  const auto items = co_await inbox.pending();
  CO_ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(script.turns, 1);
}

CORE_TEST(ApprovalWire, version_1_names_every_id_once) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", "{}"), call_of("c2", "b", "{}")});
  inbox.add("gated", script);
  auto task = co_await inbox.begin();
  auto items = co_await inbox.pending();
  CO_ASSERT_EQ(items.size(), 2U);
  const auto yes = [](const std::string& id) {
    return R"({"id":")" + id + R"(","approved":true})";
  };
  const auto response = [](const std::string& list) {
    return R"({"type":"tool_approval_response","approvals":[)" + list + "]}";
  };
  const auto one = items[0].id.to_string();
  const auto two = items[1].id.to_string();
  int n = 0;
  for (const auto& list :
       {yes(one), yes(one) + "," + yes(one) + "," + yes(two), yes(one) + "," + yes("nobody"),
        std::string(),
        yes(one) + R"(,{"id":")" + two + R"(","approved":true,"rejection_reason":"but"})"}) {
    auto refused = co_await inbox.say_v1(task->id, response(list), "v-" + std::to_string(++n));
    EXPECT_EQ(code_of(refused), Code::invalid_argument) << list;
  }
  const auto both = response(yes(one) + "," + yes(two));
  EXPECT_EQ(code_of(co_await inbox.say_v1(task->id, both, "v-unlisted", false)),
            Code::invalid_argument);
  EXPECT_EQ(code_of(co_await inbox.say_v1(task->id, R"({"type":"else"})", "v-type")),
            Code::invalid_argument);
  EXPECT_TRUE(script.done.empty());
  auto ended = co_await inbox.say_v1(task->id, both, "v-both");
  EXPECT_TRUE(is_state(ended, TaskState::completed));
  EXPECT_EQ(script.done, (std::vector<std::string>{"run a {}", "run b {}"}));
}

CORE_TEST(ApprovalWire, a_decision_about_nothing_pending_is_too_late) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", "{}"), call_of("q1", "ask_user", kQuestions, false)});
  inbox.add("gated", script);
  auto task = co_await inbox.begin();
  auto waits = co_await inbox.say(task->id, R"({"decision_type": "approve"})", "d-1");
  EXPECT_TRUE(is_state(waits, TaskState::input_required));
  // A second click: the call is decided, and a question cannot be approved.
  auto again = co_await inbox.say(task->id, R"({"decision_type": "approve"})", "d-2");
  EXPECT_EQ(code_of(again), Code::invalid_argument);
  auto named = co_await inbox.say(
      task->id, R"({"decision_type": "batch", "decisions": {"c1": "reject"}})", "d-3");
  EXPECT_EQ(code_of(named), Code::invalid_argument);
  auto ended = co_await inbox.say(
      task->id, R"({"decision_type": "approve", "ask_user_answers": [{"answer": ["east"]}]})",
      "d-4");
  EXPECT_TRUE(is_state(ended, TaskState::completed));
  EXPECT_FALSE(co_await inbox.say(task->id, R"({"decision_type": "approve"})", "d-5"));
}

CORE_TEST(ApprovalWire, the_same_message_twice_is_one_decision) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", "{}")});
  inbox.add("gated", script);
  auto task = co_await inbox.begin();
  auto first = co_await inbox.say(task->id, R"({"decision_type": "approve"})", "same");
  auto second = co_await inbox.say(task->id, R"({"decision_type": "approve"})", "same");
  EXPECT_TRUE(is_state(first, TaskState::completed));
  EXPECT_TRUE(is_state(second, TaskState::completed));
  EXPECT_EQ(script.done.size(), 1U);
}

CORE_TEST(ApprovalWire, an_agent_principal_decides_nothing) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", "{}")});
  inbox.add("gated", script);
  auto task = co_await inbox.begin();
  auto agent = std::make_shared<Principal>(*alice());
  agent->kind = PrincipalKind::agent;
  auto refused = co_await inbox.say(task->id, R"({"decision_type": "approve"})", "d-1", agent);
  EXPECT_EQ(code_of(refused), Code::permission_denied);
  EXPECT_TRUE(script.done.empty());
  EXPECT_EQ((co_await inbox.pending()).size(), 1U);
}

CORE_TEST(ApprovalWire, decisions_of_other_systems_pass) {
  Inbox inbox(world);
  core::testing::Probe probe;
  core::testing::add_agent(inbox.process, "gated", core::testing::ask_once, probe);
  auto task = co_await inbox.begin();
  EXPECT_TRUE(is_state(task, TaskState::input_required));
  auto ended = co_await inbox.say(task->id, R"({"decision_type": "whatever"})", "d-1");
  EXPECT_TRUE(is_state(ended, TaskState::completed));
}

CORE_TEST(ApprovalWire, edits_and_sessions_on_the_wire) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", R"({"n": 1})")});
  inbox.add("gated", script);
  auto task = co_await inbox.begin();
  auto ended = co_await inbox.say(
      task->id, R"({"decision_type": "approve", "edited_arguments": {"c1": {"n": 2}}})", "d-1");
  EXPECT_TRUE(is_state(ended, TaskState::completed));
  EXPECT_EQ(script.done, std::vector<std::string>{R"(run a {"n":2})"});
  auto next = request_of("again", "m-2");
  next.message.contextId = task->contextId;
  auto second = co_await inbox.send("gated", next);
  CO_ASSERT_TRUE(is_state(second, TaskState::input_required));
  auto done =
      co_await inbox.say(second->id, R"({"decision_type": "approve", "scope": "session"})", "d-2");
  EXPECT_TRUE(is_state(done, TaskState::completed));
  next.message.messageId = "m-3";
  auto third = co_await inbox.send("gated", next);
  EXPECT_TRUE(is_state(third, TaskState::completed));
}

CORE_TEST(ApprovalWire, a_question_is_answered_in_three_ways) {
  for (const std::string form : {"text", "v0", "v1"}) {
    Inbox inbox(world);
    Script script({call_of("q1", "ask_user", kQuestions, false)});
    inbox.add("gated", script);
    auto task = co_await inbox.begin("go " + form, "m-" + form);
    CO_ASSERT_TRUE(is_state(task, TaskState::input_required));
    EXPECT_EQ(*task->status.message->parts[0].text, "which cluster?\n- east\n- west");
    EXPECT_EQ(data_of(task->status.message->parts[1]) != nullptr, true);
    const auto items = co_await inbox.pending();
    CO_ASSERT_EQ(items.size(), 1U);
    EXPECT_EQ(items[0].kind, ApprovalKind::question);
    Result<a2a::Task> ended = fail(Error(Code::internal, "unset"));
    if (form == "text") ended = co_await inbox.send("gated", to_task(task->id, "east", "a-text"));
    if (form == "v0")
      ended = co_await inbox.say(
          task->id, R"({"decision_type": "approve", "ask_user_answers": [{"answer": ["east"]}]})",
          "a-v0");
    if (form == "v1")
      ended = co_await inbox.say_v1(task->id,
                                    R"({"type": "ask_user_response", "id": ")" +
                                        items[0].id.to_string() +
                                        R"(", "answers": [{"answer": ["east"]}]})",
                                    "a-v1");
    EXPECT_TRUE(is_state(ended, TaskState::completed)) << form;
    EXPECT_EQ(
        script.done,
        std::vector<std::string>{R"(answer [{"question":"which cluster?","answer":["east"]}])"})
        << form;
  }
}

CORE_TEST(ApprovalWire, answers_are_as_many_as_questions) {
  Inbox inbox(world);
  Script script({call_of("q1", "ask_user", kTwoQuestions, false)});
  inbox.add("gated", script);
  auto task = co_await inbox.begin();
  auto items = co_await inbox.pending();
  const auto id = items.at(0).id.to_string();
  EXPECT_EQ(code_of(co_await inbox.approvals.decide(alice(), id, answers({"one"}))),
            Code::invalid_argument);
  EXPECT_EQ(code_of(co_await inbox.approvals.decide(alice(), id, approve())),
            Code::invalid_argument);
  EXPECT_EQ(code_of(co_await inbox.approvals.decide(bob(), id, answers({"x", "y"}))),
            Code::not_found);
  EXPECT_TRUE(co_await inbox.approvals.decide(alice(), id, answers({"x", "y"})));
}

CORE_TEST(ApprovalWire, a_question_that_makes_no_sense_goes_back_to_the_model) {
  Inbox inbox(world);
  Script script({call_of("q1", "ask_user", R"({"question": "what?"})", false)});
  inbox.add("gated", script);
  auto task = co_await inbox.begin();
  EXPECT_TRUE(is_state(task, TaskState::completed));
  CO_ASSERT_EQ(script.done.size(), 1U);
  EXPECT_NE(script.done[0].find("question"), std::string::npos);
}

TEST(ApprovalWire, a_decision_is_told_from_a_message) {
  a2a::Message message;
  message.role = a2a::MessageRole::user;
  message.parts.push_back(a2a::text_part("approve"));
  EXPECT_FALSE(is_decision(message));
  a2a::Part part;
  part.data = *json::parse(R"({"decision_type": "approve"})");
  message.parts.push_back(part);
  EXPECT_TRUE(is_decision(message));
  EXPECT_EQ(ask_user_tool().name, "ask_user");
  EXPECT_TRUE(json::Schema::compile(json::Value(ask_user_tool().parameters)));
}

}  // namespace
}  // namespace flotilla::agents
