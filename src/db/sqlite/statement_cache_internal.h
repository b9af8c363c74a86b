#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "db/database.h"

namespace flotilla::db::sqlite {

/// A statement of one connection, ready to run.
struct Prepared {
  enum class Kind : std::uint8_t { insert, change, other };
  struct Finalize {
    void operator()(sqlite3_stmt* done) const { sqlite3_finalize(done); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement;
  std::vector<std::uint16_t> order;  // for each parameter of SQLite the place among ours
  std::size_t parameters = 0;        // the highest number that occurs
  Kind kind = Kind::other;
};

/// Prepared statements by the address of their Statement: a lookup is one multiplication and
/// nearly always one comparison.
class StatementCache {
 public:
  StatementCache() : slots_(kInitialSlots) {}
  /// Null when absent, or when another text now lives at that address.
  [[nodiscard]] Prepared* find(const Statement& statement) const;
  Prepared& store(const Statement& statement, std::unique_ptr<Prepared> prepared);

 private:
  struct Slot {
    const Statement* key = nullptr;
    std::string_view sql;
    std::unique_ptr<Prepared> prepared;
  };
  static constexpr std::size_t kInitialSlots = 128;
  static std::size_t place_of(const std::vector<Slot>& slots, const Statement* key);
  void grow();

  std::vector<Slot> slots_;  // a power of two, at most half full; linear probing
  std::size_t used_ = 0;
};

}  // namespace flotilla::db::sqlite
