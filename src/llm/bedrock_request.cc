#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "json/json.h"
#include "llm/bedrock_wire_internal.h"
#include "llm/claude_thinking_internal.h"
#include "llm/request_parts_internal.h"

namespace flotilla::llm {
namespace {

using json::Array;
using json::Object;
using json::Value;

struct Format {
  std::string_view type;
  std::string_view format;
};
constexpr std::array kFormats{
    Format{"image/png", "png"},
    Format{"image/jpeg", "jpeg"},
    Format{"image/gif", "gif"},
    Format{"image/webp", "webp"},
    Format{"application/pdf", "pdf"},
    Format{"text/csv", "csv"},
    Format{"text/html", "html"},
    Format{"text/markdown", "md"},
    Format{"text/plain", "txt"},
    Format{"application/json", "txt"},
    Format{"application/msword", "doc"},
    Format{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"},
    Format{"application/vnd.ms-excel", "xls"},
    Format{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"},
    Format{"video/mp4", "mp4"},
    Format{"video/quicktime", "mov"},
    Format{"video/webm", "webm"},
    Format{"video/x-matroska", "mkv"},
    Format{"video/mpeg", "mpeg"},
    Format{"audio/mpeg", "mp3"},
    Format{"audio/wav", "wav"},
    Format{"audio/ogg", "ogg"},
    Format{"audio/flac", "flac"},
    Format{"audio/aac", "aac"},
    Format{"audio/mp4", "m4a"},
    Format{"audio/opus", "opus"},
};

std::string_view member_of(MediaKind kind) {
  switch (kind) {
    case MediaKind::image:
      return "image";
    case MediaKind::audio:
      return "audio";
    case MediaKind::video:
      return "video";
    case MediaKind::document:
      break;
  }
  return "document";
}

bool is_claude(const ModelSettings& settings) {
  return settings.model.contains("claude");
}
bool is_gpt_oss(const ModelSettings& settings) {
  return settings.model.starts_with("openai.");
}

/// Amazon's own models and the older Claudes refuse outputConfig.textFormat.
bool takes_schemas(const ModelSettings& settings) {
  if (is_claude(settings)) {
    return claude_version(settings.model) >= ClaudeVersion{.major = 4, .minor = 5};
  }
  return !settings.model.contains("amazon.");
}

class Translator {
 public:
  Translator(const ModelSettings& settings, const Request& request)
      : settings_(settings),
        request_(request),
        calls_(!request.tools.empty() && request.toolChoice != ToolChoice::none),
        tells_output_(!takes_schemas(settings)),
        system_(instructions_of(request, tells_output_)) {}
  Result<Object> translate();

 private:
  Result<Array> messages();
  Result<Array> content(const Turn& turn);
  Result<std::optional<Value>> block(const TurnPart& at);
  [[nodiscard]] static std::optional<Value> reasoning(const Reasoning& reasoning);
  Result<Value> media(const Media& media, const std::string& pointer);
  Result<Value> result(const ToolResult& result, const TurnPart& at);
  [[nodiscard]] std::string document_name(const Media& media);
  void add_tools(Object& body) const;
  Result<> add_inference(Object& body) const;
  void add_output(Object& body) const;
  void add_guardrail(Object& body) const;
  [[nodiscard]] Value cache_point() const;

  const ModelSettings& settings_;
  const Request& request_;
  /// The API wants the tools wherever there are calls, and cannot forbid their use: without them
  /// what was called is told in words.
  bool calls_;
  bool tells_output_;
  std::string system_;
  int documents_ = 0;
};

Value Translator::cache_point() const {
  Object point{{"type", "default"}};
  if (settings_.caching.ttl > std::chrono::minutes(5)) point.set("ttl", "1h");
  return Object{{"cachePoint", std::move(point)}};
}

std::optional<Value> Translator::reasoning(const Reasoning& reasoning) {
  if (auto data = untag_signature("bedrock-redacted", reasoning.signature)) {
    return Object{{"reasoningContent", Object{{"redactedContent", std::move(*data)}}}};
  }
  auto signature = untag_signature("bedrock", reasoning.signature);
  if (!signature) return std::nullopt;
  Object text{{"text", reasoning.text}, {"signature", std::move(*signature)}};
  return Object{{"reasoningContent", Object{{"reasoningText", std::move(text)}}}};
}

// Unique within the request, of the characters that the API allows.
std::string Translator::document_name(const Media& media) {
  std::string name = media.name.value_or("document").substr(0, 100);
  for (char& c : name) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '(' || c == ')';
    if (!fits) c = '-';
  }
  return fmt::format("{} {}", name, ++documents_);
}

Result<Value> Translator::media(const Media& media, const std::string& pointer) {
  TRY_VOID(check_media(media, pointer));
  const auto type = bare_type(media);
  const auto* format = std::ranges::find(kFormats, type, &Format::type);
  const auto kind = kind_of(media);
  if (format == kFormats.end()) {
    return fail(invalid(pointer, fmt::format("Bedrock takes no media of type {}", type)));
  }
  Object source;
  if (media.base64) {
    source.set("bytes", *media.base64);
  } else if (media.url->starts_with("s3://")) {
    source.set("s3Location", Object{{"uri", *media.url}});
  } else {
    return fail(invalid(pointer, "Bedrock fetches only s3:// URLs; give the media as base64"));
  }
  Object inner{{"format", format->format}};
  if (kind == MediaKind::document) inner.set("name", document_name(media));
  inner.set("source", std::move(source));
  return Value(Object{{std::string(member_of(kind)), std::move(inner)}});
}

Result<Value> Translator::result(const ToolResult& result, const TurnPart& at) {
  if (!calls_) {
    return Value(
        Object{{"text", fmt::format("The tool {} {}: {}", result.name,
                                    result.isError ? "failed" : "answered", result.text)}});
  }
  Array content;
  for (const auto& item : result.media) {
    TRY(value, media(item, pointer_of(at)));
    content.push_back(std::move(value));
  }
  if (!is_blank(result.text) || content.empty()) {
    content.insert(content.begin(),
                   Object{{"text", is_blank(result.text) ? "(no output)" : result.text}});
  }
  Object body{{"toolUseId", portable_call_id(result.callId)},
              {"content", std::move(content)},
              {"status", result.isError ? "error" : "success"}};
  return Value(Object{{"toolResult", std::move(body)}});
}

Result<std::optional<Value>> Translator::block(const TurnPart& at) {
  const auto& part = *at.part;
  if (part.text) {
    if (is_blank(*part.text)) return std::nullopt;
    return Value(Object{{"text", *part.text}});
  }
  if (part.reasoning) return reasoning(*part.reasoning);
  if (part.media) {
    TRY(value, media(*part.media, pointer_of(at)));
    return value;
  }
  if (part.toolResult) {
    TRY(value, result(*part.toolResult, at));
    return value;
  }
  if (!part.toolCall) return std::nullopt;
  const auto& call = *part.toolCall;
  if (!calls_) {
    return Value(Object{{"text", fmt::format("I call {} with {}", call.name, call.arguments)}});
  }
  Object body{{"toolUseId", portable_call_id(call.id)},
              {"name", call.name},
              {"input", arguments_object(call.arguments)}};
  return Value(Object{{"toolUse", std::move(body)}});
}

Result<Array> Translator::content(const Turn& turn) {
  Array results;
  Array others;
  bool has_text = false;
  std::string document;
  for (const auto& at : turn.parts) {
    TRY(value, block(at));
    if (!value) continue;
    const auto& object = *value->if_object();
    has_text = has_text || object.find("text") != nullptr;
    if (const auto* found = object.find("document")) {
      document = *found->if_object()->find("name")->if_string();
    }
    (at.part->toolResult ? results : others).push_back(std::move(*value));
  }
  std::ranges::move(others, std::back_inserter(results));
  // A document is refused without a word beside it.
  if (!document.empty() && !has_text) results.emplace_back(Object{{"text", document}});
  return results;
}

Result<Array> Translator::messages() {
  Array out;
  for (const auto& turn : turns_of(request_)) {
    TRY(blocks, content(turn));
    if (blocks.empty()) continue;
    out.emplace_back(
        Object{{"role", turn.assistant ? "assistant" : "user"}, {"content", std::move(blocks)}});
  }
  if (out.empty()) return fail(invalid("/messages", "has nothing that the model could answer"));
  int points = settings_.caching.enabled ? 2 : 0;
  for (auto message = out.rbegin(); message != out.rend() && points > 0; ++message) {
    auto& object = *message->if_object();
    if (*object.find("role")->if_string() != "user") continue;
    object.find("content")->if_array()->push_back(cache_point());
    --points;
  }
  return out;
}

void Translator::add_tools(Object& body) const {
  if (!calls_) return;
  Array tools;
  for (const auto& tool : request_.tools) {
    Object spec{{"name", tool.name}};
    if (!tool.description.empty()) spec.set("description", tool.description);
    spec.set("inputSchema", Object{{"json", arguments_schema(tool.parameters)}});
    tools.emplace_back(Object{{"toolSpec", std::move(spec)}});
  }
  if (settings_.caching.enabled && is_blank(system_)) tools.push_back(cache_point());
  const bool required = request_.toolChoice == ToolChoice::required;
  body.set("toolConfig", Object{{"tools", std::move(tools)},
                                {"toolChoice", Object{{required ? "any" : "auto", Object()}}}});
}

Result<> Translator::add_inference(Object& body) const {
  const auto& parameters = settings_.parameters;
  Object config;
  Object fields;
  auto most = output_limit(settings_, request_);
  if (is_claude(settings_) && parameters.reasoning_effort) {
    TRY(thinking,
        claude_thinking(settings_, most, calls_ && request_.toolChoice == ToolChoice::required));
    if (thinking.config) fields.set("thinking", std::move(*thinking.config));
    most = thinking.max_tokens;
  } else if (parameters.reasoning_effort) {
    fields.set("reasoning_effort", *parameters.reasoning_effort);
  }
  if (most) config.set("maxTokens", *most);
  if (parameters.temperature) config.set("temperature", *parameters.temperature);
  if (parameters.top_p) config.set("topP", *parameters.top_p);
  if (parameters.top_k) fields.set("top_k", *parameters.top_k);
  if (!parameters.stop.empty()) {
    Array stop(parameters.stop.begin(), parameters.stop.end());
    config.set("stopSequences", std::move(stop));
  }
  merge(fields, settings_.bedrock.additional_fields);
  if (!config.empty()) body.set("inferenceConfig", std::move(config));
  if (!fields.empty()) body.set("additionalModelRequestFields", std::move(fields));
  return ok();
}

void Translator::add_output(Object& body) const {
  Object config;
  const auto& effort = settings_.parameters.reasoning_effort;
  if (effort && is_claude(settings_)) {
    if (auto level = claude_effort(settings_)) config.set("effort", std::move(*level));
  }
  if (request_.output && !tells_output_) {
    Object schema{{"schema", json::to_string(closed_schema(request_.output->schema))}};
    if (!request_.output->name.empty()) schema.set("name", request_.output->name);
    config.set("textFormat", Object{{"type", "json_schema"},
                                    {"structure", Object{{"jsonSchema", std::move(schema)}}}});
  }
  if (!config.empty()) body.set("outputConfig", std::move(config));
}

void Translator::add_guardrail(Object& body) const {
  const auto& guardrail = settings_.bedrock.guardrail;
  if (!guardrail) return;
  Object config{{"guardrailIdentifier", guardrail->identifier},
                {"guardrailVersion", guardrail->version}};
  if (!guardrail->trace.empty()) config.set("trace", guardrail->trace);
  body.set("guardrailConfig", std::move(config));
}

Result<Object> Translator::translate() {
  Object body;
  if (!is_blank(system_)) {
    Array system;
    system.emplace_back(Object{{"text", system_}});
    if (settings_.caching.enabled) system.push_back(cache_point());
    body.set("system", std::move(system));
  }
  add_tools(body);
  TRY_VOID(add_inference(body));
  add_output(body);
  add_guardrail(body);
  TRY(messages, messages());
  body.set("messages", std::move(messages));
  merge(body, settings_.parameters.extra);
  return body;
}

}  // namespace

Result<> check_bedrock_settings(const ModelSettings& settings) {
  TRY_VOID(refuse_sampling_extras(settings));
  const auto& parameters = settings.parameters;
  if (settings.bedrock.region.empty() && settings.base_url.empty()) {
    return fail(invalid("/spec/bedrock/region", "is missing, such as us-east-1"));
  }
  if (settings.bedrock.access_key_id.empty() != settings.bedrock.secret_access_key.empty()) {
    return fail(invalid("/spec/bedrock", "accessKeyId and secretAccessKey go together"));
  }
  if (!settings.bedrock.access_key_id.empty() && settings.bedrock.region.empty()) {
    return fail(invalid("/spec/bedrock/region", "is missing: requests are signed for a region"));
  }
  if (parameters.top_k && !is_claude(settings)) {
    return fail(invalid("/spec/parameters/topK",
                        "Bedrock has it only for Claude; each other model has its own name for it, "
                        "which goes into spec.bedrock.additionalModelRequestFields"));
  }
  if (!parameters.reasoning_effort) return ok();
  if (is_claude(settings)) return check_claude_effort(settings);
  if (is_gpt_oss(settings)) return ok();
  return fail(
      invalid("/spec/parameters/reasoningEffort",
              "Bedrock has it only for Claude and gpt-oss; what other models have goes into "
              "spec.bedrock.additionalModelRequestFields"));
}

Result<Object> bedrock_request(const ModelSettings& settings, const Request& request) {
  return Translator(settings, request).translate();
}

}  // namespace flotilla::llm
