#include "core/turn_history.h"

#include "core/limits.h"
#include "core/task_sql.h"

namespace flotilla::core {

namespace {

const db::Statement kEntries{
    "SELECT seq, payload FROM event WHERE stream = $1 AND kind = $2 AND seq <= $3 ORDER BY seq"};
// The order of the session's index, so that a long session costs no more than what is read.
const db::Statement kEarlier{
    "SELECT t.id, t.status_at, e.seq, e.kind, e.payload FROM "
    "(SELECT id, status_at FROM task WHERE session = $1 AND namespace = $2 AND agent = $3 "
    "AND owner = $4 AND state IN (3, 4, 5, 7) AND status_at <= $5 "
    "AND (status_at < $5 OR id < $6) ORDER BY status_at DESC, id DESC LIMIT $7) AS t "
    "JOIN event AS e ON e.stream = 'task/' || t.id AND e.kind IN ('message', 'step') "
    "ORDER BY t.status_at DESC, t.id DESC, e.seq"};
constexpr std::string_view kAfterAll = "~";  // no id comes after it

}  // namespace

Async<Result<std::vector<JournalEntry>>> TurnHistory::entries(const TaskRow& row, EventKind kind) {
  std::vector<db::Value> parameters{sql::stream_of(row.id), std::string(to_string(kind)),
                                    static_cast<std::int64_t>(row.seq)};
  CO_TRY(rows, co_await database_.read(kEntries, std::move(parameters), kMaxSnapshotRows));
  std::vector<JournalEntry> entries;
  entries.reserve(rows.size());
  for (auto& found : rows) {
    JournalEntry entry;
    entry.seq = static_cast<std::uint64_t>(db::int_at(found, 0));
    entry.kind = kind;
    entry.payload = std::move(std::get<std::string>(found.at(1)));
    entries.push_back(std::move(entry));
  }
  co_return entries;
}

Async<Result<std::vector<EarlierTask>>> TurnHistory::earlier(const TaskRow& row, Before before,
                                                             std::size_t limit) {
  std::vector<db::Value> parameters{row.session.to_string(), row.name_space, row.agent, row.owner};
  if (before) {
    parameters.emplace_back(sql::millis(before->first));
    parameters.emplace_back(before->second.to_string());
  } else {
    // What ended after this task began is no part of what it goes on from.
    parameters.emplace_back(sql::millis(row.created_at));
    parameters.emplace_back(std::string(kAfterAll));
  }
  parameters.emplace_back(static_cast<std::int64_t>(limit));
  CO_TRY(rows, co_await database_.read(kEarlier, std::move(parameters), kMaxSnapshotRows));
  std::vector<EarlierTask> tasks;
  for (auto& found : rows) {
    const auto id = TaskId::parse(db::text_at(found, 0)).value_or(TaskId{});
    if (tasks.empty() || tasks.back().id != id) {
      tasks.emplace_back();
      tasks.back().id = id;
      tasks.back().ended_at = sql::time_at(found, 1);
    }
    JournalEntry entry;
    entry.seq = static_cast<std::uint64_t>(db::int_at(found, 2));
    entry.kind = parse_event_kind(db::text_at(found, 3)).value_or(EventKind::note);
    entry.payload = std::move(std::get<std::string>(found.at(4)));
    tasks.back().entries.push_back(std::move(entry));
  }
  co_return tasks;
}

Async<Result<std::optional<TaskRow>>> TurnHistory::sibling(const TaskRow& row, std::string id) {
  std::vector<db::Value> parameters{std::move(id)};
  CO_TRY(rows, co_await database_.read(sql::kSelectTask, std::move(parameters), 1));
  std::optional<TaskRow> found;
  if (rows.empty()) co_return found;
  found = sql::to_task(rows.front());
  if (found->name_space != row.name_space || found->agent != row.agent || found->owner != row.owner)
    found.reset();
  co_return found;
}

}  // namespace flotilla::core
