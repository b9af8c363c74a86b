#include "gateway/mcp/sessions.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "json/json.h"

namespace flotilla::gateway {
namespace {

constexpr Log kLog("gateway");

/// `used_at` in the store may be behind by so much.
constexpr Duration kTouch = std::chrono::minutes(5);
constexpr Duration kPrunePause = std::chrono::minutes(1);
constexpr std::int64_t kPrunePage = 1000;
constexpr int kPruneRounds = 100;

const db::Statement kCreate{
    "INSERT INTO mcp_session (id, principal, revision, client, created_at, used_at) "
    "VALUES ($1, $2, $3, $4, $5, $5)"};
// Clients seldom end their sessions: the oldest go, rather than the newest being refused.
const db::Statement kCrowdOut{
    "DELETE FROM mcp_session WHERE principal = $1 AND id IN "
    "(SELECT id FROM mcp_session WHERE principal = $1 ORDER BY used_at DESC, id DESC "
    "LIMIT $2 OFFSET $3)"};
const db::Statement kFind{
    "SELECT principal, revision, client, used_at FROM mcp_session WHERE id = $1 AND used_at > $2"};
const db::Statement kUpdate{
    "UPDATE mcp_session SET revision = $2, client = $3, used_at = $4 WHERE id = $1"};
const db::Statement kTouchUsed{"UPDATE mcp_session SET used_at = $2 WHERE id = $1"};
const db::Statement kRemove{"DELETE FROM mcp_session WHERE id = $1"};
const db::Statement kRemoveEvents{"DELETE FROM mcp_event WHERE session = $1"};
const db::Statement kAppend{
    "INSERT INTO mcp_event (session, stream, seq, at, data) SELECT $1, $2, $3, $4, $5 "
    "WHERE EXISTS (SELECT 1 FROM mcp_session WHERE id = $1)"};
// Where all events of an old session have been deleted, numbers go on above any that it had.
const db::Statement kLast{
    "SELECT coalesce((SELECT max(seq) FROM mcp_event WHERE session = $1 AND stream = $2), "
    "(SELECT CASE WHEN created_at > $3 THEN 0 ELSE $4 END FROM mcp_session WHERE id = $1), 0)"};
const db::Statement kRead{
    "SELECT seq, data FROM mcp_event WHERE session = $1 AND stream = $2 AND seq > $3 "
    "ORDER BY seq LIMIT $4"};
const db::Statement kPruneEvents{
    "DELETE FROM mcp_event WHERE (session, stream, seq) IN "
    "(SELECT session, stream, seq FROM mcp_event WHERE at <= $1 LIMIT $2)"};
const db::Statement kPruneSessions{
    "DELETE FROM mcp_session WHERE id IN "
    "(SELECT id FROM mcp_session WHERE used_at <= $1 LIMIT $2)"};

std::int64_t milliseconds(Time time) {
  return time.time_since_epoch().count();
}

Time before(Time now, Duration age) {
  return now - std::chrono::duration_cast<std::chrono::milliseconds>(age);
}

Error gone() {
  return Error(Code::not_found, "the session has ended or never was; initialize again");
}

/// Makes room by forgetting anything: caches may forget.
template <class Map>
void bound(Map& map) {
  if (map.size() >= kMcpCached) map.erase(map.begin());
}

}  // namespace

McpSessions::McpSessions(db::Database& database, Clock& clock, Executor home)
    : database_(database), clock_(clock), group_(std::move(home)) {}

void McpSessions::remember(const mcp::SessionRecord& record, Time used_at) {
  const std::lock_guard lock(mutex_);
  if (!sessions_.contains(record.id)) bound(sessions_);
  sessions_.insert_or_assign(record.id,
                             Cached{record, clock_.steady_now() + kMcpSessionCached, used_at});
}

std::optional<mcp::SessionRecord> McpSessions::cached(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || found->second.until <= clock_.steady_now() ||
      found->second.used_at + kTouch <= clock_.now())
    return std::nullopt;
  return found->second.record;
}

Async<Result<>> McpSessions::create(mcp::SessionRecord record) {
  const auto now = clock_.now();
  db::Batch batch;
  batch.add(kCreate, {record.id, record.principal, record.revision,
                      json::to_string(json::Value(record.client)), milliseconds(now)});
  batch.add(kCrowdOut, {record.principal, kPrunePage, kMcpSessionsOfPrincipal});
  CO_TRY_VOID(co_await database_.write(std::move(batch)));
  remember(record, now);
  co_return ok();
}

Async<Result<>> McpSessions::touch(std::string id, Time used_at) {
  db::Batch batch;
  batch.add(kTouchUsed, {std::move(id), milliseconds(used_at)});
  CO_TRY_VOID(co_await database_.write(std::move(batch)));
  co_return ok();
}

Async<Result<mcp::SessionRecord>> McpSessions::find(std::string id) {
  if (auto known = cached(id)) co_return std::move(*known);
  const auto now = clock_.now();
  std::vector<db::Value> key{id, milliseconds(before(now, kMcpSessionIdle))};
  CO_TRY(rows, co_await database_.read(kFind, std::move(key), 1));
  if (rows.empty()) {
    const std::lock_guard lock(mutex_);
    sessions_.erase(id);
    co_return fail(gone());
  }
  mcp::SessionRecord record;
  record.id = std::move(id);
  record.principal = db::text_at(rows.front(), 0);
  record.revision = db::text_at(rows.front(), 1);
  CO_TRY(client, json::parse(db::text_at(rows.front(), 2)));
  if (auto* object = client.if_object()) record.client = std::move(*object);
  auto used_at = Time(std::chrono::milliseconds(db::int_at(rows.front(), 3)));
  if (used_at + kTouch <= now) {
    CO_TRY_VOID(co_await touch(record.id, now));
    used_at = now;
  }
  remember(record, used_at);
  co_return record;
}

Async<Result<>> McpSessions::update(mcp::SessionRecord record) {
  const auto now = clock_.now();
  db::Batch batch;
  batch.add(
      kUpdate,
      {record.id, record.revision, json::to_string(json::Value(record.client)), milliseconds(now)},
      db::Expect{1, gone()});
  CO_TRY_VOID(co_await database_.write(std::move(batch)));
  remember(record, now);
  co_return ok();
}

Async<Result<>> McpSessions::remove(std::string id) {
  db::Batch batch;
  batch.add(kRemove, {id});
  batch.add(kRemoveEvents, {id});
  CO_TRY_VOID(co_await database_.write(std::move(batch)));
  const std::lock_guard lock(mutex_);
  sessions_.erase(id);
  co_return ok();
}

Async<Result<std::uint64_t>> McpSessions::next_seq(const std::string& key, std::string session,
                                                   std::string stream) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = last_seq_.find(key); found != last_seq_.end()) co_return ++found->second;
  }
  const auto now = clock_.now();
  std::vector<db::Value> of{std::move(session), std::move(stream),
                            milliseconds(before(now, kMcpStreamKept)), milliseconds(now)};
  CO_TRY(rows, co_await database_.read(kLast, std::move(of), 1));
  const auto stored = static_cast<std::uint64_t>(db::int_at(rows.front(), 0));
  const std::lock_guard lock(mutex_);
  if (!last_seq_.contains(key)) bound(last_seq_);
  // Another append of this stream may have come first meanwhile.
  auto& last = last_seq_.try_emplace(key, stored).first->second;
  co_return ++last;
}

Async<Result<std::uint64_t>> McpSessions::append(std::string session, std::string stream,
                                                 std::string data) {
  const std::string key = session + "/" + stream;
  // Twice: another process may have taken the number.
  for (int attempt = 0;; ++attempt) {
    CO_TRY(seq, co_await next_seq(key, session, stream));
    db::Batch batch;
    batch.add(kAppend,
              {session, stream, static_cast<std::int64_t>(seq), milliseconds(clock_.now()), data},
              db::Expect{1, gone()});
    auto written = co_await database_.write(std::move(batch));
    if (written) co_return seq;
    {
      const std::lock_guard lock(mutex_);
      last_seq_.erase(key);
    }
    if (written.error().code() != Code::already_exists || attempt == 1)
      co_return fail(written.error());
  }
}

Async<Result<std::vector<mcp::StreamEvent>>> McpSessions::read(std::string session,
                                                               std::string stream,
                                                               std::uint64_t after,
                                                               std::size_t limit) {
  std::vector<db::Value> values{std::move(session), std::move(stream),
                                static_cast<std::int64_t>(after), static_cast<std::int64_t>(limit)};
  CO_TRY(rows, co_await database_.read(kRead, std::move(values), limit));
  std::vector<mcp::StreamEvent> events;
  events.reserve(rows.size());
  for (const auto& row : rows)
    events.push_back({static_cast<std::uint64_t>(db::int_at(row, 0)), db::text_at(row, 1)});
  co_return events;
}

Async<Result<std::int64_t>> McpSessions::prune() {
  const auto now = clock_.now();
  db::Batch batch;
  batch.add(kPruneEvents, {milliseconds(before(now, kMcpStreamKept)), kPrunePage});
  batch.add(kPruneSessions, {milliseconds(before(now, kMcpSessionIdle)), kPrunePage});
  CO_TRY(result, co_await database_.write(std::move(batch)));
  co_return std::max(result.changed.at(0), result.changed.at(1));
}

Async<> McpSessions::prune_loop() {
  for (;;) {
    co_await clock_.sleep_for(kPrunePause);
    for (int round = 0; round < kPruneRounds; ++round) {
      auto pruned = co_await prune();
      if (!pruned) kLog.warn("expired MCP sessions stay for now", {{"error", pruned.error()}});
      if (!pruned || *pruned < kPrunePage) break;
    }
  }
}

void McpSessions::start() {
  group_.spawn(prune_loop());
}

Async<> McpSessions::stop() {
  group_.cancel();
  co_await group_.join();
}

}  // namespace flotilla::gateway
