#include <fmt/format.h>

#include <cctype>
#include <utility>

#include "llm/openai_responses_internal.h"
#include "llm/request_parts_internal.h"

namespace flotilla::llm {
namespace {

/// Others refuse to be asked for their sealed thoughts.
bool reasons(const ModelSettings& settings) {
  if (settings.parameters.reasoning_effort) return settings.parameters.reasoning_effort != "none";
  const auto& name = settings.model;
  const bool is_o =
      name.size() > 1 && name[0] == 'o' && std::isdigit(static_cast<unsigned char>(name[1])) != 0;
  return is_o || (name.starts_with("gpt-5") && !name.contains("chat"));
}

Result<json::Object> media_part(const Media& media, const std::string& pointer) {
  TRY_VOID(check_media(media, pointer));
  const auto kind = kind_of(media);
  const auto type = bare_type(media);
  if (kind == MediaKind::image) {
    TRY(url, openai_media_url(media, pointer));
    return json::Object{{"type", "input_image"}, {"image_url", std::move(url)}};
  }
  if (kind == MediaKind::audio || kind == MediaKind::video)
    return fail(invalid(pointer, type + " cannot be given to this model: the Responses API takes "
                                        "images and documents"));
  if (media.url) return json::Object{{"type", "input_file"}, {"file_url", *media.url}};
  if (type.starts_with("text/") || type == "application/json") {
    TRY(text, text_of(media, pointer));
    return json::Object{{"type", "input_text"},
                        {"text", media.name ? fmt::format("{}:\n{}", *media.name, text) : text}};
  }
  TRY(url, openai_media_url(media, pointer));
  return json::Object{{"type", "input_file"},
                      {"filename", media.name.value_or("file")},
                      {"file_data", std::move(url)}};
}

json::Object message_item(std::string_view role, json::Array content) {
  return {{"type", "message"}, {"role", role}, {"content", std::move(content)}};
}

/// As it came, with its id; nullopt: another provider's, which this one cannot read.
std::optional<json::Object> reasoning_item(const Reasoning& reasoning) {
  const auto seal = untag_signature("openai-responses", reasoning.signature);
  const auto colon = seal ? seal->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  json::Array summary;
  if (!reasoning.text.empty())
    summary.emplace_back(json::Object{{"type", "summary_text"}, {"text", reasoning.text}});
  return json::Object{{"type", "reasoning"},
                      {"id", seal->substr(0, colon)},
                      {"summary", std::move(summary)},
                      {"encrypted_content", seal->substr(colon + 1)}};
}

Result<json::Value> output_of(const ToolResult& result, const std::string& pointer) {
  auto text = openai_result_text(result);
  if (result.media.empty()) return json::Value(std::move(text));
  json::Array parts;
  if (!text.empty())
    parts.emplace_back(json::Object{{"type", "input_text"}, {"text", std::move(text)}});
  for (const auto& media : result.media) {
    TRY(part, media_part(media, pointer));
    parts.emplace_back(std::move(part));
  }
  return json::Value(std::move(parts));
}

/// Items of one message; text and media of a user are one item.
class Items {
 public:
  explicit Items(json::Array& out) : out_(out) {}

  Result<> add(const Part& part, MessageRole role, const std::string& pointer) {
    if (part.text) {
      const bool said = role == MessageRole::assistant;
      content_.emplace_back(
          json::Object{{"type", said ? "output_text" : "input_text"}, {"text", *part.text}});
      return ok();
    }
    if (part.media && role == MessageRole::user) {
      TRY(media, media_part(*part.media, pointer));
      content_.emplace_back(std::move(media));
      return ok();
    }
    flush(role);
    if (part.reasoning) {
      if (auto item = reasoning_item(*part.reasoning)) out_.emplace_back(std::move(*item));
    } else if (part.toolCall) {
      out_.emplace_back(json::Object{{"type", "function_call"},
                                     {"call_id", openai_call_id(part.toolCall->id)},
                                     {"name", part.toolCall->name},
                                     {"arguments", part.toolCall->arguments}});
    } else if (part.toolResult) {
      TRY(output, output_of(*part.toolResult, pointer));
      out_.emplace_back(json::Object{{"type", "function_call_output"},
                                     {"call_id", openai_call_id(part.toolResult->callId)},
                                     {"output", std::move(output)}});
    }
    return ok();
  }
  void flush(MessageRole role) {
    if (content_.empty()) return;
    const bool said = role == MessageRole::assistant;
    out_.emplace_back(message_item(said ? "assistant" : "user", std::exchange(content_, {})));
  }

 private:
  json::Array& out_;
  json::Array content_;
};

Result<json::Array> input_of(const Request& request) {
  json::Array out;
  for (std::size_t i = 0; i < request.messages.size(); ++i) {
    const auto& message = request.messages[i];
    Items items(out);
    for (std::size_t j = 0; j < message.parts.size(); ++j)
      TRY_VOID(
          items.add(message.parts[j], message.role, fmt::format("/messages/{}/parts/{}", i, j)));
    items.flush(message.role);
  }
  return out;
}

void add_tools(json::Object& body, const Request& request) {
  if (request.tools.empty()) return;
  json::Array tools;
  for (const auto& tool : request.tools) {
    json::Object one{{"type", "function"}, {"name", tool.name}};
    if (!tool.description.empty()) one.set("description", tool.description);
    one.set("parameters", arguments_schema(tool.parameters));
    one.set("strict", false);
    tools.emplace_back(std::move(one));
  }
  body.set("tools", std::move(tools));
  if (request.toolChoice == ToolChoice::none) body.set("tool_choice", "none");
  if (request.toolChoice == ToolChoice::required) body.set("tool_choice", "required");
}

}  // namespace

Result<> check_responses_settings(const ModelSettings& settings) {
  TRY_VOID(check_openai_settings(settings));
  TRY_VOID(refuse_sampling_extras(settings));
  if (!settings.parameters.stop.empty()) return fail(unsupported_parameter(settings, "stop"));
  if (settings.parameters.top_k) return fail(unsupported_parameter(settings, "topK"));
  return ok();
}

Result<json::Object> responses_request(const ModelSettings& settings, const Request& request,
                                       bool stream) {
  json::Object body{{"model", openai_model_name(settings)}, {"store", false}};
  if (!request.system.empty()) body.set("instructions", request.system);
  TRY(input, input_of(request));
  body.set("input", std::move(input));
  add_tools(body, request);
  if (request.output) {
    auto format = openai_schema(*request.output);
    format.set("type", "json_schema");
    body.set("text", json::Object{{"format", std::move(format)}});
  }
  const auto& given = settings.parameters;
  if (given.temperature) body.set("temperature", *given.temperature);
  if (given.top_p) body.set("top_p", *given.top_p);
  if (const auto limit = output_limit(settings, request)) body.set("max_output_tokens", *limit);
  if (given.reasoning_effort)
    body.set("reasoning", json::Object{{"effort", *given.reasoning_effort}});
  if (reasons(settings)) body.set("include", json::Array{"reasoning.encrypted_content"});
  if (stream) body.set("stream", true);
  merge(body, given.extra);
  return body;
}

}  // namespace flotilla::llm
