#pragma once

#include <string>

#include "a2a/types.h"
#include "core/event.h"
#include "core/task_snapshot.h"

namespace flotilla::core {

/// An event that is about to be appended: it has no seq yet. `change` is what it does to the task's
/// snapshot; `payload` is the same as JSON text.
struct Draft {
  EventKind kind = EventKind::note;
  std::string actor;
  std::string payload;
  Change change;
  /// A status that answers with a bare Message: if nothing of the task was shown yet, A2A never
  /// shows it as a task.
  bool bare = false;

  static Draft message(std::string actor, a2a::Message message);
  static Draft status(std::string actor, a2a::TaskStatusUpdateEvent update);
  static Draft artifact(std::string actor, a2a::TaskArtifactUpdateEvent update);
  static Draft record(EventKind kind, std::string actor, std::string payload);
};

}  // namespace flotilla::core
