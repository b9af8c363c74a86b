#include <limits>

#include "core/task_sql.h"
#include "core/tasks.h"

namespace flotilla::core {

namespace {

// One statement per shape of the query, so that each uses its index: by owner, by session, or all.
#define FLOTILLA_LIST_COLUMNS                                                                   \
  "SELECT id, namespace, agent, owner, session, context_id, parent, direct, state, status_at, " \
  "status_message, status_seq, metadata, seq, generation, lease_holder, lease_token, "          \
  "lease_expires, upstream, created_at FROM task "
// $1 owner, $2 namespace, $3 agent, $4 context, $5 state (-1: any), $6 since, $7 session,
// $8 include direct, $9 and $10 the page's start, $11 limit, $12 namespaces as `,a,b,`, or '' for
// all.
#define FLOTILLA_LIST_FILTER                                                                  \
  "($2 = '' OR namespace = $2) AND ($3 = '' OR agent = $3) AND ($4 = '' OR context_id = $4) " \
  "AND ($5 < 0 OR state = $5) AND status_at >= $6 AND ($7 = '' OR session = $7) "             \
  "AND ($8 = 1 OR direct = 0) "                                                               \
  "AND ($12 = '' OR $12 LIKE '%,' || namespace || ',%') "
#define FLOTILLA_LIST_PAGE                                                                  \
  "AND (status_at < $9 OR (status_at = $9 AND id < $10)) ORDER BY status_at DESC, id DESC " \
  "LIMIT $11"
#define FLOTILLA_LIST_COUNT_PARAMETERS "AND $9 IS NOT NULL AND $10 IS NOT NULL AND $11 IS NOT NULL"

const db::Statement kOwn{FLOTILLA_LIST_COLUMNS
                         "WHERE owner = $1 AND " FLOTILLA_LIST_FILTER FLOTILLA_LIST_PAGE};
const db::Statement kAll{FLOTILLA_LIST_COLUMNS
                         "WHERE $1 = '' AND " FLOTILLA_LIST_FILTER FLOTILLA_LIST_PAGE};
const db::Statement kCountOwn{"SELECT COUNT(*) FROM task WHERE owner = $1 AND " FLOTILLA_LIST_FILTER
                                  FLOTILLA_LIST_COUNT_PARAMETERS};
const db::Statement kCountAll{"SELECT COUNT(*) FROM task WHERE $1 = '' AND " FLOTILLA_LIST_FILTER
                                  FLOTILLA_LIST_COUNT_PARAMETERS};

std::string namespaces_of(const Principal& principal) {
  if (principal.all_namespaces) return {};
  std::string names = ",";  // labels hold no comma and nothing that LIKE takes for a wildcard
  for (const auto& name : principal.namespaces) names += name + ",";
  return names;
}

std::vector<db::Value> list_parameters(const Visibility& visibility, const TaskFilter& filter) {
  const auto& principal = *visibility.principal;
  const bool all = principal.role == Role::admin;
  const std::int64_t newest = std::numeric_limits<std::int64_t>::max();
  std::vector<db::Value> values;
  values.reserve(12);
  values.emplace_back(all ? std::string{} : principal.name);
  values.emplace_back(visibility.name_space);
  values.emplace_back(visibility.agent);
  values.emplace_back(filter.context_id.value_or(""));
  values.emplace_back(filter.state ? static_cast<std::int64_t>(*filter.state) : std::int64_t{-1});
  values.emplace_back(filter.status_since ? sql::millis(*filter.status_since)
                                          : db::Value(std::int64_t{0}));
  values.emplace_back(filter.session ? filter.session->to_string() : std::string{});
  values.emplace_back(std::int64_t{filter.include_direct});
  values.emplace_back(filter.before ? sql::millis(filter.before->first) : db::Value(newest));
  values.emplace_back(filter.before ? filter.before->second.to_string() : std::string{});
  values.emplace_back(static_cast<std::int64_t>(filter.limit + 1));
  values.emplace_back(namespaces_of(principal));
  return values;
}

}  // namespace

Async<Result<TaskPage>> Tasks::list(Visibility visibility, TaskFilter filter) {
  const bool all = visibility.principal->role == Role::admin;
  const db::Statement* select = &kOwn;
  const db::Statement* count = &kCountOwn;
  if (all) {
    select = &kAll;
    count = &kCountAll;
  }
  auto parameters = list_parameters(visibility, filter);
  TaskPage page;
  CO_TRY(rows, co_await services_.database.read(*select, parameters, filter.limit + 1));
  for (const auto& row : rows) page.rows.push_back(sql::to_task(row));
  if (page.rows.size() > filter.limit) {
    page.rows.resize(filter.limit);
    page.next = std::make_pair(page.rows.back().status_at, page.rows.back().id);
  }
  if (filter.count_all) {
    CO_TRY(counted, co_await services_.database.read(*count, parameters, 1));
    page.total = db::int_at(counted.at(0), 0);
  }
  co_return page;
}

}  // namespace flotilla::core
