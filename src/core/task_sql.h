#pragma once

#include <string>
#include <vector>

#include "core/task.h"
#include "db/database.h"

/// The SQL of the task tables, and rows to structs. One place, so that namespace and owner are in
/// each statement that answers a caller.
namespace flotilla::core::sql {

extern const db::Statement kInsertTask;
extern const db::Statement kUpdateTask;
extern const db::Statement kInsertEvent;
extern const db::Statement kSelectTask;
extern const db::Statement kSelectChanges;
extern const db::Statement kSelectEvents;
extern const db::Statement kSelectTurns;
extern const db::Statement kSelectWritten;
extern const db::Statement kSelectTrace;
extern const db::Statement kSelectRunnable;
extern const db::Statement kVoidLeases;
extern const db::Statement kReleaseLease;
extern const db::Statement kRenewLeases;
extern const db::Statement kInsertIdempotency;
extern const db::Statement kSelectIdempotency;
extern const db::Statement kPruneIdempotency;

/// The stream of a task's events.
std::string stream_of(const TaskId& id);
std::vector<db::Value> insert_parameters(const TaskRow& row);
/// Guarded by the seq and lease token that the writer believes in.
std::vector<db::Value> update_parameters(const TaskRow& row, std::uint64_t expected_seq,
                                         std::uint64_t expected_token);
/// A row of kSelectTask.
TaskRow to_task(const db::Row& row);
/// A row of kSelectEvents.
EventPtr to_event(const db::Row& row);

db::Value millis(Time time);
Time time_at(const db::Row& row, std::size_t column);
db::Value optional_text(const std::optional<std::string>& text);

}  // namespace flotilla::core::sql
