#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>

#include "llm/aws_event_stream_testing_internal.h"
#include "llm/fake_provider_testing_internal.h"
#include "llm/providers_internal.h"

namespace flotilla::llm {
namespace {

using testing::event;
using testing::exception;
using testing::FakeAnswer;
using testing::json_answer;
using testing::Listener;

Request question() {
  Request request;
  request.messages.push_back(text_message(MessageRole::user, "What is it like in Kiel?"));
  Tool tool;
  tool.name = "weather";
  request.tools.push_back(tool);
  return request;
}

FakeAnswer frames(std::vector<std::string> pieces) {
  FakeAnswer answer;
  answer.type = "application/vnd.amazon.eventstream";
  answer.pieces = std::move(pieces);
  return answer;
}

std::vector<std::string> stream() {
  return {
      event("messageStart", R"({"role":"assistant","p":"abcd"})"),
      event(
          "contentBlockDelta",
          R"({"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"Kiel is a town."}},"p":"ab"})"),
      event("contentBlockDelta",
            R"({"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"EqQ"}}})"),
      event("contentBlockDelta",
            R"({"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"BCg=="}}})"),
      event("contentBlockStop", R"({"contentBlockIndex":0})"),
      event("contentBlockDelta", R"({"contentBlockIndex":1,"delta":{"text":"Let me "}})"),
      event("contentBlockDelta", R"({"contentBlockIndex":1,"delta":{"text":"look 🌧."}})"),
      event("contentBlockStop", R"({"contentBlockIndex":1})"),
      event(
          "contentBlockStart",
          R"({"contentBlockIndex":2,"start":{"toolUse":{"toolUseId":"tooluse_1","name":"weather"}}})"),
      event("contentBlockDelta",
            R"({"contentBlockIndex":2,"delta":{"toolUse":{"input":"{\"town\":"}}})"),
      event("contentBlockDelta",
            R"({"contentBlockIndex":2,"delta":{"toolUse":{"input":"\"Kiel\"}"}}})"),
      event("contentBlockStop", R"({"contentBlockIndex":2})"),
      event(
          "contentBlockStart",
          R"({"contentBlockIndex":3,"start":{"toolUse":{"toolUseId":"tooluse_2","name":"time"}}})"),
      event("contentBlockStop", R"({"contentBlockIndex":3})"),
      event("messageStop", R"({"stopReason":"tool_use"})"),
      event(
          "metadata",
          R"({"usage":{"inputTokens":25,"outputTokens":89,"totalTokens":1214,"cacheReadInputTokens":1000,"cacheWriteInputTokens":100},"metrics":{"latencyMs":551}})"),
  };
}

constexpr std::string_view kModel = "anthropic.claude-sonnet-4-5-20250929-v1:0";

ModelSettings signed_settings(const testing::ModelWorld& world) {
  auto settings = world.settings(Provider::bedrock, std::string(kModel));
  settings.bedrock.region = "eu-west-1";
  settings.bedrock.access_key_id = Secret("AKIDEXAMPLE");
  settings.bedrock.secret_access_key = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
  settings.bedrock.session_token = Secret("SESSION");
  return settings;
}

MODEL_TEST(Bedrock, streams_thoughts_text_and_parallel_calls) {
  auto streamed = frames(stream());
  streamed.slice = 11;
  world.provider.answer(streamed);
  const auto model = make_bedrock(signed_settings(world), world.services());
  CO_ASSERT_OK(model);
  Listener listener;
  const auto request = question();
  const auto answer = co_await (*model)->generate(request, &listener, CallOptions());
  CO_ASSERT_OK(answer);
  EXPECT_EQ(listener.text(), "Let me look 🌧.");
  EXPECT_EQ(listener.text(Delta::Kind::reasoning), "Kiel is a town.");
  CO_ASSERT_EQ(answer->message.parts.size(), 4U);
  const auto& parts = answer->message.parts;
  EXPECT_EQ(parts[0].reasoning->signature, "bedrock:EqQBCg==");
  EXPECT_EQ(parts[2].toolCall->id, "tooluse_1");
  EXPECT_EQ(parts[2].toolCall->arguments, R"({"town":"Kiel"})");
  EXPECT_EQ(parts[3].toolCall->arguments, "{}");
  EXPECT_EQ(answer->finish, FinishReason::tool_calls);
  Usage usage;
  usage.inputTokens = 1125;
  usage.cachedInputTokens = 1000;
  usage.cacheWriteTokens = 100;
  usage.outputTokens = 89;
  EXPECT_EQ(answer->usage, usage);
  CO_ASSERT_EQ(world.provider.requests.size(), 1U);
  const auto& sent = world.provider.requests[0];
  EXPECT_EQ(sent.line(),
            "POST /model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream HTTP/1.1");
  EXPECT_TRUE(sent.header("Authorization")
                  .starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20270115/eu-west-1/bedrock/"
                               "aws4_request, SignedHeaders=content-type;host;x-amz-date;"
                               "x-amz-security-token, Signature="))
      << sent.header("Authorization");
  EXPECT_EQ(sent.header("X-Amz-Security-Token"), "SESSION");
  EXPECT_EQ(sent.header("X-Amz-Date"), "20270115T080000Z");
}

MODEL_TEST(Bedrock, without_a_listener_takes_the_answer_whole) {
  world.provider.answer(json_answer(
      R"({"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"hm","signature":"s"}}},{"reasoningContent":{"redactedContent":"Zm9v"}},{"text":"Hi"},{"toolUse":{"toolUseId":"t","name":"weather","input":{"town":"Kiel"}}}]}},"stopReason":"guardrail_intervened","usage":{"inputTokens":3,"outputTokens":4,"totalTokens":7},"metrics":{"latencyMs":1}})"));
  auto settings = world.settings(Provider::bedrock, std::string(kModel));
  settings.bedrock.region = "eu-west-1";
  const auto model = make_bedrock(settings, world.services());
  CO_ASSERT_OK(model);
  const auto request = question();
  const auto answer = co_await (*model)->generate(request, nullptr, CallOptions());
  CO_ASSERT_OK(answer);
  CO_ASSERT_EQ(answer->message.parts.size(), 4U);
  EXPECT_EQ(answer->message.parts[0].reasoning->signature, "bedrock:s");
  EXPECT_EQ(answer->message.parts[1].reasoning->signature, "bedrock-redacted:Zm9v");
  EXPECT_EQ(answer->message.parts[3].toolCall->arguments, R"({"town":"Kiel"})");
  EXPECT_EQ(answer->finish, FinishReason::content_filter);
  EXPECT_EQ(world.provider.requests[0].header("Authorization"), "Bearer key-of-the-test");
  EXPECT_TRUE(world.provider.requests[0].line().ends_with("/converse HTTP/1.1"));
}

MODEL_TEST(Bedrock, exceptions_within_the_stream_have_their_codes) {
  struct Case {
    std::string type;
    Code code;
  };
  const std::vector<Case> cases{{"throttlingException", Code::resource_exhausted},
                                {"serviceUnavailableException", Code::unavailable},
                                {"internalServerException", Code::unavailable},
                                {"modelStreamErrorException", Code::unavailable},
                                {"validationException", Code::invalid_argument}};
  const auto model = make_bedrock(signed_settings(world), world.services());
  CO_ASSERT_OK(model);
  const auto request = question();
  for (const auto& each : cases) {
    world.provider.answer(frames({stream()[0], exception(each.type, R"({"message":"because"})")}));
    Listener listener;
    const auto answer = co_await (*model)->generate(request, &listener, CallOptions());
    CO_ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code(), each.code) << each.type;
    EXPECT_NE(answer.error().message().find("because"), std::string::npos);
  }
  world.provider.answer(
      frames({testing::frame(testing::string_header(":message-type", "error") +
                                 testing::string_header(":error-code", "ThrottlingException") +
                                 testing::string_header(":error-message", "too fast"),
                             "")}));
  Listener listener;
  const auto answer = co_await (*model)->generate(request, &listener, CallOptions());
  CO_ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), Code::resource_exhausted);
}

MODEL_TEST(Bedrock, faults_before_the_stream_have_their_codes) {
  const auto model = make_bedrock(signed_settings(world), world.services());
  CO_ASSERT_OK(model);
  const auto request = question();
  world.provider.answer(
      json_answer(R"({"message":"The security token included in the request is invalid."})", 403));
  Listener listener;
  auto answer = co_await (*model)->generate(request, &listener, CallOptions());
  CO_ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), Code::permission_denied);
  world.provider.answer(
      json_answer(R"({"message":"Input is too long for requested model."})", 400));
  answer = co_await (*model)->generate(request, &listener, CallOptions());
  CO_ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().reason(), reason::kModelContextExceeded);
}

MODEL_TEST(Bedrock, embeds_one_by_one_or_in_batches) {
  auto settings = signed_settings(world);
  settings.model = "amazon.titan-embed-text-v2:0";
  const auto titan = make_bedrock_embeddings(settings, world.services());
  CO_ASSERT_OK(titan);
  world.provider.answer(json_answer(R"({"embedding":[1,2],"inputTextTokenCount":3})"));
  world.provider.answer(json_answer(R"({"embedding":[3,4],"inputTextTokenCount":4})"));
  const std::vector<std::string> texts{"a", "b"};
  auto embeddings = co_await (*titan)->embed(texts, CallOptions());
  CO_ASSERT_OK(embeddings);
  EXPECT_EQ(embeddings->vectors, (std::vector<std::vector<float>>{{1, 2}, {3, 4}}));
  EXPECT_EQ(embeddings->usage.inputTokens, 7);
  EXPECT_EQ(world.provider.requests.at(1).body, R"({"inputText":"b"})");
  EXPECT_EQ(world.provider.requests.at(1).line(),
            "POST /model/amazon.titan-embed-text-v2%3A0/invoke HTTP/1.1");
  settings.model = "cohere.embed-v4:0";
  const auto cohere = make_bedrock_embeddings(settings, world.services());
  CO_ASSERT_OK(cohere);
  world.provider.answer(json_answer(R"({"embeddings":{"float":[[1,2],[3,4]]}})"));
  embeddings = co_await (*cohere)->embed(texts, CallOptions());
  CO_ASSERT_OK(embeddings);
  EXPECT_EQ(embeddings->vectors.size(), 2U);
  EXPECT_EQ(world.provider.requests.at(2).body,
            R"({"texts":["a","b"],"input_type":"search_document","embedding_types":["float"]})");
  settings.model = "amazon.nova-pro-v1:0";
  const auto none = make_bedrock_embeddings(settings, world.services());
  CO_ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().violations().at(0).field, "/spec/model");
}

}  // namespace
}  // namespace flotilla::llm
