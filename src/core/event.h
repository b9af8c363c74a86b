#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "a2a/types.h"
#include "base/id.h"
#include "base/time.h"

namespace flotilla::core {

using TaskId = Id<struct TaskTag>;
using SessionId = Id<struct SessionTag>;

/// Kinds of a task stream (docs/architecture.md section 6). Only status and artifact are items of
/// an A2A stream; message counts in the generation too.
enum class EventKind : std::uint8_t { message, status, artifact, step, approval, output, note };
std::string_view to_string(EventKind kind);
std::optional<EventKind> parse_event_kind(std::string_view text);

/// A committed entry of a task's journal. Immutable and shared by all its readers.
struct Event {
  std::uint64_t position = 0;  // global; 0 when delivered live (only the feed needs it)
  std::uint64_t seq = 0;       // 1, 2, 3… within the task
  EventKind kind = EventKind::note;
  Time at;
  std::string actor;
  a2a::TaskState state = a2a::TaskState::unspecified;  // of status events
  /// message: Message; status: TaskStatusUpdateEvent; artifact: TaskArtifactUpdateEvent; others: an
  /// object of their own. JSON text as stored.
  std::shared_ptr<const std::string> payload;
  /// What a reader derived from the payload, made once (a2a keeps its 0.3 translation here).
  mutable std::atomic<std::shared_ptr<void>> derived;
};
using EventPtr = std::shared_ptr<const Event>;

}  // namespace flotilla::core
