#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>
#include <functional>

#include "async/task_group.h"
#include "llm/aws_event_stream_testing_internal.h"
#include "llm/fake_provider_testing_internal.h"

/// What every provider must stand: the same misfortunes on each wire.
namespace flotilla::llm {
namespace {

using testing::FakeAnswer;
using testing::json_answer;
using testing::Listener;
using testing::ModelWorld;

enum class Framing : std::uint8_t { events, lines, frames };

/// How a provider streams. In the texts, TEXT and ARGUMENTS stand for what is given.
struct Wire {
  std::string name;
  Provider provider;
  ApiFormat format = ApiFormat::chat_completions;
  std::string model;
  Framing framing = Framing::events;
  std::vector<std::string> start = {};
  std::string text;                 // a piece of text
  std::vector<std::string> call;    // a call whose arguments are ARGUMENTS, in a string of JSON
  bool arguments_are_json = false;  // the wire cannot carry others
  std::vector<std::string> stop;
  std::vector<std::string> unknown;  // what a later version might send
};

std::vector<Wire> wires() {
  const std::string chat =
      R"({"id":"c","model":"m","choices":[{"index":0,"delta":{DELTA},"finish_reason":null}]})";
  const auto delta = [&](std::string_view members) {
    std::string out = chat;
    return out.replace(out.find("DELTA"), 5, members);
  };
  return {
      Wire{
          .name = "openai chat",
          .provider = Provider::openai,
          .model = "gpt-4o",
          .start = {delta(R"("role":"assistant","content":"")")},
          .text = delta(R"("content":"TEXT")"),
          .call = {delta(
              R"("tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"ARGUMENTS"}}])")},
          .stop = {R"({"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})",
                   "[DONE]"},
          .unknown = {R"({"id":"c","choices":[],"newer":{"a":[1]}})"}},
      Wire{
          .name = "openai responses",
          .provider = Provider::openai,
          .format = ApiFormat::responses,
          .model = "gpt-5",
          .start = {R"({"type":"response.created","response":{"id":"r","status":"in_progress"}})"},
          .text =
              R"({"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"TEXT"})",
          .call =
              {R"({"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","id":"fc","call_id":"c1","name":"f","arguments":""}})",
               R"({"type":"response.function_call_arguments.delta","output_index":1,"delta":"ARGUMENTS"})"},
          .stop =
              {R"({"type":"response.completed","response":{"id":"r","status":"completed","output":[]}})"},
          .unknown = {R"({"type":"response.newer","output_index":7,"newer":true})"}},
      Wire{
          .name = "ollama",
          .provider = Provider::ollama,
          .model = "llama",
          .framing = Framing::lines,
          .text =
              R"({"model":"llama","message":{"role":"assistant","content":"TEXT"},"done":false})",
          .call =
              {R"({"model":"llama","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":"ARGUMENTS"}}]},"done":false})"},
          .arguments_are_json = true,
          .stop =
              {R"({"model":"llama","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"})"},
          .unknown =
              {R"({"model":"llama","message":{"role":"assistant","content":"","newer":1},"newer":[],"done":false})"}},
      Wire{
          .name = "anthropic",
          .provider = Provider::anthropic,
          .model = "claude-sonnet-4-6",
          .start =
              {R"({"type":"message_start","message":{"id":"m","model":"claude","newer":1}})",
               R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})"},
          .text =
              R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"TEXT"}})",
          .call =
              {R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"c1","name":"f","input":{}}})",
               R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"ARGUMENTS"}})"},
          .stop = {R"({"type":"message_delta","delta":{"stop_reason":"end_turn"}})",
                   R"({"type":"message_stop"})"},
          .unknown =
              {R"({"type":"newer","index":5})",
               R"({"type":"content_block_start","index":8,"content_block":{"type":"newer","x":1}})",
               R"({"type":"content_block_delta","index":8,"delta":{"type":"newer_delta"}})",
               R"({"type":"content_block_delta","index":0,"delta":{"type":"newer_delta"}})",
               R"({"type":"content_block_stop","index":8})"}},
      Wire{
          .name = "gemini",
          .provider = Provider::gemini,
          .model = "gemini-3-pro",
          .text = R"({"candidates":[{"content":{"parts":[{"text":"TEXT"}],"role":"model"}}]})",
          .call =
              {R"({"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":"ARGUMENTS"}}]}}]})"},
          .arguments_are_json = true,
          .stop = {R"({"candidates":[{"finishReason":"STOP"}]})"},
          .unknown =
              {R"({"candidates":[{"content":{"parts":[{"newer":{}}],"role":"model"},"newer":1}],"newer":[]})"}},
      Wire{
          .name = "bedrock",
          .provider = Provider::bedrock,
          .model = "amazon.nova-pro-v1:0",
          .framing = Framing::frames,
          .start = {R"(messageStart {"role":"assistant"})"},
          .text = R"(contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"TEXT"}})",
          .call =
              {R"(contentBlockStart {"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"c1","name":"f"}}})",
               R"(contentBlockDelta {"contentBlockIndex":1,"delta":{"toolUse":{"input":"ARGUMENTS"}}})"},
          .stop = {R"(messageStop {"stopReason":"end_turn"})",
                   R"(metadata {"usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2}})"},
          .unknown = {R"(newer {"contentBlockIndex":1})",
                      R"(contentBlockDelta {"contentBlockIndex":0,"delta":{"newer":{}}})"}},
  };
}

std::string piece(const Wire& wire, const std::string& text) {
  if (wire.framing == Framing::events) return "data: " + text + "\n\n";
  if (wire.framing == Framing::lines) return text + "\n";
  const auto space = text.find(' ');
  return testing::event(text.substr(0, space), text.substr(space + 1));
}

std::string with(std::string text, std::string_view name, std::string_view value) {
  const auto at = text.find(name);
  return at == std::string::npos ? text : text.replace(at, name.size(), value);
}

FakeAnswer stream_of(const Wire& wire, const std::vector<std::vector<std::string>>& parts) {
  FakeAnswer answer;
  answer.type = "text/event-stream";
  for (const auto& part : parts) {
    for (const auto& text : part) answer.pieces.push_back(piece(wire, text));
  }
  return answer;
}

std::vector<std::string> text_of_wire(const Wire& wire, std::string_view text) {
  return {with(wire.text, "TEXT", text)};
}

Request question() {
  Request request;
  request.messages.push_back(text_message(MessageRole::user, "Hi"));
  Tool tool;
  tool.name = "f";
  request.tools.push_back(tool);
  return request;
}

Result<std::shared_ptr<Model>> model_of(ModelWorld& world, const Wire& wire, int attempts = 1) {
  auto settings = world.settings(wire.provider, wire.model);
  settings.api_format = wire.format;
  settings.attempts = attempts;
  settings.bedrock.region = "eu-west-1";
  return make_model(std::move(settings), world.services());
}

using Outcome = std::optional<Result<Answer>>;

Async<> ask(Model& model, const Request& request, Listener& listener, Outcome& out) {
  out = co_await model.generate(request, &listener, CallOptions());
}

MODEL_TEST(Providers, calls_keep_arguments_that_are_no_json) {
  for (const auto& wire : wires()) {
    const auto model = model_of(world, wire);
    CO_ASSERT_OK(model);
    auto call = wire.call;
    for (auto& text : call) text = with(text, "ARGUMENTS", R"({\"a\": )");
    world.provider.answer(stream_of(wire, {wire.start, call, wire.stop}));
    Listener listener;
    const auto request = question();
    const auto answer = co_await (*model)->generate(request, &listener, CallOptions());
    if (!answer) {
      EXPECT_TRUE(wire.arguments_are_json) << wire.name << answer.error().message();
      EXPECT_EQ(answer.error().reason(), reason::kInvalidModelAnswer) << wire.name;
      continue;
    }
    EXPECT_EQ(answer->message.parts.size(), 1U) << wire.name;
    if (answer->message.parts.empty()) continue;
    EXPECT_TRUE(answer->message.parts[0].toolCall->arguments.contains("{")) << wire.name;
    // What was said goes back to the model: the next request can be made of it.
    auto next = question();
    next.messages.push_back(answer->message);
    Part result;
    result.toolResult.emplace();
    result.toolResult->callId = answer->message.parts[0].toolCall->id;
    result.toolResult->name = "f";
    result.toolResult->text = "the arguments are no JSON";
    result.toolResult->isError = true;
    Message tool;
    tool.role = MessageRole::tool;
    tool.parts.push_back(result);
    next.messages.push_back(tool);
    world.provider.answer(stream_of(wire, {wire.start, text_of_wire(wire, "sorry"), wire.stop}));
    const auto second = co_await (*model)->generate(next, &listener, CallOptions());
    EXPECT_TRUE(second.has_value()) << wire.name;
  }
}

MODEL_TEST(Providers, half_a_stream_is_no_answer) {
  for (const auto& wire : wires()) {
    const auto model = model_of(world, wire);
    CO_ASSERT_OK(model);
    const auto request = question();
    for (const bool cut : {true, false}) {
      auto half = stream_of(wire, {wire.start, text_of_wire(wire, "half")});
      half.cut = cut;
      world.provider.answer(half);
      Listener listener;
      const auto answer = co_await (*model)->generate(request, &listener, CallOptions());
      CO_ASSERT_FALSE(answer.has_value());
      EXPECT_TRUE(answer.error().code() == Code::unavailable ||
                  answer.error().reason() == reason::kInvalidModelAnswer)
          << wire.name << ": " << answer.error().message();
      EXPECT_NE(answer.error().message().find(wire.model), std::string::npos) << wire.name;
      EXPECT_EQ(listener.text(), "half") << wire.name;
    }
  }
}

MODEL_TEST(Providers, a_broken_stream_is_asked_again_and_the_listener_told) {
  for (const auto& wire : wires()) {
    const auto model = model_of(world, wire, 2);
    CO_ASSERT_OK(model);
    auto half = stream_of(wire, {wire.start, text_of_wire(wire, "half")});
    half.cut = true;
    world.provider.answer(half);
    world.provider.answer(stream_of(wire, {wire.start, text_of_wire(wire, "whole"), wire.stop}));
    Listener listener;
    const auto request = question();
    TaskGroup group(co_await boost::asio::this_coro::executor);
    Outcome answer;
    group.spawn(ask(**model, request, listener, answer));
    while (!answer) {
      co_await ::flotilla::testing::settle();
      world.clock.advance(std::chrono::seconds(1));
    }
    co_await group.join();
    CO_ASSERT_OK(*answer);
    EXPECT_EQ(text_of((*answer)->message), "whole") << wire.name;
    EXPECT_EQ(listener.text(), "whole") << wire.name;
    EXPECT_EQ(listener.restarts, 1) << wire.name;
  }
}

MODEL_TEST(Providers, a_storm_of_429_ends_after_its_attempts) {
  for (const auto& wire : wires()) {
    const auto model = model_of(world, wire, 3);
    CO_ASSERT_OK(model);
    const auto before = world.provider.requests.size();
    for (int i = 0; i < 3; ++i) {
      auto busy = json_answer(R"({"error":{"message":"slow down"},"message":"slow down"})", 429);
      busy.headers.emplace_back("Retry-After", "1");
      world.provider.answer(busy);
    }
    Listener listener;
    const auto request = question();
    TaskGroup group(co_await boost::asio::this_coro::executor);
    Outcome answer;
    group.spawn(ask(**model, request, listener, answer));
    while (!answer) {
      co_await ::flotilla::testing::settle();
      world.clock.advance(std::chrono::milliseconds(300));
    }
    co_await group.join();
    CO_ASSERT_FALSE(answer->has_value());
    EXPECT_EQ(answer->error().code(), Code::resource_exhausted) << wire.name;
    EXPECT_EQ(world.provider.requests.size() - before, 3U) << wire.name;
  }
}

MODEL_TEST(Providers, pieces_are_heard_while_the_rest_is_slow_and_silence_ends) {
  for (const auto& wire : wires()) {
    const auto model = model_of(world, wire);
    CO_ASSERT_OK(model);
    auto slow = stream_of(wire, {wire.start, text_of_wire(wire, "first")});
    slow.open = true;
    world.provider.answer(slow);
    Listener listener;
    const auto request = question();
    TaskGroup group(co_await boost::asio::this_coro::executor);
    Outcome answer;
    group.spawn(ask(**model, request, listener, answer));
    while (listener.deltas.empty()) co_await ::flotilla::testing::settle();
    EXPECT_EQ(listener.text(), "first") << wire.name;
    EXPECT_FALSE(answer.has_value()) << wire.name;
    while (!answer) {
      world.clock.advance(std::chrono::minutes(1));
      co_await ::flotilla::testing::settle();
    }
    co_await group.join();
    CO_ASSERT_FALSE(answer->has_value());
    EXPECT_EQ(answer->error().code(), Code::deadline_exceeded)
        << wire.name << answer->error().message();
  }
}

MODEL_TEST(Providers, a_cancelled_call_ends_its_request) {
  for (const auto& wire : wires()) {
    const auto model = model_of(world, wire);
    CO_ASSERT_OK(model);
    auto slow = stream_of(wire, {wire.start, text_of_wire(wire, "first")});
    slow.open = true;
    world.provider.answer(slow);
    Listener listener;
    const auto request = question();
    TaskGroup group(co_await boost::asio::this_coro::executor);
    Outcome answer;
    group.spawn(ask(**model, request, listener, answer));
    while (listener.deltas.empty()) co_await ::flotilla::testing::settle();
    const int before = world.provider.closed;
    group.cancel();
    co_await group.join();
    EXPECT_FALSE(answer.has_value()) << wire.name;
    while (world.provider.closed == before) co_await ::flotilla::testing::settle();
  }
}

MODEL_TEST(Providers, ten_mebibytes_of_text_arrive_whole) {
  const std::string block(std::size_t{64} << 10, 'x');
  for (const auto& wire : wires()) {
    const auto model = model_of(world, wire);
    CO_ASSERT_OK(model);
    std::vector<std::string> texts(160, with(wire.text, "TEXT", block));
    world.provider.answer(stream_of(wire, {wire.start, texts, wire.stop}));
    Listener listener;
    const auto request = question();
    const auto answer = co_await (*model)->generate(request, &listener, CallOptions());
    CO_ASSERT_OK(answer);
    EXPECT_EQ(text_of(answer->message).size(), std::size_t{10} << 20) << wire.name;
    EXPECT_EQ(listener.deltas.size(), 160U) << wire.name;
  }
}

MODEL_TEST(Providers, broken_utf8_becomes_replacement_characters) {
  for (const auto& wire : wires()) {
    const auto model = model_of(world, wire);
    CO_ASSERT_OK(model);
    world.provider.answer(
        stream_of(wire, {wire.start, text_of_wire(wire, "a\xff\xe2\x82 b"), wire.stop}));
    Listener listener;
    const auto request = question();
    const auto answer = co_await (*model)->generate(request, &listener, CallOptions());
    CO_ASSERT_OK(answer);
    EXPECT_TRUE(text_of(answer->message).starts_with("a\xEF\xBF\xBD")) << wire.name;
    EXPECT_TRUE(text_of(answer->message).ends_with(" b")) << wire.name;
  }
}

MODEL_TEST(Providers, what_is_newer_is_passed_over) {
  for (const auto& wire : wires()) {
    const auto model = model_of(world, wire);
    CO_ASSERT_OK(model);
    world.provider.answer(stream_of(
        wire, {wire.start, wire.unknown, text_of_wire(wire, "known"), wire.unknown, wire.stop}));
    Listener listener;
    const auto request = question();
    const auto answer = co_await (*model)->generate(request, &listener, CallOptions());
    CO_ASSERT_OK(answer);
    EXPECT_EQ(text_of(answer->message), "known") << wire.name;
    EXPECT_EQ(answer->message.parts.size(), 1U) << wire.name;
  }
}

MODEL_TEST(Providers, what_is_no_json_is_no_answer) {
  for (const auto& wire : wires()) {
    const auto model = model_of(world, wire);
    CO_ASSERT_OK(model);
    const auto request = question();
    for (const auto* broken : {"{\"a\":", "[]", "3"}) {
      const std::string text =
          wire.framing == Framing::frames ? "contentBlockDelta " + std::string(broken) : broken;
      world.provider.answer(stream_of(wire, {wire.start, {text}, wire.stop}));
      Listener listener;
      const auto answer = co_await (*model)->generate(request, &listener, CallOptions());
      CO_ASSERT_FALSE(answer.has_value());
      EXPECT_EQ(answer.error().reason(), reason::kInvalidModelAnswer) << wire.name << broken;
    }
  }
}

}  // namespace
}  // namespace flotilla::llm
