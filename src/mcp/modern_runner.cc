#include "mcp/modern_runner.h"

#include <utility>

#include "mcp/error.h"
#include "mcp/limits.h"
#include "mcp/results.h"

namespace flotilla::mcp {
namespace {

std::string text_of(const json::Object& params, std::string_view name) {
  const json::Value* value = params.find(name);
  const std::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : *text;
}

json::Object tasks_capability() {
  json::Object extensions;
  extensions.append(std::string(kTasksExtension), json::Object());
  return json::Object{{"extensions", std::move(extensions)}};
}

bool is_task_method(Method method) {
  return method == Method::get_task || method == Method::update_task ||
         method == Method::cancel_task;
}

/// The answers of a retry and the state they belong to; the members leave params.
Read<Rounds> take_rounds(ModernRequest& request, const StateSealer& states,
                         const Sha256Digest& digest) {
  Rounds rounds;
  if (json::Value* given = request.params.find("inputResponses")) {
    json::Object* responses = given->if_object();
    if (responses == nullptr)
      return std::unexpected(bad_param("inputResponses", "expected object"));
    for (const auto& [key, response] : responses->members())
      if (response.if_object() == nullptr)
        return std::unexpected(bad_param("inputResponses/" + key, "expected object"));
    rounds.responses = std::move(*responses);
    request.params.erase("inputResponses");
  }
  if (const json::Value* given = request.params.find("requestState")) {
    const std::string* sealed = given->if_string();
    if (sealed == nullptr) return std::unexpected(bad_param("requestState", "expected string"));
    auto state = states.open(*sealed, request.caller.context.principal->name, digest);
    if (!state) return std::unexpected(state.error());
    rounds.state = std::move(*state);
    request.params.erase("requestState");
  }
  return rounds;
}

/// Whether a handler could ask this caller anything.
bool can_be_asked(const ClientCapabilities& caller) {
  return caller.roots || caller.sampling || caller.elicitation_form || caller.elicitation_url;
}

}  // namespace

Answer refuse_request(std::string_view id, const RpcError& error) {
  return Answer{http_status_of(error.code), write_error(id, error)};
}

Answer refuse_request(std::string_view id, const Refusal& refusal) {
  return Answer{refusal.status, write_error(id, refusal.error)};
}

json::Object missing_for(const InputRequired::Request& request, const ClientCapabilities& caller) {
  if (request.method == "roots/list" && !caller.roots)
    return json::Object{{"roots", json::Object()}};
  if (request.method == "sampling/createMessage") {
    const bool tools = request.params.find("tools") != nullptr;
    if (tools && !caller.sampling_tools)
      return json::Object{{"sampling", json::Object{{"tools", json::Object()}}}};
    if (!caller.sampling) return json::Object{{"sampling", json::Object()}};
  }
  if (request.method == "elicitation/create") {
    const bool url = text_of(request.params, "mode") == "url";
    if (url && !caller.elicitation_url)
      return json::Object{{"elicitation", json::Object{{"url", json::Object()}}}};
    if (!url && !caller.elicitation_form)
      return json::Object{{"elicitation", json::Object{{"form", json::Object()}}}};
  }
  return {};
}

std::optional<RpcError> ModernRunner::forbid(const ModernRequest& request,
                                             const ServerDescription& server) const {
  if (!is_offered(request.method, server)) {
    return rpc_error(code::kMethodNotFound, "Method not found: " + request.method_name);
  }
  if (is_task_method(request.method) && !request.caller.capabilities.tasks)
    return missing_capability(tasks_capability());
  return std::nullopt;
}

Async<Answer> ModernRunner::run(ModernRequest request, Outlet* outlet) const {
  const LogThreshold threshold(request.log_level);
  const auto server = handler_.describe(request.caller);
  if (const auto forbidden = forbid(request, server))
    co_return refuse_request(request.id, *forbidden);
  std::optional<Sha256Digest> digest;
  Rounds rounds;
  if (may_ask(request.method)) {
    const bool retried =
        request.params.find("inputResponses") || request.params.find("requestState");
    if (retried || can_be_asked(request.caller.capabilities))
      digest = digest_of(request.method_name, request.params);
    if (retried) {
      auto taken = take_rounds(request, states_, *digest);
      if (!taken) co_return refuse_request(request.id, taken.error());
      rounds = std::move(*taken);
    }
  }
  RequestExchange exchange(request.caller, std::move(request.meta), outlet, threshold);
  auto tried = work(request, exchange, std::move(rounds));
  auto reply = co_await fenced(std::move(tried), request.caller.context.request_id);
  co_return write_reply(request, std::move(reply), digest, server);
}

Answer ModernRunner::write_reply(const ModernRequest& request, Reply reply,
                                 const std::optional<Sha256Digest>& digest,
                                 const ServerDescription& server) const {
  if (const auto* error = std::get_if<RpcError>(&reply)) return refuse_request(request.id, *error);
  json::Object result;
  if (auto* done = std::get_if<Complete>(&reply)) {
    result =
        finish_result(std::move(done->result), request.method, request.caller.revision, server);
  } else if (auto* task = std::get_if<TaskCreated>(&reply)) {
    result = open_result(std::move(task->task), "task", server);
  } else {
    auto asked = ask_back(request, std::move(std::get<InputRequired>(reply)), digest);
    if (!asked) return refuse_request(request.id, asked.error());
    result = open_result(std::move(*asked), "input_required", server);
  }
  return Answer{200, write_result(request.id, std::move(result))};
}

Async<Reply> ModernRunner::work(ModernRequest& request, Exchange& exchange, Rounds rounds) const {
  if (request.method == Method::discover)
    co_return Reply(Complete{discover_result(handler_.describe(request.caller))});
  if (!may_ask(request.method)) {
    co_return co_await answer_plainly(handler_, request.caller, request.method,
                                      std::move(request.params));
  }
  auto question = read_question(request.method, request.params);
  if (!question) co_return Reply(std::move(question.error()));
  co_return co_await ask_handler(handler_, exchange, std::move(*question), std::move(rounds));
}

Read<json::Object> ModernRunner::ask_back(const ModernRequest& request, InputRequired asked,
                                          const std::optional<Sha256Digest>& digest) const {
  json::Object missing;
  json::Object questions;
  for (auto& [key, question] : asked.requests) {
    const auto lacking = missing_for(question, request.caller.capabilities);
    for (const auto& [name, value] : lacking.members()) missing.set(name, value);
    json::Object embedded{{"method", question.method}};
    embedded.append("params", std::move(question.params));
    questions.set(key, std::move(embedded));
  }
  if (!missing.empty()) return std::unexpected(missing_capability(std::move(missing)));
  if (!digest || (questions.empty() && asked.state.empty()) ||
      asked.requests.size() > kMaxQuestions)
    return std::unexpected(rpc_error(code::kInternal, "the tool's questions cannot be asked"));
  json::Object result;
  if (!questions.empty()) result.append("inputRequests", std::move(questions));
  if (!asked.state.empty())
    result.append("requestState",
                  states_.seal(asked.state, request.caller.context.principal->name, *digest));
  return result;
}

}  // namespace flotilla::mcp
