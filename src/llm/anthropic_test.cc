#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>

#include "json/json.h"
#include "llm/fake_provider_testing_internal.h"
#include "llm/provider_http_internal.h"
#include "llm/providers_internal.h"

namespace flotilla::llm {
namespace {

using testing::event_answer;
using testing::FakeAnswer;
using testing::json_answer;
using testing::Listener;
using testing::question;

// As the API sends it: thoughts, text and two calls side by side.
const std::vector<std::string> kStream{
    R"({"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-6","content":[],"stop_reason":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":100,"cache_read_input_tokens":1000,"output_tokens":1}}})",
    R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}})",
    R"({"type": "ping"})",
    R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Kiel is "}})",
    R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"a town."}})",
    R"({"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQBCg"}})",
    R"({"type":"content_block_stop","index":0})",
    R"({"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}})",
    R"({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Let me "}})",
    R"({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"look 🌧."}})",
    R"({"type":"content_block_stop","index":1})",
    R"({"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_1","name":"weather","input":{}}})",
    R"({"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}})",
    R"({"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"town\":"}})",
    R"({"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":" \"Kiel\"}"}})",
    R"({"type":"content_block_stop","index":2})",
    R"({"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"toolu_2","name":"time","input":{}}})",
    R"({"type":"content_block_stop","index":3})",
    R"({"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":89,"output_tokens_details":{"thinking_tokens":12}}})",
    R"({"type":"message_stop"})"};

MODEL_TEST(Anthropic, streams_thoughts_text_and_parallel_calls) {
  auto streamed = event_answer(kStream, true);
  streamed.slice = 7;
  world.provider.answer(streamed);
  auto settings = world.settings(Provider::anthropic, "claude-sonnet-4-6");
  settings.headers.emplace_back("X-Team", Secret("blue"));
  const auto model = make_anthropic(settings, world.services());
  CO_ASSERT_OK(model);
  Listener listener;
  const auto request = question();
  CallOptions options;
  options.headers.emplace_back("traceparent", "00-1-1-01");
  const auto answer = co_await (*model)->generate(request, &listener, options);
  CO_ASSERT_OK(answer);
  EXPECT_EQ(listener.text(), "Let me look 🌧.");
  EXPECT_EQ(listener.text(Delta::Kind::reasoning), "Kiel is a town.");
  EXPECT_EQ(listener.text(Delta::Kind::tool_arguments), R"({"town": "Kiel"}{})");
  CO_ASSERT_EQ(answer->message.parts.size(), 4U);
  const auto& parts = answer->message.parts;
  EXPECT_EQ(parts[0].reasoning->text, "Kiel is a town.");
  EXPECT_EQ(parts[0].reasoning->signature, "anthropic:EqQBCg");
  EXPECT_EQ(parts[1].text, "Let me look 🌧.");
  EXPECT_EQ(parts[2].toolCall->id, "toolu_1");
  EXPECT_EQ(parts[2].toolCall->arguments, R"({"town": "Kiel"})");
  EXPECT_EQ(parts[3].toolCall->arguments, "{}");
  EXPECT_EQ(answer->finish, FinishReason::tool_calls);
  Usage usage;
  usage.inputTokens = 1125;
  usage.cachedInputTokens = 1000;
  usage.cacheWriteTokens = 100;
  usage.outputTokens = 89;
  usage.reasoningTokens = 12;
  EXPECT_EQ(answer->usage, usage);
  EXPECT_EQ(answer->model, "claude-sonnet-4-6");
  EXPECT_EQ(answer->responseId, "msg_1");
  CO_ASSERT_EQ(world.provider.requests.size(), 1U);
  const auto& sent = world.provider.requests[0];
  EXPECT_EQ(sent.line(), "POST /v1/messages HTTP/1.1");
  EXPECT_EQ(sent.header("x-api-key"), "key-of-the-test");
  EXPECT_EQ(sent.header("anthropic-version"), "2023-06-01");
  EXPECT_EQ(sent.header("X-Team"), "blue");
  EXPECT_EQ(sent.header("traceparent"), "00-1-1-01");
  EXPECT_NE(sent.body.find(R"("stream":true)"), std::string::npos);
}

MODEL_TEST(Anthropic, keeps_the_connection_for_the_next_call) {
  const auto model =
      make_anthropic(world.settings(Provider::anthropic, "claude-sonnet-4-6"), world.services());
  CO_ASSERT_OK(model);
  const auto request = question();
  for (int i = 0; i < 3; ++i) {
    world.provider.answer(event_answer(kStream));
    Listener listener;
    const auto answer = co_await (*model)->generate(request, &listener, CallOptions());
    CO_ASSERT_OK(answer);
  }
  EXPECT_EQ(world.provider.connections, 1);
}

MODEL_TEST(Anthropic, without_a_listener_takes_the_answer_whole) {
  world.provider.answer(json_answer(
      R"({"id":"msg_2","type":"message","model":"claude-x","content":[{"type":"redacted_thinking","data":"Zm9v"},{"type":"text","text":"Hi"},{"type":"tool_use","id":"t","name":"weather","input":{"town":"Kiel"}}],"stop_reason":"max_tokens","usage":{"input_tokens":3,"output_tokens":4}})"));
  const auto model =
      make_anthropic(world.settings(Provider::anthropic, "claude-sonnet-4-6"), world.services());
  CO_ASSERT_OK(model);
  const auto request = question();
  const auto answer = co_await (*model)->generate(request, nullptr, CallOptions());
  CO_ASSERT_OK(answer);
  CO_ASSERT_EQ(answer->message.parts.size(), 3U);
  EXPECT_EQ(answer->message.parts[0].reasoning->signature, "anthropic-redacted:Zm9v");
  EXPECT_EQ(answer->message.parts[2].toolCall->arguments, R"({"town":"Kiel"})");
  EXPECT_EQ(answer->finish, FinishReason::length);
  EXPECT_EQ(answer->usage.inputTokens, 3);
  EXPECT_EQ(world.provider.requests[0].body.find("\"stream\""), std::string::npos);
}

MODEL_TEST(Anthropic, faults_have_their_codes) {
  struct Case {
    int status;
    std::string body;
    Code code;
    std::string_view reason;
  };
  const std::vector<Case> cases{
      {401,
       R"({"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key key-of-the-test"}})",
       Code::unauthenticated, reason::kUnauthenticated},
      {403, R"({"type":"error","error":{"type":"permission_error","message":"no"}})",
       Code::permission_denied, reason::kPermissionDenied},
      {400,
       R"({"type":"error","error":{"type":"invalid_request_error","message":"messages: bad"}})",
       Code::invalid_argument, reason::kInvalidArgument},
      {400,
       R"({"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}})",
       Code::invalid_argument, reason::kModelContextExceeded},
      {429, R"({"type":"error","error":{"type":"rate_limit_error","message":"slow down"}})",
       Code::resource_exhausted, reason::kLimitExceeded},
      {529, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})",
       Code::unavailable, reason::kUnavailable},
      {500, "<html>", Code::unavailable, reason::kUnavailable},
  };
  const auto model =
      make_anthropic(world.settings(Provider::anthropic, "claude-sonnet-4-6"), world.services());
  CO_ASSERT_OK(model);
  const auto request = question();
  for (const auto& each : cases) {
    world.provider.answer(json_answer(each.body, each.status));
    Listener listener;
    const auto answer = co_await (*model)->generate(request, &listener, CallOptions());
    CO_ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code(), each.code) << each.body;
    EXPECT_EQ(answer.error().reason(), each.reason) << each.body;
    EXPECT_NE(answer.error().message().find("anthropic claude-sonnet-4-6"), std::string::npos);
    EXPECT_EQ(answer.error().message().find("key-of-the-test"), std::string::npos);
  }
}

MODEL_TEST(Anthropic, a_fault_within_the_stream_ends_it) {
  const auto model =
      make_anthropic(world.settings(Provider::anthropic, "claude-sonnet-4-6"), world.services());
  CO_ASSERT_OK(model);
  const auto request = question();
  std::vector<std::string> events(kStream.begin(), kStream.begin() + 9);
  events.push_back(
      R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})");
  world.provider.answer(event_answer(events, true));
  Listener listener;
  const auto answer = co_await (*model)->generate(request, &listener, CallOptions());
  CO_ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), Code::unavailable);
  EXPECT_EQ(listener.text(), "Let me ");
}

}  // namespace
}  // namespace flotilla::llm
