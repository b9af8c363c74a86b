#include "db/sqlite/migrate_internal.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <string>
#include <tuple>
#include <vector>

#include "base/hash.h"

namespace flotilla::db::sqlite {

namespace {

const Statement kTables{
    "SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"};
const Statement kHasHistory{
    "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migration'"};
const Statement kApplied{"SELECT number, name, sha256 FROM schema_migration ORDER BY number"};
const Statement kRecord{
    "INSERT INTO schema_migration (number, name, sha256, applied_at) VALUES ($1, $2, $3, $4)"};
constexpr const char* kCreateHistory =
    "CREATE TABLE schema_migration (number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, "
    "sha256 TEXT NOT NULL, applied_at INTEGER NOT NULL)";

Error refused(std::string why) {
  return Error(Code::failed_precondition, reason::kStorageFailed, std::move(why));
}

Result<bool> is_there(Connection& connection, const Statement& count) {
  TRY(rows, connection.query(count, {}, 1));
  return int_at(rows.front(), 0) > 0;
}

Result<std::string> in_dialect(const Migration& migration) {
  struct Token {
    std::string_view name;
    std::string_view sqlite;
  };
  // AUTOINCREMENT: without it the key of a deleted newest row would be given again.
  constexpr std::array<Token, 5> kTokens{{
      {"{{identity}}", "INTEGER PRIMARY KEY AUTOINCREMENT"},
      {"{{position}}", "INTEGER PRIMARY KEY"},
      {"{{number_key}}", "INTEGER PRIMARY KEY"},
      {"{{clustered}}", "WITHOUT ROWID"},
      {"{{bytes}}", "BLOB"},
  }};
  std::string sql(migration.sql);
  for (const Token& token : kTokens) {
    for (auto at = sql.find(token.name); at != std::string::npos; at = sql.find(token.name, at))
      sql.replace(at, token.name.size(), token.sqlite);
  }
  if (sql.find("{{") != std::string::npos)
    return fail(refused(fmt::format("migration {} {}: a token that this driver does not know",
                                    migration.number, migration.name)));
  return sql;
}

Result<> check_history(const std::vector<Row>& applied, std::span<const Migration> schema) {
  for (std::size_t i = 0; i < applied.size(); ++i) {
    const auto number = int_at(applied[i], 0);
    const std::string& name = text_at(applied[i], 1);
    if (i >= schema.size())
      return fail(refused(fmt::format(
          "the database is of a newer version (migration {} {}), this program knows {}; use the "
          "newer program, or restore a backup",
          number, name, schema.size())));
    if (number != schema[i].number || text_at(applied[i], 2) != hex(sha256(schema[i].sql)))
      return fail(refused(fmt::format(
          "migration {} {} of the database differs from {} {} of this program; use the program "
          "that made the database, or restore a backup",
          number, name, schema[i].number, schema[i].name)));
  }
  return ok();
}

Result<> record(Connection& connection, const Migration& migration) {
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  const std::vector<Value> values{std::int64_t{migration.number}, std::string(migration.name),
                                  hex(sha256(migration.sql)), std::int64_t{now.count()}};
  Connection::Changed changed;
  const int code = connection.run(kRecord, values, changed);
  if (code != SQLITE_OK) return fail(connection.error(code, "record a migration"));
  return ok();
}

Result<> apply_in_transaction(Connection& connection, const Migration& migration,
                              const std::string& doing) {
  TRY(sql, in_dialect(migration));
  TRY_VOID(connection.execute(sql, doing));
  TRY_VOID(record(connection, migration));
  return connection.execute("COMMIT", doing);
}

Result<> apply(Connection& connection, const Migration& migration) {
  const std::string doing = fmt::format("apply migration {} {}", migration.number, migration.name);
  TRY_VOID(connection.execute("BEGIN IMMEDIATE", doing));
  Result<> applied = apply_in_transaction(connection, migration, doing);
  if (!applied && connection.in_transaction())
    std::ignore = connection.execute("ROLLBACK", doing);  // the first error is what is told
  return applied;
}

}  // namespace

Result<> migrate(Connection& connection, std::span<const Migration> schema) {
  TRY(has_history, is_there(connection, kHasHistory));
  if (!has_history) {
    TRY(has_tables, is_there(connection, kTables));
    if (has_tables) return fail(refused("the file is a database of another program"));
    TRY_VOID(connection.execute(kCreateHistory, "create the schema"));
  }
  TRY(applied, connection.query(kApplied, {}, 100'000));
  TRY_VOID(check_history(applied, schema));
  for (const Migration& migration : schema.subspan(applied.size()))
    TRY_VOID(apply(connection, migration));
  return ok();
}

}  // namespace flotilla::db::sqlite
