#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/hash.h"
#include "base/utf8.h"
#include "json/json.h"
#include "llm/answer_builder_internal.h"
#include "llm/provider_http_internal.h"
#include "llm/request_parts_internal.h"

namespace flotilla::llm {
namespace {

constexpr int kSchemaDepth = 64;
constexpr std::array<std::string_view, 14> kUnknownToGrammars{
    "minimum",       "maximum",   "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "minLength",     "maxLength", "maxItems",         "uniqueItems",      "minProperties",
    "maxProperties", "contains",  "minContains",      "maxContains"};

// Members whose values are schemas by name, where a name is no keyword.
bool holds_named_schemas(std::string_view keyword) {
  return keyword == "properties" || keyword == "$defs" || keyword == "definitions" ||
         keyword == "patternProperties";
}
// Members whose values are data, not schemas.
bool holds_data(std::string_view keyword) {
  return keyword == "enum" || keyword == "const" || keyword == "default" || keyword == "examples";
}

void close(json::Value& value, bool is_schema, int depth);

void close_members(json::Object& object, int depth) {
  for (auto& [name, value] : object.members()) close(value, true, depth);
}

void close_schema(json::Object& schema, int depth) {
  std::erase_if(schema.members(), [](const json::Object::Member& member) {
    return std::ranges::find(kUnknownToGrammars, member.first) != kUnknownToGrammars.end();
  });
  for (auto& [keyword, value] : schema.members()) {
    if (holds_data(keyword)) continue;
    close(value, !holds_named_schemas(keyword), depth);
  }
  const auto* type = schema.find("type");
  const bool object =
      type != nullptr && type->if_string() != nullptr && *type->if_string() == "object";
  if ((object || schema.find("properties") != nullptr) &&
      schema.find("additionalProperties") == nullptr) {
    schema.set("additionalProperties", false);
  }
}

void close(json::Value& value, bool is_schema, int depth) {
  if (depth >= kSchemaDepth) return;
  if (auto* array = value.if_array()) {
    for (auto& item : *array) close(item, true, depth + 1);
  } else if (auto* object = value.if_object()) {
    if (is_schema) {
      close_schema(*object, depth + 1);
    } else {
      close_members(*object, depth + 1);
    }
  }
}

std::optional<int> short_number(std::string_view token) {
  int value = 0;
  const auto [end, code] = std::from_chars(token.data(), token.data() + token.size(), value);
  if (token.empty() || token.size() > 2 || code != std::errc() ||
      end != token.data() + token.size()) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

std::vector<Turn> turns_of(const Request& request) {
  std::vector<Turn> turns;
  for (std::size_t i = 0; i < request.messages.size(); ++i) {
    const auto& message = request.messages[i];
    const bool assistant = message.role == MessageRole::assistant;
    if (message.parts.empty()) continue;
    if (turns.empty() || turns.back().assistant != assistant) {
      turns.push_back(Turn{.assistant = assistant, .parts = {}});
    }
    for (std::size_t k = 0; k < message.parts.size(); ++k) {
      turns.back().parts.push_back(TurnPart{.part = &message.parts[k], .message = i, .index = k});
    }
  }
  return turns;
}

std::string pointer_of(const TurnPart& at) {
  return fmt::format("/messages/{}/parts/{}", at.message, at.index);
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::string bare_type(const Media& media) {
  std::string type = media.mediaType.substr(0, media.mediaType.find(';'));
  while (type.ends_with(' ')) type.pop_back();
  std::ranges::transform(type, type.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return type;
}

MediaKind kind_of(const Media& media) {
  const auto type = bare_type(media);
  if (type.starts_with("image/")) return MediaKind::image;
  if (type.starts_with("audio/")) return MediaKind::audio;
  if (type.starts_with("video/")) return MediaKind::video;
  return MediaKind::document;
}

Result<> check_media(const Media& media, const std::string& pointer) {
  if (media.base64.has_value() != media.url.has_value()) return ok();
  return fail(invalid(pointer, "media needs exactly one of base64 and url"));
}

Result<std::string> text_of(const Media& media, const std::string& pointer) {
  if (media.base64) {
    if (auto bytes = decode_base64(*media.base64); bytes && is_utf8(*bytes)) {
      return std::move(*bytes);
    }
  }
  return fail(invalid(pointer, fmt::format("a document of type {} must be base64 of UTF-8 text",
                                           bare_type(media))));
}

json::Object arguments_schema(const json::Object& parameters) {
  json::Object schema = parameters;
  if (schema.find("type") == nullptr) schema.set("type", "object");
  if (schema.find("properties") == nullptr) schema.set("properties", json::Object());
  return schema;
}

json::Object closed_schema(const json::Object& schema) {
  json::Value value(schema);
  close(value, true, 0);
  return std::move(*value.if_object());
}

std::string instructions_of(const Request& request, bool tells_output) {
  if (!tells_output || !request.output) return request.system;
  return fmt::format(
      "{}\n\nThe final answer must be JSON that matches this JSON Schema, and nothing else: {}",
      request.system, json::to_string(request.output->schema));
}

std::optional<std::int64_t> output_limit(const ModelSettings& settings, const Request& request) {
  const auto& configured = settings.parameters.max_output_tokens;
  if (!configured || !request.maxOutputTokens) {
    return configured ? configured : request.maxOutputTokens;
  }
  return std::min(*configured, *request.maxOutputTokens);
}

void merge(json::Object& body, const json::Object& extra) {
  for (const auto& [name, value] : extra.members()) {
    auto* own = body.find(name);
    if (own != nullptr && own->if_object() != nullptr && value.if_object() != nullptr) {
      merge(*own->if_object(), *value.if_object());
    } else {
      body.set(name, value);
    }
  }
}

Error unsupported_parameter(const ModelSettings& settings, std::string_view name) {
  return invalid(fmt::format("/spec/parameters/{}", name),
                 fmt::format("the API of provider {} has no such parameter; remove it",
                             wire_name(settings.provider)));
}

Result<> refuse_sampling_extras(const ModelSettings& settings) {
  const auto& parameters = settings.parameters;
  if (parameters.seed) return fail(unsupported_parameter(settings, "seed"));
  if (parameters.frequency_penalty)
    return fail(unsupported_parameter(settings, "frequencyPenalty"));
  if (parameters.presence_penalty) return fail(unsupported_parameter(settings, "presencePenalty"));
  return ok();
}

Error titled(const ModelSettings& settings, const Error& error) {
  if (error.code() != Code::resource_exhausted) return broken_answer(settings, error.message());
  return answer_too_large(fmt::format("{}: {}", title_of(settings), error.message()));
}

ClaudeVersion claude_version(std::string_view model) {
  const auto start = model.find("claude-");
  if (start == std::string_view::npos) return {};
  auto rest = model.substr(start);
  std::optional<int> major;
  while (!rest.empty()) {
    const auto end = rest.find_first_of("-@.:");
    const auto number = short_number(rest.substr(0, end));
    if (major) return ClaudeVersion{.major = *major, .minor = number.value_or(0)};
    major = number;
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return major ? ClaudeVersion{.major = *major, .minor = 0} : ClaudeVersion();
}

}  // namespace flotilla::llm
