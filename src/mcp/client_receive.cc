#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/log.h"
#include "mcp/client_core_internal.h"

namespace flotilla::mcp {
namespace {

constexpr Log kLog("mcp");
constexpr int kRespondingMax = 64;

std::optional<RequestId> number_of(std::string_view text) {
  RequestId id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return id;
}

RpcError refusal(int code, std::string message) {
  return RpcError{code, std::move(message), std::nullopt};
}

bool is_change(std::string_view method) {
  return method.ends_with("/list_changed") || method == "notifications/resources/updated" ||
         method.starts_with("notifications/tasks") ||
         method == "notifications/elicitation/complete";
}

/// Why this client cannot be asked that.
std::optional<RpcError> refuse(const RpcRequest& request, const ClientCapabilities& can) {
  if (request.method == "roots/list" && can.roots) return std::nullopt;
  if (request.method == "sampling/createMessage" && can.sampling) return std::nullopt;
  if (request.method != "elicitation/create" || (!can.elicitation_form && !can.elicitation_url))
    return refusal(code::kMethodNotFound, "the client does not offer " + request.method);
  const auto* mode = request.params.find("mode");
  const bool url = mode != nullptr && mode->if_string() != nullptr && *mode->if_string() == "url";
  if (url ? can.elicitation_url : can.elicitation_form) return std::nullopt;
  return refusal(code::kInvalidParams, "/params/mode: not offered by the client");
}

}  // namespace

bool ClientCore::awaits(RequestId id) const {
  const auto found = pending_.find(id);
  return found != pending_.end() && !found->second->outcome;
}

bool ClientCore::receive_garbage(const std::string& what) {
  last_garbage_ = shown(what);
  kLog.warn("a tool server sent what is no message", {{"fault", last_garbage_}});
  return ++garbage_ < options_.limits.invalid_messages;
}

/// For what belongs to no call.
void ClientCore::count_garbage(const std::string& what) {
  if (!receive_garbage(what)) closed(broken_protocol("the server goes on to break the protocol"));
}

void ClientCore::closed(const Error& error) {
  if (closed_) return;
  closed_ = error;
  for (const auto& [id, pending] : pending_) finish(*pending, fail(error));
  for (const auto& [state, pending] : std::exchange(held_, {})) forget(pending);
}

Async<> ClientCore::receive(RpcMessage message, std::optional<RequestId> about) {
  if (auto* bad = std::get_if<BadMessage>(&message)) {
    count_garbage(bad->error.message);
    if (const auto found = pending_.find(about.value_or(0)); found != pending_.end())
      finish(*found->second, fail(broken_protocol(shown(bad->error.message))));
    co_return;
  }
  if (auto* response = std::get_if<RpcResponse>(&message)) {
    receive_response(std::move(*response), about);
  } else if (auto* request = std::get_if<RpcRequest>(&message)) {
    receive_question(std::move(*request), about);
  } else {
    garbage_ = 0;
    auto& notification = std::get<RpcNotification>(message);
    co_await receive_notification(std::move(notification), about);
  }
}

void ClientCore::receive_response(RpcResponse response, std::optional<RequestId> about) {
  const auto id = number_of(response.id);
  if (about && id != about) {
    if (const auto asked = pending_.find(*about); asked != pending_.end())
      finish(*asked->second,
             fail(broken_protocol("the server answered to another id: " + shown(response.id))));
    return;
  }
  const auto found = pending_.find(id.value_or(0));
  if (found == pending_.end()) {
    // Late answers to cancelled requests are ordinary; others were made up.
    if (id.value_or(0) < 1 || *id > last_id_) count_garbage("an answer to what nobody asked");
    return;
  }
  garbage_ = 0;
  if (auto* error = std::get_if<RpcError>(&response.outcome)) {
    finish(*found->second, Answer(std::move(*error)));
  } else if (auto* result = std::get<json::Value>(response.outcome).if_object()) {
    finish(*found->second, Answer(std::move(*result)));
  } else {
    finish(*found->second, fail(broken_protocol("/result: expected object")));
  }
}

PendingPtr ClientCore::find_target(const RpcNotification& notification,
                                   std::optional<RequestId> about) const {
  std::optional<RequestId> id = about;
  if (notification.method == "notifications/progress") {
    const auto* token = notification.params.find("progressToken");
    const auto told = token == nullptr ? std::nullopt : token->as_int64();
    if (about && told != about) return nullptr;
    id = told;
  } else if (!about) {
    // A shared stream does not say whose log it is: only one call can be meant, or none.
    std::optional<RequestId> only;
    for (const auto& [other, pending] : pending_) {
      if (!pending->may_ask) continue;
      if (only) return nullptr;
      only = other;
    }
    id = only;
  }
  const auto found = pending_.find(id.value_or(0));
  return found == pending_.end() ? nullptr : found->second;
}

Async<> ClientCore::receive_notification(RpcNotification notification,
                                         std::optional<RequestId> about) {
  if (is_change(notification.method)) {
    tell_change(std::move(notification.method), std::move(notification.params));
    co_return;
  }
  if (notification.method == "notifications/cancelled") {
    withdraw_question(notification.params);
    co_return;
  }
  auto pending = find_target(notification, about);
  if (!pending) co_return;
  if (notification.method == "notifications/progress")
    pending->deadline = clock_.steady_now() + pending->timeout;
  while (pending->notifications.size() >= options_.limits.queued_notifications) {
    if (pending->abandoned) co_return;
    if (!about) {
      kLog.warn("a tool server tells more than its caller reads", {{"method", "notification"}});
      co_return;
    }
    co_await pending->room.wait();
  }
  if (pending->abandoned) co_return;
  pending->notifications.push_back(std::move(notification));
  pending->changed.notify_all();
}

std::variant<PendingPtr, RpcError> ClientCore::find_asked(std::optional<RequestId> about) const {
  if (about) {
    const auto found = pending_.find(*about);
    if (found != pending_.end() && found->second->may_ask) return found->second;
    return refusal(code::kInvalidRequest, "nothing may be asked within this request");
  }
  PendingPtr newest;
  for (const auto& [id, pending] : pending_) {
    if (!pending->may_ask || pending->outcome) continue;
    // Somebody else's question must not reach a person who did not cause it.
    if (newest && newest->owner != pending->owner)
      return refusal(code::kInternal, "several callers are waiting: it is not clear whom to ask");
    newest = pending;
  }
  if (newest) return newest;
  return refusal(code::kInternal, "no call is in progress: there is nobody to ask");
}

void ClientCore::receive_question(RpcRequest request, std::optional<RequestId> about) {
  if (modern()) {
    count_garbage("a request to a client of " + std::string(to_string(kNewest)));
    return;
  }
  if (request.method == "ping") return respond(write_result(request.id, {}));
  const bool known = request.method == "roots/list" || request.method == "elicitation/create" ||
                     request.method == "sampling/createMessage";
  if (!known) {
    return respond(write_error(
        request.id, refusal(code::kMethodNotFound, "unknown method " + shown(request.method))));
  }
  auto asked = find_asked(about);
  if (auto* pending = std::get_if<PendingPtr>(&asked)) return ask(std::move(request), *pending);
  const bool calls =
      std::ranges::any_of(pending_, [](const auto& entry) { return entry.second->may_ask; });
  // Asked after the handshake by servers that know roots of a whole client.
  if (request.method == "roots/list" && !calls) {
    json::Object none;
    none.set("roots", json::Array());
    return respond(write_result(request.id, std::move(none)));
  }
  respond(write_error(request.id, std::get<RpcError>(asked)));
}

void ClientCore::ask(RpcRequest request, const PendingPtr& pending) {
  if (auto error = refuse(request, pending->capabilities))
    return respond(write_error(request.id, *error));
  if (pending->questions.size() >= options_.limits.questions_per_call) {
    return respond(write_error(
        request.id, refusal(code::kInternal, "too many questions of one call are unanswered")));
  }
  Question question;
  question.id = std::move(request.id);
  question.key = fmt::format("q{}", ++pending->questions_asked);
  question.request.method = std::move(request.method);
  question.request.params = std::move(request.params);
  question.request.params.erase("_meta");
  pending->questions.push_back(std::move(question));
  pending->changed.notify_all();
}

void ClientCore::withdraw_question(const json::Object& params) {
  const auto* id = params.find("requestId");
  if (id == nullptr) return;
  const auto text = json::to_string(*id);
  for (const auto& [number, pending] : pending_)
    std::erase_if(pending->questions, [&text](const Question& one) { return one.id == text; });
}

void ClientCore::respond(std::string text) {
  if (responding_ >= kRespondingMax) {
    kLog.warn("a tool server asks faster than it reads", {});
    return;
  }
  ++responding_;
  group_.spawn(send_response(std::move(text)));
}

Async<> ClientCore::send_response(std::string text) {
  auto message = std::make_shared<Outgoing>();
  message->text = std::move(text);
  auto sent = co_await transport_->send(std::move(message));
  --responding_;
  if (!sent) kLog.debug("an answer did not reach its tool server", {{"error", sent.error()}});
}

}  // namespace flotilla::mcp
