#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "json/json.h"
#include "llm/gemini_wire_internal.h"
#include "llm/request_parts_internal.h"

namespace flotilla::llm {
namespace {

using json::Array;
using json::Object;
using json::Value;

constexpr GeminiVersion kFirstToThink{.major = 2, .minor = 5};
/// From here on there are levels instead of budgets, answers in JSON beside tools, media in
/// results, and calls must carry the seal they came with.
constexpr GeminiVersion kThree{.major = 3, .minor = 0};
/// Google's word for a call that this model has not made.
constexpr std::string_view kForeignCall = "skip_thought_signature_validator";

class Translator {
 public:
  Translator(const ModelSettings& settings, const Request& request)
      : settings_(settings),
        request_(request),
        version_(gemini_version(settings.model)),
        scheme_(wire_name(settings.provider)) {}
  Result<Object> translate() const;

 private:
  Result<Array> contents() const;
  Result<> add_turn(const Turn& turn, Array& contents) const;
  [[nodiscard]] Result<std::optional<Value>> part(const TurnPart& at) const;
  [[nodiscard]] std::optional<Value> reasoning(const Reasoning& reasoning) const;
  [[nodiscard]] Value call(const ToolCall& call) const;
  [[nodiscard]] Result<Value> media(const Media& media, const std::string& pointer) const;
  Result<> add_result(const TurnPart& at, Array& results, Array& others) const;
  void add_system(Object& body) const;
  void add_tools(Object& body) const;
  [[nodiscard]] Object generation() const;
  [[nodiscard]] std::optional<Object> thinking() const;
  /// Beside tools the older models take no schema.
  [[nodiscard]] bool tells_output_in_words() const {
    return request_.output && !request_.tools.empty() && version_ < kThree;
  }

  const ModelSettings& settings_;
  const Request& request_;
  GeminiVersion version_;
  std::string_view scheme_;
};

std::optional<Value> Translator::reasoning(const Reasoning& reasoning) const {
  const auto text_scheme = fmt::format("{}-text", scheme_);
  if (auto seal = untag_signature(text_scheme, reasoning.signature)) {
    return Object{{"text", ""}, {"thoughtSignature", std::move(*seal)}};
  }
  auto seal = untag_signature(scheme_, reasoning.signature);
  if (!seal) return std::nullopt;  // summaries are for people
  return Object{
      {"text", reasoning.text}, {"thought", true}, {"thoughtSignature", std::move(*seal)}};
}

Value Translator::call(const ToolCall& call) const {
  Object body{{"name", call.name}, {"args", arguments_object(call.arguments)}};
  if (!call.id.starts_with(kOwnCallId)) body.set("id", call.id);
  Object out{{"functionCall", std::move(body)}};
  if (auto seal = untag_signature(scheme_, call.signature)) {
    out.set("thoughtSignature", std::move(*seal));
  }
  return out;
}

Result<Value> Translator::media(const Media& media, const std::string& pointer) const {
  TRY_VOID(check_media(media, pointer));
  if (media.url) {
    return Value(
        Object{{"fileData", Object{{"mimeType", bare_type(media)}, {"fileUri", *media.url}}}});
  }
  return Value(
      Object{{"inlineData", Object{{"mimeType", bare_type(media)}, {"data", *media.base64}}}});
}

Result<> Translator::add_result(const TurnPart& at, Array& results, Array& others) const {
  const auto& result = *at.part->toolResult;
  Object body{{"name", result.name},
              {"response", Object{{result.isError ? "error" : "output", result.text}}}};
  if (!result.callId.starts_with(kOwnCallId)) body.set("id", result.callId);
  Array own;
  for (const auto& item : result.media) {
    TRY(value, media(item, pointer_of(at)));
    (version_ >= kThree ? own : others).push_back(std::move(value));
  }
  if (!own.empty()) body.set("parts", std::move(own));
  results.emplace_back(Object{{"functionResponse", std::move(body)}});
  return ok();
}

Result<std::optional<Value>> Translator::part(const TurnPart& at) const {
  const auto& part = *at.part;
  if (part.text) {
    if (part.text->empty()) return std::nullopt;
    return Value(Object{{"text", *part.text}});
  }
  if (part.reasoning) return reasoning(*part.reasoning);
  if (part.toolCall) return call(*part.toolCall);
  if (!part.media) return std::nullopt;
  TRY(value, media(*part.media, pointer_of(at)));
  return value;
}

Result<> Translator::add_turn(const Turn& turn, Array& contents) const {
  Array results;
  Array others;
  bool first_call = true;
  for (const auto& at : turn.parts) {
    if (at.part->toolResult) {
      TRY_VOID(add_result(at, results, others));
      continue;
    }
    TRY(value, part(at));
    if (!value) continue;
    auto& object = *value->if_object();
    if (at.part->toolCall) {
      const bool sealed = object.find("thoughtSignature") != nullptr;
      if (first_call && !sealed && version_ >= kThree) {
        object.set("thoughtSignature", kForeignCall);
      }
      first_call = false;
    }
    others.push_back(std::move(*value));
  }
  const std::string_view role = turn.assistant ? "model" : "user";
  // A content of results must have as many of them as there were calls, and nothing else.
  if (!results.empty()) {
    contents.emplace_back(Object{{"role", role}, {"parts", std::move(results)}});
  }
  if (!others.empty()) {
    contents.emplace_back(Object{{"role", role}, {"parts", std::move(others)}});
  }
  return ok();
}

Result<Array> Translator::contents() const {
  Array out;
  for (const auto& turn : turns_of(request_)) {
    TRY_VOID(add_turn(turn, out));
  }
  if (out.empty()) return fail(invalid("/messages", "has nothing that the model could answer"));
  return out;
}

void Translator::add_system(Object& body) const {
  std::string text = instructions_of(request_, tells_output_in_words());
  if (is_blank(text)) return;
  Array parts;
  parts.emplace_back(Object{{"text", std::move(text)}});
  body.set("systemInstruction", Object{{"parts", std::move(parts)}});
}

void Translator::add_tools(Object& body) const {
  if (request_.tools.empty()) return;
  Array declarations;
  for (const auto& tool : request_.tools) {
    Object item{{"name", tool.name}, {"description", tool.description}};
    auto schema = arguments_schema(tool.parameters);
    const auto* properties = schema.find("properties")->if_object();
    if (properties != nullptr && !properties->empty()) {
      item.set("parametersJsonSchema", std::move(schema));
    }
    declarations.emplace_back(std::move(item));
  }
  Array tools;
  tools.emplace_back(Object{{"functionDeclarations", std::move(declarations)}});
  body.set("tools", std::move(tools));
  std::string_view mode = "AUTO";
  if (request_.toolChoice == ToolChoice::none) mode = "NONE";
  if (request_.toolChoice == ToolChoice::required) mode = "ANY";
  body.set("toolConfig", Object{{"functionCallingConfig", Object{{"mode", mode}}}});
}

std::optional<Object> Translator::thinking() const {
  const auto& effort = settings_.parameters.reasoning_effort;
  if (!effort) return std::nullopt;
  const bool none = *effort == "none";
  Object out{{"includeThoughts", !none}};
  if (version_ >= kThree) {
    std::string level = *effort;
    if (none) level = "minimal";  // as near as there is
    if (level == "max") level = "xhigh";
    std::ranges::transform(level, level.begin(),
                           [](char c) { return static_cast<char>(c - 'a' + 'A'); });
    out.set("thinkingLevel", level);
    return out;
  }
  std::int64_t budget = 24'576;
  if (none) budget = 0;
  if (*effort == "minimal") budget = 512;
  if (*effort == "low") budget = 2048;
  if (*effort == "medium") budget = 8192;
  out.set("thinkingBudget", budget);
  return out;
}

Object Translator::generation() const {
  const auto& parameters = settings_.parameters;
  Object out;
  if (parameters.temperature) out.set("temperature", *parameters.temperature);
  if (parameters.top_p) out.set("topP", *parameters.top_p);
  if (parameters.top_k) out.set("topK", *parameters.top_k);
  if (const auto most = output_limit(settings_, request_)) out.set("maxOutputTokens", *most);
  if (!parameters.stop.empty()) {
    Array stop(parameters.stop.begin(), parameters.stop.end());
    out.set("stopSequences", std::move(stop));
  }
  if (parameters.seed) out.set("seed", *parameters.seed);
  if (parameters.frequency_penalty) out.set("frequencyPenalty", *parameters.frequency_penalty);
  if (parameters.presence_penalty) out.set("presencePenalty", *parameters.presence_penalty);
  if (auto config = thinking()) out.set("thinkingConfig", std::move(*config));
  if (request_.output && !tells_output_in_words()) {
    out.set("responseMimeType", "application/json");
    out.set("responseJsonSchema", request_.output->schema);
  }
  return out;
}

Result<Object> Translator::translate() const {
  Object body;
  add_system(body);
  add_tools(body);
  if (auto config = generation(); !config.empty()) body.set("generationConfig", std::move(config));
  TRY(contents, contents());
  body.set("contents", std::move(contents));
  merge(body, settings_.parameters.extra);
  return body;
}

}  // namespace

GeminiVersion gemini_version(std::string_view model) {
  const auto start = model.find("gemini-");
  if (start == std::string_view::npos) return {};
  const auto rest = model.substr(start + 7);
  GeminiVersion version{.major = 0, .minor = 0};
  const auto* const end = rest.data() + rest.size();
  const auto [dot, failed] = std::from_chars(rest.data(), end, version.major);
  if (failed != std::errc()) return {};
  if (dot != end && *dot == '.') std::from_chars(dot + 1, end, version.minor);
  return version;
}

Result<> check_gemini_settings(const ModelSettings& settings) {
  const auto& effort = settings.parameters.reasoning_effort;
  if (effort && *effort != "none" && gemini_version(settings.model) < kFirstToThink) {
    return fail(invalid("/spec/parameters/reasoningEffort",
                        fmt::format("{} does not reason; remove it", settings.model)));
  }
  return ok();
}

Result<Object> gemini_request(const ModelSettings& settings, const Request& request) {
  return Translator(settings, request).translate();
}

}  // namespace flotilla::llm
