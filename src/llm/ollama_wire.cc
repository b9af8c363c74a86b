#include <fmt/format.h>

#include <boost/describe.hpp>
#include <utility>

#include "json/json.h"
#include "json/map.h"
#include "llm/ollama_internal.h"
#include "llm/request_parts_internal.h"

namespace flotilla::llm {
namespace {

struct OllamaFunction {
  std::optional<std::string> name;
  std::optional<json::Value> arguments;
};
BOOST_DESCRIBE_STRUCT(OllamaFunction, (), (name, arguments))

struct OllamaCall {
  std::optional<std::string> id;
  std::optional<OllamaFunction> function;
};
BOOST_DESCRIBE_STRUCT(OllamaCall, (), (id, function))

struct OllamaMessage {
  std::optional<std::string> content;
  std::optional<std::string> thinking;
  std::vector<OllamaCall> tool_calls;
};
BOOST_DESCRIBE_STRUCT(OllamaMessage, (), (content, thinking, tool_calls))

struct OllamaLine {
  std::optional<std::string> model;
  std::optional<OllamaMessage> message;
  std::optional<bool> done;
  std::optional<std::string> done_reason;
  std::optional<std::int64_t> prompt_eval_count;
  std::optional<std::int64_t> eval_count;
  std::optional<std::string> error;
};
BOOST_DESCRIBE_STRUCT(OllamaLine, (),
                      (model, message, done, done_reason, prompt_eval_count, eval_count, error))

// Blocks of an answer; calls come after its text.
constexpr std::int64_t kReasoningBlock = 0;
constexpr std::int64_t kTextBlock = 1;
constexpr std::int64_t kCallBlocks = 2;

/// Texts become part of the text, images go beside it.
Result<> add_media(const Media& media, const std::string& pointer, std::string& text,
                   json::Array& images) {
  TRY_VOID(check_media(media, pointer));
  const auto type = bare_type(media);
  if (!media.base64)
    return fail(
        invalid(pointer, type + " by its URL cannot be given to Ollama: give it as base64"));
  if (kind_of(media) == MediaKind::image) {
    images.emplace_back(*media.base64);
    return ok();
  }
  if (!type.starts_with("text/") && type != "application/json")
    return fail(invalid(pointer, type + " cannot be given to Ollama: it takes images and text"));
  TRY(content, text_of(media, pointer));
  if (!text.empty()) text += "\n\n";
  text += media.name ? fmt::format("{}:\n{}", *media.name, content) : content;
  return ok();
}

Result<json::Object> plain_message(const Message& message, std::size_t index) {
  const bool said = message.role == MessageRole::assistant;
  std::string text;
  std::string thinking;
  json::Array images;
  json::Array calls;
  for (std::size_t i = 0; i < message.parts.size(); ++i) {
    const auto& part = message.parts[i];
    if (part.text) text += *part.text;
    if (part.reasoning && said) thinking += part.reasoning->text;
    if (part.media)
      TRY_VOID(
          add_media(*part.media, fmt::format("/messages/{}/parts/{}", index, i), text, images));
    if (part.toolCall)
      calls.emplace_back(json::Object{
          {"function", json::Object{{"name", part.toolCall->name},
                                    {"arguments", arguments_object(part.toolCall->arguments)}}}});
  }
  json::Object out{{"role", said ? "assistant" : "user"}, {"content", std::move(text)}};
  if (!images.empty()) out.set("images", std::move(images));
  // The model goes on from its thoughts within a turn; those of turns before are of no use to it.
  if (!thinking.empty() && !calls.empty()) out.set("thinking", std::move(thinking));
  if (!calls.empty()) out.set("tool_calls", std::move(calls));
  return out;
}

Result<> add_results(json::Array& out, const Message& message, std::size_t index) {
  for (std::size_t i = 0; i < message.parts.size(); ++i) {
    if (!message.parts[i].toolResult) continue;
    const auto& result = *message.parts[i].toolResult;
    auto text = openai_result_text(result);
    json::Array images;
    for (const auto& media : result.media)
      TRY_VOID(add_media(media, fmt::format("/messages/{}/parts/{}", index, i), text, images));
    json::Object one{{"role", "tool"}, {"content", std::move(text)}, {"tool_name", result.name}};
    if (!images.empty()) one.set("images", std::move(images));
    out.emplace_back(std::move(one));
  }
  return ok();
}

Result<json::Array> messages_of(const Request& request) {
  json::Array out;
  if (!request.system.empty())
    out.emplace_back(json::Object{{"role", "system"}, {"content", request.system}});
  for (std::size_t i = 0; i < request.messages.size(); ++i) {
    const auto& message = request.messages[i];
    if (message.role == MessageRole::tool) {
      TRY_VOID(add_results(out, message, i));
      continue;
    }
    TRY(one, plain_message(message, i));
    out.emplace_back(std::move(one));
  }
  return out;
}

json::Object options_of(const ModelSettings& settings, const Request& request) {
  const auto& given = settings.parameters;
  json::Object options;
  if (given.temperature) options.set("temperature", *given.temperature);
  if (given.top_p) options.set("top_p", *given.top_p);
  if (given.top_k) options.set("top_k", *given.top_k);
  if (const auto limit = output_limit(settings, request)) options.set("num_predict", *limit);
  if (!given.stop.empty()) options.set("stop", json::Array(given.stop.begin(), given.stop.end()));
  if (given.seed) options.set("seed", *given.seed);
  if (given.frequency_penalty) options.set("frequency_penalty", *given.frequency_penalty);
  if (given.presence_penalty) options.set("presence_penalty", *given.presence_penalty);
  merge(options, settings.ollama_options);
  return options;
}

/// Only gpt-oss knows levels; the others think or do not.
json::Value think_of(const ModelSettings& settings) {
  const auto& effort = *settings.parameters.reasoning_effort;
  if (effort == "none") return false;
  if (!settings.model.starts_with("gpt-oss")) return true;
  if (effort == "minimal" || effort == "low") return "low";
  return effort == "medium" ? "medium" : "high";
}

void add_tools(json::Object& body, const Request& request) {
  // `tool_choice` does not exist: who must not call a tool is not told of any.
  if (request.tools.empty() || request.toolChoice == ToolChoice::none) return;
  json::Array tools;
  for (const auto& tool : request.tools)
    tools.emplace_back(json::Object{
        {"type", "function"},
        {"function", json::Object{{"name", tool.name},
                                  {"description", tool.description},
                                  {"parameters", arguments_schema(tool.parameters)}}}});
  body.set("tools", std::move(tools));
}

}  // namespace

Result<json::Object> ollama_request(const ModelSettings& settings, const Request& request,
                                    bool stream) {
  json::Object body{{"model", settings.model}};
  TRY(messages, messages_of(request));
  body.set("messages", std::move(messages));
  body.set("stream", stream);
  add_tools(body, request);
  if (request.output) body.set("format", request.output->schema);
  if (settings.parameters.reasoning_effort) body.set("think", think_of(settings));
  if (auto options = options_of(settings, request); !options.empty())
    body.set("options", std::move(options));
  merge(body, settings.parameters.extra);
  return body;
}

Result<> OllamaStream::feed(const http::SseMessage& line) {
  if (is_blank(line.data)) return ok();
  TRY(value, parse_answer(settings_, line.data));
  return take(std::move(value));
}

Result<> OllamaStream::take(json::Value value) {
  auto line = json::read<OllamaLine>(std::move(value));
  if (!line) return fail(broken_answer(settings_, line.error().message()));
  if (line->error) {
    ProviderFault fault;
    fault.message = *line->error;
    return fail(to_error(settings_, fault));
  }
  if (line->model) model_ = *line->model;
  if (line->message) {
    const auto& message = *line->message;
    if (message.thinking && !message.thinking->empty())
      TRY_VOID(builder_.add_reasoning(kReasoningBlock, *message.thinking));
    if (message.content && !message.content->empty())
      TRY_VOID(builder_.add_text(kTextBlock, *message.content));
    for (const auto& call : message.tool_calls) {
      const auto function = call.function.value_or(OllamaFunction());
      const auto block = kCallBlocks + calls_++;
      TRY_VOID(
          builder_.begin_call(block, ids_.take(call.id.value_or("")), function.name.value_or("")));
      const auto arguments = function.arguments.value_or(json::Object());
      const auto* text = arguments.if_string();
      TRY_VOID(builder_.add_arguments(block, text != nullptr ? *text : json::to_string(arguments)));
    }
  }
  if (!line->done.value_or(false)) return ok();
  done_ = true;
  reason_ = line->done_reason.value_or("");
  usage_.inputTokens = line->prompt_eval_count.value_or(0);
  usage_.outputTokens = line->eval_count.value_or(0);
  return ok();
}

Result<Answer> OllamaStream::finish() {
  if (!done_) return fail(broken_answer(settings_, "its stream ended in the middle of the answer"));
  Answer answer;
  answer.finish = reason_ == "length" ? FinishReason::length
                  : calls_ > 0        ? FinishReason::tool_calls
                  : reason_ == "load" ? FinishReason::other
                                      : FinishReason::stop;
  answer.message = builder_.take_message();
  answer.usage = usage_;
  answer.model = model_.empty() ? settings_.model : model_;
  return answer;
}

}  // namespace flotilla::llm
