#include <utility>

#include "gateway/remote_turn_internal.h"
#include "json/map.h"

// What the other side tells becomes events of our task.
namespace flotilla::gateway {

using a2a::TaskState;

std::string content_of(const std::vector<a2a::Part>& parts) {
  std::string text;
  for (const auto& part : parts) text += part.text ? *part.text : json::to_text(part);
  return text;
}

/// Under ids of ours.
std::optional<a2a::Message> RemoteTurn::ours(const std::optional<a2a::Message>& message) {
  if (!message) return std::nullopt;
  auto mine = run_.message("");
  mine.parts = message->parts;
  mine.metadata = message->metadata;
  mine.extensions = message->extensions;
  return mine;
}

Async<Result<RemoteTurn::Next>> RemoteTurn::mirror(a2a::StreamResponse item) {
  if (item.task) co_return co_await mirror_task(std::move(*item.task));
  if (item.statusUpdate) {
    continues_ = false;
    auto& update = *item.statusUpdate;
    CO_TRY_VOID(co_await learn_task(update.taskId, update.contextId));
    co_return co_await mirror_status(std::move(update.status));
  }
  if (item.artifactUpdate) {
    CO_TRY_VOID(co_await learn_task(item.artifactUpdate->taskId, item.artifactUpdate->contextId));
    CO_TRY_VOID(co_await mirror_artifact(std::move(*item.artifactUpdate)));
    co_return Next::more;
  }
  if (!item.message) co_return Next::more;  // of a kind that only later versions know
  a2a::TaskStatus status;
  status.state = TaskState::completed;
  if (item.message->contextId && !item.message->contextId->empty())
    upstream_.context = *item.message->contextId;
  status.message = std::move(item.message);
  co_return co_await finish(std::move(status));
}

/// A snapshot replaces what was known; what is the same is not told again.
Async<Result<RemoteTurn::Next>> RemoteTurn::mirror_task(a2a::Task task) {
  CO_TRY_VOID(co_await learn_task(task.id, task.contextId));
  for (auto& artifact : task.artifacts) {
    const auto known = artifacts_.find(artifact.artifactId);
    if (known != artifacts_.end() && known->second == content_of(artifact.parts)) continue;
    a2a::TaskArtifactUpdateEvent update;
    update.artifact = std::move(artifact);
    update.lastChunk = true;
    CO_TRY_VOID(co_await mirror_artifact(std::move(update)));
  }
  // The snapshot with which the answer to a message begins shows the task that waits for it.
  if (std::exchange(continues_, false) && a2a::is_interrupted(task.status.state))
    co_return Next::more;
  co_return co_await mirror_status(std::move(task.status));
}

Async<Result<>> RemoteTurn::mirror_artifact(a2a::TaskArtifactUpdateEvent update) {
  const bool append = update.append.value_or(false);
  auto& content = artifacts_[update.artifact.artifactId];
  if (!append) content.clear();
  content += content_of(update.artifact.parts);
  co_return co_await run_.artifact(std::move(update.artifact), append,
                                   update.lastChunk.value_or(false));
}

Async<Result<RemoteTurn::Next>> RemoteTurn::mirror_status(a2a::TaskStatus status) {
  if (a2a::is_terminal(status.state) || a2a::is_interrupted(status.state))
    co_return co_await finish(std::move(status));
  // A snapshot may bring what was told already.
  if (!status.message || status.message->messageId == told_) co_return Next::more;
  told_ = status.message->messageId;
  auto message = ours(status.message);
  CO_TRY_VOID(co_await run_.status(TaskState::working, std::move(message)));
  co_return Next::more;
}

Async<Result<RemoteTurn::Next>> RemoteTurn::finish(a2a::TaskStatus status) {
  over_ = a2a::is_terminal(status.state);
  if (status.state != TaskState::completed && status.state != TaskState::input_required) {
    auto message = ours(status.message);
    CO_TRY_VOID(co_await run_.status(status.state, std::move(message)));
    co_return Next::done;
  }
  for (;;) {
    for (auto& message : run_.take_messages()) held_.push_back(std::move(message));
    if (!held_.empty()) {
      // Somebody said more before this was known: it goes there next, with this as its context.
      if (status.message) {
        auto message = ours(status.message);
        CO_TRY_VOID(co_await run_.status(TaskState::working, std::move(message)));
      }
      co_return Next::again;
    }
    auto message = ours(status.message);
    if (status.state == TaskState::completed) {
      CO_TRY(ended, co_await run_.complete(std::move(message), {}));
      if (ended) co_return Next::done;
      continue;
    }
    if (!message) message = run_.message("The agent waits for input.");
    std::vector<std::string> none;
    db::Batch no_rows;
    CO_TRY(asked, co_await run_.ask(std::move(none), std::move(no_rows), std::move(*message)));
    if (asked) co_return Next::done;
  }
}

}  // namespace flotilla::gateway
