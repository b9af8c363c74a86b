#include "mcp/legacy_runner.h"

#include <utility>

#include "async/cancel.h"

#include "mcp/error.h"
#include "mcp/limits.h"
#include "mcp/modern_runner.h"
#include "mcp/results.h"

namespace flotilla::mcp {
namespace {

Reply refuse(RpcError error) {
  return Reply(std::move(error));
}

Reply completed(json::Object result) {
  return Reply(Complete{std::move(result)});
}

/// What a question cannot become: the model is told where it can react (mcp.md 4.2).
Reply unasked(Method method, const std::string& why) {
  if (method != Method::call_tool) return refuse(rpc_error(code::kInternal, why));
  json::Array content;
  content.emplace_back(json::Object{{"type", "text"}, {"text", why}});
  return completed(json::Object{{"content", std::move(content)}, {"isError", true}});
}

bool understands(const InputRequired::Request& question, const Caller& caller) {
  if (question.method == "elicitation/create" && caller.revision < Revision::v2025_06_18)
    return false;
  return missing_for(question, caller.capabilities).empty();
}

bool is_url_mode(const InputRequired::Request& question) {
  const json::Value* mode = question.params.find("mode");
  return mode != nullptr && mode->if_string() != nullptr && *mode->if_string() == "url";
}

/// Forgets its questions however the round ends.
class Round {
 public:
  explicit Round(LegacySession& session) : session_(session) {}
  Round(const Round&) = delete;
  Round& operator=(const Round&) = delete;
  ~Round() {
    for (const auto& question : questions_) session_.forget(question.id);
  }
  struct Question {
    std::string key;
    std::string id;
    OneShot<ClientAnswer> answer;
  };
  Question& add(std::string key) {
    Question question{std::move(key), {}, {}};
    question.id = session_.ask(question.answer.setter());
    return questions_.emplace_back(std::move(question));
  }
  [[nodiscard]] std::vector<Question>& questions() { return questions_; }

 private:
  LegacySession& session_;
  std::vector<Question> questions_;
};

Async<Read<json::Object>> gather(Round& round) {
  json::Object responses;
  for (Round::Question& question : round.questions()) {
    auto answer = co_await question.answer.wait();
    if (auto* error = std::get_if<RpcError>(&answer)) co_return std::unexpected(std::move(*error));
    responses.set(question.key, std::move(std::get<json::Value>(answer)));
  }
  co_return responses;
}

}  // namespace

Caller caller_of(const LegacySession& session, Context context, std::string profile) {
  const SessionRecord record = session.record();
  Caller caller;
  caller.context = std::move(context);
  caller.revision = session.revision();
  caller.session = record.id;
  caller.profile = std::move(profile);
  if (const auto* given = record.client.find("capabilities"); given != nullptr)
    if (const auto* capabilities = given->if_object())
      caller.capabilities = ClientCapabilities::from(*capabilities);
  if (const auto* given = record.client.find("clientInfo"); given != nullptr)
    if (const auto* info = given->if_object()) caller.client_info = *info;
  caller.capabilities.tasks = false;  // an extension of modern revisions
  return caller;
}

Async<std::string> LegacyRunner::run(LegacySession& session, Context context, std::string profile,
                                     RpcRequest request, Outlet* outlet) const {
  Caller caller = caller_of(session, std::move(context), std::move(profile));
  const auto server = services_.handler.describe(caller);
  const auto method = find_method(caller.revision, request.method);
  if (!method || !is_offered(*method, server) || *method == Method::initialize)
    co_return write_error(request.id,
                          rpc_error(code::kMethodNotFound, "Method not found: " + request.method));
  json::Object meta;
  if (const json::Object* given = meta_of(request.params)) meta = *given;
  const std::string request_id = caller.context.request_id;
  const Revision revision = caller.revision;
  RequestExchange exchange(std::move(caller), std::move(meta), outlet, session.threshold());
  auto work = reply(session, *method, request, exchange, outlet);
  auto outcome = co_await fenced(std::move(work), request_id);
  if (const auto* error = std::get_if<RpcError>(&outcome))
    co_return write_error(request.id, *error);
  auto* done = std::get_if<Complete>(&outcome);
  if (done == nullptr)
    co_return write_error(request.id,
                          rpc_error(code::kInternal, "the client's revision has no such answer"));
  co_return write_result(request.id,
                         finish_result(std::move(done->result), *method, revision, server));
}

Async<Reply> LegacyRunner::reply(LegacySession& session, Method method, RpcRequest& request,
                                 RequestExchange& exchange, Outlet* outlet) const {
  if (may_ask(method)) co_return co_await ask(session, method, request, exchange, outlet);
  if (method == Method::ping) co_return completed(json::Object());
  if (method == Method::set_log_level)
    co_return co_await set_log_level(session, std::move(request.params));
  if (method == Method::subscribe_resource || method == Method::unsubscribe_resource)
    co_return co_await subscribe(session, exchange.caller(), method == Method::subscribe_resource,
                                 std::move(request.params));
  co_return co_await answer_plainly(services_.handler, exchange.caller(), method,
                                    std::move(request.params));
}

Async<Reply> LegacyRunner::ask(LegacySession& session, Method method, RpcRequest& request,
                               RequestExchange& exchange, Outlet* outlet) const {
  auto question = read_question(method, request.params);
  if (!question) co_return refuse(std::move(question.error()));
  const auto& can = exchange.caller().capabilities;
  const bool may_be_asked =
      can.roots || can.sampling || can.elicitation_form || can.elicitation_url;
  Rounds rounds;
  for (std::size_t round = 0; round <= kMaxRounds; ++round) {
    Question again = may_be_asked ? *question : std::move(*question);
    auto outcome =
        co_await ask_handler(services_.handler, exchange, std::move(again), std::move(rounds));
    auto* asked = std::get_if<InputRequired>(&outcome);
    if (asked == nullptr) co_return outcome;
    if (outlet == nullptr || round == kMaxRounds) break;
    rounds = Rounds();
    rounds.state = asked->state;
    auto responses = co_await put_questions(session, exchange.caller(), std::move(*asked), *outlet);
    if (!responses) co_return unasked(method, responses.error().message);
    rounds.responses = std::move(*responses);
  }
  co_return unasked(method, "the client was asked too often");
}

Async<Read<json::Object>> LegacyRunner::put_questions(LegacySession& session, const Caller& caller,
                                                      InputRequired asked, Outlet& outlet) const {
  if (asked.requests.size() > kMaxQuestions)
    co_return std::unexpected(rpc_error(code::kInternal, "too many questions at once"));
  for (const auto& [key, question] : asked.requests)
    if (!understands(question, caller))
      co_return std::unexpected(
          rpc_error(code::kServerError,
                    "this needs " + question.method + ", which the client does not offer"));
  Round round(session);
  for (auto& [key, question] : asked.requests) {
    const std::string id = round.add(key).id;
    if (is_url_mode(question) && question.params.find("elicitationId") == nullptr)
      question.params.append("elicitationId",
                             make_uuid_v7(services_.clock.now(), services_.random).to_string());
    auto text = write_request(id, question.method, std::move(question.params));
    co_await outlet.send(std::move(text));
  }
  auto gathered = co_await with_deadline(
      gather(round), services_.clock.steady_now() + config_.answer_timeout, services_.clock);
  if (!gathered)
    co_return std::unexpected(rpc_error(code::kServerError, "the client did not answer in time"));
  if (!*gathered)
    co_return std::unexpected(rpc_error(
        code::kServerError, "the client refused the question: " + gathered->error().message));
  co_return std::move(*gathered);
}

Async<Reply> LegacyRunner::subscribe(LegacySession& session, const Caller& caller, bool on,
                                     json::Object params) const {
  auto uri = read_uri(params);
  if (!uri) co_return refuse(std::move(uri.error()));
  bool changed = false;
  if (on) {
    ChangeFilter filter;
    filter.resource_uris.push_back(*uri);
    const auto honored = co_await services_.handler.changes(caller, filter);
    if (!honored) co_return refuse(to_rpc(honored.error(), caller.context.request_id));
    if (filter.resource_uris.empty()) co_return refuse(resource_not_found(caller.revision, *uri));
    const auto watched = session.watch(*uri);
    if (!watched) co_return refuse(to_rpc(watched.error(), caller.context.request_id));
    changed = *watched;
  } else {
    changed = session.unwatch(*uri);
  }
  if (!changed) co_return completed(json::Object());
  const auto saved = co_await save(session);
  if (!saved) co_return refuse(to_rpc(saved.error(), caller.context.request_id));
  co_return completed(json::Object());
}

Async<Reply> LegacyRunner::set_log_level(LegacySession& session, json::Object params) const {
  const auto level = read_log_level(params);
  if (!level) co_return refuse(level.error());
  session.set_log_level(*level);
  const auto saved = co_await save(session);
  if (!saved) co_return refuse(to_rpc(saved.error(), ""));
  co_return completed(json::Object());
}

Async<Result<>> LegacyRunner::save(LegacySession& session) const {
  if (session.only()) co_return ok();
  co_return co_await services_.sessions.update(session.record());
}

}  // namespace flotilla::mcp
