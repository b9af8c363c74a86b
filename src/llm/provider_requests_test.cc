#include <gtest/gtest.h>

#include "json/json.h"
#include "json/map.h"
#include "llm/anthropic_wire_internal.h"
#include "llm/bedrock_wire_internal.h"
#include "llm/gemini_wire_internal.h"
#include "llm/request_parts_internal.h"

namespace flotilla::llm {
namespace {

constexpr std::string_view kConversation = R"({
  "system": "Be brief.",
  "messages": [
    {"role": "user", "parts": [
      {"text": "What is this?"},
      {"media": {"mediaType": "image/png", "base64": "iVBORw0KGgo="}},
      {"media": {"mediaType": "application/pdf", "base64": "JVBERi0=", "name": "a/b.pdf"}}]},
    {"role": "assistant", "parts": [
      {"reasoning": {"text": "A thought", "signature": "SCHEME:c2VhbA=="}},
      {"reasoning": {"text": "Another's", "signature": "nobody:c2VhbA=="}},
      {"text": "I will look."},
      {"text": " "},
      {"toolCall": {"id": "call_1", "name": "weather", "arguments": "{\"town\":\"Kiel\"}", "signature": "SCHEME:Y2FsbA=="}},
      {"toolCall": {"id": "call|2", "name": "time", "arguments": "{\"zone\":"}}]},
    {"role": "tool", "parts": [
      {"toolResult": {"callId": "call_1", "name": "weather", "text": "rain", "isError": false}},
      {"toolResult": {"callId": "call|2", "name": "time", "text": "bad zone", "isError": true}}]},
    {"role": "user", "parts": [{"text": "Hurry."}]}],
  "tools": [
    {"name": "weather", "description": "The weather", "parameters": {"type": "object", "properties": {"town": {"type": "string"}}}},
    {"name": "time", "description": "The time", "parameters": {}}],
  "toolChoice": "auto"
})";

Request conversation(std::string_view scheme) {
  std::string text(kConversation);
  for (auto at = text.find("SCHEME"); at != std::string::npos; at = text.find("SCHEME")) {
    text.replace(at, 6, scheme);
  }
  auto request = json::from_text<Request>(text);
  EXPECT_TRUE(request) << request.error().message();
  return std::move(*request);
}

ModelSettings settings_of(Provider provider, std::string model) {
  ModelSettings settings;
  settings.provider = provider;
  settings.model = std::move(model);
  settings.parameters.max_output_tokens = 1000;
  settings.parameters.temperature = 0.5;
  settings.parameters.stop = {"END"};
  return settings;
}

// Two texts of JSON that mean the same.
void expect_same(const Result<json::Object>& actual, std::string_view expected) {
  ASSERT_TRUE(actual) << actual.error().message();
  const auto value = json::parse(expected);
  ASSERT_TRUE(value) << value.error().message();
  EXPECT_EQ(json::to_pretty_string(json::Value(*actual)), json::to_pretty_string(*value));
}

const std::string kForeignId = portable_call_id("call|2");

std::string with_ids(std::string_view text) {
  std::string out(text);
  for (auto at = out.find("FOREIGN"); at != std::string::npos; at = out.find("FOREIGN")) {
    out.replace(at, 7, kForeignId);
  }
  return out;
}

TEST(ProviderRequests, of_anthropic) {
  auto settings = settings_of(Provider::anthropic, "claude-sonnet-4-6");
  settings.caching.enabled = true;
  settings.caching.ttl = std::chrono::hours(1);
  settings.parameters.extra = {{"metadata", json::Object{{"user_id", "u"}}}};
  expect_same(anthropic_request(settings, conversation("anthropic"), true), with_ids(R"({
    "model": "claude-sonnet-4-6",
    "max_tokens": 1000,
    "temperature": 0.5,
    "stop_sequences": ["END"],
    "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
    "tools": [
      {"name": "weather", "description": "The weather", "input_schema": {"type": "object", "properties": {"town": {"type": "string"}}}},
      {"name": "time", "description": "The time", "input_schema": {"type": "object", "properties": {}}}],
    "tool_choice": {"type": "auto"},
    "messages": [
      {"role": "user", "content": [
        {"type": "text", "text": "What is this?"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}},
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}, "title": "a/b.pdf", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]},
      {"role": "assistant", "content": [
        {"type": "thinking", "thinking": "A thought", "signature": "c2VhbA=="},
        {"type": "text", "text": "I will look."},
        {"type": "tool_use", "id": "call_1", "name": "weather", "input": {"town": "Kiel"}},
        {"type": "tool_use", "id": "FOREIGN", "name": "time", "input": {"INVALID_JSON": "{\"zone\":"}}]},
      {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "call_1", "content": [{"type": "text", "text": "rain"}]},
        {"type": "tool_result", "tool_use_id": "FOREIGN", "content": [{"type": "text", "text": "bad zone"}], "is_error": true},
        {"type": "text", "text": "Hurry.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]}],
    "stream": true,
    "metadata": {"user_id": "u"}
  })"));
}

TEST(ProviderRequests, of_gemini) {
  auto settings = settings_of(Provider::gemini, "gemini-3-pro");
  settings.parameters.seed = 7;
  settings.parameters.reasoning_effort = "high";
  settings.parameters.extra = {
      {"generationConfig", json::Object{{"mediaResolution", "MEDIA_RESOLUTION_LOW"}}}};
  expect_same(gemini_request(settings, conversation("gemini")), R"({
    "systemInstruction": {"parts": [{"text": "Be brief."}]},
    "tools": [{"functionDeclarations": [
      {"name": "weather", "description": "The weather", "parametersJsonSchema": {"type": "object", "properties": {"town": {"type": "string"}}}},
      {"name": "time", "description": "The time"}]}],
    "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}},
    "generationConfig": {"temperature": 0.5, "maxOutputTokens": 1000, "stopSequences": ["END"], "seed": 7,
      "thinkingConfig": {"includeThoughts": true, "thinkingLevel": "HIGH"}, "mediaResolution": "MEDIA_RESOLUTION_LOW"},
    "contents": [
      {"role": "user", "parts": [
        {"text": "What is this?"},
        {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
        {"inlineData": {"mimeType": "application/pdf", "data": "JVBERi0="}}]},
      {"role": "model", "parts": [
        {"text": "A thought", "thought": true, "thoughtSignature": "c2VhbA=="},
        {"text": "I will look."},
        {"text": " "},
        {"functionCall": {"name": "weather", "args": {"town": "Kiel"}, "id": "call_1"}, "thoughtSignature": "Y2FsbA=="},
        {"functionCall": {"name": "time", "args": {"INVALID_JSON": "{\"zone\":"}, "id": "call|2"}}]},
      {"role": "user", "parts": [
        {"functionResponse": {"name": "weather", "response": {"output": "rain"}, "id": "call_1"}},
        {"functionResponse": {"name": "time", "response": {"error": "bad zone"}, "id": "call|2"}}]},
      {"role": "user", "parts": [{"text": "Hurry."}]}]
  })");
}

TEST(ProviderRequests, of_bedrock) {
  auto settings = settings_of(Provider::bedrock, "anthropic.claude-sonnet-4-5-20250929-v1:0");
  settings.parameters.reasoning_effort = "low";
  settings.parameters.max_output_tokens = 8000;
  settings.parameters.top_k = 40;
  settings.caching.enabled = true;
  settings.bedrock.guardrail = BedrockGuardrail{"gr1", "1", "enabled"};
  settings.bedrock.additional_fields = {{"anthropic_beta", json::Array()}};
  expect_same(bedrock_request(settings, conversation("bedrock")), with_ids(R"({
    "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}],
    "toolConfig": {"tools": [
      {"toolSpec": {"name": "weather", "description": "The weather", "inputSchema": {"json": {"type": "object", "properties": {"town": {"type": "string"}}}}}},
      {"toolSpec": {"name": "time", "description": "The time", "inputSchema": {"json": {"type": "object", "properties": {}}}}}],
      "toolChoice": {"auto": {}}},
    "inferenceConfig": {"maxTokens": 8000, "temperature": 0.5, "stopSequences": ["END"]},
    "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 2048}, "top_k": 40, "anthropic_beta": []},
    "guardrailConfig": {"guardrailIdentifier": "gr1", "guardrailVersion": "1", "trace": "enabled"},
    "messages": [
      {"role": "user", "content": [
        {"text": "What is this?"},
        {"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}},
        {"document": {"format": "pdf", "name": "a-b-pdf 1", "source": {"bytes": "JVBERi0="}}},
        {"cachePoint": {"type": "default"}}]},
      {"role": "assistant", "content": [
        {"reasoningContent": {"reasoningText": {"text": "A thought", "signature": "c2VhbA=="}}},
        {"text": "I will look."},
        {"toolUse": {"toolUseId": "call_1", "name": "weather", "input": {"town": "Kiel"}}},
        {"toolUse": {"toolUseId": "FOREIGN", "name": "time", "input": {"INVALID_JSON": "{\"zone\":"}}}]},
      {"role": "user", "content": [
        {"toolResult": {"toolUseId": "call_1", "content": [{"text": "rain"}], "status": "success"}},
        {"toolResult": {"toolUseId": "FOREIGN", "content": [{"text": "bad zone"}], "status": "error"}},
        {"text": "Hurry."},
        {"cachePoint": {"type": "default"}}]}]
  })"));
}

TEST(ProviderRequests, on_vertex_a_claude_has_its_version_in_the_body) {
  auto settings = settings_of(Provider::anthropic_vertex, "claude-opus-4-1@20250805");
  Request request;
  request.messages.push_back(text_message(MessageRole::user, "Hi"));
  expect_same(anthropic_request(settings, request, false), R"({
    "anthropic_version": "vertex-2023-10-16", "max_tokens": 1000, "temperature": 0.5, "stop_sequences": ["END"],
    "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]})");
}

TEST(ProviderRequests, structured_output_on_each_wire) {
  Request request;
  request.messages.push_back(text_message(MessageRole::user, "Hi"));
  request.output = OutputFormat{
      .name = "town",
      .schema =
          *json::parse(
               R"({"type":"object","properties":{"name":{"type":"string","minLength":1},"minimum":{"type":"integer","minimum":0},"at":{"anyOf":[{"type":"object","properties":{}},{"type":"null"}]}},"required":["name"]})")
               ->if_object()};
  constexpr std::string_view kClosed =
      R"({"type":"object","properties":{"name":{"type":"string"},"minimum":{"type":"integer"},"at":{"anyOf":[{"type":"object","properties":{},"additionalProperties":false},{"type":"null"}]}},"required":["name"],"additionalProperties":false})";
  auto settings = settings_of(Provider::anthropic, "claude-sonnet-4-6");
  settings.parameters.reasoning_effort = "minimal";
  const auto anthropic = anthropic_request(settings, request, true);
  ASSERT_TRUE(anthropic);
  EXPECT_EQ(
      json::to_string(*anthropic->find("output_config")),
      R"({"effort":"low","format":{"type":"json_schema","schema":)" + std::string(kClosed) + "}}");
  EXPECT_EQ(json::to_string(*anthropic->find("thinking")), R"({"type":"adaptive"})");
  const auto bedrock =
      bedrock_request(settings_of(Provider::bedrock, "anthropic.claude-sonnet-4-5-v1:0"), request);
  ASSERT_TRUE(bedrock);
  json::Object schema{{"schema", kClosed}, {"name", "town"}};
  EXPECT_EQ(json::to_string(*bedrock->find("outputConfig")),
            R"({"textFormat":{"type":"json_schema","structure":{"jsonSchema":)" +
                json::to_string(json::Value(schema)) + "}}}");
  const auto gemini = gemini_request(settings_of(Provider::gemini, "gemini-2.5-pro"), request);
  ASSERT_TRUE(gemini);
  const auto& config = *gemini->find("generationConfig")->if_object();
  EXPECT_EQ(*config.find("responseMimeType")->if_string(), "application/json");
  EXPECT_EQ(*config.find("responseJsonSchema")->if_object(), request.output->schema);
  for (const auto& old :
       {anthropic_request(settings_of(Provider::anthropic, "claude-3-7-sonnet-20250219"), request,
                          true),
        bedrock_request(settings_of(Provider::bedrock, "amazon.nova-pro-v1:0"), request),
        bedrock_request(settings_of(Provider::bedrock, "anthropic.claude-opus-4-1-v1:0"),
                        request)}) {
    ASSERT_TRUE(old);
    const auto text = json::to_string(*old->find("system"));
    EXPECT_NE(text.find("JSON Schema"), std::string::npos);
    EXPECT_TRUE(!old->find("output_config") && !old->find("outputConfig"));
  }
  request.tools.push_back(Tool{.name = "x", .description = "", .parameters = {}});
  const auto in_words = gemini_request(settings_of(Provider::gemini, "gemini-2.5-pro"), request);
  ASSERT_TRUE(in_words);
  EXPECT_EQ(in_words->find("generationConfig")->if_object()->find("responseMimeType"), nullptr);
  EXPECT_NE(json::to_string(*in_words->find("systemInstruction")).find("JSON Schema"),
            std::string::npos);
}

TEST(ProviderRequests, reasoning_by_the_age_of_a_claude) {
  struct Case {
    std::string model;
    std::string effort;
    std::optional<std::int64_t> limit;
    std::string thinking;
    std::int64_t max_tokens;
  };
  const std::vector<Case> cases{
      {"claude-3-haiku-20240307", "none", std::nullopt, "", 4096},
      {"claude-3-5-sonnet-20241022", "none", std::nullopt, "", 8192},
      {"claude-3-7-sonnet-20250219", "high", std::nullopt,
       R"({"type":"enabled","budget_tokens":16384})", 32768},
      {"claude-sonnet-4-20250514", "medium", 10'000, R"({"type":"enabled","budget_tokens":5000})",
       10'000},
      {"claude-opus-4-5", "none", std::nullopt, "", 16384},
      {"claude-opus-4-6", "max", std::nullopt, R"({"type":"adaptive"})", 16384},
      {"claude-opus-4-7", "low", std::nullopt, R"({"type":"adaptive","display":"summarized"})",
       16384},
      {"claude-next", "none", std::nullopt, R"({"type":"disabled"})", 16384},
  };
  Request request;
  request.messages.push_back(text_message(MessageRole::user, "Hi"));
  for (const auto& each : cases) {
    ModelSettings settings;
    settings.provider = Provider::anthropic;
    settings.model = each.model;
    settings.parameters.reasoning_effort = each.effort;
    settings.parameters.max_output_tokens = each.limit;
    EXPECT_TRUE(check_anthropic_settings(settings)) << each.model;
    const auto body = anthropic_request(settings, request, true);
    ASSERT_TRUE(body);
    const auto* thinking = body->find("thinking");
    EXPECT_EQ(thinking == nullptr ? "" : json::to_string(*thinking), each.thinking) << each.model;
    EXPECT_EQ(body->find("max_tokens")->as_int64(), each.max_tokens) << each.model;
  }
}

TEST(ProviderRequests, a_forced_call_goes_without_thoughts) {
  auto request = conversation("anthropic");
  request.toolChoice = ToolChoice::required;
  auto settings = settings_of(Provider::anthropic, "claude-sonnet-4-5");
  settings.parameters.reasoning_effort = "high";
  const auto body = anthropic_request(settings, request, true);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->find("thinking"), nullptr);
  EXPECT_EQ(json::to_string(*body->find("tool_choice")), R"({"type":"any"})");
}

TEST(ProviderRequests, bedrock_tells_calls_in_words_where_none_may_be_made) {
  auto request = conversation("bedrock");
  request.toolChoice = ToolChoice::none;
  const auto body =
      bedrock_request(settings_of(Provider::bedrock, "amazon.nova-pro-v1:0"), request);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->find("toolConfig"), nullptr);
  const auto text = json::to_string(*body->find("messages"));
  EXPECT_EQ(text.find("toolUse"), std::string::npos);
  EXPECT_NE(text.find(R"(The tool time failed: bad zone)"), std::string::npos);
}

TEST(ProviderRequests, gemini_three_is_told_of_calls_that_it_has_not_made) {
  const auto body =
      gemini_request(settings_of(Provider::gemini, "gemini-3-pro"), conversation("anthropic"));
  ASSERT_TRUE(body);
  const auto text = json::to_string(json::Value(*body));
  EXPECT_EQ(text.find("A thought"), std::string::npos);
  const auto first = text.find("skip_thought_signature_validator");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(text.find("skip_thought_signature_validator", first + 1), std::string::npos);
  const auto older =
      gemini_request(settings_of(Provider::gemini, "gemini-2.5-pro"), conversation("anthropic"));
  ASSERT_TRUE(older);
  EXPECT_EQ(json::to_string(json::Value(*older)).find("skip_thought"), std::string::npos);
}

TEST(ProviderRequests, what_a_wire_cannot_take_is_named) {
  const auto media = [](std::string type, std::optional<std::string> base64,
                        std::optional<std::string> url) {
    Request request;
    request.messages.push_back(text_message(MessageRole::user, "Hi"));
    Part part;
    part.media = Media{.mediaType = std::move(type),
                       .base64 = std::move(base64),
                       .url = std::move(url),
                       .name = std::nullopt};
    request.messages[0].parts.push_back(std::move(part));
    return request;
  };
  const auto anthropic = settings_of(Provider::anthropic, "claude-sonnet-4-6");
  const auto bedrock = settings_of(Provider::bedrock, "amazon.nova-pro-v1:0");
  const auto gemini = settings_of(Provider::gemini, "gemini-3-pro");
  const std::vector<Result<json::Object>> refused{
      anthropic_request(anthropic, media("audio/wav", "AAAA", std::nullopt), true),
      anthropic_request(anthropic, media("application/zip", "/////w==", std::nullopt), true),
      anthropic_request(anthropic, media("image/png", "AAAA", "https://x/y"), true),
      bedrock_request(bedrock, media("image/tiff", "AAAA", std::nullopt)),
      bedrock_request(bedrock, media("image/png", std::nullopt, "https://x/y")),
      gemini_request(gemini, media("image/png", std::nullopt, std::nullopt)),
  };
  for (const auto& result : refused) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Code::invalid_argument);
    EXPECT_EQ(result.error().violations().at(0).field, "/messages/0/parts/1");
  }
  const auto empty = gemini_request(gemini, Request());
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().violations().at(0).field, "/messages");
}

TEST(ProviderRequests, settings_that_an_api_lacks_are_refused_by_name) {
  struct Case {
    std::string field;
    Result<> result;
  };
  const auto with = [](Provider provider, std::string model, auto change) {
    ModelSettings settings;
    settings.provider = provider;
    settings.model = std::move(model);
    settings.bedrock.region = "eu-west-1";
    change(settings);
    if (provider == Provider::bedrock) return check_bedrock_settings(settings);
    if (provider == Provider::gemini) return check_gemini_settings(settings);
    return check_anthropic_settings(settings);
  };
  const auto think = [](ModelSettings& s) { s.parameters.reasoning_effort = "high"; };
  const std::vector<Case> cases{
      {"/spec/parameters/seed",
       with(Provider::anthropic, "claude-x", [](auto& s) { s.parameters.seed = 1; })},
      {"/spec/parameters/frequencyPenalty",
       with(Provider::bedrock, "m", [](auto& s) { s.parameters.frequency_penalty = 1; })},
      {"/spec/parameters/presencePenalty",
       with(Provider::anthropic, "claude-x", [](auto& s) { s.parameters.presence_penalty = 1; })},
      {"/spec/parameters/reasoningEffort",
       with(Provider::anthropic, "claude-3-5-haiku-20241022", think)},
      {"/spec/parameters/reasoningEffort", with(Provider::gemini, "gemini-2.0-flash", think)},
      {"/spec/parameters/reasoningEffort", with(Provider::bedrock, "amazon.nova-pro-v1:0", think)},
      {"/spec/parameters/topK",
       with(Provider::bedrock, "amazon.nova-pro-v1:0", [](auto& s) { s.parameters.top_k = 5; })},
      {"/spec/bedrock/region",
       with(Provider::bedrock, "m", [](auto& s) { s.bedrock.region.clear(); })},
      {"/spec/bedrock",
       with(Provider::bedrock, "m", [](auto& s) { s.bedrock.access_key_id = Secret("a"); })},
  };
  for (const auto& each : cases) {
    ASSERT_FALSE(each.result) << each.field;
    EXPECT_EQ(each.result.error().violations().at(0).field, each.field);
  }
  EXPECT_TRUE(with(Provider::bedrock, "openai.gpt-oss-120b-1:0", think));
}

TEST(ProviderRequests, versions_are_read_from_names) {
  EXPECT_EQ(claude_version("claude-opus-4-1@20250805"), (ClaudeVersion{4, 1}));
  EXPECT_EQ(claude_version("claude-sonnet-4-20250514"), (ClaudeVersion{4, 0}));
  EXPECT_EQ(claude_version("eu.anthropic.claude-3-7-sonnet-20250219-v1:0"), (ClaudeVersion{3, 7}));
  EXPECT_EQ(claude_version("claude-3-opus-20240229"), (ClaudeVersion{3, 0}));
  EXPECT_EQ(claude_version("claude-fable"), ClaudeVersion());
  EXPECT_EQ(gemini_version("gemini-2.5-flash-lite"), (GeminiVersion{2, 5}));
  EXPECT_EQ(gemini_version("gemini-3-pro-preview"), (GeminiVersion{3, 0}));
  EXPECT_EQ(gemini_version("gemini-flash-latest"), GeminiVersion());
}

}  // namespace
}  // namespace flotilla::llm
