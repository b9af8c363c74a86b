#include <fmt/format.h>

#include <algorithm>

#include "compat/kagent/facade_internal.h"
#include "compat/limits.h"

// Sessions and their events: those that runtimes keep with us, and our own, which have no events of
// theirs.
namespace flotilla::compat::kagent {

namespace {

#define FLOTILLA_KAGENT_SESSION \
  "SELECT id, namespace, agent, name, source, created_at, updated_at FROM kagent_session "
const db::Statement kFind{FLOTILLA_KAGENT_SESSION "WHERE owner = $1 AND user_id = $2 AND id = $3"};
const db::Statement kList{FLOTILLA_KAGENT_SESSION
                          "WHERE owner = $1 AND user_id = $2 ORDER BY updated_at DESC LIMIT $3"};
#undef FLOTILLA_KAGENT_SESSION
const db::Statement kUpsert{
    "INSERT INTO kagent_session (owner, user_id, id, namespace, agent, name, source, events, "
    "bytes, "
    "created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8, $8) "
    "ON CONFLICT (owner, user_id, id) DO UPDATE SET name = COALESCE(excluded.name, "
    "kagent_session.name), updated_at = excluded.updated_at"};
const db::Statement kUpdate{
    "UPDATE kagent_session SET name = COALESCE($4, name), agent = COALESCE($5, agent), namespace = "
    "COALESCE($6, namespace), updated_at = $7 WHERE owner = $1 AND user_id = $2 AND id = $3"};
const db::Statement kDelete{
    "DELETE FROM kagent_session WHERE owner = $1 AND user_id = $2 AND id = $3"};
const db::Statement kDeleteEvents{
    "DELETE FROM kagent_event WHERE owner = $1 AND user_id = $2 AND session = $3"};
const db::Statement kDeleteTasks{
    "DELETE FROM kagent_task WHERE owner = $1 AND user_id = $2 AND session = $3"};
const db::Statement kGrow{
    "UPDATE kagent_session SET events = events + 1, bytes = bytes + $4, updated_at = $5 WHERE "
    "owner = $1 AND user_id = $2 AND id = $3 AND events < $6 AND bytes + $4 <= $7"};
const db::Statement kAddEvent{
    "INSERT INTO kagent_event (namespace, owner, user_id, session, id, data, created_at) VALUES "
    "($1, $2, $3, $4, $5, $6, $7)"};
const db::Statement kHasEvent{
    "SELECT number FROM kagent_event WHERE owner = $1 AND user_id = $2 AND session = $3 AND id = "
    "$4"};
const db::Statement kEvents{
    "SELECT id, data, created_at FROM kagent_event WHERE owner = $1 AND user_id = $2 AND session = "
    "$3 AND created_at > $4 ORDER BY number LIMIT $5"};
const db::Statement kNewestEvents{
    "SELECT id, data, created_at FROM kagent_event WHERE owner = $1 AND user_id = $2 AND session = "
    "$3 AND created_at > $4 ORDER BY number DESC LIMIT $5"};

struct Row {
  std::string id;
  std::string name_space;
  std::string agent;
  std::optional<std::string> name;
  std::optional<std::string> source;
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;
};

Row row_of(const db::Row& columns) {
  Row row;
  row.id = db::text_at(columns, 0);
  row.name_space = db::text_at(columns, 1);
  row.agent = db::text_at(columns, 2);
  row.name = db::optional_text_at(columns, 3);
  row.source = db::optional_text_at(columns, 4);
  row.created_at = db::int_at(columns, 5);
  row.updated_at = db::int_at(columns, 6);
  return row;
}

std::int64_t millis(Time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

/// One of ours, as a runtime would have written it.
Row row_of(const core::Session& session) {
  Row row;
  row.id = session.context_id;
  row.name_space = session.name_space;
  row.agent = session.agent;
  row.name = session.title;
  row.created_at = millis(session.created_at);
  row.updated_at = millis(session.last_activity);
  return row;
}

json::Object shown(const Row& row, const std::string& user_id) {
  json::Object out;
  out.append("id", row.id);
  if (row.name) out.append("name", *row.name);
  out.append("user_id", user_id);
  out.append("created_at", text_of_time(row.created_at));
  out.append("updated_at", text_of_time(row.updated_at));
  if (!row.agent.empty()) out.append("agent_id", identifier(row.name_space, row.agent));
  if (row.source) out.append("source", *row.source);
  return out;
}

Error no_session(std::string_view id) {
  return Error(Code::not_found, fmt::format("there is no session '{}'", id.substr(0, 64)));
}

db::Value text_or_null(const std::optional<std::string>& text) {
  if (!text) return std::monostate();
  return *text;
}

Async<Result<std::optional<Row>>> find(const Facade& facade, Who who, std::string id) {
  std::vector<db::Value> values{who.owner, who.user_id, std::move(id)};
  CO_TRY(rows, co_await facade.database.read(kFind, std::move(values)));
  if (rows.empty()) co_return std::optional<Row>();
  co_return std::optional(row_of(rows.front()));
}

/// A session of ours with this context, of the caller's own.
Async<Result<std::optional<Row>>> find_own(const Facade& facade, core::PrincipalPtr principal,
                                           std::string id) {
  CO_TRY(sessions, co_await facade.sessions.of_context(principal->name, std::move(id)));
  for (const auto& session : sessions)
    if (principal->may_enter(session.name_space)) co_return std::optional(row_of(session));
  co_return std::optional<Row>();
}

/// Kept ones first; then ours, the caller's own.
Async<Result<std::vector<Row>>> all_sessions(const Facade& facade, core::PrincipalPtr principal,
                                             Who who) {
  std::vector<db::Value> values{who.owner, who.user_id,
                                static_cast<std::int64_t>(kMaxKagentListed)};
  CO_TRY(kept, co_await facade.database.read(kList, std::move(values)));
  std::vector<Row> rows;
  for (const auto& columns : kept) rows.push_back(row_of(columns));
  std::optional<core::SessionId> before;
  do {
    CO_TRY(page, co_await facade.sessions.list(principal, "", before, 500));
    for (const auto& session : page.rows) {
      if (session.owner != who.owner) continue;
      auto row = row_of(session);
      const auto same = [&](const Row& one) { return one.id == row.id; };
      if (std::ranges::none_of(rows, same)) rows.push_back(std::move(row));
    }
    before = page.next;
  } while (before && rows.size() < kMaxKagentListed);
  co_return rows;
}

http::Response answer_rows(const std::vector<Row>& rows, const std::string& user_id) {
  json::Array list;
  for (const auto& row : rows) list.emplace_back(shown(row, user_id));
  return answer(std::move(list), "Successfully listed sessions");
}

Async<Result<json::Array>> events_of(const Facade& facade, Who who, std::string id,
                                     const http::Request& request) {
  std::int64_t after = -1;
  if (const auto text = request.query_value("after"); text && !text->empty()) {
    const auto time = parse_time(*text);
    if (!time) co_return fail(invalid("after", "is no time as RFC 3339 has it"));
    after = millis(*time);
  }
  std::int64_t limit = kMaxKagentEvents;
  if (const auto text = request.query_value("limit"); text && !text->empty() && *text != "-1") {
    const auto read = json::from_text<std::int64_t>(*text);
    if (!read || *read < 1) co_return fail(invalid("limit", "is no number above 0, nor -1"));
    limit = std::min(limit, *read);
  }
  const bool ascending = request.query_value("order").value_or("asc") != "desc";
  std::vector<db::Value> values{who.owner, who.user_id, id, after, limit};
  const auto& statement = ascending ? kEvents : kNewestEvents;
  CO_TRY(rows, co_await facade.database.read(statement, std::move(values)));
  json::Array events;
  for (const auto& row : rows) {
    const auto at = text_of_time(db::int_at(row, 2));
    json::Object event;
    event.append("id", db::text_at(row, 0));
    event.append("session_id", id);
    event.append("user_id", who.user_id);
    event.append("created_at", at);
    event.append("updated_at", at);
    event.append("data", db::text_at(row, 1));
    events.emplace_back(std::move(event));
  }
  co_return events;
}

}  // namespace

Async<Answer> list_sessions(const Facade& facade, http::Request& request) {
  const auto who = who_of(request);
  CO_TRY(rows, co_await all_sessions(facade, request.context.principal, who));
  co_return answer_rows(rows, who.user_id);
}

Async<Answer> agent_sessions(const Facade& facade, http::Request& request) {
  const auto who = who_of(request);
  CO_TRY(rows, co_await all_sessions(facade, request.context.principal, who));
  const auto name_space = request.param("ns");
  const auto name = request.param("name");
  std::erase_if(rows, [&](const Row& row) {
    return row.name_space != name_space || row.agent != name || row.source == "agent";
  });
  co_return answer_rows(rows, who.user_id);
}

Async<Answer> create_session(const Facade& facade, http::Request& request) {
  CO_TRY(body, body_of(request));
  CO_TRY(ref, needed_text_in(body, "agent_ref"));
  CO_TRY(id, text_in(body, "id"));
  CO_TRY(name, text_in(body, "name"));
  CO_TRY(source, text_in(body, "source"));
  if (id.size() > kMaxKagentIdBytes)
    co_return fail(invalid("/id", fmt::format("is longer than {} bytes", kMaxKagentIdBytes)));
  if (!source.empty() && source != "user" && source != "agent")
    co_return fail(invalid("/source", "is not user or agent"));
  const auto agent = agent_named(facade, request, ref);
  if (!agent)
    co_return fail(invalid("/agent_ref", fmt::format("there is no agent '{}'", ref.substr(0, 64))));
  const auto who = who_of(request);
  const auto now = facade.clock.now();
  if (id.empty()) id = make_uuid_v7(now, facade.random).to_string();
  name.resize(std::min<std::size_t>(name.size(), 1024));
  const auto stored_name = name.empty() ? std::nullopt : std::optional(name);
  const auto stored_source = source.empty() ? std::nullopt : std::optional(source);
  db::Batch batch;
  batch.add(kUpsert, {who.owner, who.user_id, id, agent->name_space, agent->name,
                      text_or_null(stored_name), text_or_null(stored_source), millis(now)});
  CO_TRY_VOID(co_await facade.database.write(std::move(batch)));
  CO_TRY(row, co_await find(facade, who, id));
  if (!row) co_return fail(no_session(id));
  co_return answer(shown(*row, who.user_id), "Successfully created session", 201);
}

Async<Answer> get_session(const Facade& facade, http::Request& request) {
  const auto who = who_of(request);
  const std::string id(request.param("id"));
  CO_TRY(row, co_await find(facade, who, id));
  // A runtime asks whether it has begun the session; only what it wrote itself tells it that. Its
  // own sessions are those of an agent's name; anyone else may look at ours.
  if (!row && !request.headers.find("X-Agent-Name")) {
    CO_TRY(own, co_await find_own(facade, request.context.principal, id));
    row = std::move(own);
  }
  if (!row) co_return fail(no_session(id));
  CO_TRY(events, co_await events_of(facade, who, id, request));
  json::Object data;
  data.append("session", shown(*row, who.user_id));
  data.append("events", std::move(events));
  data.append("read_only", false);
  co_return answer(std::move(data), "Successfully retrieved session");
}

Async<Answer> update_session(const Facade& facade, http::Request& request) {
  CO_TRY(body, body_of(request));
  CO_TRY(name, text_in(body, "name"));
  CO_TRY(ref, text_in(body, "agent_ref"));
  const auto who = who_of(request);
  std::string id(request.param("id"));
  if (id.empty()) co_return fail(no_session(id));
  std::optional<std::string> agent_name;
  std::optional<std::string> agent_namespace;
  if (!ref.empty()) {
    const auto agent = agent_named(facade, request, ref);
    if (!agent)
      co_return fail(
          invalid("/agent_ref", fmt::format("there is no agent '{}'", ref.substr(0, 64))));
    agent_name = agent->name;
    agent_namespace = agent->name_space;
  }
  name.resize(std::min<std::size_t>(name.size(), 1024));
  const auto stored_name = name.empty() ? std::nullopt : std::optional(name);
  const auto now = millis(facade.clock.now());
  db::Batch batch;
  batch.add(kUpdate,
            {who.owner, who.user_id, id, text_or_null(stored_name), text_or_null(agent_name),
             text_or_null(agent_namespace), now},
            {1, no_session(id)});
  CO_TRY_VOID(co_await facade.database.write(std::move(batch)));
  CO_TRY(row, co_await find(facade, who, id));
  if (!row) co_return fail(no_session(id));
  co_return answer(shown(*row, who.user_id), "Successfully updated session");
}

Async<Answer> delete_session(const Facade& facade, http::Request& request) {
  const auto who = who_of(request);
  const std::string id(request.param("id"));
  db::Batch batch;
  batch.add(kDelete, {who.owner, who.user_id, id}, {1, no_session(id)});
  batch.add(kDeleteEvents, {who.owner, who.user_id, id});
  batch.add(kDeleteTasks, {who.owner, who.user_id, id});
  CO_TRY_VOID(co_await facade.database.write(std::move(batch)));
  co_return answer(json::Value(), "Session deleted successfully");
}

Async<Answer> add_event(const Facade& facade, http::Request& request) {
  CO_TRY(body, body_of(request));
  CO_TRY(event_id, needed_text_in(body, "id"));
  const auto* data = body.find("data");
  // Older runtimes send the object itself.
  std::string text;
  if (data != nullptr && data->if_string() != nullptr)
    text = *data->if_string();
  else if (data != nullptr && data->if_object() != nullptr)
    text = json::to_string(*data);
  else
    co_return fail(invalid("/data", "is missing: an event as JSON text"));
  const auto who = who_of(request);
  std::string id(request.param("id"));
  CO_TRY(row, co_await find(facade, who, id));
  if (!row) co_return fail(no_session(id));
  if (const auto agent = request.headers.find("X-Agent-Name");
      agent && *agent != identifier(row->name_space, row->agent))
    co_return fail(Error(Code::permission_denied, "the session is another agent's"));
  std::vector<db::Value> same{who.owner, who.user_id, id, event_id};
  CO_TRY(before, co_await facade.database.read(kHasEvent, std::move(same)));
  const auto now = millis(facade.clock.now());
  if (before.empty()) {
    const auto size = static_cast<std::int64_t>(text.size());
    Error full(Code::resource_exhausted,
               fmt::format("the session is full: it has {} events or {} MiB", kMaxKagentEvents,
                           kMaxKagentSessionBytes >> 20));
    db::Batch batch;
    batch.add(kGrow,
              {who.owner, who.user_id, id, size, now, kMaxKagentEvents, kMaxKagentSessionBytes},
              {1, std::move(full)});
    batch.add(kAddEvent, {row->name_space, who.owner, who.user_id, id, event_id, text, now});
    auto written = co_await facade.database.write(std::move(batch));
    // The same event twice at once is one.
    if (!written && written.error().code() != Code::already_exists) co_return fail(written.error());
  }
  json::Object event;
  event.append("id", event_id);
  event.append("session_id", id);
  event.append("user_id", who.user_id);
  event.append("created_at", text_of_time(now));
  event.append("updated_at", text_of_time(now));
  event.append("data", std::move(text));
  co_return answer(std::move(event), "Event added to session successfully", 201);
}

}  // namespace flotilla::compat::kagent
