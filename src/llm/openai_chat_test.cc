#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>

#include "json/json.h"
#include "llm/fake_provider_testing_internal.h"
#include "llm/openai_internal.h"
#include "llm/providers_internal.h"

namespace flotilla::llm {
namespace {

using testing::event_answer;
using testing::FakeAnswer;
using testing::json_answer;
using testing::Listener;
using testing::ModelWorld;
using testing::question;

// As the API sends it: text, two calls side by side, then the usage in a chunk of its own.
const std::vector<std::string> kStream{
    R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4.1-2025-04-14","system_fingerprint":"fp","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null})",
    R"({"id":"chatcmpl-1","model":"gpt-4.1-2025-04-14","choices":[{"index":0,"delta":{"content":"Let me "},"finish_reason":null}]})",
    R"({"id":"chatcmpl-1","model":"gpt-4.1-2025-04-14","choices":[{"index":0,"delta":{"content":"look 🌧."},"finish_reason":null}]})",
    R"({"id":"chatcmpl-1","model":"gpt-4.1-2025-04-14","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"weather","arguments":""}}]},"finish_reason":null}]})",
    R"({"id":"chatcmpl-1","model":"gpt-4.1-2025-04-14","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"town\":"}}]},"finish_reason":null}]})",
    R"({"id":"chatcmpl-1","model":"gpt-4.1-2025-04-14","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"call_b","type":"function","function":{"name":"time","arguments":""}}]},"finish_reason":null}]})",
    R"({"id":"chatcmpl-1","model":"gpt-4.1-2025-04-14","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":" \"Kiel\"}"}}]},"finish_reason":null}]})",
    R"({"id":"chatcmpl-1","model":"gpt-4.1-2025-04-14","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"tool_calls"}],"usage":null})",
    R"({"id":"chatcmpl-1","model":"gpt-4.1-2025-04-14","choices":[],"usage":{"prompt_tokens":82,"completion_tokens":17,"total_tokens":99,"prompt_tokens_details":{"cached_tokens":64,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":5}}})",
    "[DONE]"};

ModelPtr model_of(ModelWorld& world, Provider provider = Provider::openai) {
  return *make_openai_chat(world.settings(provider, "gpt-4.1"), world.services());
}

MODEL_TEST(OpenaiChat, streams_text_and_parallel_calls) {
  auto streamed = event_answer(kStream);
  streamed.slice = 5;
  world.provider.answer(streamed);
  auto settings = world.settings(Provider::openai, "gpt-4.1");
  settings.openai_organization = "org-1";
  settings.headers.emplace_back("X-Team", Secret("blue"));
  const auto model = make_openai_chat(settings, world.services());
  CO_ASSERT_OK(model);
  Listener listener;
  const auto request = question();
  CallOptions options;
  options.headers.emplace_back("traceparent", "00-1-1-01");
  const auto answer = co_await (*model)->generate(request, &listener, options);
  CO_ASSERT_OK(answer);
  EXPECT_EQ(listener.text(), "Let me look 🌧.");
  CO_ASSERT_EQ(answer->message.parts.size(), 3U);
  EXPECT_EQ(answer->message.parts[0].text, "Let me look 🌧.");
  EXPECT_EQ(answer->message.parts[1].toolCall->id, "call_a");
  EXPECT_EQ(answer->message.parts[1].toolCall->arguments, R"({"town": "Kiel"})");
  EXPECT_EQ(answer->message.parts[2].toolCall->name, "time");
  EXPECT_EQ(answer->message.parts[2].toolCall->arguments, "{}");
  EXPECT_EQ(answer->finish, FinishReason::tool_calls);
  Usage usage;
  usage.inputTokens = 82;
  usage.cachedInputTokens = 64;
  usage.outputTokens = 17;
  usage.reasoningTokens = 5;
  EXPECT_EQ(answer->usage, usage);
  EXPECT_EQ(answer->model, "gpt-4.1-2025-04-14");
  EXPECT_EQ(answer->responseId, "chatcmpl-1");
  const auto& sent = world.provider.requests[0];
  EXPECT_EQ(sent.line(), "POST /chat/completions HTTP/1.1");
  EXPECT_EQ(sent.header("Authorization"), "Bearer key-of-the-test");
  EXPECT_EQ(sent.header("OpenAI-Organization"), "org-1");
  EXPECT_EQ(sent.header("X-Team"), "blue");
  EXPECT_EQ(sent.header("traceparent"), "00-1-1-01");
  EXPECT_EQ(
      sent.body,
      R"({"model":"gpt-4.1","messages":[{"role":"system","content":"Be brief."},)"
      R"({"role":"user","content":"What is it like in Kiel?"}],)"
      R"("tools":[{"type":"function","function":{"name":"weather","description":"The weather of a town",)"
      R"("parameters":{"type":"object","properties":{}}}}],)"
      R"("stream":true,"stream_options":{"include_usage":true}})");
}

MODEL_TEST(OpenaiChat, without_a_listener_takes_the_answer_whole) {
  world.provider.answer(json_answer(
      R"({"id":"c","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"weather","arguments":"{\"town\":\"Kiel\"}"}},{"id":"b","type":"function","function":{"name":"weather","arguments":"{\"town\":\"Rom\"}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":3,"completion_tokens":4}})"));
  const auto request = question();
  const auto answer = co_await model_of(world)->generate(request, nullptr, CallOptions());
  CO_ASSERT_OK(answer);
  CO_ASSERT_EQ(answer->message.parts.size(), 2U);
  EXPECT_EQ(answer->message.parts[1].toolCall->arguments, R"({"town":"Rom"})");
  EXPECT_EQ(answer->usage.outputTokens, 4);
  EXPECT_FALSE(world.provider.requests[0].body.contains("stream"));
}

MODEL_TEST(OpenaiChat, takes_what_compatible_servers_make_of_it) {
  // No index, no id, arguments as an object, thoughts under another name, no usage, no [DONE].
  world.provider.answer(event_answer({
      R"({"choices":[{"delta":{"reasoning_content":"Hm"}}]})",
      R"({"choices":[{"delta":{"reasoning_content":"m."}}],"x_new":{"a":[1]}})",
      R"({"choices":[{"delta":{"content":"","tool_calls":[{"function":{"name":"a","arguments":{"x":1}}}]}}]})",
      R"({"choices":[{"delta":{"tool_calls":[{"id":"call_0","function":{"name":"b","arguments":"{}"}}]},"finish_reason":"stop"}]})",
  }));
  auto request = question();
  Message before;
  before.role = MessageRole::assistant;
  ToolCall call;
  call.id = "call_0";
  call.name = "weather";
  before.parts.emplace_back().toolCall = call;
  request.messages.push_back(before);
  Listener listener;
  const auto answer =
      co_await model_of(world, Provider::openai_compatible)->generate(request, &listener, {});
  CO_ASSERT_OK(answer);
  CO_ASSERT_EQ(answer->message.parts.size(), 3U);
  EXPECT_EQ(answer->message.parts[0].reasoning->text, "Hmm.");
  EXPECT_EQ(answer->message.parts[1].toolCall->arguments, R"({"x":1})");
  EXPECT_FALSE(answer->message.parts[1].toolCall->id.empty());
  EXPECT_EQ(answer->message.parts[2].toolCall->name, "b");
  EXPECT_NE(answer->message.parts[2].toolCall->id, "call_0");
  EXPECT_EQ(answer->finish, FinishReason::tool_calls);
  // It wants its thoughts back together with the calls.
  request.messages.push_back(answer->message);
  auto settings = world.settings(Provider::openai_compatible, "m");
  const auto body = chat_request(settings, request, true);
  CO_ASSERT_OK(body);
  EXPECT_TRUE(json::to_string(*body).contains(R"("reasoning_content":"Hmm.")"));
}

MODEL_TEST(OpenaiChat, half_a_stream_is_no_answer) {
  auto cut = event_answer({kStream.begin(), kStream.begin() + 5});
  cut.cut = true;
  world.provider.answer(cut);
  world.provider.answer(event_answer({kStream.begin(), kStream.begin() + 5}));
  world.provider.answer(event_answer({"{\"choices\":[{\"delta\":{\"conte"}));
  const auto request = question();
  const auto model = model_of(world);
  Listener listener;
  const auto first = co_await model->generate(request, &listener, CallOptions());
  CO_ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code(), Code::unavailable);
  EXPECT_EQ(listener.text(), "Let me look 🌧.");
  const auto second = co_await model->generate(request, &listener, CallOptions());
  CO_ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason(), reason::kInvalidModelAnswer);
  const auto third = co_await model->generate(request, &listener, CallOptions());
  CO_ASSERT_FALSE(third);
  EXPECT_EQ(third.error().reason(), reason::kInvalidModelAnswer);
}

MODEL_TEST(OpenaiChat, faults_in_the_stream_and_before_it) {
  world.provider.answer(event_answer(
      {kStream[0], R"({"error":{"message":"The server had an error","type":"server_error"}})"}));
  FakeAnswer busy = json_answer(
      R"({"error":{"message":"Rate limit reached, your key key-of-the-test","type":"requests","code":"rate_limit_exceeded"}})",
      429);
  busy.headers.emplace_back("Retry-After", "7");
  world.provider.answer(busy);
  const auto request = question();
  const auto model = model_of(world);
  Listener listener;
  const auto first = co_await model->generate(request, &listener, CallOptions());
  CO_ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code(), Code::unavailable);
  const auto second = co_await model->generate(request, &listener, CallOptions());
  CO_ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::resource_exhausted);
  EXPECT_TRUE(second.error().message().contains("openai gpt-4.1")) << second.error().message();
  EXPECT_FALSE(second.error().message().contains("key-of-the-test"));
  CO_ASSERT_EQ(second.error().metadata().size(), 1U);
  EXPECT_EQ(second.error().metadata()[0].second, "7000");
}

MODEL_TEST(OpenaiChat, broken_bytes_and_refusals_come_through) {
  world.provider.answer(event_answer(
      {"{\"choices\":[{\"delta\":{\"content\":\"a\xff\"}}]}",
       R"({"choices":[{"delta":{"refusal":"No."},"finish_reason":"stop"}]})", "[DONE]"}));
  const auto request = question();
  Listener listener;
  const auto answer = co_await model_of(world)->generate(request, &listener, CallOptions());
  CO_ASSERT_OK(answer);
  EXPECT_EQ(text_of(answer->message), "a\xEF\xBF\xBDNo.");
  EXPECT_EQ(answer->finish, FinishReason::content_filter);
}

MODEL_TEST(OpenaiChat, the_callers_key_goes_through_where_configured) {
  auto settings = world.settings(Provider::openai, "m");
  settings.api_key_passthrough = true;
  const auto model = make_openai_chat(settings, world.services());
  CO_ASSERT_OK(model);
  const auto request = question();
  const auto refused = co_await (*model)->generate(request, nullptr, CallOptions());
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::unauthenticated);
  EXPECT_TRUE(world.provider.requests.empty());
  world.provider.answer(event_answer(kStream));
  CallOptions options;
  options.api_key = Secret("of-the-caller");
  Listener listener;
  const auto answer = co_await (*model)->generate(request, &listener, options);
  CO_ASSERT_OK(answer);
  EXPECT_EQ(world.provider.requests[0].header("Authorization"), "Bearer of-the-caller");
}

MODEL_TEST(OpenaiChat, azure_has_paths_and_keys_of_its_own) {
  auto settings = world.settings(Provider::azure_openai, "gpt-4.1");
  settings.azure.deployment = "mine";
  settings.azure.api_version = "2024-10-21";
  const auto model = make_openai_chat(settings, world.services());
  CO_ASSERT_OK(model);
  world.provider.answer(event_answer(kStream));
  const auto request = question();
  Listener listener;
  const auto answer = co_await (*model)->generate(request, &listener, CallOptions());
  CO_ASSERT_OK(answer);
  const auto& sent = world.provider.requests[0];
  EXPECT_EQ(sent.line(),
            "POST /openai/deployments/mine/chat/completions?api-version=2024-10-21 HTTP/1.1");
  EXPECT_EQ(sent.header("api-key"), "key-of-the-test");
  EXPECT_EQ(sent.header("Authorization"), "");
  EXPECT_TRUE(sent.body.starts_with(R"({"model":"mine")"));
  settings.azure.api_version.clear();
  EXPECT_TRUE(openai_url(settings, "/responses").ends_with("/openai/v1/responses"));
  settings.base_url += "/openai/v1/";
  EXPECT_TRUE(openai_url(settings, "/responses").ends_with("/openai/v1/responses"));
}

TEST(OpenaiChatRequest, has_parameters_media_results_and_formats) {
  ModelSettings settings;
  settings.model = "m";
  settings.parameters.temperature = 0.5;
  settings.parameters.max_output_tokens = 100;
  settings.parameters.stop = {"END"};
  settings.parameters.reasoning_effort = "low";
  settings.parameters.extra = json::Object{{"user", "u"}, {"temperature", 1}};
  Request request;
  request.maxOutputTokens = 50;
  request.toolChoice = ToolChoice::required;
  request.tools.emplace_back().name = "t";
  Message user;
  user.parts.emplace_back().text = "See:";
  Media image;
  image.mediaType = "image/png";
  image.base64 = "AAAA";
  user.parts.emplace_back().media = image;
  Media sound = image;
  sound.mediaType = "audio/mpeg";
  user.parts.emplace_back().media = sound;
  Media paper = image;
  paper.mediaType = "application/pdf";
  paper.name = "a.pdf";
  user.parts.emplace_back().media = paper;
  request.messages.push_back(user);
  Message calls;
  calls.role = MessageRole::assistant;
  ToolCall call;
  call.id = std::string(60, 'x');
  call.name = "t";
  call.arguments = "{broken";
  calls.parts.emplace_back().toolCall = call;
  request.messages.push_back(calls);
  Message results;
  results.role = MessageRole::tool;
  ToolResult result;
  result.callId = call.id;
  result.name = "t";
  result.text = "no";
  result.isError = true;
  result.media.push_back(image);
  results.parts.emplace_back().toolResult = result;
  request.messages.push_back(results);
  OutputFormat format;
  format.name = "out";
  format.schema =
      *json::parse(R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a"]})")
           ->if_object();
  request.output = format;
  const auto body = chat_request(settings, request, false);
  ASSERT_TRUE(body) << body.error().message();
  const auto id = openai_call_id(call.id);
  EXPECT_LE(id.size(), 40U);
  EXPECT_EQ(
      json::to_string(*body),
      R"({"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"See:"},)"
      R"({"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},)"
      R"({"type":"input_audio","input_audio":{"data":"AAAA","format":"mp3"}},)"
      R"({"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,AAAA"}}]},)"
      R"({"role":"assistant","content":null,"tool_calls":[{"id":")" +
          id +
          R"(","type":"function","function":{"name":"t","arguments":"{broken"}}]},)"
          R"({"role":"tool","tool_call_id":")" +
          id +
          R"(","content":"Error: no"},)"
          R"({"role":"user","content":[{"type":"text","text":"Of the tool t:"},)"
          R"({"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}],)"
          R"("tools":[{"type":"function","function":{"name":"t","parameters":{"type":"object","properties":{}}}}],)"
          R"("tool_choice":"required",)"
          R"("response_format":{"type":"json_schema","json_schema":{"name":"out","schema":)"
          R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false},)"
          R"("strict":true}},"temperature":1,"max_completion_tokens":50,"stop":["END"],)"
          R"("reasoning_effort":"low","user":"u"})");
}

TEST(OpenaiChatRequest, refuses_what_the_api_cannot_take) {
  ModelSettings settings;
  Request request;
  Message user;
  Media media;
  media.mediaType = "video/mp4";
  media.base64 = "AAAA";
  user.parts.emplace_back().media = media;
  request.messages.push_back(user);
  const auto body = chat_request(settings, request, false);
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().code(), Code::invalid_argument);
  EXPECT_EQ(body.error().violations()[0].field, "/messages/0/parts/0");
  settings.parameters.top_k = 3;
  EXPECT_FALSE(check_openai_settings(settings));
  settings.provider = Provider::openai_compatible;
  EXPECT_FALSE(check_openai_settings(settings));
  settings.base_url = "http://x/v1";
  EXPECT_TRUE(check_openai_settings(settings));
}

MODEL_TEST(OpenaiEmbeddings, ask_in_batches_and_keep_the_order) {
  const auto vectors = [](std::size_t count) {
    std::string body = R"({"object":"list","data":[)";
    for (std::size_t i = count; i-- > 0;)
      body += R"({"object":"embedding","index":)" + std::to_string(i) + R"(,"embedding":[)" +
              std::to_string(i) + R"(,0.5]})" + (i == 0 ? "" : ",");
    return json_answer(body + R"(],"usage":{"prompt_tokens":5}})");
  };
  world.provider.answer(vectors(kEmbeddingBatch));
  world.provider.answer(vectors(2));
  world.provider.answer(vectors(1));
  const auto model = make_openai_embeddings(
      world.settings(Provider::openai, "text-embedding-3-small"), world.services());
  CO_ASSERT_OK(model);
  const std::vector<std::string> texts(kEmbeddingBatch + 2, "x");
  const auto made = co_await (*model)->embed(texts, CallOptions());
  CO_ASSERT_OK(made);
  CO_ASSERT_EQ(made->vectors.size(), texts.size());
  EXPECT_EQ(made->vectors[3][0], 3.0F);
  EXPECT_EQ(made->vectors[kEmbeddingBatch + 1][0], 1.0F);
  EXPECT_EQ(made->usage.inputTokens, 10);
  const std::vector<std::string> two{"a", "b"};
  const auto short_of_one = co_await (*model)->embed(two, CallOptions());
  CO_ASSERT_FALSE(short_of_one);
  EXPECT_EQ(short_of_one.error().reason(), reason::kInvalidModelAnswer);
}

}  // namespace
}  // namespace flotilla::llm
