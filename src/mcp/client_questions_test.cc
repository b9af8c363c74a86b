#include <gtest/gtest.h>

#include "mcp/client.h"
#include "mcp/client_testing_internal.h"

namespace flotilla::mcp {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace)

constexpr std::string_view kAsk =
    R"({"jsonrpc":"2.0","id":"e1","method":"elicitation/create","params":{"message":"Who?","requestedSchema":{"type":"object","properties":{}}}})";

std::string ask(const std::string& id) {
  auto text = std::string(kAsk);
  return text.replace(text.find("e1"), 2, id);
}

void offer_forms(World& world) {
  json::Object form;
  form.set("form", json::Object());
  world.options.capabilities.set("elicitation", std::move(form));
}

/// A legacy server whose tool asks on its stream.
void be_curious(World& world) {
  world.modern = false;
  offer_forms(world);
  world.on_call = [](const RawRequest& request) {
    if (request.method() == "tools/call") return open_stream(event(std::string(kAsk)));
    return plain(202, "text/plain", "");
  };
}

Rounds answer(const InputRequired& asked) {
  Rounds rounds;
  rounds.state = asked.state;
  for (const auto& [key, request] : asked.requests) {
    json::Object result;
    result.set("action", "accept");
    rounds.responses.set(key, std::move(result));
  }
  return rounds;
}

std::vector<RawRequest> responses(const World& world) {
  std::vector<RawRequest> out;
  for (const auto& request : world.server.requests) {
    if (request.is_post() && request.method().empty()) out.push_back(request);
  }
  return out;
}

MCP_CLIENT_TEST(McpQuestions, a_modern_server_asks_by_its_result) {
  world.on_call = [](const RawRequest& request) {
    if (request.params().find("requestState") == nullptr) {
      return result(
          request,
          R"({"resultType":"input_required","requestState":"S","inputRequests":{"who":{"method":"elicitation/create","params":{"message":"Who?"}}}})");
    }
    return result(request, R"({"resultType":"complete","content":[]})");
  };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  auto first = co_await world.call("t");
  CO_ASSERT_OK(first);
  const auto& asked = std::get<InputRequired>(*first);
  EXPECT_EQ(asked.state, "S");
  EXPECT_EQ(asked.requests.at(0).first, "who");
  EXPECT_EQ(json::to_string(asked.requests.at(0).second.params), R"({"message":"Who?"})");
  CallTool again;
  again.name = "t";
  again.rounds = answer(asked);
  CallOptions how;
  auto last = co_await world.client->call_tool(std::move(again), std::move(how));
  EXPECT_EQ(text_of(last), R"({"content":[]})");
  const auto sent = world.calls("tools/call");
  EXPECT_NE(sent.at(0).id(), sent.at(1).id());
  EXPECT_TRUE(sent.at(1).body.contains(R"("inputResponses":{"who":{"action":"accept"}})"));
}

MCP_CLIENT_TEST(McpQuestions, a_legacy_call_is_held_until_it_is_answered) {
  be_curious(world);
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  auto first = co_await world.call("t");
  CO_ASSERT_OK(first);
  const auto& asked = std::get<InputRequired>(*first);
  CO_ASSERT_EQ(asked.requests.size(), 1U);
  EXPECT_EQ(asked.requests[0].second.method, "elicitation/create");
  CallTool again;
  again.name = "t";
  again.rounds = answer(asked);
  CallOptions how;
  Background<Reply> call(world.executor);
  call.start(world.client->call_tool(again, how));
  const auto answered = [&] { return !responses(world).empty(); };
  const bool told = co_await world.until(answered);
  CO_ASSERT_TRUE(told);
  EXPECT_EQ(responses(world)[0].body,
            R"({"jsonrpc":"2.0","id":"e1","result":{"action":"accept"}})");
  world.server.push(event(result_text(world.calls("tools/call").at(0).id(), R"({"content":[]})")));
  co_await call.group.join();
  EXPECT_EQ(text_of(*call.result), R"({"content":[]})");
  EXPECT_EQ(world.calls("tools/call").size(), 1U);
  // The state is good for one answer.
  auto late = co_await world.client->call_tool(std::move(again), std::move(how));
  CO_ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), Code::failed_precondition);
}

MCP_CLIENT_TEST(McpQuestions, what_is_not_answered_is_asked_again) {
  be_curious(world);
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  auto first = co_await world.call("t");
  CO_ASSERT_OK(first);
  CallTool again;
  again.name = "t";
  again.rounds.state = std::get<InputRequired>(*first).state;
  CallOptions how;
  auto second = co_await world.client->call_tool(std::move(again), std::move(how));
  CO_ASSERT_OK(second);
  EXPECT_NE(std::get<InputRequired>(*second).state, std::get<InputRequired>(*first).state);
  EXPECT_TRUE(responses(world).empty());
}

MCP_CLIENT_TEST(McpQuestions, a_held_call_belongs_to_its_owner) {
  be_curious(world);
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  CallOptions ana;
  ana.owner = "ana";
  auto first = co_await world.call("t", std::move(ana));
  CO_ASSERT_OK(first);
  CallTool again;
  again.name = "t";
  again.rounds = answer(std::get<InputRequired>(*first));
  CallOptions bob;
  bob.owner = "bob";
  auto stolen = co_await world.client->call_tool(std::move(again), std::move(bob));
  CO_ASSERT_FALSE(stolen);
  EXPECT_EQ(stolen.error().code(), Code::failed_precondition);
}

MCP_CLIENT_TEST(McpQuestions, a_held_call_expires_and_the_server_is_told) {
  be_curious(world);
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  auto first = co_await world.call("t");
  CO_ASSERT_OK(first);
  world.clock.advance(world.options.held_timeout);
  const auto cancelled = [&] { return !world.calls("notifications/cancelled").empty(); };
  const bool told = co_await world.until(cancelled);
  EXPECT_TRUE(told);
  CallTool again;
  again.name = "t";
  again.rounds = answer(std::get<InputRequired>(*first));
  CallOptions how;
  auto late = co_await world.client->call_tool(std::move(again), std::move(how));
  EXPECT_FALSE(late);
}

MCP_CLIENT_TEST(McpQuestions, calls_that_wait_are_bounded) {
  be_curious(world);
  world.options.limits.held_calls = 1;
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  auto first = co_await world.call("t");
  CO_ASSERT_OK(first);
  auto second = co_await world.call("t");
  CO_ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::resource_exhausted);
}

MCP_CLIENT_TEST(McpQuestions, who_cannot_be_asked_is_not) {
  be_curious(world);
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  CallOptions how;
  how.capabilities.emplace();
  Background<Reply> call(world.executor);
  call.start(world.call("t", std::move(how)));
  const auto answered = [&] { return !responses(world).empty(); };
  const bool told = co_await world.until(answered);
  CO_ASSERT_TRUE(told);
  EXPECT_TRUE(responses(world)[0].body.contains("-32601"));
  EXPECT_FALSE(call.result);
  call.group.cancel();
  co_await call.group.join();
}

MCP_CLIENT_TEST(McpQuestions, a_flood_of_questions_is_refused) {
  be_curious(world);
  world.options.limits.questions_per_call = 2;
  std::string flood;
  for (int i = 0; i < 5; ++i) flood += event(ask(fmt::format("e{}", i)));
  world.on_call = [&flood](const RawRequest& request) {
    if (request.method() == "tools/call") return open_stream(flood);
    return plain(202, "text/plain", "");
  };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  auto first = co_await world.call("t");
  CO_ASSERT_OK(first);
  const auto refused = [&] { return responses(world).size() == 3; };
  const bool told = co_await world.until(refused);
  EXPECT_TRUE(told);
  EXPECT_EQ(std::get<InputRequired>(*first).requests.size(), 2U);
}

MCP_CLIENT_TEST(McpQuestions, a_question_on_a_calls_own_stream_is_that_calls) {
  be_curious(world);
  world.on_call = [](const RawRequest& request) {
    if (request.method() == "tools/call") return open_stream(": wait\n\n");
    return plain(202, "text/plain", "");
  };
  world.on_get = [](const RawRequest&) { return open_stream(": hello\n\n"); };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  Background<Reply> call(world.executor);
  for (const char* owner : {"ana", "bob"}) {
    CallOptions how;
    how.owner = owner;
    call.start(world.call("t", std::move(how)));
  }
  const auto both = [&] { return world.calls("tools/call").size() == 2; };
  const bool sent = co_await world.until(both);
  CO_ASSERT_TRUE(sent);
  // The stream that was opened last: of the second call.
  world.server.push(event(std::string(kAsk)));
  const auto answered = [&] { return call.result.has_value(); };
  const bool asked = co_await world.until(answered);
  CO_ASSERT_TRUE(asked);
  EXPECT_TRUE(std::holds_alternative<InputRequired>(**call.result));
  call.group.cancel();
  co_await call.group.join();
}

MCP_CLIENT_TEST(McpQuestions, ping_is_answered_and_what_is_unknown_refused) {
  be_curious(world);
  world.on_call = [](const RawRequest& request) {
    if (request.method() != "tools/call") return plain(202, "text/plain", "");
    return open_stream(event(R"({"jsonrpc":"2.0","id":1,"method":"ping"})") +
                       event(R"({"jsonrpc":"2.0","id":2,"method":"no/such"})"));
  };
  const auto opened = co_await world.connect();
  CO_ASSERT_OK(opened);
  Background<Reply> call(world.executor);
  call.start(world.call("t"));
  const auto answered = [&] { return responses(world).size() == 2; };
  const bool told = co_await world.until(answered);
  CO_ASSERT_TRUE(told);
  std::string all = responses(world)[0].body + responses(world)[1].body;
  EXPECT_TRUE(all.contains(R"("id":1,"result":{})"));
  EXPECT_TRUE(all.contains(R"("id":2,"error":{"code":-32601)"));
  call.group.cancel();
  co_await call.group.join();
}

}  // namespace
}  // namespace flotilla::mcp
