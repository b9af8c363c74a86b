#include "core/task_sql.h"

#include "json/map.h"

namespace flotilla::core::sql {

#define FLOTILLA_TASK_COLUMNS                                                            \
  "id, namespace, agent, owner, session, context_id, parent, direct, state, status_at, " \
  "status_message, status_seq, metadata, seq, generation, lease_holder, lease_token, "   \
  "lease_expires, upstream, created_at"

const db::Statement kInsertTask{
    "INSERT INTO task (" FLOTILLA_TASK_COLUMNS
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, "
    "$19, $20)"};
const db::Statement kUpdateTask{
    "UPDATE task SET direct = $4, state = $5, status_at = $6, status_message = $7, "
    "status_seq = $8, metadata = $9, seq = $10, generation = $11, lease_holder = $12, "
    "lease_token = $13, upstream = $15, "
    // Only renewals move it while the holder stays: who else writes knows an old time.
    "lease_expires = CASE WHEN lease_holder = $12 AND lease_expires > $14 THEN lease_expires "
    "ELSE $14 END "
    "WHERE id = $1 AND seq = $2 AND lease_token = $3"};
const db::Statement kInsertEvent{
    "INSERT INTO event (stream, seq, namespace, owner, at, kind, actor, lease_token, trace_id, "
    "version, payload) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10)"};
const db::Statement kSelectTask{"SELECT " FLOTILLA_TASK_COLUMNS " FROM task WHERE id = $1"};
// The task's snapshot is made of these.
const db::Statement kSelectChanges{
    "SELECT kind, payload FROM event WHERE stream = $1 AND seq <= $2 "
    "AND kind IN ('message', 'status', 'artifact') ORDER BY seq"};
const db::Statement kSelectEvents{
    "SELECT position, seq, at, kind, actor, payload FROM event "
    "WHERE stream = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4"};
// What tells the turns of a task apart.
const db::Statement kSelectTurns{
    "SELECT seq, kind, payload FROM event WHERE stream = $1 AND kind IN ('message', 'status') "
    "AND seq <= $2 ORDER BY seq"};
const db::Statement kSelectWritten{
    "SELECT seq FROM event WHERE stream = $1 AND seq > $2 AND lease_token > 0 "
    "AND lease_token < $3 LIMIT 1"};
const db::Statement kSelectTrace{"SELECT trace_id FROM event WHERE stream = $1 AND seq = 1"};
const db::Statement kSelectRunnable{
    "SELECT " FLOTILLA_TASK_COLUMNS
    " FROM task WHERE state IN (1, 2) AND (lease_expires IS NULL OR lease_expires < $1) "
    "AND id > $2 ORDER BY id LIMIT $3"};
const db::Statement kVoidLeases{
    "UPDATE task SET lease_holder = NULL, lease_expires = NULL "
    "WHERE state IN (1, 2) AND lease_expires IS NOT NULL"};
const db::Statement kReleaseLease{
    "UPDATE task SET lease_holder = NULL, lease_expires = NULL "
    "WHERE id = $1 AND lease_holder = $2 AND lease_token <= $3"};
const db::Statement kRenewLeases{
    "UPDATE task SET lease_expires = $2 "
    "WHERE state IN (1, 2) AND lease_expires IS NOT NULL AND lease_holder = $1"};
// A key whose check differs is of another message: the newer one takes its place.
const db::Statement kInsertIdempotency{
    "INSERT INTO idempotency (number, check_number, task, expires_at) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (number) DO UPDATE SET check_number = excluded.check_number, "
    "task = excluded.task, expires_at = excluded.expires_at "
    "WHERE idempotency.expires_at <= $5 OR idempotency.check_number <> excluded.check_number"};
const db::Statement kSelectIdempotency{
    "SELECT task FROM idempotency WHERE number = $1 AND check_number = $2 AND expires_at > $3"};
const db::Statement kPruneIdempotency{
    "DELETE FROM idempotency WHERE number IN "
    "(SELECT number FROM idempotency WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)"};

std::string stream_of(const TaskId& id) {
  return "task/" + id.to_string();
}

db::Value millis(Time time) {
  return static_cast<std::int64_t>(time.time_since_epoch().count());
}

Time time_at(const db::Row& row, std::size_t column) {
  return Time{std::chrono::milliseconds{db::int_at(row, column)}};
}

db::Value optional_text(const std::optional<std::string>& text) {
  if (!text) return std::monostate{};
  return *text;
}

namespace {

std::int64_t number(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

db::Value optional_millis(const std::optional<Time>& time) {
  if (!time) return std::monostate{};
  return millis(*time);
}

std::uint64_t count_at(const db::Row& row, std::size_t column) {
  return static_cast<std::uint64_t>(db::int_at(row, column));
}

template <class Tag>
Id<Tag> id_at(const db::Row& row, std::size_t column) {
  return Id<Tag>::parse(db::text_at(row, column)).value_or(Id<Tag>{});
}

}  // namespace

std::vector<db::Value> insert_parameters(const TaskRow& row) {
  std::vector<db::Value> values;
  values.reserve(20);
  values.emplace_back(row.id.to_string());
  values.emplace_back(row.name_space);
  values.emplace_back(row.agent);
  values.emplace_back(row.owner);
  values.emplace_back(row.session.to_string());
  values.emplace_back(row.context_id);
  if (row.parent)
    values.emplace_back(row.parent->to_string());
  else
    values.emplace_back(std::monostate{});
  values.emplace_back(std::int64_t{row.direct});
  values.emplace_back(static_cast<std::int64_t>(row.state));
  values.emplace_back(millis(row.status_at));
  values.emplace_back(optional_text(row.status_message));
  values.emplace_back(number(row.status_seq));
  values.emplace_back(optional_text(row.metadata));
  values.emplace_back(number(row.seq));
  values.emplace_back(number(row.generation));
  values.emplace_back(optional_text(row.lease_holder));
  values.emplace_back(number(row.lease_token));
  values.emplace_back(optional_millis(row.lease_expires));
  values.emplace_back(optional_text(row.upstream));
  values.emplace_back(millis(row.created_at));
  return values;
}

std::vector<db::Value> update_parameters(const TaskRow& row, std::uint64_t expected_seq,
                                         std::uint64_t expected_token) {
  std::vector<db::Value> values;
  values.reserve(15);
  values.emplace_back(row.id.to_string());
  values.emplace_back(number(expected_seq));
  values.emplace_back(number(expected_token));
  values.emplace_back(std::int64_t{row.direct});
  values.emplace_back(static_cast<std::int64_t>(row.state));
  values.emplace_back(millis(row.status_at));
  values.emplace_back(optional_text(row.status_message));
  values.emplace_back(number(row.status_seq));
  values.emplace_back(optional_text(row.metadata));
  values.emplace_back(number(row.seq));
  values.emplace_back(number(row.generation));
  values.emplace_back(optional_text(row.lease_holder));
  values.emplace_back(number(row.lease_token));
  values.emplace_back(optional_millis(row.lease_expires));
  values.emplace_back(optional_text(row.upstream));
  return values;
}

TaskRow to_task(const db::Row& row) {
  TaskRow task;
  task.id = id_at<TaskTag>(row, 0);
  task.name_space = db::text_at(row, 1);
  task.agent = db::text_at(row, 2);
  task.owner = db::text_at(row, 3);
  task.session = id_at<SessionTag>(row, 4);
  task.context_id = db::text_at(row, 5);
  if (auto parent = db::optional_text_at(row, 6)) task.parent = TaskId::parse(*parent);
  task.direct = db::int_at(row, 7) != 0;
  task.state = static_cast<a2a::TaskState>(db::int_at(row, 8));
  task.status_at = time_at(row, 9);
  task.status_message = db::optional_text_at(row, 10);
  task.status_seq = count_at(row, 11);
  task.metadata = db::optional_text_at(row, 12);
  task.seq = count_at(row, 13);
  task.generation = count_at(row, 14);
  task.lease_holder = db::optional_text_at(row, 15);
  task.lease_token = count_at(row, 16);
  if (auto expires = db::optional_int_at(row, 17))
    task.lease_expires = Time{std::chrono::milliseconds{*expires}};
  task.upstream = db::optional_text_at(row, 18);
  task.created_at = time_at(row, 19);
  return task;
}

EventPtr to_event(const db::Row& row) {
  auto event = std::make_shared<Event>();
  event->position = count_at(row, 0);
  event->seq = count_at(row, 1);
  event->at = time_at(row, 2);
  event->kind = parse_event_kind(db::text_at(row, 3)).value_or(EventKind::note);
  event->actor = db::text_at(row, 4);
  event->payload = std::make_shared<const std::string>(db::text_at(row, 5));
  if (event->kind == EventKind::status)
    if (auto update = json::from_text<a2a::TaskStatusUpdateEvent>(*event->payload))
      event->state = update->status.state;
  return event;
}

}  // namespace flotilla::core::sql
