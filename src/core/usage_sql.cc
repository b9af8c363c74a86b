#include "core/usage_sql_internal.h"

namespace flotilla::core::usage_sql {

#define FLOTILLA_ADD(column) #column " = usage_minute." #column " + excluded." #column
const db::Statement kAddMinute{
    "INSERT INTO usage_minute (minute, namespace, agent, model, owner, requests, errors, input, "
    "output, cached_input, cache_write, reasoning, cost, latency_ms) "
    "VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9, $10, $11, $12, $13) "
    "ON CONFLICT (minute, namespace, agent, model, owner) DO UPDATE SET " FLOTILLA_ADD(
        requests) ", " FLOTILLA_ADD(errors) ", " FLOTILLA_ADD(input) ", " FLOTILLA_ADD(output) ", "
    FLOTILLA_ADD(cached_input) ", " FLOTILLA_ADD(cache_write) ", " FLOTILLA_ADD(reasoning) ", "
    FLOTILLA_ADD(cost) ", " FLOTILLA_ADD(latency_ms)};
#undef FLOTILLA_ADD

const db::Statement kAddDay{
    "INSERT INTO usage_day (namespace, day, agent, tokens, cost) VALUES ($1, $2, $3, $4, $5) "
    "ON CONFLICT (namespace, day, agent) DO UPDATE SET tokens = usage_day.tokens + "
    "excluded.tokens, cost = usage_day.cost + excluded.cost"};

#define FLOTILLA_ADD_TASK                                                                    \
  "INSERT INTO usage_task (task, namespace, owner, tokens, cost, limit_tokens, limit_cost) " \
  "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (task) DO UPDATE SET tokens = "           \
  "usage_task.tokens + excluded.tokens, cost = usage_task.cost + excluded.cost"
const db::Statement kAddTask{
    FLOTILLA_ADD_TASK ", limit_tokens = excluded.limit_tokens, limit_cost = excluded.limit_cost"};
const db::Statement kAddAbove{FLOTILLA_ADD_TASK};

const db::Statement kSelectChain{
    "WITH RECURSIVE chain (id, parent, depth) AS ("
    "SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), 0 UNION ALL "
    "SELECT task.id, task.parent, chain.depth + 1 FROM task JOIN chain ON task.id = chain.parent "
    "WHERE chain.depth < $3) "
    "SELECT chain.id, task.namespace, task.owner, task.agent, usage_task.tokens, usage_task.cost, "
    "usage_task.limit_tokens, usage_task.limit_cost FROM chain "
    "LEFT JOIN task ON task.id = chain.id LEFT JOIN usage_task ON usage_task.task = chain.id "
    "ORDER BY chain.depth"};
const db::Statement kSelectTask{"SELECT tokens, cost FROM usage_task WHERE task = $1"};
const db::Statement kSelectAgentDay{
    "SELECT tokens, cost FROM usage_day WHERE namespace = $1 AND day = $2 AND agent = $3"};
const db::Statement kSelectNamespaceDay{
    "SELECT COALESCE(SUM(tokens), 0), COALESCE(SUM(cost), 0) FROM usage_day "
    "WHERE namespace = $1 AND day = $2"};

const db::Statement kSelectSums{
    "SELECT CASE WHEN $3 = 0 THEN $1 ELSE (minute / $3) * $3 END, namespace, "
    "CASE WHEN $4 = 1 THEN agent ELSE '' END, CASE WHEN $5 = 1 THEN model ELSE '' END, "
    "CASE WHEN $6 = 1 THEN owner ELSE '' END, SUM(requests), SUM(errors), SUM(input), "
    "SUM(output), SUM(cached_input), SUM(cache_write), SUM(reasoning), SUM(cost), "
    "SUM(latency_ms) FROM usage_minute WHERE minute >= $1 AND minute < $2 "
    "AND ($7 = '' OR namespace = $7) AND ($8 = '' OR agent = $8) AND ($9 = '' OR model = $9) "
    "AND ($10 = '' OR owner = $10) GROUP BY 1, 2, 3, 4, 5 LIMIT $11"};

const db::Statement kPruneMinutes{"DELETE FROM usage_minute WHERE minute < $1"};
const db::Statement kPruneDays{"DELETE FROM usage_day WHERE day < $1"};

Spending spending_at(const db::Row& row, std::size_t column) {
  return {db::optional_int_at(row, column).value_or(0),
          Usd{db::optional_int_at(row, column + 1).value_or(0)}};
}

}  // namespace flotilla::core::usage_sql
