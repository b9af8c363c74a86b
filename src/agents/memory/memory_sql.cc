#include "agents/memory/memory_sql_internal.h"

#define FLOTILLA_MEMORY_ITEM                                                                      \
  "SELECT number, agent, owner, name, value, metadata, created_at, updated_at, expires_at, used " \
  "FROM memory WHERE namespace = $1 AND "
#define FLOTILLA_MEMORY_SCOPE "owner = $2 AND agent = $3 AND "
#define FLOTILLA_MEMORY_ALIVE "(expires_at IS NULL OR expires_at > $4) AND "
#define FLOTILLA_MEMORY_LIST \
  FLOTILLA_MEMORY_ITEM "(expires_at IS NULL OR expires_at > $2) AND number < $3 "
#define FLOTILLA_MEMORY_NEWEST "ORDER BY number DESC LIMIT $4"

namespace flotilla::agents::memory_sql {

const db::Statement kSave{
    "INSERT INTO memory (namespace, owner, agent, name, value, metadata, created_at, updated_at, "
    "ttl, expires_at, used, model, vector) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, 0, $10, "
    "$11) ON CONFLICT (namespace, owner, agent, name) DO UPDATE SET value = excluded.value, "
    "metadata = excluded.metadata, updated_at = excluded.updated_at, ttl = excluded.ttl, "
    "expires_at = excluded.expires_at, model = excluded.model, vector = excluded.vector"};
const db::Statement kPrune{
    "DELETE FROM memory WHERE number IN "
    "(SELECT number FROM memory WHERE expires_at <= $1 LIMIT $2)"};
const db::Statement kRemove{
    "DELETE FROM memory WHERE namespace = $1 AND owner = $2 AND agent = $3 AND name = $4"};
const db::Statement kClear{"DELETE FROM memory WHERE namespace = $1 AND owner = $2 AND agent = $3"};
const db::Statement kCount{
    "SELECT count(*) FROM memory WHERE namespace = $1 AND owner = $2 AND agent = $3"};
const db::Statement kFind{FLOTILLA_MEMORY_ITEM FLOTILLA_MEMORY_SCOPE FLOTILLA_MEMORY_ALIVE
                          "name = $5"};
const db::Statement kByNumber{FLOTILLA_MEMORY_ITEM FLOTILLA_MEMORY_SCOPE FLOTILLA_MEMORY_ALIVE
                              "number = $5"};
const db::Statement kContaining{
    FLOTILLA_MEMORY_ITEM FLOTILLA_MEMORY_SCOPE FLOTILLA_MEMORY_ALIVE
    "(lower(name) LIKE $5 ESCAPE '\\' OR lower(value) LIKE $5 ESCAPE '\\') ORDER BY name LIMIT $6"};
const db::Statement kWithoutVector{FLOTILLA_MEMORY_ITEM FLOTILLA_MEMORY_SCOPE FLOTILLA_MEMORY_ALIVE
                                   "(model IS NULL OR model <> $5) ORDER BY number LIMIT $6"};
const db::Statement kVectors{
    "SELECT number, vector FROM memory WHERE namespace = $1 "
    "AND " FLOTILLA_MEMORY_SCOPE FLOTILLA_MEMORY_ALIVE
    "model = $5 AND number > $6 ORDER BY number LIMIT $7"};
const db::Statement kWords{
    "SELECT number, text FROM (SELECT number, name || ' ' || value AS text, "
    "lower(name || ' ' || value) AS folded FROM memory "
    "WHERE namespace = $1 AND " FLOTILLA_MEMORY_SCOPE FLOTILLA_MEMORY_ALIVE
    "(model IS NULL OR model <> $5) AND number > $6) AS item WHERE folded LIKE $8 OR folded LIKE "
    "$9 OR folded LIKE $10 OR folded LIKE $11 OR folded LIKE $12 OR folded LIKE $13 OR folded LIKE "
    "$14 OR folded LIKE $15 OR folded LIKE $16 OR folded LIKE $17 OR folded LIKE $18 OR folded "
    "LIKE "
    "$19 ORDER BY number LIMIT $7"};
const db::Statement kAddVector{
    "UPDATE memory SET model = $2, vector = $3 WHERE number = $1 AND updated_at = $4"};
const db::Statement kUse{
    "UPDATE memory SET used = used + 1, expires_at = CASE WHEN (used + 1) % 10 = 0 THEN $2 + ttl "
    "ELSE expires_at END WHERE number = $1 AND expires_at > $2"};

const db::Statement& list_of(const MemoryFilter& filter) {
  static const db::Statement kAll{FLOTILLA_MEMORY_LIST FLOTILLA_MEMORY_NEWEST};
  static const db::Statement kOfOwner{FLOTILLA_MEMORY_LIST
                                      "AND owner = $5 " FLOTILLA_MEMORY_NEWEST};
  static const db::Statement kOfAgent{FLOTILLA_MEMORY_LIST
                                      "AND agent = $5 " FLOTILLA_MEMORY_NEWEST};
  static const db::Statement kOfBoth{FLOTILLA_MEMORY_LIST
                                     "AND owner = $5 AND agent = $6 " FLOTILLA_MEMORY_NEWEST};
  if (filter.owner) return filter.agent ? kOfBoth : kOfOwner;
  return filter.agent ? kOfAgent : kAll;
}

std::vector<db::Value> scope_values(const MemoryScope& scope) {
  std::vector<db::Value> values;
  values.reserve(20);  // the longest statement's
  values.emplace_back(scope.name_space);
  values.emplace_back(scope.owner);
  values.emplace_back(scope.agent);
  return values;
}

MemoryItem read_item(const db::Row& row) {
  const auto time = [](std::int64_t at) { return Time{std::chrono::milliseconds{at}}; };
  MemoryItem item;
  item.number = db::int_at(row, 0);
  item.agent = db::text_at(row, 1);
  item.owner = db::text_at(row, 2);
  item.name = db::text_at(row, 3);
  item.value = db::text_at(row, 4);
  item.metadata = db::optional_text_at(row, 5);
  item.created_at = time(db::int_at(row, 6));
  item.updated_at = time(db::int_at(row, 7));
  if (const auto expires = db::optional_int_at(row, 8)) item.expires_at = time(*expires);
  item.used = db::int_at(row, 9);
  return item;
}

}  // namespace flotilla::agents::memory_sql
