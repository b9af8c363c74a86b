#include "core/push.h"

#include <boost/describe.hpp>
#include <limits>

#include "async/clock.h"
#include "auth/sealing.h"
#include "base/log.h"
#include "core/limits.h"
#include "core/task_sql.h"
#include "json/map.h"

namespace flotilla::core {

namespace {

constexpr Log kLog("push");

#define FLOTILLA_PUSH_COLUMNS                                                                  \
  "p.task, p.id, p.namespace, p.owner, p.version, p.url, p.secrets, p.revision, p.delivered, " \
  "p.live, p.failures, p.due_at"
#define FLOTILLA_PUSH_SELECT "SELECT " FLOTILLA_PUSH_COLUMNS " FROM push_config AS p WHERE "

const db::Statement kInsert{
    "INSERT INTO push_config (task, id, namespace, owner, version, url, secrets, revision, "
    "delivered, live, failures, due_at, created_at) "
    "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, NULL, $11 "
    "WHERE (SELECT COUNT(*) FROM push_config WHERE task = $1 AND id <> $2) < $12 "
    "ON CONFLICT (task, id) DO UPDATE SET version = excluded.version, url = excluded.url, "
    "secrets = excluded.secrets, revision = excluded.revision, failures = 0, due_at = NULL"};
const db::Statement kFind{FLOTILLA_PUSH_SELECT "p.task = $1 AND p.id = $2"};
const db::Statement kFirst{FLOTILLA_PUSH_SELECT
                           "p.task = $1 ORDER BY CASE WHEN p.id = $1 THEN 0 ELSE 1 END, p.id "
                           "LIMIT 1"};
const db::Statement kList{FLOTILLA_PUSH_SELECT "p.task = $1 AND p.id > $2 ORDER BY p.id LIMIT $3"};
const db::Statement kRemove{"DELETE FROM push_config WHERE task = $1 AND id = $2"};
const db::Statement kSealed{
    "SELECT task, id, secrets FROM push_config WHERE (task, id) > ($1, $2) AND secrets IS NOT NULL "
    "ORDER BY task, id LIMIT $3"};
const db::Statement kReseal{
    "UPDATE push_config SET secrets = $4 WHERE task = $1 AND id = $2 AND secrets = $3"};
const db::Statement kLiveOf{FLOTILLA_PUSH_SELECT "p.task = $1 AND p.live = 1 ORDER BY p.id"};
const db::Statement kLiveAfter{
    "SELECT " FLOTILLA_PUSH_COLUMNS
    ", task.seq > p.delivered FROM push_config AS p JOIN task ON task.id = p.task "
    "WHERE p.live = 1 AND (p.task, p.id) > ($1, $2) ORDER BY p.task, p.id LIMIT $3"};
const db::Statement kDue{
    FLOTILLA_PUSH_SELECT
    "p.live = 1 AND p.due_at IS NOT NULL AND p.due_at <= $1 ORDER BY p.due_at LIMIT $2"};
const db::Statement kNextDue{
    "SELECT due_at FROM push_config WHERE live = 1 AND due_at IS NOT NULL AND due_at > $1 "
    "ORDER BY due_at LIMIT 1"};
const db::Statement kKeep{
    "UPDATE push_config SET delivered = $4, live = $5, failures = $6, due_at = $7 "
    "WHERE task = $1 AND id = $2 AND revision = $3"};
#define FLOTILLA_DEAD_COLUMNS "id, namespace, owner, task, config, seq, attempts, error, at"
const db::Statement kInsertDead{
    "INSERT INTO push_dead (namespace, owner, task, config, seq, attempts, error, at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"};
const db::Statement kPruneDead{
    "DELETE FROM push_dead WHERE id IN (SELECT id FROM push_dead WHERE at < $1 ORDER BY at "
    "LIMIT 100)"};
// $1 owner ('': every one), $2 namespaces as `,a,b,` or '' for all.
const db::Statement kOwnDead{
    "SELECT " FLOTILLA_DEAD_COLUMNS
    " FROM push_dead WHERE owner = $1 AND ($2 = '' OR $2 LIKE '%,' || namespace || ',%') "
    "AND id < $3 ORDER BY id DESC LIMIT $4"};
const db::Statement kAllDead{
    "SELECT " FLOTILLA_DEAD_COLUMNS
    " FROM push_dead WHERE $1 = '' AND ($2 = '' OR $2 LIKE '%,' || namespace || ',%') "
    "AND id < $3 ORDER BY id DESC LIMIT $4"};
const db::Statement kForget{"DELETE FROM push_dead WHERE id = $1"};

constexpr std::size_t kResealPage = 200;

/// What is sealed.
struct Secrets {
  std::optional<std::string> token;
  std::optional<std::string> scheme;
  std::optional<std::string> credentials;
};
BOOST_DESCRIBE_STRUCT(Secrets, (), (token, scheme, credentials))

/// Bound to its row: copied to another one it does not open.
std::string sealing_context(std::string_view task, std::string_view id) {
  return "push-config/" + std::string(task) + "/" + std::string(id);
}

db::Value seal(const auth::Sealer& sealer, const std::string& task, const PushConfig& config) {
  Secrets secrets;
  if (!config.token.empty()) secrets.token = config.token.reveal();
  if (!config.scheme.empty()) secrets.scheme = config.scheme;
  if (!config.credentials.empty()) secrets.credentials = config.credentials.reveal();
  if (!secrets.token && !secrets.scheme) return std::monostate{};
  const Secret text(json::to_text(secrets));
  return sealer.seal(text, sealing_context(task, config.id));
}

Result<> unseal(const auth::Sealer& sealer, const std::string& task, const std::string& sealed,
                PushConfig& config) {
  TRY(text, sealer.open(sealed, sealing_context(task, config.id)));
  TRY(secrets, json::from_text<Secrets>(text.reveal()));
  config.token = Secret(std::move(secrets.token).value_or(""));
  config.scheme = std::move(secrets.scheme).value_or("");
  config.credentials = Secret(std::move(secrets.credentials).value_or(""));
  return ok();
}

std::string namespaces_of(const Principal& principal) {
  if (principal.all_namespaces) return {};
  std::string names = ",";  // labels hold no comma and nothing that LIKE takes for a wildcard
  for (const auto& name : principal.namespaces) names += name + ",";
  return names;
}

DeadLetter to_dead_letter(const db::Row& row) {
  DeadLetter letter;
  letter.id = db::int_at(row, 0);
  letter.name_space = db::text_at(row, 1);
  letter.owner = db::text_at(row, 2);
  letter.task = TaskId::parse(db::text_at(row, 3)).value_or(TaskId{});
  letter.config = db::text_at(row, 4);
  letter.seq = static_cast<std::uint64_t>(db::int_at(row, 5));
  letter.attempts = db::int_at(row, 6);
  letter.error = db::text_at(row, 7);
  letter.at = sql::time_at(row, 8);
  return letter;
}

}  // namespace

PushConfigs::PushConfigs(db::Database& database, Clock& clock, Random& random,
                         const auth::Sealer& sealer)
    : database_(database), clock_(clock), random_(random), sealer_(sealer) {}

void PushConfigs::name(PushConfig& config, const TaskId& task) const {
  if (!config.id.empty()) return;
  config.id = config.legacy ? task.to_string() : make_uuid_v7(clock_.now(), random_).to_string();
}

void PushConfigs::insert(db::Batch& batch, const TaskRow& row, const PushConfig& config) const {
  const std::string task = row.id.to_string();
  std::uint64_t revision = 0;
  random_.fill(&revision, sizeof revision);
  std::vector<db::Value> values;
  values.reserve(12);
  values.emplace_back(task);
  values.emplace_back(config.id);
  values.emplace_back(row.name_space);
  values.emplace_back(row.owner);
  values.emplace_back(std::string(config.legacy ? "0.3" : "1.0"));
  values.emplace_back(config.url);
  values.emplace_back(seal(sealer_, task, config));
  values.emplace_back(static_cast<std::int64_t>(revision >> 1U));
  values.emplace_back(static_cast<std::int64_t>(row.seq));
  values.emplace_back(std::int64_t{!a2a::is_terminal(row.state)});
  values.emplace_back(sql::millis(clock_.now()));
  values.emplace_back(static_cast<std::int64_t>(kMaxPushConfigs));
  batch.add(kInsert, std::move(values),
            {1, Error(Code::resource_exhausted, reason::kLimitExceeded,
                      "the task has " + std::to_string(kMaxPushConfigs) +
                          " push notification configs; delete one first")});
}

PushRow PushConfigs::to_row(const db::Row& row) const {
  PushRow out;
  const std::string& task = db::text_at(row, 0);
  out.task = TaskId::parse(task).value_or(TaskId{});
  out.config.id = db::text_at(row, 1);
  out.name_space = db::text_at(row, 2);
  out.owner = db::text_at(row, 3);
  out.config.legacy = db::text_at(row, 4) == "0.3";
  out.config.url = db::text_at(row, 5);
  if (auto sealed = db::optional_text_at(row, 6)) {
    // Without its secrets it would be refused by its receiver; with the key back it works again.
    if (auto opened = unseal(sealer_, task, *sealed, out.config); !opened)
      kLog.error("the secrets of a webhook do not open", {{"task", task}, {"why", opened.error()}});
  }
  out.revision = db::int_at(row, 7);
  out.delivered = static_cast<std::uint64_t>(db::int_at(row, 8));
  out.live = db::int_at(row, 9) != 0;
  out.failures = db::int_at(row, 10);
  if (auto due = db::optional_int_at(row, 11)) out.due_at = Time{std::chrono::milliseconds{*due}};
  if (row.size() > 12) out.behind = db::int_at(row, 12) != 0;
  return out;
}

Async<Result<std::vector<PushRow>>> PushConfigs::rows(const db::Statement& statement,
                                                      std::vector<db::Value> parameters,
                                                      std::size_t limit) {
  CO_TRY(found, co_await database_.read(statement, std::move(parameters), limit));
  std::vector<PushRow> out;
  out.reserve(found.size());
  for (const auto& row : found) out.push_back(to_row(row));
  co_return out;
}

Async<Result<std::optional<PushRow>>> PushConfigs::find(TaskId task, std::string id) {
  const bool any = id.empty();
  std::vector<db::Value> parameters{task.to_string()};
  if (!any) parameters.emplace_back(std::move(id));
  const db::Statement& statement = any ? kFirst : kFind;
  CO_TRY(found, co_await rows(statement, std::move(parameters), 1));
  std::optional<PushRow> row;
  if (!found.empty()) row = std::move(found.front());
  co_return row;
}

Async<Result<std::vector<PushRow>>> PushConfigs::list(TaskId task, std::string after,
                                                      std::size_t limit) {
  std::vector<db::Value> parameters{task.to_string(), std::move(after),
                                    static_cast<std::int64_t>(limit)};
  co_return co_await rows(kList, std::move(parameters), limit);
}

Async<Result<bool>> PushConfigs::remove(TaskId task, std::string id) {
  db::Batch batch;
  batch.add(kRemove, {task.to_string(), std::move(id)});
  CO_TRY(done, co_await database_.write(std::move(batch)));
  co_return done.changed.at(0) == 1;
}

Async<Result<std::size_t>> PushConfigs::reseal() {
  std::size_t count = 0;
  std::string task;
  std::string id;
  for (;;) {
    std::vector<db::Value> parameters{task, id, static_cast<std::int64_t>(kResealPage)};
    CO_TRY(page, co_await database_.read(kSealed, parameters, kResealPage));
    db::Batch batch;
    for (const auto& row : page) {
      task = db::text_at(row, 0);
      id = db::text_at(row, 1);
      const std::string& sealed = db::text_at(row, 2);
      if (sealer_.current(sealed)) continue;
      const std::string context = sealing_context(task, id);
      const auto text = sealer_.open(sealed, context);
      if (!text) continue;  // its key is lost: that must not hold up all others
      batch.add(kReseal, {task, id, sealed, sealer_.seal(*text, context)});
    }
    count += batch.size();
    if (!batch.empty()) CO_TRY_VOID(co_await database_.write(std::move(batch)));
    if (page.size() < kResealPage) co_return count;
  }
}

Async<Result<std::vector<DeadLetter>>> PushConfigs::dead_letters(
    std::shared_ptr<const Principal> who, std::int64_t before, std::size_t limit) {
  const bool all = who->role == Role::admin;
  std::vector<db::Value> parameters{all ? std::string() : who->name, namespaces_of(*who), before,
                                    static_cast<std::int64_t>(limit)};
  const db::Statement& statement = all ? kAllDead : kOwnDead;
  CO_TRY(found, co_await database_.read(statement, std::move(parameters), limit));
  std::vector<DeadLetter> letters;
  letters.reserve(found.size());
  for (const auto& row : found) letters.push_back(to_dead_letter(row));
  co_return letters;
}

Async<Result<DeadLetter>> PushConfigs::dead_letter(std::shared_ptr<const Principal> who,
                                                   std::int64_t id) {
  std::vector<DeadLetter> found;
  if (id > 0 && id < std::numeric_limits<std::int64_t>::max()) {
    CO_TRY(letters, co_await dead_letters(who, id + 1, 1));
    found = std::move(letters);
  }
  if (found.empty() || found.front().id != id)
    co_return fail(Error(Code::not_found, "there is no dead letter " + std::to_string(id)));
  co_return std::move(found.front());
}

Async<Result<>> PushConfigs::forget(std::int64_t dead_letter) {
  db::Batch batch;
  batch.add(kForget, {dead_letter});
  CO_TRY_VOID(co_await database_.write(std::move(batch)));
  co_return ok();
}

Async<Result<std::vector<PushRow>>> PushConfigs::live_of(TaskId task) {
  std::vector<db::Value> parameters{task.to_string()};
  co_return co_await rows(kLiveOf, std::move(parameters), kMaxPushConfigs);
}

Async<Result<std::vector<PushRow>>> PushConfigs::live_after(std::string task, std::string id,
                                                            std::size_t limit) {
  std::vector<db::Value> parameters{std::move(task), std::move(id),
                                    static_cast<std::int64_t>(limit)};
  co_return co_await rows(kLiveAfter, std::move(parameters), limit);
}

Async<Result<std::vector<PushRow>>> PushConfigs::due(Time now, std::size_t limit) {
  std::vector<db::Value> parameters{sql::millis(now), static_cast<std::int64_t>(limit)};
  co_return co_await rows(kDue, std::move(parameters), limit);
}

Async<Result<std::optional<Time>>> PushConfigs::next_due(Time now) {
  std::vector<db::Value> parameters{sql::millis(now)};
  CO_TRY(found, co_await database_.read(kNextDue, std::move(parameters), 1));
  std::optional<Time> next;
  if (!found.empty()) next = sql::time_at(found.front(), 0);
  co_return next;
}

Async<Result<bool>> PushConfigs::keep(PushRow row, std::optional<DeadLetter> dead) {
  db::Batch batch;
  db::Value due = std::monostate{};
  if (row.due_at) due = sql::millis(*row.due_at);
  batch.add(kKeep, {row.task.to_string(), row.config.id, row.revision,
                    static_cast<std::int64_t>(row.delivered), std::int64_t{row.live}, row.failures,
                    std::move(due)});
  if (dead) {
    const Time oldest =
        std::chrono::time_point_cast<std::chrono::milliseconds>(clock_.now() - kDeadLetterKept);
    batch.add(kInsertDead, {row.name_space, row.owner, row.task.to_string(), row.config.id,
                            static_cast<std::int64_t>(dead->seq), dead->attempts, dead->error,
                            sql::millis(clock_.now())});
    batch.add(kPruneDead, {sql::millis(oldest)});
  }
  CO_TRY(done, co_await database_.write(std::move(batch)));
  co_return done.changed.at(0) == 1;
}

}  // namespace flotilla::core
