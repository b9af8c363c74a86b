#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "db/database.h"
#include "db/sqlite/statement_cache_internal.h"

namespace flotilla::db::sqlite {

/// Another program may hold the database for a moment: a shell, a backup tool.
inline constexpr int kBusyMilliseconds = 5'000;

/// How a connection is opened.
struct ConnectionOptions {
  std::string path;
  std::string vfs;
  bool query_only = false;
  bool full_durability = true;
  std::size_t wal_limit = 0;  // the file is cut to this size when it starts over
  int cache_kib = 8 << 10;
};

/// One SQLite connection with its prepared statements. One thread at a time.
class Connection {
 public:
  static Result<Connection> open(const ConnectionOptions& options);
  Connection(Connection&&) noexcept = default;
  Connection& operator=(Connection&&) noexcept = default;

  /// Any number of statements, their rows dropped.
  Result<> execute(const std::string& sql, std::string_view doing);
  /// First column of the first row, for pragmas and counts; NULL when there is none.
  Result<Value> value_of(const std::string& sql);
  Result<std::vector<Row>> query(const Statement& statement, std::span<const Value> parameters,
                                 std::size_t limit);

  /// For the write path: SQLite's extended result codes, no allocation when all is well.
  struct Changed {
    std::int64_t rows = 0;
    std::int64_t last_key = 0;
    bool wrote = false;  // may have to be undone
  };
  int run(const Statement& statement, std::span<const Value> parameters, Changed& changed);
  /// A statement without parameters: BEGIN, COMMIT, …
  int run(const Statement& statement);

  [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(handle()) == 0; }
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
  /// A SQLite error, or what run() refused before SQLite saw it.
  [[nodiscard]] Error error(int code, std::string_view doing) const;

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  explicit Connection(sqlite3* database) : handle_(database) {}
  Result<> configure(const ConnectionOptions& options);
  int prepare(const Statement& statement, Prepared*& prepared);
  static int bind(Prepared& prepared, std::span<const Value> parameters);

  std::unique_ptr<sqlite3, Close> handle_;
  StatementCache statements_;  // declared after the handle: finalised before it is closed
};

/// Process-wide settings of SQLite, once; before the first connection.
void initialize_library();

}  // namespace flotilla::db::sqlite
