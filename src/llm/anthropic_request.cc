#include <fmt/format.h>

#include <algorithm>

#include "llm/anthropic_wire_internal.h"
#include "llm/claude_thinking_internal.h"
#include "llm/request_parts_internal.h"

namespace flotilla::llm {
namespace {

using json::Array;
using json::Object;
using json::Value;

constexpr ClaudeVersion kFirstWithSchemas{.major = 4, .minor = 1};

class Translator {
 public:
  Translator(const ModelSettings& settings, const Request& request)
      : settings_(settings),
        request_(request),
        tells_output_(claude_version(settings.model) < kFirstWithSchemas),
        system_(instructions_of(request, tells_output_)) {}
  Result<Object> translate(bool stream);

 private:
  Result<Array> messages() const;
  Result<Array> content(const Turn& turn) const;
  [[nodiscard]] Result<std::optional<Value>> block(const TurnPart& at) const;
  [[nodiscard]] std::optional<Value> reasoning(const Reasoning& reasoning) const;
  [[nodiscard]] Result<Value> media(const Media& media, const std::string& pointer) const;
  [[nodiscard]] Result<Value> result(const ToolResult& result, const TurnPart& at) const;
  void add_sampling(Object& body) const;
  Result<> add_limits_and_thinking(Object& body) const;
  void add_tools(Object& body) const;
  void add_output(Object& body) const;
  [[nodiscard]] Object cache_mark() const;
  void mark(Value& block) const;

  const ModelSettings& settings_;
  const Request& request_;
  bool tells_output_;
  std::string system_;
};

Object Translator::cache_mark() const {
  Object mark{{"type", "ephemeral"}};
  if (settings_.caching.ttl > std::chrono::minutes(5)) mark.set("ttl", "1h");
  return mark;
}

void Translator::mark(Value& block) const {
  if (auto* object = block.if_object()) object->set("cache_control", cache_mark());
}

std::optional<Value> Translator::reasoning(const Reasoning& reasoning) const {
  if (auto data = untag_signature("anthropic-redacted", reasoning.signature)) {
    return Object{{"type", "redacted_thinking"}, {"data", std::move(*data)}};
  }
  auto signature = untag_signature("anthropic", reasoning.signature);
  if (!signature) return std::nullopt;  // unsealed thoughts are refused, also those of others
  return Object{
      {"type", "thinking"}, {"thinking", reasoning.text}, {"signature", std::move(*signature)}};
}

Result<Value> Translator::media(const Media& media, const std::string& pointer) const {
  TRY_VOID(check_media(media, pointer));
  const auto type = bare_type(media);
  const bool image = kind_of(media) == MediaKind::image;
  Object source;
  if (image || type == "application/pdf") {
    if (media.url) {
      source = {{"type", "url"}, {"url", *media.url}};
    } else {
      source = {{"type", "base64"}, {"media_type", type}, {"data", *media.base64}};
    }
  } else if (kind_of(media) == MediaKind::document) {
    TRY(text, text_of(media, pointer));
    source = {{"type", "text"}, {"media_type", "text/plain"}, {"data", std::move(text)}};
  } else {
    return fail(
        invalid(pointer, fmt::format("Claude takes no {}; images, PDF and text it does", type)));
  }
  Object block{{"type", image ? "image" : "document"}, {"source", std::move(source)}};
  if (!image && media.name && !media.name->empty()) block.set("title", *media.name);
  return Value(std::move(block));
}

Result<Value> Translator::result(const ToolResult& result, const TurnPart& at) const {
  Array content;
  if (!is_blank(result.text)) {
    content.emplace_back(Object{{"type", "text"}, {"text", result.text}});
  }
  for (const auto& item : result.media) {
    TRY(block, media(item, pointer_of(at)));
    content.push_back(std::move(block));
  }
  Object block{{"type", "tool_result"}, {"tool_use_id", portable_call_id(result.callId)}};
  if (!content.empty()) block.set("content", std::move(content));
  if (result.isError) block.set("is_error", true);
  return Value(std::move(block));
}

Result<std::optional<Value>> Translator::block(const TurnPart& at) const {
  const auto& part = *at.part;
  if (part.text) {
    if (is_blank(*part.text)) return std::nullopt;
    return Value(Object{{"type", "text"}, {"text", *part.text}});
  }
  if (part.reasoning) return reasoning(*part.reasoning);
  if (part.media) {
    TRY(block, media(*part.media, pointer_of(at)));
    return block;
  }
  if (part.toolCall) {
    return Value(Object{{"type", "tool_use"},
                        {"id", portable_call_id(part.toolCall->id)},
                        {"name", part.toolCall->name},
                        {"input", arguments_object(part.toolCall->arguments)}});
  }
  if (part.toolResult) {
    TRY(block, result(*part.toolResult, at));
    return block;
  }
  return std::nullopt;
}

Result<Array> Translator::content(const Turn& turn) const {
  Array results;
  Array others;
  for (const auto& at : turn.parts) {
    TRY(block, block(at));
    // The results of a turn's calls must stand first in the next one.
    if (block) (at.part->toolResult ? results : others).push_back(std::move(*block));
  }
  std::ranges::move(others, std::back_inserter(results));
  return results;
}

Result<Array> Translator::messages() const {
  Array out;
  for (const auto& turn : turns_of(request_)) {
    TRY(blocks, content(turn));
    if (blocks.empty()) continue;
    out.emplace_back(
        Object{{"role", turn.assistant ? "assistant" : "user"}, {"content", std::move(blocks)}});
  }
  if (out.empty()) return fail(invalid("/messages", "has nothing that the model could answer"));
  // What was asked before is read from the cache, all up to now is written to it.
  int marks = settings_.caching.enabled ? 2 : 0;
  for (auto message = out.rbegin(); message != out.rend() && marks > 0; ++message) {
    auto& object = *message->if_object();
    if (*object.find("role")->if_string() != "user") continue;
    mark(object.find("content")->if_array()->back());
    --marks;
  }
  return out;
}

void Translator::add_sampling(Object& body) const {
  const auto& parameters = settings_.parameters;
  if (parameters.temperature) body.set("temperature", *parameters.temperature);
  if (parameters.top_p) body.set("top_p", *parameters.top_p);
  if (parameters.top_k) body.set("top_k", *parameters.top_k);
  if (!parameters.stop.empty()) {
    Array stop(parameters.stop.begin(), parameters.stop.end());
    body.set("stop_sequences", std::move(stop));
  }
}

Result<> Translator::add_limits_and_thinking(Object& body) const {
  const bool forced = request_.toolChoice == ToolChoice::required && !request_.tools.empty();
  TRY(thinking, claude_thinking(settings_, output_limit(settings_, request_), forced));
  body.set("max_tokens", thinking.max_tokens);
  if (thinking.config) body.set("thinking", std::move(*thinking.config));
  return ok();
}

void Translator::add_tools(Object& body) const {
  if (request_.tools.empty()) return;
  Array tools;
  for (const auto& tool : request_.tools) {
    Object item{{"name", tool.name}};
    if (!tool.description.empty()) item.set("description", tool.description);
    item.set("input_schema", arguments_schema(tool.parameters));
    tools.emplace_back(std::move(item));
  }
  // The system prompt comes after the tools, and its mark covers them.
  if (settings_.caching.enabled && is_blank(system_)) mark(tools.back());
  body.set("tools", std::move(tools));
  std::string_view choice = "auto";
  if (request_.toolChoice == ToolChoice::none) choice = "none";
  if (request_.toolChoice == ToolChoice::required) choice = "any";
  body.set("tool_choice", Object{{"type", choice}});
}

void Translator::add_output(Object& body) const {
  Object config;
  if (auto effort = claude_effort(settings_)) config.set("effort", std::move(*effort));
  if (request_.output && !tells_output_) {
    config.set("format",
               Object{{"type", "json_schema"}, {"schema", closed_schema(request_.output->schema)}});
  }
  if (!config.empty()) body.set("output_config", std::move(config));
}

Result<Object> Translator::translate(bool stream) {
  Object body;
  if (settings_.provider == Provider::anthropic_vertex) {
    body.set("anthropic_version", "vertex-2023-10-16");
  } else {
    body.set("model", settings_.model);
  }
  TRY_VOID(add_limits_and_thinking(body));
  add_sampling(body);
  if (!is_blank(system_)) {
    Value block(Object{{"type", "text"}, {"text", system_}});
    if (settings_.caching.enabled) mark(block);
    Array system;
    system.push_back(std::move(block));
    body.set("system", std::move(system));
  }
  add_tools(body);
  add_output(body);
  TRY(messages, messages());
  body.set("messages", std::move(messages));
  if (stream) body.set("stream", true);
  merge(body, settings_.parameters.extra);
  return body;
}

}  // namespace

Result<> check_anthropic_settings(const ModelSettings& settings) {
  TRY_VOID(refuse_sampling_extras(settings));
  return check_claude_effort(settings);
}

Result<Object> anthropic_request(const ModelSettings& settings, const Request& request,
                                 bool stream) {
  return Translator(settings, request).translate(stream);
}

}  // namespace flotilla::llm
