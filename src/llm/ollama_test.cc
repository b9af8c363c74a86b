#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>

#include "json/json.h"
#include "llm/fake_provider_testing_internal.h"
#include "llm/ollama_internal.h"
#include "llm/providers_internal.h"

namespace flotilla::llm {
namespace {

using testing::FakeAnswer;
using testing::json_answer;
using testing::Listener;
using testing::ModelWorld;
using testing::question;

FakeAnswer lines(const std::vector<std::string>& texts) {
  FakeAnswer answer;
  answer.type = "application/x-ndjson";
  for (const auto& text : texts) answer.pieces.push_back(text + "\n");
  return answer;
}

const std::vector<std::string> kStream{
    R"({"model":"qwen3","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"","thinking":"Hm"},"done":false})",
    R"({"model":"qwen3","message":{"role":"assistant","content":"","thinking":"m."},"done":false})",
    R"({"model":"qwen3","message":{"role":"assistant","content":"Let me "},"done":false})",
    R"({"model":"qwen3","message":{"role":"assistant","content":"look 🌧."},"done":false})",
    R"({"model":"qwen3","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"weather","arguments":{"town":"Kiel"}}},{"function":{"name":"time","arguments":{}}}]},"done":false})",
    R"({"model":"qwen3","message":{"role":"assistant","content":""},"done_reason":"stop","done":true,"total_duration":1,"prompt_eval_count":26,"eval_count":9})"};

ModelPtr model_of(ModelWorld& world) {
  auto settings = world.settings(Provider::ollama, "qwen3");
  settings.api_key = Secret();
  settings.parameters.temperature = 0.5;
  settings.parameters.max_output_tokens = 99;
  settings.parameters.reasoning_effort = "high";
  settings.ollama_options = json::Object{{"num_ctx", 8192}};
  return *make_ollama(settings, world.services());
}

MODEL_TEST(Ollama, streams_thoughts_text_and_calls) {
  auto streamed = lines(kStream);
  streamed.slice = 7;
  world.provider.answer(streamed);
  Listener listener;
  const auto request = question();
  const auto answer = co_await model_of(world)->generate(request, &listener, CallOptions());
  CO_ASSERT_OK(answer);
  EXPECT_EQ(listener.text(), "Let me look 🌧.");
  CO_ASSERT_EQ(answer->message.parts.size(), 4U);
  EXPECT_EQ(answer->message.parts[0].reasoning->text, "Hmm.");
  EXPECT_EQ(answer->message.parts[2].toolCall->arguments, R"({"town":"Kiel"})");
  EXPECT_NE(answer->message.parts[2].toolCall->id, answer->message.parts[3].toolCall->id);
  EXPECT_EQ(answer->finish, FinishReason::tool_calls);
  EXPECT_EQ(answer->usage.inputTokens, 26);
  EXPECT_EQ(answer->usage.outputTokens, 9);
  const auto& sent = world.provider.requests[0];
  EXPECT_EQ(sent.line(), "POST /api/chat HTTP/1.1");
  EXPECT_EQ(sent.header("Authorization"), "");
  EXPECT_EQ(
      sent.body,
      R"({"model":"qwen3","messages":[{"role":"system","content":"Be brief."},)"
      R"({"role":"user","content":"What is it like in Kiel?"}],"stream":true,)"
      R"("tools":[{"type":"function","function":{"name":"weather","description":"The weather of a town","parameters":{"type":"object","properties":{}}}}],)"
      R"("think":true,"options":{"temperature":0.5,"num_predict":99,"num_ctx":8192}})");
}

MODEL_TEST(Ollama, takes_a_whole_answer_and_the_connection_again) {
  for (int i = 0; i < 2; ++i) {
    world.provider.answer(json_answer(
        R"({"model":"qwen3","message":{"role":"assistant","content":"Hi"},"done_reason":"length","done":true,"eval_count":1})"));
    const auto request = question();
    const auto answer = co_await model_of(world)->generate(request, nullptr, CallOptions());
    CO_ASSERT_OK(answer);
    EXPECT_EQ(text_of(answer->message), "Hi");
    EXPECT_EQ(answer->finish, FinishReason::length);
  }
  EXPECT_EQ(world.provider.connections, 1);
}

MODEL_TEST(Ollama, faults_cuts_and_half_streams) {
  world.provider.answer(json_answer(R"({"error":"model 'qwen3' not found"})", 404));
  world.provider.answer(lines({kStream[2], R"({"error":"llama runner process has terminated"})"}));
  world.provider.answer(lines({kStream[2], kStream[3]}));
  auto cut = lines({kStream[2], kStream[3]});
  cut.cut = true;
  world.provider.answer(cut);
  world.provider.answer(lines({"{\"message\":"}));
  const auto model = model_of(world);
  const auto request = question();
  const std::vector<Code> codes{Code::not_found, Code::unavailable, Code::internal,
                                Code::unavailable, Code::internal};
  for (const auto code : codes) {
    Listener listener;
    const auto answer = co_await model->generate(request, &listener, CallOptions());
    CO_ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), code) << answer.error().message();
  }
}

TEST(OllamaRequest, has_images_texts_calls_and_results) {
  ModelSettings settings;
  settings.model = "gpt-oss:20b";
  settings.parameters.reasoning_effort = "medium";
  Request request;
  request.toolChoice = ToolChoice::none;
  request.tools.emplace_back().name = "t";
  Message user;
  user.parts.emplace_back().text = "See";
  Media image;
  image.mediaType = "image/png";
  image.base64 = "AAAA";
  user.parts.emplace_back().media = image;
  Media note;
  note.mediaType = "text/plain";
  note.name = "n.txt";
  note.base64 = "aGk=";
  user.parts.emplace_back().media = note;
  request.messages.push_back(user);
  Message calls;
  calls.role = MessageRole::assistant;
  calls.parts.emplace_back().reasoning = Reasoning{.text = "Hm", .signature = {}};
  ToolCall call;
  call.id = "c";
  call.name = "t";
  call.arguments = R"({"a":1})";
  calls.parts.emplace_back().toolCall = call;
  request.messages.push_back(calls);
  Message results;
  results.role = MessageRole::tool;
  ToolResult result;
  result.callId = "c";
  result.name = "t";
  result.text = "42";
  results.parts.emplace_back().toolResult = result;
  request.messages.push_back(results);
  request.output.emplace().schema = json::Object{{"type", "object"}};
  const auto body = ollama_request(settings, request, false);
  ASSERT_TRUE(body) << body.error().message();
  EXPECT_EQ(
      json::to_string(*body),
      R"({"model":"gpt-oss:20b","messages":[{"role":"user","content":"See\n\nn.txt:\nhi","images":["AAAA"]},)"
      R"({"role":"assistant","content":"","thinking":"Hm","tool_calls":[{"function":{"name":"t","arguments":{"a":1}}}]},)"
      R"({"role":"tool","content":"42","tool_name":"t"}],"stream":false,"format":{"type":"object"},"think":"medium"})");
  request.messages[0].parts[1].media->mediaType = "audio/wav";
  const auto refused = ollama_request(settings, request, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().violations()[0].field, "/messages/0/parts/1");
}

MODEL_TEST(Ollama, embeds) {
  world.provider.answer(json_answer(
      R"({"model":"nomic","embeddings":[[1,0.5],[0,2]],"total_duration":1,"prompt_eval_count":4})"));
  const auto model =
      make_ollama_embeddings(world.settings(Provider::ollama, "nomic"), world.services());
  CO_ASSERT_OK(model);
  const std::vector<std::string> texts{"a", "b"};
  const auto made = co_await (*model)->embed(texts, CallOptions());
  CO_ASSERT_OK(made);
  EXPECT_EQ(made->vectors, (std::vector<std::vector<float>>{{1, 0.5}, {0, 2}}));
  EXPECT_EQ(made->usage.inputTokens, 4);
  EXPECT_EQ(world.provider.requests[0].line(), "POST /api/embed HTTP/1.1");
}

}  // namespace
}  // namespace flotilla::llm
