#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "llm/anthropic_wire_internal.h"
#include "llm/request_parts_internal.h"

namespace flotilla::llm {
namespace {

using json::Array;
using json::Object;
using json::Value;

constexpr ClaudeVersion kFirstToThink{.major = 3, .minor = 7};
/// From here on the model decides itself how long it thinks.
constexpr ClaudeVersion kFirstAdaptive{.major = 4, .minor = 6};
constexpr std::int64_t kDefaultOutput = 16'384;
constexpr std::int64_t kLeastBudget = 1024;

std::int64_t default_output(ClaudeVersion version) {
  if (version < ClaudeVersion{.major = 3, .minor = 5}) return 4096;
  if (version < kFirstToThink) return 8192;
  return kDefaultOutput;
}

std::int64_t budget_of(std::string_view effort) {
  if (effort == "minimal") return kLeastBudget;
  if (effort == "low") return 2048;
  if (effort == "medium") return 8192;
  if (effort == "high") return 16'384;
  return 32'768;
}

class Translator {
 public:
  Translator(const ModelSettings& settings, const Request& request)
      : settings_(settings), request_(request), version_(claude_version(settings.model)) {}
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
  ClaudeVersion version_;
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
  const auto given = output_limit(settings_, request_);
  std::int64_t most = given.value_or(default_output(version_));
  const auto& effort = settings_.parameters.reasoning_effort;
  // The API refuses to force a call on a model that thinks.
  const bool forced = request_.toolChoice == ToolChoice::required && !request_.tools.empty();
  if (effort && version_ >= kFirstAdaptive) {
    if (*effort == "none" || forced) {
      body.set("thinking", Object{{"type", "disabled"}});
    } else {
      Object thinking{{"type", "adaptive"}};
      if (version_ > kFirstAdaptive) thinking.set("display", "summarized");
      body.set("thinking", std::move(thinking));
    }
  } else if (effort && *effort != "none" && !forced) {
    std::int64_t budget = budget_of(*effort);
    if (!given) most += budget;
    budget = std::min(budget, most / 2);
    if (budget < kLeastBudget) {
      return fail(
          invalid("/spec/parameters/maxOutputTokens",
                  fmt::format("must be at least {} for a model that reasons", 2 * kLeastBudget)));
    }
    body.set("thinking", Object{{"type", "enabled"}, {"budget_tokens", budget}});
  }
  body.set("max_tokens", most);
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
  if (settings_.caching.enabled && is_blank(request_.system)) mark(tools.back());
  body.set("tools", std::move(tools));
  std::string_view choice = "auto";
  if (request_.toolChoice == ToolChoice::none) choice = "none";
  if (request_.toolChoice == ToolChoice::required) choice = "any";
  body.set("tool_choice", Object{{"type", choice}});
}

void Translator::add_output(Object& body) const {
  Object config;
  const auto& effort = settings_.parameters.reasoning_effort;
  if (effort && *effort != "none" && version_ >= kFirstAdaptive) {
    config.set("effort", *effort == "minimal" ? "low" : *effort);
  }
  if (request_.output) {
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
  if (!is_blank(request_.system)) {
    Value block(Object{{"type", "text"}, {"text", request_.system}});
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
  const auto& effort = settings.parameters.reasoning_effort;
  if (effort && *effort != "none" && claude_version(settings.model) < kFirstToThink) {
    return fail(invalid("/spec/parameters/reasoningEffort",
                        fmt::format("{} does not reason; remove it", settings.model)));
  }
  return ok();
}

Result<Object> anthropic_request(const ModelSettings& settings, const Request& request,
                                 bool stream) {
  return Translator(settings, request).translate(stream);
}

}  // namespace flotilla::llm
