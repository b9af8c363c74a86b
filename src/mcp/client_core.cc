#include "mcp/client_core_internal.h"

#include <fmt/format.h>

#include <algorithm>

#include "async/cancel.h"
#include "base/hash.h"
#include "base/log.h"

namespace flotilla::mcp {

namespace {
constexpr Log kLog("mcp");
}  // namespace

std::string_view to_string(ClientTransport transport) {
  switch (transport) {
    case ClientTransport::auto_:
      return "auto";
    case ClientTransport::streamable_http:
      return "streamable-http";
    case ClientTransport::sse:
      return "sse";
    case ClientTransport::stdio:
      return "stdio";
  }
  return {};
}

bool ServerInfo::has(std::string_view capability) const {
  const auto* value = capabilities.find(capability);
  return value != nullptr && value->if_object() != nullptr;
}

/// Gives a call up when its owner goes away. Counts those who still need the core.
class CallGuard {
 public:
  CallGuard(ClientCore& core, PendingPtr pending) : core_(core), pending_(std::move(pending)) {
    ++core_.active_;
  }
  CallGuard(const CallGuard&) = delete;
  CallGuard& operator=(const CallGuard&) = delete;
  ~CallGuard() {
    if (pending_) core_.abandon(pending_);
    if (--core_.active_ == 0) core_.idle_.notify_all();
  }
  void keep() { pending_.reset(); }

 private:
  ClientCore& core_;
  PendingPtr pending_;
};

ClientCore::ClientCore(Executor executor, http::Client* http, Clock& clock, ClientOptions options)
    : executor_(executor),
      http_(http),
      clock_(clock),
      options_(std::move(options)),
      idle_(executor),
      group_(executor) {}

Error ClientCore::gone() const {
  return closed_.value_or(Error(Code::unavailable, "the client is not connected"));
}

Error ClientCore::late(const Pending& pending) const {
  auto message = fmt::format("the server did not answer {} in time", pending.message->method);
  if (!last_garbage_.empty()) message += "; it sent what is no message: " + last_garbage_;
  return Error(Code::deadline_exceeded, std::move(message));
}

json::Object ClientCore::make_meta(const CallOptions& options, RequestId id) const {
  json::Object meta;
  for (const auto& [name, value] : options.meta.members()) {
    if (name == "progressToken" || name.starts_with(kMetaPrefix)) continue;
    meta.append(name, value);
  }
  const std::string prefix(kMetaPrefix);
  if (modern()) {
    meta.set(prefix + "protocolVersion", to_string(info_.revision));
    meta.set(prefix + "clientCapabilities", options.capabilities.value_or(options_.capabilities));
    meta.set(prefix + "clientInfo", options_.client_info);
    if (!options.log_level.empty()) meta.set(prefix + "logLevel", options.log_level);
  }
  if (options.wants_progress) meta.set("progressToken", id);
  return meta;
}

std::shared_ptr<const Outgoing> ClientCore::make_message(const Call& call,
                                                         const CallOptions& options, RequestId id) {
  auto message = std::make_shared<Outgoing>();
  message->id = id;
  message->method = call.method;
  message->name = call.name;
  message->own = options.headers;
  if (call.method == "tools/call") {
    const auto found = tool_headers_.find(call.name);
    const auto* arguments = call.params.find("arguments");
    if (found != tool_headers_.end() && arguments != nullptr && arguments->if_object() != nullptr)
      message->headers = parameter_headers(found->second, *arguments->if_object());
  }
  json::Object params = call.params;
  auto meta = make_meta(options, id);
  if (!meta.empty()) params.set("_meta", std::move(meta));
  message->text = write_request(std::to_string(id), call.method, std::move(params));
  return message;
}

Result<PendingPtr> ClientCore::start(const Call& call, const CallOptions& options) {
  if (closed_) return fail(gone());
  if (pending_.size() >= options_.limits.requests_in_flight) {
    return fail(Error(Code::resource_exhausted, reason::kLimitExceeded,
                      fmt::format("{} requests to the server are in flight", pending_.size())));
  }
  auto pending = std::make_shared<Pending>(executor_);
  pending->id = ++last_id_;
  pending->message = make_message(call, options, pending->id);
  if (pending->message->text.size() > options_.limits.message_bytes) {
    return fail(
        Error(Code::resource_exhausted, reason::kLimitExceeded,
              fmt::format("the request is larger than {} bytes", options_.limits.message_bytes)));
  }
  pending->may_ask = call.may_ask;
  pending->owner = options.owner;
  pending->capabilities =
      ClientCapabilities::from(options.capabilities.value_or(options_.capabilities));
  pending->session = transport_->session();
  pending->timeout = options.timeout.value_or(options_.timeout);
  pending->deadline = clock_.steady_now() + pending->timeout;
  pending->hard_deadline = clock_.steady_now() + std::max(options_.max_timeout, pending->timeout);
  pending_.emplace(pending->id, pending);
  pending->sending = group_.spawn(send_request(pending));
  return pending;
}

Async<> ClientCore::send_request(PendingPtr pending) {
  auto sent = co_await transport_->send(pending->message);
  if (!sent) {
    finish(*pending, fail(sent.error()));
  } else if (transport_->is_exchange()) {
    finish(*pending, fail(broken_protocol("the server did not answer the request")));
  }
}

void ClientCore::finish(Pending& pending, Result<Answer> outcome) {
  if (pending.outcome) return;
  pending.outcome = std::move(outcome);
  pending.changed.notify_all();
}

void ClientCore::forget(const PendingPtr& pending) {
  pending->abandoned = true;
  pending->room.notify_all();
  pending_.erase(pending->id);
}

void ClientCore::abandon(const PendingPtr& pending) {
  const bool answered = pending->outcome.has_value();
  forget(pending);
  if (answered || closed_) return;
  if (transport_->is_exchange() && modern()) {
    if (pending->sending) group_.cancel(*pending->sending);
  } else if (pending->message->method != "initialize") {
    group_.spawn(tell_cancelled(pending->id, pending->sending));
  }
}

Async<> ClientCore::tell_cancelled(RequestId id, std::optional<TaskGroup::Child> sending) {
  json::Object params;
  params.set("requestId", id);
  params.set("reason", "the caller gave up");
  auto told = co_await notify("notifications/cancelled", std::move(params));
  if (!told) kLog.debug("a server was not told of a cancelled call", {{"error", told.error()}});
  if (sending && transport_->is_exchange()) group_.cancel(*sending);
}

Async<Result<>> ClientCore::notify(std::string method, json::Object params) {
  auto message = std::make_shared<Outgoing>();
  message->method = method;
  message->text = write_notification(method, std::move(params));
  co_return co_await transport_->send(std::move(message));
}

Async<> ClientCore::tell(CallObserver& observer, RpcNotification notification) {
  auto& params = notification.params;
  const auto take = [&params](std::string_view name) {
    auto* value = params.find(name);
    return value == nullptr ? json::Value() : std::move(*value);
  };
  const auto take_text = [&take](std::string_view name) {
    auto value = take(name);
    auto* text = value.if_string();
    return text == nullptr ? std::string() : std::move(*text);
  };
  if (notification.method == "notifications/progress") {
    std::optional<json::Value> total;
    if (params.find("total") != nullptr) total = take("total");
    auto progress = take("progress");
    auto message = take_text("message");
    co_await observer.progress(std::move(progress), std::move(total), std::move(message));
  } else if (notification.method == "notifications/message") {
    auto level = take_text("level");
    auto logger = take_text("logger");
    auto data = take("data");
    co_await observer.log(std::move(level), std::move(logger), std::move(data));
  } else {
    co_await observer.notify(std::move(notification.method), std::move(params));
  }
}

Async<Result<std::optional<Answer>>> ClientCore::await_answer(PendingPtr pending,
                                                              const CallOptions& options) {
  CallGuard guard(*this, pending);
  for (;;) {
    if (!pending->notifications.empty()) {
      auto notification = std::move(pending->notifications.front());
      pending->notifications.pop_front();
      pending->room.notify_all();
      if (options.observer != nullptr) co_await tell(*options.observer, std::move(notification));
      continue;
    }
    if (pending->outcome) {
      guard.keep();
      forget(pending);
      if (!*pending->outcome) co_return fail(pending->outcome->error());
      co_return std::optional<Answer>(std::move(**pending->outcome));
    }
    if (!pending->questions.empty()) {
      guard.keep();
      co_return std::optional<Answer>();
    }
    const auto deadline = std::min(pending->deadline, pending->hard_deadline);
    if (clock_.steady_now() >= deadline) co_return fail(late(*pending));
    auto change = pending->changed.wait();
    std::ignore = co_await with_deadline(std::move(change), deadline, clock_);
  }
}

Async<> ClientCore::stop() {
  if (!closed_) closed(Error(Code::unavailable, "the client was stopped"));
  group_.cancel();
  co_await group_.join();
  if (transport_) co_await transport_->stop();
  while (active_ > 0) co_await idle_.wait();
}

}  // namespace flotilla::mcp
