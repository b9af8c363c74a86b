#include "llm/scripted.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "json/json.h"
#include "json/map.h"
#include "llm/scripted_internal.h"

namespace flotilla::llm {
namespace {

constexpr std::size_t kMaxAnswers = 1000;
constexpr Duration kLongestWait = std::chrono::hours(1);
constexpr std::int64_t kMaxRepeat = std::int64_t{16} << 20;
constexpr std::int64_t kMaxDimension = 4096;

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

bool contains(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) { return lower(a) == lower(b); };
  return !std::ranges::search(text, part, same).empty() || part.empty();
}

/// The name in `{{…}}`; nullopt: it is none of ours.
std::optional<std::string> value_of(std::string_view name, const ScriptScene& scene) {
  if (name == "input") return scene.input;
  const bool any = name == "result";
  if (!any && !name.starts_with("result.")) return std::nullopt;
  const auto tool = any ? std::string_view() : name.substr(7);
  for (auto it = scene.all_results.rbegin(); it != scene.all_results.rend(); ++it)
    if (any || (*it)->name == tool) return (*it)->text;
  return "";
}

/// What is wrong with the placeholders of a text; empty: nothing.
std::string placeholder_fault(std::string_view text) {
  for (auto at = text.find("{{"); at != std::string_view::npos; at = text.find("{{", at + 2)) {
    const auto end = text.find("}}", at);
    if (end == std::string_view::npos) return {};
    const auto name = text.substr(at + 2, end - at - 2);
    if (name != "input" && name != "result" && !name.starts_with("result."))
      return fmt::format("knows no {{{{{}}}}}: there are input, result and result.TOOL", name);
  }
  return {};
}

std::string placeholder_fault(const json::Value& value) {
  if (const auto* text = value.if_string()) return placeholder_fault(std::string_view(*text));
  std::string fault;
  if (const auto* array = value.if_array())
    for (const auto& one : *array)
      if (fault.empty()) fault = placeholder_fault(one);
  if (const auto* object = value.if_object())
    for (const auto& [name, member] : object->members())
      if (fault.empty()) fault = placeholder_fault(member);
  return fault;
}

class Checker {
 public:
  explicit Checker(std::string at) : at_(std::move(at)) {}

  void answer(const ScriptAnswer& answer, const std::string& where) {
    const bool says = answer.text || answer.reasoning || !answer.toolCalls.empty();
    if (!says && !answer.fail) add(where, "says nothing: give text, reasoning, toolCalls or fail");
    if (!says && answer.fail && answer.fail->times > 0)
      add(where, "needs text or toolCalls for when it has failed often enough");
    if (answer.text) add(where + "/text", placeholder_fault(std::string_view(*answer.text)));
    for (std::size_t i = 0; i < answer.toolCalls.size(); ++i) {
      const auto& call = answer.toolCalls[i];
      const auto field = fmt::format("{}/toolCalls/{}", where, i);
      if (call.name.empty()) add(field + "/name", "is empty");
      if (call.arguments) add(field + "/arguments", placeholder_fault(*call.arguments));
    }
    bounded(answer.wait, where + "/wait");
    bounded(answer.pause, where + "/pause");
    if (answer.repeat < 1 || answer.repeat > kMaxRepeat)
      add(where + "/repeat", fmt::format("must be from 1 to {}", kMaxRepeat));
    if (answer.chunk < 0) add(where + "/chunk", "must not be negative");
    if (answer.cutAfter && *answer.cutAfter < 0) add(where + "/cutAfter", "must not be negative");
    if (answer.fail && (answer.fail->status < 400 || answer.fail->status > 599))
      add(where + "/fail/status", "must be a status of HTTP from 400 to 599");
    if (answer.fail && answer.fail->times < 0) add(where + "/fail/times", "must not be negative");
  }
  void add(const std::string& where, std::string what) {
    if (what.empty()) return;
    if (!error_)
      error_ = invalid(at_ + where, what);
    else
      error_->add_field(at_ + where, what);
  }
  Result<> result() const {
    if (error_) return fail(*error_);
    return ok();
  }

 private:
  void bounded(Duration duration, const std::string& where) {
    if (duration < Duration::zero() || duration > kLongestWait) add(where, "must be from 0s to 1h");
  }
  std::string at_;
  std::optional<Error> error_;
};

std::int64_t bytes_of(const Message& message) {
  std::size_t bytes = 0;
  for (const auto& part : message.parts) {
    if (part.text) bytes += part.text->size();
    if (part.reasoning) bytes += part.reasoning->text.size();
    if (part.toolCall) bytes += part.toolCall->name.size() + part.toolCall->arguments.size();
    if (part.toolResult) bytes += part.toolResult->text.size();
  }
  return static_cast<std::int64_t>(bytes);
}

}  // namespace

Result<Script> read_script(const json::Value& value, std::string at) {
  if (value.if_object() == nullptr)
    return fail(invalid(at, "must be an object with `answers`: the answers of the scripted model"));
  TRY(script, json::read<Script>(value, {.strict = true, .at = at}));
  Checker checker(at);
  if (script.answers.size() > kMaxAnswers)
    checker.add("/answers", fmt::format("has more than {}", kMaxAnswers));
  if (script.dimension < 1 || script.dimension > kMaxDimension)
    checker.add("/dimension", fmt::format("must be from 1 to {}", kMaxDimension));
  for (std::size_t i = 0; i < script.answers.size(); ++i)
    checker.answer(script.answers[i], fmt::format("/answers/{}", i));
  TRY_VOID(checker.result());
  return script;
}

ScriptScene::ScriptScene(const Request& of) : request(of) {
  for (const auto& message : of.messages) {
    if (message.role == MessageRole::user) {
      ++turn;
      step = 1;
      input = text_of(message);
      all_results.clear();
    } else if (message.role == MessageRole::assistant) {
      ++step;
    }
    results.clear();
    for (const auto& part : message.parts)
      if (part.toolResult) results.push_back(&*part.toolResult);
    all_results.insert(all_results.end(), results.begin(), results.end());
  }
}

bool fits(const std::optional<ScriptMatch>& match, const ScriptScene& scene) {
  if (!match) return true;
  const auto is_of_tool = [&](const ToolResult* result) {
    return (!match->tool || result->name == *match->tool) &&
           (!match->result || contains(result->text, *match->result)) &&
           (!match->toolError || result->isError == *match->toolError);
  };
  const bool about_results = match->tool || match->result || match->toolError;
  const auto offers = [&](const Tool& tool) { return tool.name == *match->offersTool; };
  return (!match->input || contains(scene.input, *match->input)) &&
         (!match->system || contains(scene.request.system, *match->system)) &&
         (!match->step || *match->step == scene.step) &&
         (!match->turn || *match->turn == scene.turn) &&
         (!about_results || std::ranges::any_of(scene.results, is_of_tool)) &&
         (!match->offersTool || std::ranges::any_of(scene.request.tools, offers));
}

std::string fill_in(const std::string& text, const ScriptScene& scene) {
  std::string out;
  std::size_t from = 0;
  for (auto at = text.find("{{"); at != std::string::npos; at = text.find("{{", from)) {
    const auto end = text.find("}}", at);
    if (end == std::string::npos) break;
    const auto value = value_of(std::string_view(text).substr(at + 2, end - at - 2), scene);
    out.append(text, from, at - from);
    if (value)
      out += *value;
    else
      out.append(text, at, end + 2 - at);
    from = end + 2;
  }
  return out.append(text, from);
}

json::Value fill_in(const json::Value& value, const ScriptScene& scene) {
  if (const auto* text = value.if_string()) return fill_in(*text, scene);
  json::Value out = value;
  if (auto* array = out.if_array())
    for (auto& one : *array) one = fill_in(json::Value(one), scene);
  if (auto* object = out.if_object())
    for (auto& [name, member] : object->members()) member = fill_in(json::Value(member), scene);
  return out;
}

Usage count_tokens(const Request& request, const Answer& answer) {
  auto in = static_cast<std::int64_t>(request.system.size());
  for (const auto& message : request.messages) in += bytes_of(message);
  for (const auto& tool : request.tools)
    in += static_cast<std::int64_t>(tool.name.size() + tool.description.size());
  Usage usage;
  usage.inputTokens = (in + 3) / 4;
  usage.outputTokens = (bytes_of(answer.message) + 3) / 4;
  for (const auto& part : answer.message.parts)
    if (part.reasoning)
      usage.reasoningTokens += static_cast<std::int64_t>(part.reasoning->text.size() + 3) / 4;
  return usage;
}

}  // namespace flotilla::llm
