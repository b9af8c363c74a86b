#include <fmt/format.h>

#include <utility>

#include "async/cancel.h"
#include "base/hash.h"
#include "gateway/remote_turn_internal.h"
#include "json/map.h"

namespace flotilla::gateway {

namespace {

using a2a::TaskState;

/// How long a caller's message to the working task may wait until it is passed on.
constexpr Duration kMessagePause = std::chrono::milliseconds(250);
constexpr Duration kCancelTimeout = std::chrono::seconds(5);
/// It may be on its way back.
constexpr Duration kSearchTimeout = std::chrono::seconds(30);
constexpr std::int32_t kTasksSearched = 50;

/// Callers' ids are unique among the messages of one of ours only; to the other side we are one.
std::string sent_id(const core::TaskRow& row, const a2a::Message& message) {
  return hex(sha256(row.id.to_string() + "/" + message.messageId)).substr(0, 32);
}

}  // namespace

RemoteTurn::RemoteTurn(core::Run& run, a2a::Client& client, RemoteAgentServices& services)
    : run_(run), client_(client), services_(services) {
  if (const auto& stored = run.row().upstream)
    if (auto state = json::from_text<UpstreamState>(*stored)) upstream_ = std::move(*state);
  // The session's own id, which no two people share; a context id they may have chosen alike.
  if (upstream_.context.empty()) upstream_.context = run.row().session.to_string();
  for (const auto& artifact : run.task().artifacts)
    artifacts_[artifact.artifactId] = content_of(artifact.parts);
}

Result<> RemoteTurn::store() {
  return run_.set_upstream(json::to_text(upstream_));
}

Async<Result<>> RemoteTurn::go() {
  CO_TRY_VOID(co_await begin());
  for (;;) {
    CO_TRY(next, co_await follow());
    if (next == Next::done) co_return ok();
    // More was said meanwhile: it is the next message.
    auto message = std::move(held_.front());
    held_.pop_front();
    CO_TRY_VOID(co_await send(std::move(message)));
  }
}

Async<Result<>> RemoteTurn::begin() {
  const bool sent = upstream_.sent == sent_id(run_.row(), run_.input());
  if (!run_.resumed() || !sent) co_return co_await send(run_.input());
  if (upstream_.task) co_return co_await reattach();
  co_return co_await find_again("the server was restarted before the agent had answered");
}

a2a::SendMessageRequest RemoteTurn::request_for(const a2a::Message& message) {
  a2a::SendMessageRequest request;
  request.message = message;
  request.message.messageId = sent_id(run_.row(), message);
  request.message.role = a2a::MessageRole::user;
  request.message.contextId = upstream_.context;
  request.message.taskId.reset();
  if (!over_) request.message.taskId = upstream_.task;
  request.message.referenceTaskIds.clear();  // ours, which it does not know
  return request;
}

Async<Result<>> RemoteTurn::send(a2a::Message message) {
  auto request = request_for(message);
  upstream_.sent = request.message.messageId;
  continues_ = request.message.taskId.has_value();
  CO_TRY_VOID(store());
  CO_TRY_VOID(co_await run_.flush());
  CO_TRY(events, co_await client_.stream(std::move(request)));
  events_ = std::move(events);
  heard_ = false;
  sending_ = true;
  co_return ok();
}

/// The message left, and nothing came back. Where the other side lists its tasks, it tells.
Async<Result<>> RemoteTurn::find_again(std::string why) {
  auto asking = task_with(*upstream_.sent);
  const auto until = services_.clock.steady_now() + kSearchTimeout;
  auto found = co_await with_deadline(std::move(asking), until, services_.clock);
  if (!found || !*found || !**found)
    co_return fail(Error(
        Code::unavailable,
        fmt::format("{}; whether it got the message cannot be told, and it is not sent again by "
                    "itself, so that nothing is done twice",
                    why)));
  upstream_.task = std::move(***found);
  CO_TRY_VOID(store());
  co_return co_await reattach();
}

Async<Result<std::optional<std::string>>> RemoteTurn::task_with(std::string message_id) {
  a2a::ListTasksRequest request;
  request.contextId = upstream_.context;
  request.pageSize = kTasksSearched;
  request.historyLength = 100;
  CO_TRY(page, co_await client_.list_tasks(std::move(request)));
  for (const auto& task : page.tasks)
    for (const auto& message : task.history)
      if (message.messageId == message_id) co_return std::optional(task.id);
  co_return std::optional<std::string>();
}

Async<Result<>> RemoteTurn::reattach() {
  a2a::SubscribeToTaskRequest request;
  request.id = *upstream_.task;
  CO_TRY(events, co_await client_.subscribe(std::move(request), std::nullopt));
  events_ = std::move(events);
  heard_ = false;
  sending_ = false;
  continues_ = false;
  co_return ok();
}

/// Until its turn is over: `done` when ours is, too; `again` when held_ has the next message.
Async<Result<RemoteTurn::Next>> RemoteTurn::follow() {
  for (;;) {
    Result<std::optional<a2a::StreamResponse>> item = std::optional<a2a::StreamResponse>();
    if (!heard_) {
      // Not to be cancelled: the message may be on its way.
      item = co_await events_->next();
    } else {
      auto waiting = events_->next();
      const auto until = services_.clock.steady_now() + kMessagePause;
      auto came = co_await with_deadline(std::move(waiting), until, services_.clock);
      if (!came) {
        CO_TRY_VOID(co_await pass_on_messages());
        continue;
      }
      item = std::move(*came);
    }
    if (!item && !heard_ && upstream_.task &&
        item.error().reason() == reason::kUnsupportedOperation) {
      // Over before we came back: there is nothing left to subscribe to.
      a2a::GetTaskRequest request;
      request.id = *upstream_.task;
      CO_TRY(task, co_await client_.get_task(std::move(request)));
      co_return co_await mirror_task(std::move(task));
    }
    const bool lost = !item && !heard_ && sending_ &&
                      (item.error().code() == Code::unavailable ||
                       item.error().code() == Code::deadline_exceeded);
    if (lost) {
      CO_TRY_VOID(co_await find_again(std::string(item.error().message())));
      continue;
    }
    CO_TRY(next, std::move(item));
    if (!next)
      co_return fail(Error(Code::internal, reason::kInvalidAgentResponse,
                           "the stream ended, but the task did not"));
    heard_ = true;
    CO_TRY(then, co_await mirror(std::move(*next)));
    if (then != Next::more) co_return then;
  }
}

Async<Result<>> RemoteTurn::learn_task(std::string id, std::optional<std::string> context) {
  if (!context || context->empty()) context = upstream_.context;
  over_ = over_ && upstream_.task == id;
  if (upstream_.task == id && upstream_.context == context) co_return ok();
  upstream_.task = std::move(id);
  upstream_.context = std::move(*context);
  CO_TRY_VOID(store());
  // Whoever goes on after a crash must find it, though nothing else may come for long.
  co_return co_await run_.flush();
}

/// What the caller says while the other side works.
Async<Result<>> RemoteTurn::pass_on_messages() {
  for (auto& message : run_.take_messages()) held_.push_back(std::move(message));
  while (!held_.empty() && upstream_.task && !over_) {
    auto request = request_for(held_.front());
    request.configuration.emplace().returnImmediately = true;
    const auto sent = co_await client_.send(std::move(request));
    // It does not take messages now: they are the next ones when it is done.
    if (!sent) co_return ok();
    held_.pop_front();
  }
  co_return ok();
}

Async<> RemoteTurn::cancel_upstream() {
  if (!upstream_.task || over_) co_return;
  a2a::CancelTaskRequest request;
  request.id = *upstream_.task;
  auto cancel = client_.cancel_task(std::move(request));
  const auto until = services_.clock.steady_now() + kCancelTimeout;
  std::ignore = co_await with_deadline(std::move(cancel), until, services_.clock);
}

}  // namespace flotilla::gateway
