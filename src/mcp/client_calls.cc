#include <fmt/format.h>

#include "base/hash.h"
#include "mcp/client_core_internal.h"

namespace flotilla::mcp {
namespace {

constexpr std::string_view kHeldPrefix = "held:";
constexpr std::string_view kCodeField = "rpcCode";
constexpr std::string_view kDataField = "rpcData";
constexpr std::string_view kMessageField = "rpcMessage";

std::string make_state(Random& random) {
  std::string bytes(16, '\0');
  random.fill(bytes.data(), bytes.size());
  return std::string(kHeldPrefix) + base64url(bytes);
}

InputRequired ask_for(const std::vector<Question>& questions, std::string state) {
  InputRequired asked;
  asked.state = std::move(state);
  for (const auto& question : questions)
    asked.requests.emplace_back(question.key, question.request);
  return asked;
}

std::string text_of(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : *text;
}

/// Takes out what the wire adds to each result and our own adapter adds again.
void strip(json::Object& result) {
  result.erase("resultType");
  auto* meta = result.find("_meta");
  auto* members = meta == nullptr ? nullptr : meta->if_object();
  if (members == nullptr) return;
  members->erase(std::string(kMetaPrefix) + "serverInfo");
  if (members->empty()) result.erase("_meta");
}

bool has_code(const Result<std::optional<Answer>>& answer, int code) {
  if (!answer || !*answer) return false;
  const auto* error = std::get_if<RpcError>(&**answer);
  return error != nullptr && error->code == code;
}

}  // namespace

Error error_of(const RpcError& error) {
  auto failed = Error(Code::failed_precondition, shown(error.message))
                    .with_metadata(std::string(kCodeField), std::to_string(error.code));
  failed = std::move(failed).with_metadata(std::string(kMessageField), error.message);
  if (!error.data) return failed;
  return std::move(failed).with_metadata(std::string(kDataField), json::to_string(*error.data));
}

std::optional<RpcError> rpc_error_of(const Error& error) {
  const auto code = json::parse(fault::find(error, kCodeField));
  if (!code || !code->as_int64()) return std::nullopt;
  RpcError found;
  found.code = static_cast<int>(*code->as_int64());
  found.message = fault::find(error, kMessageField);
  if (auto data = json::parse(fault::find(error, kDataField))) found.data = std::move(*data);
  return found;
}

Async<Result<std::optional<Answer>>> ClientCore::attempt(PendingPtr& pending, const Call& call,
                                                         const CallOptions& options) {
  auto started = start(call, options);
  if (!started) co_return fail(started.error());
  pending = *started;
  co_return co_await await_answer(pending, options);
}

Async<Result<std::optional<Answer>>> ClientCore::attempt_resiliently(PendingPtr& pending,
                                                                     const Call& call,
                                                                     const CallOptions& options) {
  auto answer = co_await attempt(pending, call, options);
  if (!answer) {
    const auto lost = fault::find(answer.error(), fault::kSessionLost);
    if (lost.empty()) co_return answer;
    const bool refused = lost == "refused";
    CO_TRY_VOID(co_await renew(pending->session));
    if (!call.idempotent && !(options.replayable && refused)) {
      co_return fail(Error(Code::unavailable,
                           "the server forgot the session; a new one is open, but the call was not "
                           "repeated because it may have effects"));
    }
    co_return co_await attempt(pending, call, options);
  }
  if (modern() && call.method == "tools/call" && has_code(answer, code::kHeaderMismatch)) {
    CallOptions plain;
    plain.capabilities = options.capabilities;
    auto fresh = co_await list(ListKind::tools, std::move(plain));
    if (fresh) co_return co_await attempt(pending, call, options);
  }
  if (modern() && has_code(answer, code::kUnsupportedVersion)) {
    if (options_.eras != nullptr) options_.eras->forget(era_key());
    closed(Error(Code::unavailable, "the server does not speak the agreed revision any more"));
  }
  co_return answer;
}

Async<Result<Reply>> ClientCore::perform(Call call, CallOptions options) {
  PendingPtr pending;
  auto answer = co_await attempt_resiliently(pending, call, options);
  if (!answer) co_return fail(answer.error());
  co_return make_reply(pending, std::move(*answer));
}

Async<Result<Reply>> ClientCore::perform_rounds(Call call, CallOptions options, Rounds rounds) {
  if (!modern() && !rounds.state.empty())
    co_return co_await resume(std::move(rounds), std::move(options));
  if (modern()) {
    // An empty state is none: the first round, or a server that keeps nothing.
    if (!rounds.responses.empty()) call.params.set("inputResponses", std::move(rounds.responses));
    if (!rounds.state.empty()) call.params.set("requestState", std::move(rounds.state));
  }
  if (needs_task(call)) co_return co_await perform_as_task(std::move(call), std::move(options));
  co_return co_await perform(std::move(call), std::move(options));
}

Async<Result<json::Object>> ClientCore::perform_plain(Call call, CallOptions options) {
  CO_TRY(reply, co_await perform(std::move(call), std::move(options)));
  if (auto* error = std::get_if<RpcError>(&reply)) co_return fail(error_of(*error));
  auto* complete = std::get_if<Complete>(&reply);
  if (complete == nullptr) co_return fail(broken_protocol("/result/resultType: expected complete"));
  co_return std::move(complete->result);
}

Result<Reply> ClientCore::make_reply(PendingPtr pending, std::optional<Answer> answer) {
  if (!answer) return hold(pending);
  if (auto* error = std::get_if<RpcError>(&*answer)) return Reply(std::move(*error));
  auto& result = std::get<json::Object>(*answer);
  const auto type = modern() ? text_of(result, "resultType") : std::string();
  if (type == "input_required" && pending->may_ask) return make_input_required(std::move(result));
  strip(result);
  if (type == "task" && pending->capabilities.tasks) {
    TaskCreated task;
    task.task = std::move(result);
    return Reply(std::move(task));
  }
  if (!type.empty() && type != "complete") {
    return fail(
        broken_protocol("/result/resultType: " + shown(type) + " was not to be expected here"));
  }
  Complete complete;
  complete.result = std::move(result);
  return Reply(std::move(complete));
}

Result<Reply> ClientCore::make_input_required(json::Object result) {
  InputRequired asked;
  asked.state = text_of(result, "requestState");
  auto* requests = result.find("inputRequests");
  auto* members = requests == nullptr ? nullptr : requests->if_object();
  if (members == nullptr && asked.state.empty())
    return fail(broken_protocol("/result: input_required without inputRequests or requestState"));
  if (members == nullptr) return Reply(std::move(asked));
  for (auto& [key, value] : members->members()) {
    auto* object = value.if_object();
    InputRequired::Request request;
    if (object != nullptr) request.method = text_of(*object, "method");
    if (request.method != "elicitation/create" && request.method != "sampling/createMessage" &&
        request.method != "roots/list") {
      return fail(broken_protocol("/result/inputRequests/" + shown(key) +
                                  ": not a request that a client answers"));
    }
    if (auto* params = object->find("params"); params != nullptr && params->if_object() != nullptr)
      request.params = std::move(*params->if_object());
    asked.requests.emplace_back(std::move(key), std::move(request));
  }
  return Reply(std::move(asked));
}

Result<Reply> ClientCore::hold(const PendingPtr& pending) {
  if (held_.size() >= options_.limits.held_calls) {
    abandon(pending);
    return fail(Error(Code::resource_exhausted, reason::kLimitExceeded,
                      fmt::format("{} calls wait for an answer already", held_.size())));
  }
  auto state = make_state(*options_.random);
  held_.emplace(state, pending);
  pending->expiry = group_.spawn(expire(state));
  return Reply(ask_for(pending->questions, std::move(state)));
}

Async<> ClientCore::expire(std::string state) {
  co_await clock_.sleep_for(options_.held_timeout);
  const auto found = held_.find(state);
  if (found == held_.end()) co_return;
  const auto pending = found->second;
  held_.erase(found);
  abandon(pending);
}

Async<Result<Reply>> ClientCore::resume(Rounds rounds, CallOptions options) {
  const auto found = held_.find(rounds.state);
  if (found == held_.end() || found->second->owner != options.owner) {
    co_return fail(Error(Code::failed_precondition,
                         "/requestState: the call that asked is over; make it again"));
  }
  auto pending = found->second;
  held_.erase(found);
  if (pending->expiry) group_.cancel(*pending->expiry);
  std::erase_if(pending->questions, [&](const Question& question) {
    auto* answer = rounds.responses.find(question.key);
    if (answer == nullptr || answer->if_object() == nullptr) return false;
    respond(write_result(question.id, std::move(*answer->if_object())));
    return true;
  });
  pending->deadline = clock_.steady_now() + pending->timeout;
  pending->hard_deadline = clock_.steady_now() + std::max(options_.max_timeout, pending->timeout);
  auto answer = co_await await_answer(pending, options);
  if (!answer) co_return fail(answer.error());
  co_return make_reply(std::move(pending), std::move(*answer));
}

}  // namespace flotilla::mcp
