#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "a2a/types.h"
#include "base/context.h"
#include "base/time.h"
#include "core/event.h"
#include "core/push_config.h"

namespace flotilla::core {

/// The task row: everything about a task but its messages and artifacts.
struct TaskRow {
  TaskId id;
  std::string name_space;
  std::string agent;
  std::string owner;
  SessionId session;
  std::string context_id;
  std::optional<TaskId> parent;
  bool direct = false;  // the turn answered with a bare Message; A2A does not show it as a task
  a2a::TaskState state = a2a::TaskState::submitted;
  Time status_at;
  std::optional<std::string> status_message;  // Message JSON
  std::uint64_t status_seq = 0;
  std::optional<std::string> metadata;  // JSON object
  std::uint64_t seq = 0;
  std::uint64_t generation = 0;
  std::optional<std::string> lease_holder;
  std::uint64_t lease_token = 0;
  std::optional<Time> lease_expires;
  std::optional<std::string> upstream;
  Time created_at;
};

/// Names a message among those sent before: 128 bits of a hash over all that makes it the same
/// message. Two numbers, because an index over numbers costs half as much as one over text.
struct DedupeKey {
  std::int64_t number = 0;
  std::int64_t check = 0;
  bool operator==(const DedupeKey&) const = default;
  static DedupeKey of(std::string_view text);
};

/// What makes a new task.
struct NewTask {
  std::string name_space;
  std::string agent;
  std::shared_ptr<const Principal> principal;
  std::string owner;                      // empty: the principal
  std::optional<std::string> context_id;  // absent: a new one
  std::optional<TaskId> parent;
  a2a::Message message;                 // ids are filled in
  std::string traceparent;              // W3C: where in a trace it was asked for; may be empty
  std::optional<DedupeKey> dedupe_key;  // absent: no deduplication
  std::optional<PushConfig> push;       // a webhook that it is born with
};

/// Which tasks a caller may see: rows outside answer as missing ones.
struct Visibility {
  std::shared_ptr<const Principal> principal;
  /// Only tasks of this agent; empty: every agent's (front desk, native API).
  std::string name_space;
  std::string agent;

  [[nodiscard]] bool admits(const TaskRow& row) const;
};

struct TaskFilter {
  std::optional<std::string> context_id;
  std::optional<a2a::TaskState> state;
  std::optional<Time> status_since;  // inclusive
  std::optional<SessionId> session;
  bool include_direct = false;
  /// (status time, id) of the last row of the page before.
  std::optional<std::pair<Time, TaskId>> before;
  std::size_t limit = 50;
  bool count_all = false;
};

struct TaskPage {
  std::vector<TaskRow> rows;  // by status time, newest first
  std::optional<std::pair<Time, TaskId>> next;
  std::int64_t total = 0;  // when count_all
};

}  // namespace flotilla::core
