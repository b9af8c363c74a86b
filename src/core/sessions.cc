#include "core/sessions.h"

#include "core/task_sql.h"

namespace flotilla::core {

namespace {

#define FLOTILLA_SESSION_COLUMNS                                                                 \
  "uid, namespace, owner, context_id, kind, agent, title, metadata, created_at, last_activity, " \
  "expires_at"

// A context that we named is its session's uid, and found by that; the index of contexts holds only
// those that callers named.
#define FLOTILLA_BY_CONTEXT(AND_FILTER)                                          \
  "SELECT " FLOTILLA_SESSION_COLUMNS                                             \
  " FROM session WHERE uid = $2 AND context_id = uid AND owner = $1 " AND_FILTER \
  "UNION ALL SELECT " FLOTILLA_SESSION_COLUMNS                                   \
  " FROM session WHERE owner = $1 AND context_id = $2 AND context_id <> uid " AND_FILTER
const db::Statement kFind{FLOTILLA_BY_CONTEXT("AND namespace = $3 ")};
const db::Statement kOfContext{FLOTILLA_BY_CONTEXT("") "ORDER BY last_activity DESC LIMIT 100"};
const db::Statement kGet{"SELECT " FLOTILLA_SESSION_COLUMNS
                         " FROM session WHERE uid = $1 AND namespace = $2"};
const db::Statement kListOwn{"SELECT " FLOTILLA_SESSION_COLUMNS
                             " FROM session WHERE uid < $1 AND ($2 = '' OR namespace = $2) "
                             "AND ($3 = '' OR owner = $3) ORDER BY uid DESC LIMIT $4"};
const db::Statement kInsert{"INSERT INTO session (" FLOTILLA_SESSION_COLUMNS
                            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"};
const db::Statement kTouch{"UPDATE session SET last_activity = $2 WHERE uid = $1"};

Session to_session(const db::Row& row) {
  Session session;
  session.uid = SessionId::parse(db::text_at(row, 0)).value_or(SessionId{});
  session.name_space = db::text_at(row, 1);
  session.owner = db::text_at(row, 2);
  session.context_id = db::text_at(row, 3);
  session.kind = db::text_at(row, 4);
  session.agent = db::text_at(row, 5);
  session.title = db::optional_text_at(row, 6);
  session.metadata = db::optional_text_at(row, 7);
  session.created_at = sql::time_at(row, 8);
  session.last_activity = sql::time_at(row, 9);
  if (auto expires = db::optional_int_at(row, 10))
    session.expires_at = Time{std::chrono::milliseconds{*expires}};
  return session;
}

std::vector<db::Value> insert_parameters(const Session& session) {
  std::vector<db::Value> values;
  values.reserve(11);
  values.emplace_back(session.uid.to_string());
  values.emplace_back(session.name_space);
  values.emplace_back(session.owner);
  values.emplace_back(session.context_id);
  values.emplace_back(session.kind);
  values.emplace_back(session.agent);
  values.emplace_back(sql::optional_text(session.title));
  values.emplace_back(sql::optional_text(session.metadata));
  values.emplace_back(sql::millis(session.created_at));
  values.emplace_back(sql::millis(session.last_activity));
  values.emplace_back(std::monostate{});
  return values;
}

Error not_found() {
  return Error(Code::not_found, "there is no such session; `sessions list` shows yours");
}

}  // namespace

Sessions::Sessions(db::Database& database, Clock& clock, Random& random)
    : database_(database), clock_(clock), random_(random) {}

Async<Result<Session>> Sessions::open(std::string name_space, std::string owner, std::string agent,
                                      std::optional<std::string> context_id, db::Batch* batch) {
  const Time now = clock_.now();
  if (context_id) {
    std::vector<db::Value> parameters{owner, *context_id, name_space};
    CO_TRY(rows, co_await database_.read(kFind, parameters, 1));
    if (!rows.empty()) {
      auto session = to_session(rows.front());
      touch(session.uid, batch);
      co_return session;
    }
  }
  Session session;
  session.uid = SessionId{make_uuid_v7(now, random_)};
  session.name_space = std::move(name_space);
  session.owner = std::move(owner);
  session.context_id = context_id ? std::move(*context_id) : session.uid.to_string();
  session.kind = "chat";
  session.agent = std::move(agent);
  session.created_at = now;
  session.last_activity = now;
  static const Error opened(Code::conflict, "the context was opened by another request; try again");
  batch->add(kInsert, insert_parameters(session), {1, opened});
  co_return session;
}

void Sessions::touch(SessionId uid, db::Batch* batch) const {
  batch->add(kTouch, {uid.to_string(), sql::millis(clock_.now())});
}

Async<Result<std::vector<Session>>> Sessions::of_context(std::string owner,
                                                         std::string context_id) {
  std::vector<db::Value> parameters{std::move(owner), std::move(context_id)};
  CO_TRY(rows, co_await database_.read(kOfContext, parameters, 100));
  std::vector<Session> sessions;
  for (const auto& row : rows) sessions.push_back(to_session(row));
  co_return sessions;
}

Async<Result<Session>> Sessions::get(std::shared_ptr<const Principal> principal,
                                     std::string name_space, SessionId uid) {
  std::vector<db::Value> parameters{uid.to_string(), name_space};
  CO_TRY(rows, co_await database_.read(kGet, parameters, 1));
  if (rows.empty() || !principal->may_enter(name_space)) co_return fail(not_found());
  auto session = to_session(rows.front());
  if (!principal->sees_owner(session.owner)) co_return fail(not_found());
  co_return session;
}

Async<Result<SessionPage>> Sessions::list(std::shared_ptr<const Principal> principal,
                                          std::string name_space, std::optional<SessionId> before,
                                          std::size_t limit) {
  SessionPage page;
  std::string from = before ? before->to_string() : std::string("~");
  const std::string owner = principal->role == Role::admin ? std::string{} : principal->name;
  while (page.rows.size() <= limit) {
    std::vector<db::Value> parameters{from, name_space, owner,
                                      static_cast<std::int64_t>(limit + 1)};
    CO_TRY(rows, co_await database_.read(kListOwn, parameters, limit + 1));
    for (const auto& row : rows) {
      auto session = to_session(row);
      from = session.uid.to_string();
      if (principal->may_enter(session.name_space)) page.rows.push_back(std::move(session));
    }
    if (rows.size() <= limit) break;
  }
  if (page.rows.size() > limit) {
    page.rows.resize(limit);
    page.next = page.rows.back().uid;
  }
  co_return page;
}

}  // namespace flotilla::core
