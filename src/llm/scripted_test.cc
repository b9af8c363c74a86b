#include "llm/scripted.h"

#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>

#include "json/json.h"
#include "llm/fake_provider_testing_internal.h"
#include "llm/retry.h"
#include "llm/settings.h"

namespace flotilla::llm {
namespace {

using testing::Listener;
using testing::ModelWorld;

Result<std::shared_ptr<Model>> scripted(ModelWorld& world, std::string_view yaml,
                                        int attempts = 1) {
  ModelSettings settings;
  settings.provider = Provider::scripted;
  settings.model = "script";
  settings.attempts = attempts;
  settings.script = *json::parse_yaml(yaml);
  return make_model(std::move(settings), world.services());
}

Request asking(std::string text) {
  Request request;
  request.messages.push_back(text_message(MessageRole::user, std::move(text)));
  return request;
}

void add_result(Request& request, const Answer& answer, std::string text) {
  request.messages.push_back(answer.message);
  Message results;
  results.role = MessageRole::tool;
  for (const auto& part : answer.message.parts) {
    if (!part.toolCall) continue;
    ToolResult result;
    result.callId = part.toolCall->id;
    result.name = part.toolCall->name;
    result.text = text;
    results.parts.emplace_back().toolResult = std::move(result);
  }
  request.messages.push_back(std::move(results));
}

constexpr std::string_view kWeather = R"(
answers:
  - when: {tool: weather}
    text: "It says: {{result.weather}}."
  - when: {input: WEATHER}
    reasoning: A town is named.
    toolCalls:
      - {name: weather, arguments: {question: "{{input}}", days: 2}}
      - {name: time}
  - text: "You said {{input}}; {{other}} stays? No: it is refused at once."
)";

MODEL_TEST(Scripted, refuses_placeholders_that_it_does_not_know) {
  const auto model = scripted(world, kWeather);
  CO_ASSERT_FALSE(model);
  CO_ASSERT_EQ(model.error().violations().size(), 1U);
  EXPECT_EQ(model.error().violations()[0].field, "/spec/script/answers/2/text");
}

MODEL_TEST(Scripted, answers_by_the_conversation_alone) {
  const auto model = scripted(world, R"(
answers:
  - when: {tool: weather}
    text: "It says: {{result.weather}}."
  - when: {input: WEATHER}
    reasoning: A town is named.
    toolCalls:
      - {name: weather, arguments: {question: "{{input}}", days: 2}}
      - {name: time}
  - text: "You said {{input}}."
)");
  CO_ASSERT_OK(model);
  auto request = asking("The weather in Kiel?");
  Listener listener;
  for (int again = 0; again < 2; ++again) {
    const auto calls = co_await (*model)->generate(request, &listener, CallOptions());
    CO_ASSERT_OK(calls);
    EXPECT_EQ(calls->finish, FinishReason::tool_calls);
    CO_ASSERT_EQ(calls->message.parts.size(), 3U);
    EXPECT_EQ(calls->message.parts[0].reasoning->text, "A town is named.");
    EXPECT_EQ(calls->message.parts[1].toolCall->id, "call_1_1_1");
    EXPECT_EQ(calls->message.parts[1].toolCall->arguments,
              R"({"question":"The weather in Kiel?","days":2})");
    EXPECT_EQ(calls->message.parts[2].toolCall->arguments, "{}");
    EXPECT_GT(calls->usage.inputTokens, 0);
  }
  const auto calls = co_await (*model)->generate(request, nullptr, CallOptions());
  CO_ASSERT_OK(calls);
  add_result(request, *calls, "rain");
  const auto end = co_await (*model)->generate(request, nullptr, CallOptions());
  CO_ASSERT_OK(end);
  EXPECT_EQ(text_of(end->message), "It says: rain.");
  EXPECT_EQ(end->finish, FinishReason::stop);
  const auto hello = asking("Hello");
  const auto said = co_await (*model)->generate(hello, nullptr, CallOptions());
  CO_ASSERT_OK(said);
  EXPECT_EQ(text_of(said->message), "You said Hello.");
}

MODEL_TEST(Scripted, matches_step_turn_and_instructions) {
  const auto model = scripted(world, R"(
answers:
  - {when: {turn: 2, system: careful}, text: second}
  - {when: {step: 2}, text: after}
  - {text: first, usage: {inputTokens: 7, outputTokens: 9}}
)");
  CO_ASSERT_OK(model);
  auto request = asking("a");
  request.system = "Be CAREFUL.";
  const auto first = co_await (*model)->generate(request, nullptr, CallOptions());
  CO_ASSERT_OK(first);
  EXPECT_EQ(text_of(first->message), "first");
  EXPECT_EQ(first->usage.inputTokens, 7);
  request.messages.push_back(first->message);
  const auto after = co_await (*model)->generate(request, nullptr, CallOptions());
  CO_ASSERT_OK(after);
  EXPECT_EQ(text_of(after->message), "after");
  request.messages.push_back(text_message(MessageRole::user, "b"));
  const auto second = co_await (*model)->generate(request, nullptr, CallOptions());
  CO_ASSERT_OK(second);
  EXPECT_EQ(text_of(second->message), "second");
}

MODEL_TEST(Scripted, streams_in_pieces_and_waits_between) {
  const auto model = scripted(world, R"(
answers:
  - {text: "größer", chunk: 4, pause: 10ms, wait: 1s}
)");
  CO_ASSERT_OK(model);
  Listener listener;
  const auto request = asking("a");
  std::optional<Result<Answer>> answer;
  TaskGroup group(co_await boost::asio::this_coro::executor);
  const auto run = [](Model& asked, const Request& with, Listener& heard,
                      std::optional<Result<Answer>>& out) -> Async<> {
    auto got = co_await asked.generate(with, &heard, CallOptions());
    out.emplace(std::move(got));
  };
  group.spawn(run(**model, request, listener, answer));
  co_await flotilla::testing::settle();
  EXPECT_TRUE(listener.deltas.empty());
  world.clock.advance(std::chrono::seconds(1));
  co_await flotilla::testing::settle();
  EXPECT_EQ(listener.text(), "größ");
  EXPECT_FALSE(answer);
  world.clock.advance(std::chrono::milliseconds(10));
  co_await group.join();
  CO_ASSERT_TRUE(answer && *answer);
  EXPECT_EQ(listener.text(), "größer");
  EXPECT_EQ(listener.deltas.size(), 2U);
}

MODEL_TEST(Scripted, fails_as_often_as_it_says) {
  const auto model = scripted(world, R"(
answers:
  - {when: {input: never}, fail: {status: 400, message: wrong}}
  - {when: {input: long}, fail: {status: 400, message: the prompt is too long}}
  - {when: {input: cut}, text: abcdef, chunk: 1, cutAfter: 2}
  - {fail: {status: 429, retryAfter: 3s, times: 1}, text: then}
)");
  CO_ASSERT_OK(model);
  const auto busy = asking("x");
  const auto refused = co_await (*model)->generate(busy, nullptr, CallOptions());
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::resource_exhausted);
  EXPECT_EQ(wait_asked_by(refused.error()), std::chrono::seconds(3));
  const auto then = co_await (*model)->generate(busy, nullptr, CallOptions());
  EXPECT_TRUE(then && text_of(then->message) == "then");
  const auto never = asking("never");
  const auto wrong = co_await (*model)->generate(never, nullptr, CallOptions());
  CO_ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code(), Code::invalid_argument);
  const auto much = asking("long");
  const auto too_long = co_await (*model)->generate(much, nullptr, CallOptions());
  CO_ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().reason(), reason::kModelContextExceeded);
  Listener listener;
  const auto half = asking("cut");
  const auto cut = co_await (*model)->generate(half, &listener, CallOptions());
  CO_ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code(), Code::unavailable);
  EXPECT_EQ(listener.text(), "ab");
}

MODEL_TEST(Scripted, says_when_nothing_fits) {
  const auto model = scripted(world, "answers: [{when: {input: a}, text: b}]");
  CO_ASSERT_OK(model);
  const auto request = asking("zzz");
  const auto answer = co_await (*model)->generate(request, nullptr, CallOptions());
  CO_ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::invalid_argument);
  EXPECT_TRUE(answer.error().message().contains("zzz")) << answer.error().message();
}

MODEL_TEST(Scripted, repeats_up_to_ten_mebibytes_and_takes_arguments_as_text) {
  const auto model = scripted(world, R"(
answers:
  - {when: {input: much}, text: "0123456789", repeat: 1048576}
  - toolCalls: [{name: t, arguments: "{broken"}]
)");
  CO_ASSERT_OK(model);
  const auto much = asking("much");
  const auto big = co_await (*model)->generate(much, nullptr, CallOptions());
  CO_ASSERT_OK(big);
  EXPECT_EQ(text_of(big->message).size(), std::size_t{10} << 20);
  const auto other = asking("x");
  const auto broken = co_await (*model)->generate(other, nullptr, CallOptions());
  CO_ASSERT_OK(broken);
  EXPECT_EQ(broken->message.parts[0].toolCall->arguments, "{broken");
}

TEST(Script, faults_name_their_fields) {
  const auto fault = [](std::string_view yaml) {
    const auto script = read_script(*json::parse_yaml(yaml), "/spec/script");
    if (script) return std::string();
    const auto& faults = script.error().violations();
    return faults.empty() ? script.error().message() : faults.front().field;
  };
  EXPECT_EQ(fault("answers: [{text: a}]"), "");
  EXPECT_EQ(fault("[]"), "/spec/script");
  EXPECT_EQ(fault("answers: [{}]"), "/spec/script/answers/0");
  EXPECT_EQ(fault("answers: [{txt: a}]"), "/spec/script/answers/0/txt");
  EXPECT_EQ(fault("answers: [{text: a, repeat: 0}]"), "/spec/script/answers/0/repeat");
  EXPECT_EQ(fault("answers: [{text: a, wait: 2h}]"), "/spec/script/answers/0/wait");
  EXPECT_EQ(fault("answers: [{fail: {status: 200}}]"), "/spec/script/answers/0/fail/status");
  EXPECT_EQ(fault("answers: [{fail: {times: 1}}]"), "/spec/script/answers/0");
  EXPECT_EQ(fault("answers: [{toolCalls: [{name: ''}]}]"),
            "/spec/script/answers/0/toolCalls/0/name");
  EXPECT_EQ(fault("answers: [{text: a}]\ndimension: 0"), "/spec/script/dimension");
}

MODEL_TEST(Scripted, texts_with_the_same_words_are_near) {
  ModelSettings settings;
  settings.provider = Provider::scripted;
  settings.model = "words";
  const auto model = make_embedding_model(settings, world.services());
  CO_ASSERT_OK(model);
  const std::vector<std::string> texts{"the red ship sails", "a ship, RED, sails the sea",
                                       "quarterly tax report"};
  const auto made = co_await (*model)->embed(texts, CallOptions());
  CO_ASSERT_OK(made);
  CO_ASSERT_EQ(made->vectors.size(), 3U);
  EXPECT_EQ(made->vectors[0].size(), 64U);
  const auto near = [&](std::size_t a, std::size_t b) {
    float sum = 0;
    for (std::size_t i = 0; i < 64; ++i) sum += made->vectors[a][i] * made->vectors[b][i];
    return sum;
  };
  EXPECT_GT(near(0, 1), near(0, 2) + 0.3F);
}

}  // namespace
}  // namespace flotilla::llm
