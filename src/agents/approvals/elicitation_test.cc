#include "agents/approvals/approval_tools.h"
#include "agents/approvals/testing_internal.h"
#include "gateway/mcp/testing.h"

namespace flotilla::agents {
namespace {

using namespace approvals_testing;
using gateway::testing::FakeExchange;
using gateway::testing::text_of;

mcp::CallTool tool_call(std::string name, std::string_view arguments) {
  mcp::CallTool call;
  call.name = std::move(name);
  call.arguments = object(arguments);
  return call;
}

/// The tools over an inbox, and a client that shows forms or does not.
struct Tools {
  Tools(Inbox& inbox, core::testing::Process& at)
      : services{inbox.handler, at.tasks, at.agents, at.messaging},
        messages(with_elicitation(gateway::make_agent_tools(services), inbox.approvals, at.tasks)),
        decisions(
            with_elicitation(make_approval_tools(inbox.approvals), inbox.approvals, at.tasks)) {}
  static FakeExchange client(bool forms, std::shared_ptr<const Principal> who = alice()) {
    FakeExchange exchange(std::move(who));
    exchange.edit().capabilities.elicitation_form = forms;
    return exchange;
  }
  gateway::PlatformServices services;
  std::shared_ptr<mcp::Handler> messages;
  std::shared_ptr<mcp::Handler> decisions;
};

constexpr std::string_view kGo = R"({"text": "go", "agent": "gated"})";

/// The answers to what was asked, with the state that came along.
mcp::CallTool answered(mcp::CallTool call, const mcp::InputRequired& asked,
                       std::string_view response) {
  call.rounds.state = asked.state;
  for (const auto& [key, request] : asked.requests)
    call.rounds.responses.set(key, *json::parse(response));
  return call;
}

CORE_TEST(Elicitation, a_client_with_forms_is_asked_during_its_call) {
  Inbox inbox(world);
  Script script({call_of("c1", "delete_pod", R"({"name": "web"})")});
  inbox.add("gated", script);
  Tools tools(inbox, world.process());
  auto exchange = Tools::client(true);
  const auto call = tool_call("send_message", kGo);
  auto reply = co_await tools.messages->call_tool(exchange, call);
  CO_ASSERT_OK(reply);
  const auto* asked = std::get_if<mcp::InputRequired>(&*reply);
  CO_ASSERT_TRUE(asked != nullptr);
  CO_ASSERT_EQ(asked->requests.size(), 1U);
  EXPECT_EQ(asked->requests[0].second.method, "elicitation/create");
  EXPECT_NE(json::to_string(json::Value(asked->requests[0].second.params)).find("delete_pod with"),
            std::string::npos);
  auto again =
      answered(call, *asked, R"({"action": "accept", "content": {"decision": "approve"}})");
  auto done = co_await tools.messages->call_tool(exchange, std::move(again));
  CO_ASSERT_TRUE(done && std::holds_alternative<mcp::Complete>(*done));
  EXPECT_NE(text_of(done).find(R"("state":"completed")"), std::string::npos);
  EXPECT_EQ(script.done, std::vector<std::string>{R"(run delete_pod {"name":"web"})"});
  auto page = co_await inbox.approvals.list(alice(), {});
  CO_ASSERT_OK(page);
  EXPECT_EQ(page->items.at(0).via, "elicitation");
}

CORE_TEST(Elicitation, a_form_that_is_not_sent_decides_nothing) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", "{}")});
  inbox.add("gated", script);
  Tools tools(inbox, world.process());
  auto exchange = Tools::client(true);
  const auto call = tool_call("send_message", kGo);
  auto reply = co_await tools.messages->call_tool(exchange, call);
  const auto asked = std::get<mcp::InputRequired>(*reply);
  for (const std::string_view response :
       {R"({"action": "decline"})", R"({"action": "cancel"})", R"({"action": "accept"})", "{}"}) {
    auto done = co_await tools.messages->call_tool(exchange, answered(call, asked, response));
    EXPECT_NE(text_of(done).find("input-required"), std::string::npos) << response;
  }
  auto wrong = co_await tools.messages->call_tool(
      exchange,
      answered(call, asked, R"({"action": "accept", "content": {"decision": "perhaps"}})"));
  EXPECT_TRUE(text_of(wrong).starts_with("isError"));
  EXPECT_TRUE(script.done.empty());
  EXPECT_EQ((co_await inbox.pending()).size(), 1U);
}

CORE_TEST(Elicitation, a_client_without_forms_sees_what_waits_and_decides_by_tool) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", "{}")});
  inbox.add("gated", script);
  Tools tools(inbox, world.process());
  auto exchange = Tools::client(false);
  auto reply = co_await tools.messages->call_tool(exchange, tool_call("send_message", kGo));
  EXPECT_NE(text_of(reply).find("input-required"), std::string::npos);
  auto list = co_await tools.decisions->call_tool(exchange, tool_call("list_approvals", "{}"));
  const auto items = co_await inbox.pending();
  const auto id = items.at(0).id.to_string();
  EXPECT_NE(text_of(list).find(id), std::string::npos);
  auto foreign = Tools::client(false, bob());
  auto unseen = co_await tools.decisions->call_tool(foreign, tool_call("list_approvals", "{}"));
  EXPECT_EQ(text_of(unseen).find(id), std::string::npos);
  const auto decide = tool_call("decide_approval",
                                R"({"id": ")" + id + R"(", "decision": "reject", "reason": "no"})");
  EXPECT_TRUE(text_of(co_await tools.decisions->call_tool(foreign, decide)).starts_with("isError"));
  auto agent = std::make_shared<Principal>(*alice());
  agent->kind = PrincipalKind::agent;
  auto model = Tools::client(false, agent);
  EXPECT_TRUE(text_of(co_await tools.decisions->call_tool(model, decide)).starts_with("isError"));
  auto decided = co_await tools.decisions->call_tool(exchange, decide);
  EXPECT_NE(text_of(decided).find(R"("state":"rejected")"), std::string::npos);
}

CORE_TEST(Elicitation, where_a_person_can_be_asked_the_tools_arguments_decide_nothing) {
  Inbox inbox(world);
  Script script({call_of("c1", "a", "{}")});
  inbox.add("gated", script);
  Tools tools(inbox, world.process());
  CO_ASSERT_OK(co_await inbox.begin());
  const auto items = co_await inbox.pending();
  const auto call = tool_call("decide_approval", R"({"id": ")" + items.at(0).id.to_string() +
                                                     R"(", "decision": "approve"})");
  auto exchange = Tools::client(true);
  auto reply = co_await tools.decisions->call_tool(exchange, call);
  CO_ASSERT_TRUE(reply && std::holds_alternative<mcp::InputRequired>(*reply));
  const auto asked = std::get<mcp::InputRequired>(*reply);
  auto declined = co_await tools.decisions->call_tool(
      exchange, answered(call, asked, R"({"action": "decline"})"));
  EXPECT_TRUE(text_of(declined).starts_with("isError"));
  EXPECT_EQ((co_await inbox.pending()).size(), 1U);
  auto decided = co_await tools.decisions->call_tool(
      exchange,
      answered(call, asked, R"({"action": "accept", "content": {"decision": "reject"}})"));
  EXPECT_NE(text_of(decided).find(R"("state":"rejected")"), std::string::npos);
}

CORE_TEST(Elicitation, questions_become_fields) {
  Inbox inbox(world);
  Script script({call_of(
      "q1", "ask_user",
      R"({"questions": [{"question": "which?", "choices": ["a", "b"]}, {"question": "why?"}]})",
      false)});
  inbox.add("gated", script);
  Tools tools(inbox, world.process());
  auto exchange = Tools::client(true);
  const auto call = tool_call("send_message", kGo);
  auto reply = co_await tools.messages->call_tool(exchange, call);
  const auto asked = std::get<mcp::InputRequired>(*reply);
  auto done = co_await tools.messages->call_tool(
      exchange,
      answered(call, asked,
               R"({"action": "accept", "content": {"answer1": "b", "answer2": "because"}})"));
  EXPECT_NE(text_of(done).find("completed"), std::string::npos);
  EXPECT_EQ(script.done, std::vector<std::string>{R"(answer [{"question":"which?","answer":["b"]},)"
                                                  R"({"question":"why?","answer":["because"]}])"});
}

}  // namespace
}  // namespace flotilla::agents
