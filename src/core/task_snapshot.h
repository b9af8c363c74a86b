#pragma once

#include <cstddef>
#include <variant>

#include "a2a/types.h"
#include "base/result.h"
#include "core/event.h"

namespace flotilla::core {

/// What an event does to its task; nothing for kinds that A2A does not show.
using Change = std::variant<std::monostate, a2a::Message, a2a::TaskStatusUpdateEvent,
                            a2a::TaskArtifactUpdateEvent>;

/// The change that a stored event's payload tells.
Result<Change> to_change(EventKind kind, const std::string& payload);

/// A task as its journal tells it: changes applied in order of seq.
class TaskSnapshot {
 public:
  TaskSnapshot(std::string id, std::string context_id, Time created_at);
  void apply(Change change);
  [[nodiscard]] const a2a::Task& task() const { return task_; }
  [[nodiscard]] a2a::Task take() && { return std::move(task_); }

 private:
  void apply_status(a2a::TaskStatusUpdateEvent update);

  a2a::Task task_;
  std::size_t status_place_ = 0;  // where in history the status message belongs once superseded
};

}  // namespace flotilla::core
