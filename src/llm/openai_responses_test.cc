#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>

#include "json/json.h"
#include "llm/fake_provider_testing_internal.h"
#include "llm/openai_responses_internal.h"
#include "llm/providers_internal.h"

namespace flotilla::llm {
namespace {

using testing::event_answer;
using testing::json_answer;
using testing::Listener;

Request question() {
  Request request;
  request.system = "Be brief.";
  request.messages.push_back(text_message(MessageRole::user, "What is it like in Kiel?"));
  request.tools.emplace_back().name = "weather";
  return request;
}

constexpr std::string_view kReasoning =
    R"({"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"First."},{"type":"summary_text","text":"Second."}],"encrypted_content":"gAAA=="})";
constexpr std::string_view kText =
    R"({"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","annotations":[],"text":"Let me look."}]})";
constexpr std::string_view kCall =
    R"({"id":"fc_1","type":"function_call","status":"completed","call_id":"call_a","name":"weather","arguments":"{\"town\":\"Kiel\"}"})";
constexpr std::string_view kEnd =
    R"("status":"completed","error":null,"incomplete_details":null,"model":"gpt-5-2025-08-07","usage":{"input_tokens":40,"input_tokens_details":{"cached_tokens":8},"output_tokens":30,"output_tokens_details":{"reasoning_tokens":20},"total_tokens":70})";

std::vector<std::string> stream() {
  const std::string none =
      R"({"id":"resp_1","status":"in_progress","model":"gpt-5-2025-08-07","error":null,"output":[]})";
  return {
      R"({"type":"response.created","sequence_number":0,"response":)" + none + "}",
      R"({"type":"response.in_progress","sequence_number":1,"response":)" + none + "}",
      R"({"type":"response.output_item.added","output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[]}})",
      R"({"type":"response.reasoning_summary_part.added","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""}})",
      R"({"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"First."})",
      R"({"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":1,"delta":"Second."})",
      R"({"type":"response.output_item.done","output_index":0,"item":)" + std::string(kReasoning) +
          "}",
      R"({"type":"response.output_item.added","output_index":1,"item":{"id":"msg_1","type":"message","status":"in_progress","role":"assistant","content":[]}})",
      R"({"type":"response.content_part.added","output_index":1,"content_index":0,"part":{"type":"output_text","text":""}})",
      R"({"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"Let me "})",
      R"({"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"look."})",
      R"({"type":"response.output_text.done","output_index":1,"content_index":0,"text":"Let me look."})",
      R"({"type":"response.output_item.done","output_index":1,"item":)" + std::string(kText) + "}",
      R"({"type":"response.output_item.added","output_index":2,"item":{"id":"fc_1","type":"function_call","status":"in_progress","call_id":"call_a","name":"weather","arguments":""}})",
      R"({"type":"response.function_call_arguments.delta","output_index":2,"item_id":"fc_1","delta":"{\"town\":"})",
      R"({"type":"response.function_call_arguments.delta","output_index":2,"item_id":"fc_1","delta":"\"Kiel\"}"})",
      R"({"type":"response.function_call_arguments.done","output_index":2,"item_id":"fc_1","arguments":"{\"town\":\"Kiel\"}"})",
      R"({"type":"response.output_item.done","output_index":2,"item":)" + std::string(kCall) + "}",
      R"({"type":"response.completed","response":{"id":"resp_1",)" + std::string(kEnd) + "}}",
  };
}

void expect_whole(const Answer& answer) {
  ASSERT_EQ(answer.message.parts.size(), 3U);
  EXPECT_EQ(answer.message.parts[0].reasoning->text, "First.\n\nSecond.");
  EXPECT_EQ(answer.message.parts[0].reasoning->signature, "openai-responses:rs_1:gAAA==");
  EXPECT_EQ(answer.message.parts[1].text, "Let me look.");
  EXPECT_EQ(answer.message.parts[2].toolCall->id, "call_a");
  EXPECT_EQ(answer.message.parts[2].toolCall->arguments, R"({"town":"Kiel"})");
  EXPECT_EQ(answer.finish, FinishReason::tool_calls);
  Usage usage;
  usage.inputTokens = 40;
  usage.cachedInputTokens = 8;
  usage.outputTokens = 30;
  usage.reasoningTokens = 20;
  EXPECT_EQ(answer.usage, usage);
  EXPECT_EQ(answer.model, "gpt-5-2025-08-07");
  EXPECT_EQ(answer.responseId, "resp_1");
}

MODEL_TEST(OpenaiResponses, streams_thoughts_text_and_calls) {
  auto streamed = event_answer(stream(), true);
  streamed.slice = 11;
  world.provider.answer(streamed);
  const auto model =
      make_openai_responses(world.settings(Provider::openai, "gpt-5"), world.services());
  CO_ASSERT_OK(model);
  Listener listener;
  auto request = question();
  const auto answer = co_await (*model)->generate(request, &listener, CallOptions());
  CO_ASSERT_OK(answer);
  expect_whole(*answer);
  EXPECT_EQ(listener.text(), "Let me look.");
  EXPECT_EQ(listener.text(Delta::Kind::reasoning), "First.\n\nSecond.");
  EXPECT_EQ(world.provider.requests[0].line(), "POST /responses HTTP/1.1");
  EXPECT_EQ(
      world.provider.requests[0].body,
      R"({"model":"gpt-5","store":false,"instructions":"Be brief.",)"
      R"("input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"What is it like in Kiel?"}]}],)"
      R"("tools":[{"type":"function","name":"weather","parameters":{"type":"object","properties":{}},"strict":false}],)"
      R"("include":["reasoning.encrypted_content"],"stream":true})");
  // What it thought goes back as it came, before the call that it led to.
  request.messages.push_back(answer->message);
  Message results;
  results.role = MessageRole::tool;
  ToolResult result;
  result.callId = "call_a";
  result.name = "weather";
  result.text = "rain";
  results.parts.emplace_back().toolResult = result;
  request.messages.push_back(results);
  auto settings = world.settings(Provider::openai, "gpt-5");
  const auto body = responses_request(settings, request, false);
  CO_ASSERT_OK(body);
  EXPECT_TRUE(json::to_string(*body).contains(
      R"({"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"First.\n\nSecond."}],"encrypted_content":"gAAA=="},)"
      R"({"type":"message","role":"assistant","content":[{"type":"output_text","text":"Let me look."}]},)"
      R"({"type":"function_call","call_id":"call_a","name":"weather","arguments":"{\"town\":\"Kiel\"}"},)"
      R"({"type":"function_call_output","call_id":"call_a","output":"rain"}])"))
      << json::to_string(*body);
}

MODEL_TEST(OpenaiResponses, without_a_listener_takes_the_answer_whole) {
  world.provider.answer(json_answer(R"({"id":"resp_1","object":"response","output":[)" +
                                    std::string(kReasoning) + "," + std::string(kText) + "," +
                                    std::string(kCall) + "]," + std::string(kEnd) + "}"));
  const auto model =
      make_openai_responses(world.settings(Provider::openai, "gpt-5"), world.services());
  CO_ASSERT_OK(model);
  const auto request = question();
  const auto answer = co_await (*model)->generate(request, nullptr, CallOptions());
  CO_ASSERT_OK(answer);
  expect_whole(*answer);
}

MODEL_TEST(OpenaiResponses, failures_cuts_and_short_answers) {
  const auto events = stream();
  world.provider.answer(event_answer(
      {R"({"type":"response.failed","response":{"id":"r","status":"failed","error":{"code":"rate_limit_exceeded","message":"slow down"}}})"}));
  world.provider.answer(event_answer(
      {R"({"type":"error","code":"server_error","message":"it broke","param":null})"}));
  world.provider.answer(event_answer({events.begin(), events.begin() + 11}));
  auto cut = event_answer({events.begin(), events.begin() + 11});
  cut.cut = true;
  world.provider.answer(cut);
  world.provider.answer(event_answer(
      {events[7], events[9],
       R"({"type":"response.incomplete","response":{"id":"r","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}})"}));
  const auto model =
      make_openai_responses(world.settings(Provider::openai, "gpt-5"), world.services());
  CO_ASSERT_OK(model);
  const auto request = question();
  const std::vector<Code> codes{Code::resource_exhausted, Code::unavailable, Code::internal,
                                Code::unavailable};
  for (const auto code : codes) {
    Listener listener;
    const auto answer = co_await (*model)->generate(request, &listener, CallOptions());
    CO_ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), code) << answer.error().message();
  }
  Listener listener;
  const auto short_one = co_await (*model)->generate(request, &listener, CallOptions());
  CO_ASSERT_OK(short_one);
  EXPECT_EQ(short_one->finish, FinishReason::length);
  EXPECT_EQ(text_of(short_one->message), "Let me ");
}

TEST(OpenaiResponsesRequest, refuses_what_the_api_does_not_have) {
  ModelSettings settings;
  settings.parameters.stop = {"END"};
  EXPECT_FALSE(check_responses_settings(settings));
  settings.parameters.stop.clear();
  settings.parameters.seed = 1;
  EXPECT_FALSE(check_responses_settings(settings));
  settings.parameters.seed.reset();
  EXPECT_TRUE(check_responses_settings(settings));
}

TEST(OpenaiResponsesRequest, has_media_formats_and_effort) {
  ModelSettings settings;
  settings.model = "gpt-4.1";
  settings.parameters.reasoning_effort = "high";
  settings.parameters.max_output_tokens = 9;
  Request request;
  Message user;
  Media image;
  image.mediaType = "image/png";
  image.url = "https://x/y.png";
  user.parts.emplace_back().media = image;
  Media paper;
  paper.mediaType = "application/pdf";
  paper.base64 = "AAAA";
  user.parts.emplace_back().media = paper;
  request.messages.push_back(user);
  OutputFormat format;
  format.schema = *json::parse(R"({"type":"object","properties":{"a":{}}})")->if_object();
  request.output = format;
  const auto body = responses_request(settings, request, false);
  ASSERT_TRUE(body);
  EXPECT_EQ(
      json::to_string(*body),
      R"({"model":"gpt-4.1","store":false,"input":[{"type":"message","role":"user","content":[)"
      R"({"type":"input_image","image_url":"https://x/y.png"},)"
      R"({"type":"input_file","filename":"file","file_data":"data:application/pdf;base64,AAAA"}]}],)"
      R"("text":{"format":{"name":"answer","schema":{"type":"object","properties":{"a":{}}},"strict":false,"type":"json_schema"}},)"
      R"("max_output_tokens":9,"reasoning":{"effort":"high"},"include":["reasoning.encrypted_content"]})");
}

}  // namespace
}  // namespace flotilla::llm
