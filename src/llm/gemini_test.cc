#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>

#include "llm/fake_provider_testing_internal.h"
#include "llm/gemini_wire_internal.h"
#include "llm/provider_http_internal.h"
#include "llm/providers_internal.h"

namespace flotilla::llm {
namespace {

using testing::event_answer;
using testing::json_answer;
using testing::Listener;

Request question() {
  Request request;
  request.messages.push_back(text_message(MessageRole::user, "What is it like in Kiel?"));
  return request;
}

const std::vector<std::string> kStream{
    R"({"candidates":[{"content":{"parts":[{"text":"Kiel is ","thought":true}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":10,"totalTokenCount":10},"modelVersion":"gemini-3-pro","responseId":"r1"})",
    R"({"candidates":[{"content":{"parts":[{"text":"a town.","thought":true}],"role":"model"},"index":0}]})",
    R"({"candidates":[{"content":{"parts":[{"text":"Let me "}],"role":"model"},"index":0}]})",
    R"({"candidates":[{"content":{"parts":[{"text":"look 🌧."}],"role":"model"},"index":0}]})",
    R"({"candidates":[{"content":{"parts":[{"functionCall":{"name":"weather","args":{"town":"Kiel"}},"thoughtSignature":"c2ln"},{"functionCall":{"id":"f2","name":"time","args":{}}}],"role":"model"},"index":0}]})",
    R"({"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"dGV4dA=="}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":100,"candidatesTokenCount":20,"thoughtsTokenCount":7,"cachedContentTokenCount":60,"totalTokenCount":127},"modelVersion":"gemini-3-pro","responseId":"r1"})"};

MODEL_TEST(Gemini, streams_thoughts_text_and_parallel_calls) {
  auto streamed = event_answer(kStream);
  streamed.slice = 5;
  world.provider.answer(streamed);
  const auto model =
      make_gemini(world.settings(Provider::gemini, "gemini-3-pro"), world.services());
  CO_ASSERT_OK(model);
  Listener listener;
  const auto request = question();
  const auto answer = co_await (*model)->generate(request, &listener, CallOptions());
  CO_ASSERT_OK(answer);
  EXPECT_EQ(listener.text(), "Let me look 🌧.");
  EXPECT_EQ(listener.text(Delta::Kind::reasoning), "Kiel is a town.");
  EXPECT_EQ(listener.text(Delta::Kind::tool_call), "weathertime");
  CO_ASSERT_EQ(answer->message.parts.size(), 5U);
  const auto& parts = answer->message.parts;
  EXPECT_EQ(parts[0].reasoning->text, "Kiel is a town.");
  EXPECT_EQ(parts[0].reasoning->signature, std::nullopt);
  EXPECT_EQ(parts[1].text, "Let me look 🌧.");
  EXPECT_EQ(parts[2].toolCall->id, "flotilla-000102030405060708090a0b");
  EXPECT_EQ(parts[2].toolCall->arguments, R"({"town":"Kiel"})");
  EXPECT_EQ(parts[2].toolCall->signature, "gemini:c2ln");
  EXPECT_EQ(parts[3].toolCall->id, "f2");
  EXPECT_EQ(parts[4].reasoning->signature, "gemini-text:dGV4dA==");
  EXPECT_EQ(answer->finish, FinishReason::tool_calls);
  Usage usage;
  usage.inputTokens = 100;
  usage.cachedInputTokens = 60;
  usage.outputTokens = 27;
  usage.reasoningTokens = 7;
  EXPECT_EQ(answer->usage, usage);
  EXPECT_EQ(answer->responseId, "r1");
  CO_ASSERT_EQ(world.provider.requests.size(), 1U);
  const auto& sent = world.provider.requests[0];
  EXPECT_EQ(sent.line(), "POST /v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse HTTP/1.1");
  EXPECT_EQ(sent.header("x-goog-api-key"), "key-of-the-test");
}

MODEL_TEST(Gemini, gets_its_seals_back_where_they_were) {
  world.provider.answer(event_answer(kStream));
  const auto settings = world.settings(Provider::gemini, "gemini-3-pro");
  const auto model = make_gemini(settings, world.services());
  CO_ASSERT_OK(model);
  Listener listener;
  auto request = question();
  const auto answer = co_await (*model)->generate(request, &listener, CallOptions());
  CO_ASSERT_OK(answer);
  request.messages.push_back(answer->message);
  const auto body = gemini_request(settings, request);
  CO_ASSERT_OK(body);
  EXPECT_EQ(
      json::to_string(body->find("contents")->if_array()->at(1)),
      R"({"role":"model","parts":[{"text":"Let me look 🌧."},{"functionCall":{"name":"weather","args":{"town":"Kiel"}},"thoughtSignature":"c2ln"},{"functionCall":{"name":"time","args":{},"id":"f2"}},{"text":"","thoughtSignature":"dGV4dA=="}]})");
}

MODEL_TEST(Gemini, without_a_listener_takes_the_answer_whole) {
  const auto model =
      make_gemini(world.settings(Provider::gemini, "gemini-2.5-pro"), world.services());
  CO_ASSERT_OK(model);
  const auto request = question();
  world.provider.answer(json_answer(
      R"({"candidates":[{"content":{"parts":[{"text":"Hi"}]},"finishReason":"MAX_TOKENS"}]})"));
  const auto answer = co_await (*model)->generate(request, nullptr, CallOptions());
  CO_ASSERT_OK(answer);
  EXPECT_EQ(text_of(answer->message), "Hi");
  EXPECT_EQ(answer->finish, FinishReason::length);
  EXPECT_EQ(world.provider.requests[0].line(),
            "POST /v1beta/models/gemini-2.5-pro:generateContent HTTP/1.1");
}

MODEL_TEST(Gemini, what_is_blocked_and_what_is_broken) {
  struct Case {
    std::string body;
    std::optional<FinishReason> finish;
  };
  const std::vector<Case> cases{
      {R"({"promptFeedback":{"blockReason":"SAFETY"}})", FinishReason::content_filter},
      {R"({"candidates":[{"finishReason":"RECITATION"}]})", FinishReason::content_filter},
      {R"({"candidates":[{"finishReason":"OTHER"}]})", FinishReason::other},
      {R"({"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL","finishMessage":"Malformed"}]})",
       std::nullopt},
      {R"({"candidates":[{"content":{"parts":[{"text":"Hi"}]}}]})", std::nullopt},
      {R"({"candidates":[{"content":{"parts":[{"functionCall":{"args":{}}}]},"finishReason":"STOP"}]})",
       std::nullopt},
  };
  const auto model =
      make_gemini(world.settings(Provider::gemini, "gemini-2.5-pro"), world.services());
  CO_ASSERT_OK(model);
  const auto request = question();
  for (const auto& each : cases) {
    world.provider.answer(event_answer({each.body}));
    Listener listener;
    const auto answer = co_await (*model)->generate(request, &listener, CallOptions());
    EXPECT_EQ(answer.has_value(), each.finish.has_value()) << each.body;
    if (answer) {
      EXPECT_EQ(answer->finish, *each.finish) << each.body;
    } else {
      EXPECT_EQ(answer.error().reason(), reason::kInvalidModelAnswer) << each.body;
    }
  }
}

MODEL_TEST(Gemini, a_fault_within_the_stream_ends_it) {
  const auto model =
      make_gemini(world.settings(Provider::gemini, "gemini-2.5-pro"), world.services());
  CO_ASSERT_OK(model);
  const auto request = question();
  world.provider.answer(event_answer(
      {kStream[2],
       R"({"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}})"}));
  Listener listener;
  const auto answer = co_await (*model)->generate(request, &listener, CallOptions());
  CO_ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), Code::unavailable);
}

TEST(Gemini, says_in_the_error_how_long_to_wait) {
  const auto wait = [](std::string_view delay) {
    const auto fault = read_fault(
        429,
        R"({"error":{"code":429,"message":"Quota","status":"RESOURCE_EXHAUSTED","details":[{"@type":"x","a":1},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":")" +
            std::string(delay) + "\"}]}}");
    return fault.retry_after;
  };
  EXPECT_EQ(wait("34.5s"), std::chrono::milliseconds(34'500));
  EXPECT_EQ(wait("0s"), Duration(0));
  for (const auto* bad : {"", "s", "-1s", "1m", "nans", "1e9s"}) {
    EXPECT_EQ(wait(bad), std::nullopt) << bad;
  }
}

MODEL_TEST(Gemini, embeds_in_batches) {
  std::string first = R"({"embeddings":[)";
  for (int i = 0; i < 100; ++i)
    first += i == 0 ? R"({"values":[0.5,1]})" : R"(,{"values":[0.5,1]})";
  world.provider.answer(json_answer(first + "]}"));
  world.provider.answer(json_answer(R"({"embeddings":[{"values":[0.25,-2]}]})"));
  const auto model = make_gemini_embeddings(
      world.settings(Provider::gemini, "gemini-embedding-001"), world.services());
  CO_ASSERT_OK(model);
  std::vector<std::string> texts(101, "x");
  texts.back() = "last";
  const auto embeddings = co_await (*model)->embed(texts, CallOptions());
  CO_ASSERT_OK(embeddings);
  EXPECT_EQ(embeddings->vectors.size(), 101U);
  EXPECT_EQ(embeddings->vectors.back(), (std::vector<float>{0.25F, -2.0F}));
  EXPECT_EQ(
      world.provider.requests.at(1).body,
      R"({"requests":[{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"last"}]}}]})");
  EXPECT_EQ(world.provider.requests.at(1).line(),
            "POST /v1beta/models/gemini-embedding-001:batchEmbedContents HTTP/1.1");
}

MODEL_TEST(Gemini, embeddings_that_are_none_are_refused) {
  const auto model = make_gemini_embeddings(
      world.settings(Provider::gemini, "gemini-embedding-001"), world.services());
  CO_ASSERT_OK(model);
  const std::vector<std::string> texts{"a", "b"};
  for (const auto* body :
       {"{}", R"({"embeddings":[{"values":[1]}]})", R"({"embeddings":[{"values":[1]},{}]})",
        R"({"embeddings":[{"values":[1]},{"values":[1,2]}]})",
        R"({"embeddings":[{"values":["x"]},{"values":[1]}]})",
        R"({"embeddings":[{"values":[1e300]},{"values":[1]}]})"}) {
    world.provider.answer(json_answer(body));
    const auto embeddings = co_await (*model)->embed(texts, CallOptions());
    CO_ASSERT_FALSE(embeddings.has_value());
    EXPECT_EQ(embeddings.error().reason(), reason::kInvalidModelAnswer) << body;
  }
}

}  // namespace
}  // namespace flotilla::llm
