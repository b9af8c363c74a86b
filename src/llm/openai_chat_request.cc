#include <fmt/format.h>

#include <utility>

#include "llm/openai_internal.h"
#include "llm/request_parts_internal.h"

namespace flotilla::llm {
namespace {

Error cannot_take(const std::string& pointer, std::string_view what) {
  return invalid(pointer, fmt::format("{} cannot be given to this model: chat completions take "
                                      "images, documents as base64, and sound as mp3 or wav",
                                      what));
}

json::Object text_part(const std::string& text) {
  return {{"type", "text"}, {"text", text}};
}

Result<json::Object> media_part(const Media& media, const std::string& pointer) {
  TRY_VOID(check_media(media, pointer));
  const auto kind = kind_of(media);
  if (kind == MediaKind::image) {
    TRY(url, openai_media_url(media, pointer));
    return json::Object{{"type", "image_url"},
                        {"image_url", json::Object{{"url", std::move(url)}}}};
  }
  const auto type = bare_type(media);
  if (!media.base64) return fail(cannot_take(pointer, type + " by its URL"));
  if (kind == MediaKind::audio) {
    const auto format = openai_audio_format(media);
    if (!format) return fail(cannot_take(pointer, type));
    return json::Object{
        {"type", "input_audio"},
        {"input_audio", json::Object{{"data", *media.base64}, {"format", *format}}}};
  }
  if (kind == MediaKind::video) return fail(cannot_take(pointer, type));
  if (type.starts_with("text/") || type == "application/json") {
    TRY(text, text_of(media, pointer));
    return text_part(media.name ? fmt::format("{}:\n{}", *media.name, text) : text);
  }
  TRY(url, openai_media_url(media, pointer));
  return json::Object{
      {"type", "file"},
      {"file", json::Object{{"filename", media.name.value_or("file")}, {"file_data", url}}}};
}

Result<json::Object> user_message(const Message& message, std::size_t index) {
  json::Object out{{"role", "user"}};
  if (message.parts.size() == 1 && message.parts[0].text) {
    out.set("content", *message.parts[0].text);
    return out;
  }
  json::Array content;
  for (std::size_t i = 0; i < message.parts.size(); ++i) {
    const auto& part = message.parts[i];
    if (part.text) content.emplace_back(text_part(*part.text));
    if (!part.media) continue;
    TRY(media, media_part(*part.media, fmt::format("/messages/{}/parts/{}", index, i)));
    content.emplace_back(std::move(media));
  }
  out.set("content", std::move(content));
  return out;
}

/// Reasoning goes back to whom it came from as reasoning_content, which then wants it with calls.
json::Object assistant_message(const Message& message) {
  json::Object out{{"role", "assistant"}};
  const auto text = text_of(message);
  json::Array calls;
  std::string reasoning;
  for (const auto& part : message.parts) {
    if (part.reasoning && untag_signature("reasoning_content", part.reasoning->signature))
      reasoning += part.reasoning->text;
    if (!part.toolCall) continue;
    const auto& call = *part.toolCall;
    calls.emplace_back(json::Object{
        {"id", openai_call_id(call.id)},
        {"type", "function"},
        {"function", json::Object{{"name", call.name}, {"arguments", call.arguments}}}});
  }
  if (text.empty() && !calls.empty())
    out.set("content", nullptr);
  else
    out.set("content", text);
  if (calls.empty()) return out;
  out.set("tool_calls", std::move(calls));
  if (!reasoning.empty()) out.set("reasoning_content", std::move(reasoning));
  return out;
}

/// One message for each result. What is no text follows as a user's, since results take text only.
Result<> add_results(json::Array& out, const Message& message, std::size_t index) {
  json::Array media;
  for (std::size_t i = 0; i < message.parts.size(); ++i) {
    if (!message.parts[i].toolResult) continue;
    const auto& result = *message.parts[i].toolResult;
    out.emplace_back(json::Object{{"role", "tool"},
                                  {"tool_call_id", openai_call_id(result.callId)},
                                  {"content", openai_result_text(result)}});
    if (!result.media.empty())
      media.emplace_back(text_part(fmt::format("Of the tool {}:", result.name)));
    for (const auto& one : result.media) {
      TRY(part, media_part(one, fmt::format("/messages/{}/parts/{}", index, i)));
      media.emplace_back(std::move(part));
    }
  }
  if (!media.empty())
    out.emplace_back(json::Object{{"role", "user"}, {"content", std::move(media)}});
  return ok();
}

Result<json::Array> messages_of(const Request& request) {
  json::Array out;
  if (!request.system.empty())
    out.emplace_back(json::Object{{"role", "system"}, {"content", request.system}});
  for (std::size_t i = 0; i < request.messages.size(); ++i) {
    const auto& message = request.messages[i];
    switch (message.role) {
      case MessageRole::user: {
        TRY(user, user_message(message, i));
        out.emplace_back(std::move(user));
        break;
      }
      case MessageRole::assistant:
        out.emplace_back(assistant_message(message));
        break;
      case MessageRole::tool:
        TRY_VOID(add_results(out, message, i));
        break;
    }
  }
  return out;
}

void add_tools(json::Object& body, const Request& request) {
  if (request.tools.empty()) return;
  json::Array tools;
  for (const auto& tool : request.tools) {
    json::Object function{{"name", tool.name}};
    if (!tool.description.empty()) function.set("description", tool.description);
    function.set("parameters", arguments_schema(tool.parameters));
    tools.emplace_back(json::Object{{"type", "function"}, {"function", std::move(function)}});
  }
  body.set("tools", std::move(tools));
  if (request.toolChoice == ToolChoice::none) body.set("tool_choice", "none");
  if (request.toolChoice == ToolChoice::required) body.set("tool_choice", "required");
}

void add_parameters(json::Object& body, const ModelSettings& settings, const Request& request) {
  const auto& given = settings.parameters;
  if (given.temperature) body.set("temperature", *given.temperature);
  if (given.top_p) body.set("top_p", *given.top_p);
  if (given.top_k) body.set("top_k", *given.top_k);
  // Reasoning models of OpenAI refuse the older name, other servers do not know the newer one.
  const bool compatible = settings.provider == Provider::openai_compatible;
  if (const auto limit = output_limit(settings, request))
    body.set(compatible ? "max_tokens" : "max_completion_tokens", *limit);
  if (!given.stop.empty()) {
    json::Array stop(given.stop.begin(), given.stop.end());
    body.set("stop", std::move(stop));
  }
  if (given.seed) body.set("seed", *given.seed);
  if (given.frequency_penalty) body.set("frequency_penalty", *given.frequency_penalty);
  if (given.presence_penalty) body.set("presence_penalty", *given.presence_penalty);
  if (given.reasoning_effort) body.set("reasoning_effort", *given.reasoning_effort);
}

}  // namespace

Result<json::Object> chat_request(const ModelSettings& settings, const Request& request,
                                  bool stream) {
  json::Object body{{"model", openai_model_name(settings)}};
  TRY(messages, messages_of(request));
  body.set("messages", std::move(messages));
  add_tools(body, request);
  if (request.output)
    body.set("response_format", json::Object{{"type", "json_schema"},
                                             {"json_schema", openai_schema(*request.output)}});
  add_parameters(body, settings, request);
  if (stream) {
    body.set("stream", true);
    body.set("stream_options", json::Object{{"include_usage", true}});
  }
  merge(body, settings.parameters.extra);
  return body;
}

}  // namespace flotilla::llm
