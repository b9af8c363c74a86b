#include "core/task_snapshot.h"

#include <algorithm>
#include <utility>

#include "json/map.h"

namespace flotilla::core {

Result<Change> to_change(EventKind kind, const std::string& payload) {
  switch (kind) {
    case EventKind::message: {
      TRY(message, json::from_text<a2a::Message>(payload));
      return Change(std::move(message));
    }
    case EventKind::status: {
      TRY(update, json::from_text<a2a::TaskStatusUpdateEvent>(payload));
      return Change(std::move(update));
    }
    case EventKind::artifact: {
      TRY(update, json::from_text<a2a::TaskArtifactUpdateEvent>(payload));
      return Change(std::move(update));
    }
    default:
      return Change();
  }
}

TaskSnapshot::TaskSnapshot(std::string id, std::string context_id, Time created_at) {
  task_.id = std::move(id);
  task_.contextId = std::move(context_id);
  task_.status.state = a2a::TaskState::submitted;
  task_.status.timestamp = created_at;
}

void TaskSnapshot::apply(Change change) {
  if (auto* message = std::get_if<a2a::Message>(&change))
    task_.history.push_back(std::move(*message));
  else if (auto* chunk = std::get_if<a2a::TaskArtifactUpdateEvent>(&change))
    a2a::apply(task_, std::move(*chunk));
  else if (auto* update = std::get_if<a2a::TaskStatusUpdateEvent>(&change))
    apply_status(std::move(*update));
}

// As a2a::apply() has it, but a superseded status message goes to the place in history where it
// was said: messages that came after it stay after it.
void TaskSnapshot::apply_status(a2a::TaskStatusUpdateEvent update) {
  const auto& next = update.status.message;
  auto& shown = task_.status.message;
  const bool retold = shown && next && shown->messageId == next->messageId;
  if (shown && !retold) {
    const auto place = std::min(status_place_, task_.history.size());
    task_.history.insert(task_.history.begin() + static_cast<std::ptrdiff_t>(place),
                         std::move(*shown));
    shown.reset();
  }
  status_place_ = task_.history.size();
  a2a::apply(task_, std::move(update));
}

}  // namespace flotilla::core
