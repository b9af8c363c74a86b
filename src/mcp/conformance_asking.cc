#include "mcp/conformance_asking_internal.h"

#include <utility>

#include "json/json.h"
#include "mcp/conformance_content_internal.h"
#include "mcp/error.h"

namespace flotilla::mcp {
namespace {

constexpr std::string_view kPrefix = "test_input_required_result_";

using Question = std::pair<std::string, InputRequired::Request>;

json::Object parse(std::string_view text) {
  auto value = json::parse(text);
  return value && value->if_object() ? std::move(*value->if_object()) : json::Object();
}

Question form(std::string key, std::string message, std::string_view schema) {
  json::Object params{{"mode", "form"}, {"message", std::move(message)}};
  params.append("requestedSchema", parse(schema));
  return Question(std::move(key), InputRequired::Request{"elicitation/create", std::move(params)});
}

Question name_form(std::string key, std::string message) {
  return form(std::move(key), std::move(message),
              R"({"type":"object","properties":{"name":{"type":"string"}},"required":["name"]})");
}

Question sampling(std::string key, const std::string& prompt) {
  json::Object content{{"type", "text"}, {"text", prompt}};
  json::Object message{{"role", "user"}, {"content", std::move(content)}};
  json::Array messages;
  messages.emplace_back(std::move(message));
  json::Object params{{"messages", std::move(messages)}, {"maxTokens", 100}};
  return Question(std::move(key),
                  InputRequired::Request{"sampling/createMessage", std::move(params)});
}

Question roots(std::string key) {
  return Question(std::move(key), InputRequired::Request{"roots/list", {}});
}

Reply ask(std::vector<Question> questions, std::string state = "") {
  return Reply(InputRequired{std::move(questions), std::move(state)});
}

Reply ask(Question question, std::string state = "") {
  std::vector<Question> questions;
  questions.push_back(std::move(question));
  return ask(std::move(questions), std::move(state));
}

const json::Object* answer(const Rounds& rounds, std::string_view key) {
  const json::Value* value = rounds.responses.find(key);
  return value == nullptr ? nullptr : value->if_object();
}

std::string text_member(const json::Object& object, std::string_view name) {
  const json::Value* value = object.find(name);
  return value != nullptr && value->if_string() != nullptr ? *value->if_string() : std::string();
}

/// What the form was filled with; null when it was not accepted with this member.
const std::string* accepted(const Rounds& rounds, std::string_view key, std::string_view member) {
  const json::Object* given = answer(rounds, key);
  if (given == nullptr || text_member(*given, "action") != "accept") return nullptr;
  const json::Value* content = given->find("content");
  const json::Object* fields = content == nullptr ? nullptr : content->if_object();
  const json::Value* value = fields == nullptr ? nullptr : fields->find(member);
  return value == nullptr ? nullptr : value->if_string();
}

/// Which answer is not there yet: the whole of it comes back as text.
Reply echo(Question question, const Rounds& rounds, const std::string& before) {
  const json::Object* given = answer(rounds, question.first);
  if (given == nullptr) return ask(std::move(question));
  return tool_text(before + json::to_string(json::Value(*given)));
}

Reply greet_by_form(const Rounds& rounds) {
  if (const auto* name = accepted(rounds, "user_name", "name"))
    return tool_text("Hello, " + *name + "!");
  return ask(name_form("user_name", "What is your name?"));
}

Reply with_state(const Rounds& rounds) {
  if (rounds.state == "asked" && answer(rounds, "confirm") != nullptr)
    return tool_text("state-ok: confirmed");
  return ask(form("confirm", "Please confirm",
                  R"({"type":"object","properties":{"ok":{"type":"boolean"}},"required":["ok"]})"),
             "asked");
}

Reply several(const Rounds& rounds) {
  const bool all = answer(rounds, "user_name") && answer(rounds, "greeting") &&
                   answer(rounds, "client_roots") && !rounds.state.empty();
  if (all) return tool_text("All three answers arrived.");
  std::vector<Question> questions;
  questions.push_back(name_form("user_name", "What is your name?"));
  questions.push_back(sampling("greeting", "Write a short greeting."));
  questions.push_back(roots("client_roots"));
  return ask(std::move(questions), "several");
}

Reply two_rounds(const Rounds& rounds) {
  if (rounds.state == "second" && answer(rounds, "step2"))
    return tool_text("Both rounds are done.");
  const bool second =
      rounds.state == "second" || (rounds.state == "first" && answer(rounds, "step1"));
  if (second) return ask(name_form("step2", "Step 2: what is your favourite colour?"), "second");
  return ask(name_form("step1", "Step 1: what is your name?"), "first");
}

Reply by_capability(const Caller& caller, const Rounds& rounds) {
  if (!rounds.responses.empty()) return tool_text("Answered.");
  std::vector<Question> questions;
  if (caller.capabilities.elicitation_form)
    questions.push_back(name_form("user_name", "What is your name?"));
  if (caller.capabilities.sampling) questions.push_back(sampling("greeting", "Say hello."));
  if (caller.capabilities.roots) questions.push_back(roots("client_roots"));
  if (questions.empty()) return tool_text("The client can answer nothing.");
  return ask(std::move(questions));
}

constexpr std::string_view kDefaults = R"({"type":"object","properties":{
  "name":{"type":"string","description":"Name","default":"John Doe"},
  "age":{"type":"integer","description":"Age","default":30},
  "score":{"type":"number","description":"Score","default":95.5},
  "status":{"type":"string","description":"Status","enum":["active","inactive","pending"],
    "default":"active"},
  "verified":{"type":"boolean","description":"Verified","default":true}},"required":[]})";

constexpr std::string_view kChoices = R"({"type":"object","properties":{
  "untitledSingle":{"type":"string","enum":["option1","option2","option3"]},
  "titledSingle":{"type":"string","oneOf":[{"const":"value1","title":"First"},
    {"const":"value2","title":"Second"},{"const":"value3","title":"Third"}]},
  "legacyEnum":{"type":"string","enum":["opt1","opt2","opt3"],
    "enumNames":["Option One","Option Two","Option Three"]},
  "untitledMulti":{"type":"array","items":{"type":"string","enum":["option1","option2","option3"]}},
  "titledMulti":{"type":"array","items":{"anyOf":[{"const":"value1","title":"First"},
    {"const":"value2","title":"Second"},{"const":"value3","title":"Third"}]}}},"required":[]})";

constexpr std::string_view kUser = R"({"type":"object","properties":{
  "username":{"type":"string","description":"The user's name"},
  "email":{"type":"string","description":"The user's address"}},"required":["username","email"]})";

/// Tools of the legacy scenarios; modern clients can call them as well.
std::optional<Reply> legacy_tool(const CallTool& request) {
  const Rounds& rounds = request.rounds;
  if (request.name == "test_sampling")
    return echo(sampling("answer", text_member(request.arguments, "prompt")), rounds,
                "LLM response: ");
  if (request.name == "test_elicitation")
    return echo(form("answer", text_member(request.arguments, "message"), kUser), rounds,
                "User response: ");
  if (request.name == "test_elicitation_sep1034_defaults")
    return echo(form("answer", "Please check the values", kDefaults), rounds,
                "Elicitation completed: ");
  if (request.name == "test_elicitation_sep1330_enums")
    return echo(form("answer", "Please choose", kChoices), rounds, "Elicitation completed: ");
  return std::nullopt;
}

}  // namespace

std::optional<Reply> ask_for_context(const Caller& /*caller*/, const Rounds& rounds) {
  if (answer(rounds, "user_context") != nullptr) return std::nullopt;
  return ask(form("user_context", "What is the context?",
                  R"({"type":"object","properties":{"context":{"type":"string"}},)"
                  R"("required":["context"]})"));
}

std::optional<Reply> asking_tool(const Caller& caller, const CallTool& request) {
  if (auto reply = legacy_tool(request)) return reply;
  if (request.name == "test_missing_capability") {
    if (caller.capabilities.sampling) return tool_text("The client can sample.");
    return Reply(missing_capability(json::Object{{"sampling", json::Object()}}));
  }
  if (!request.name.starts_with(kPrefix)) return std::nullopt;
  const auto what = std::string_view(request.name).substr(kPrefix.size());
  const Rounds& rounds = request.rounds;
  if (what == "elicitation") return greet_by_form(rounds);
  if (what == "sampling")
    return echo(sampling("capital_question", "What is the capital of France?"), rounds,
                "Sampled: ");
  if (what == "list_roots") return echo(roots("client_roots"), rounds, "Roots: ");
  if (what == "request_state" || what == "tampered_state") return with_state(rounds);
  if (what == "multiple_inputs") return several(rounds);
  if (what == "multi_round") return two_rounds(rounds);
  if (what == "capabilities") return by_capability(caller, rounds);
  return std::nullopt;
}

std::optional<Reply> task_tool(const Caller& caller, const CallTool& request,
                               ConformanceTasks& tasks) {
  const std::string& name = request.name;
  const bool required = name == "failing_job" || name == "protocol_error_job" ||
                        name == "confirm_delete" || name == "multi_input" ||
                        name == "test_tool_with_task";
  if (!required && name != "slow_compute") return std::nullopt;
  if (!caller.capabilities.tasks && !required) return std::nullopt;
  if (!caller.capabilities.tasks) {
    json::Object extensions;
    extensions.append(std::string(kTasksExtension), json::Object());
    return Reply(missing_capability(json::Object{{"extensions", std::move(extensions)}}));
  }
  ConformanceTasks::Plan plan;
  std::string text = "done: " + name;
  if (name == "slow_compute") plan.work = *waiting_tool(request);
  if (name == "failing_job" || name == "protocol_error_job") plan.work = std::chrono::seconds(1);
  if (name == "protocol_error_job")
    plan.error = json::Object{{"code", code::kInternal}, {"message", "the job failed"}};
  if (name == "confirm_delete")
    plan.questions.emplace_back("confirm",
                                "Delete " + text_member(request.arguments, "filename") + "?");
  if (name == "multi_input") plan.questions = {{"first", "The first?"}, {"second", "The second?"}};
  if (name == "test_tool_with_task") {
    const auto* user = accepted(request.rounds, "user_name", "name");
    if (user == nullptr) return ask(name_form("user_name", "What is your name?"));
    text = "Hello, " + *user + "!";
  }
  auto result = std::get<Complete>(tool_text(std::move(text))).result;
  if (name == "failing_job") result.append("isError", true);
  plan.result = std::move(result);
  return Reply(TaskCreated{tasks.create(std::move(plan))});
}

}  // namespace flotilla::mcp
