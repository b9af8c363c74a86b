#include "db/sqlite/connection_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <mutex>
#include <optional>
#include <utility>

#include "db/sqlite/error_internal.h"
#include "db/sqlite/page_cache_internal.h"

namespace flotilla::db::sqlite {

namespace {

Prepared::Kind kind_of(std::string_view sql) {
  const auto begin = sql.find_first_not_of(" \t\r\n(");
  if (begin == std::string_view::npos) return Prepared::Kind::other;
  std::string word;
  for (char c : sql.substr(begin, 7)) {
    if (c < 'A' || (c > 'Z' && c < 'a') || c > 'z') break;
    word += static_cast<char>(c & ~0x20);
  }
  if (word == "INSERT" || word == "REPLACE") return Prepared::Kind::insert;
  if (word == "UPDATE" || word == "DELETE" || word == "WITH") return Prepared::Kind::change;
  return Prepared::Kind::other;
}

/// The number of `$7`; SQLite itself orders such parameters by first occurrence.
std::optional<std::uint16_t> number_of(const char* name) {
  if (name == nullptr || name[0] != '$') return std::nullopt;
  const std::string_view digits(name + 1);
  std::uint16_t number = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (failed != std::errc{} || end != digits.data() + digits.size() || number == 0)
    return std::nullopt;
  return number;
}

bool read_parameters(Prepared& prepared) {
  sqlite3_stmt* statement = prepared.statement.get();
  const int count = sqlite3_bind_parameter_count(statement);
  for (int i = 1; i <= count; ++i) {
    const auto number = number_of(sqlite3_bind_parameter_name(statement, i));
    if (!number) return false;
    prepared.order.push_back(static_cast<std::uint16_t>(*number - 1));
    prepared.parameters = std::max<std::size_t>(prepared.parameters, *number);
  }
  return true;
}

// SQLITE_STATIC: the values outlive the step, and each run binds all parameters anew.
struct Binder {
  sqlite3_stmt* statement;
  int index;
  int operator()(std::monostate) const { return sqlite3_bind_null(statement, index); }
  int operator()(std::int64_t value) const { return sqlite3_bind_int64(statement, index, value); }
  int operator()(double value) const { return sqlite3_bind_double(statement, index, value); }
  int operator()(const std::string& text) const {
    return sqlite3_bind_text64(statement, index, text.data(), text.size(), nullptr, SQLITE_UTF8);
  }
  int operator()(const Blob& blob) const {
    return sqlite3_bind_blob64(statement, index, blob.bytes.data(), blob.bytes.size(), nullptr);
  }
};

Value column(sqlite3_stmt* statement, int index) {
  auto bytes = [&](const void* data) {
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, index));
    return data == nullptr ? std::string() : std::string(static_cast<const char*>(data), size);
  };
  switch (sqlite3_column_type(statement, index)) {
    case SQLITE_INTEGER:
      return std::int64_t{sqlite3_column_int64(statement, index)};
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, index);
    case SQLITE_TEXT:
      return bytes(sqlite3_column_text(statement, index));
    case SQLITE_BLOB:
      return Blob{bytes(sqlite3_column_blob(statement, index))};
    default:
      return std::monostate{};
  }
}

Row row_of(sqlite3_stmt* statement) {
  const int columns = sqlite3_column_count(statement);
  Row row;
  row.reserve(static_cast<std::size_t>(columns));
  for (int i = 0; i < columns; ++i) row.push_back(column(statement, i));
  return row;
}

/// Resets on every way out, so that no statement holds a snapshot or the pager in its fault.
struct ResetGuard {
  sqlite3_stmt* statement;
  explicit ResetGuard(sqlite3_stmt* running) : statement(running) {}
  ResetGuard(const ResetGuard&) = delete;
  ResetGuard& operator=(const ResetGuard&) = delete;
  ~ResetGuard() { sqlite3_reset(statement); }
};

}  // namespace

void initialize_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);  // its counters cost a global lock per allocation
    install_page_cache();
    sqlite3_initialize();
  });
}

Result<Connection> Connection::open(const ConnectionOptions& options) {
  initialize_library();
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  sqlite3* database = nullptr;
  const char* vfs = options.vfs.empty() ? nullptr : options.vfs.c_str();
  const int code = sqlite3_open_v2(options.path.c_str(), &database, flags, vfs);
  Connection connection(database);
  if (code != SQLITE_OK) return fail(error_of(database, code, "open the database " + options.path));
  sqlite3_extended_result_codes(database, 1);
  TRY_VOID(connection.configure(options));
  return connection;
}

Result<> Connection::configure(const ConnectionOptions& options) {
  sqlite3_busy_timeout(handle(), kBusyMilliseconds);
  const bool in_memory = options.path == ":memory:";
  std::string pragmas = "PRAGMA temp_store=MEMORY; PRAGMA secure_delete=FAST;";
  pragmas += fmt::format("PRAGMA cache_size=-{};", options.cache_kib);
  if (!in_memory) {
    pragmas += options.full_durability ? "PRAGMA synchronous=FULL;" : "PRAGMA synchronous=NORMAL;";
    pragmas += fmt::format("PRAGMA journal_size_limit={};", options.wal_limit);
  }
  if (options.query_only) pragmas += "PRAGMA query_only=ON;";
  TRY_VOID(execute(pragmas, "set up the database " + options.path));
  sqlite3_wal_autocheckpoint(handle(), 0);
  return ok();
}

Result<> Connection::execute(const std::string& sql, std::string_view doing) {
  const int code = sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(error(code, doing));
  return ok();
}

Result<Value> Connection::value_of(const std::string& sql) {
  sqlite3_stmt* made = nullptr;
  int code = sqlite3_prepare_v2(handle(), sql.c_str(), -1, &made, nullptr);
  const std::unique_ptr<sqlite3_stmt, Prepared::Finalize> statement(made);
  if (code == SQLITE_OK) code = sqlite3_step(made);
  if (code == SQLITE_ROW) return column(made, 0);
  if (code != SQLITE_DONE) return fail(error(code, "read " + sql));
  return Value{};
}

int Connection::prepare(const Statement& statement, Prepared*& prepared) {
  prepared = statements_.find(statement);
  if (prepared != nullptr) [[likely]]
    return SQLITE_OK;
  sqlite3_stmt* made = nullptr;
  const int code =
      sqlite3_prepare_v3(handle(), statement.sql.data(), static_cast<int>(statement.sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &made, nullptr);
  if (code != SQLITE_OK) return code;
  auto fresh = std::make_unique<Prepared>();
  fresh->statement.reset(made);
  if (made == nullptr || !read_parameters(*fresh)) return SQLITE_MISUSE;
  fresh->kind = kind_of(statement.sql);
  prepared = &statements_.store(statement, std::move(fresh));
  return SQLITE_OK;
}

int Connection::bind(Prepared& prepared, std::span<const Value> parameters) {
  if (parameters.size() != prepared.parameters) return SQLITE_RANGE;
  int index = 0;
  for (const std::uint16_t place : prepared.order) {
    const Binder binder{prepared.statement.get(), ++index};
    if (const int code = std::visit(binder, parameters[place]); code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

Result<std::vector<Row>> Connection::query(const Statement& statement,
                                           std::span<const Value> parameters, std::size_t limit) {
  Prepared* prepared = nullptr;
  int code = prepare(statement, prepared);
  if (code == SQLITE_OK) code = bind(*prepared, parameters);
  if (code != SQLITE_OK) return fail(error(code, "read"));
  sqlite3_stmt* running = prepared->statement.get();
  const ResetGuard guard(running);
  std::vector<Row> rows;
  while ((code = sqlite3_step(running)) == SQLITE_ROW) {
    if (rows.size() == limit)
      return fail(Error(Code::resource_exhausted,
                        fmt::format("a query gave more than {} rows; ask for less", limit)));
    rows.push_back(row_of(running));
  }
  if (code != SQLITE_DONE) return fail(error(code, "read"));
  return rows;
}

int Connection::run(const Statement& statement, std::span<const Value> parameters,
                    Changed& changed) {
  Prepared* prepared = nullptr;
  if (const int code = prepare(statement, prepared); code != SQLITE_OK) return code;
  if (const int code = bind(*prepared, parameters); code != SQLITE_OK) return code;
  if (prepared->kind == Prepared::Kind::insert) sqlite3_set_last_insert_rowid(handle(), 0);
  sqlite3_stmt* running = prepared->statement.get();
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = sqlite3_step(running);
  if (code == SQLITE_DONE) {
    changed = {};
    if (prepared->kind != Prepared::Kind::other) changed.rows = sqlite3_changes64(handle());
    changed.wrote = changed.rows != 0 || prepared->kind == Prepared::Kind::other;
    if (prepared->kind == Prepared::Kind::insert)
      changed.last_key = sqlite3_last_insert_rowid(handle());
  }
  const int reset = sqlite3_reset(running);
  return code == SQLITE_DONE ? reset : code;
}

int Connection::run(const Statement& statement) {
  Changed ignored;
  return run(statement, {}, ignored);
}

Error Connection::error(int code, std::string_view doing) const {
  if (code == SQLITE_RANGE)
    return Error(Code::internal, "a statement was given the wrong number of parameters");
  if (code == SQLITE_MISUSE)
    return Error(Code::internal, "a statement is empty, or its parameters are not $1, $2, …");
  return error_of(handle(), code, doing);
}

}  // namespace flotilla::db::sqlite
