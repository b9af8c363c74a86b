#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"
#include "db/database.h"
#include "db/migrations.h"

namespace flotilla::telemetry {
class Registry;
}

namespace flotilla::db::sqlite {

struct Options {
  /// A file, or `:memory:` (one connection on the writer thread, reads included).
  std::string path;
  /// false: synchronous=NORMAL; kill -9 loses nothing, power loss may lose the last commits.
  bool full_durability = true;
  std::size_t readers = 2;
  std::size_t queue_limit = 10'000;                  // batches waiting; beyond: unavailable
  std::size_t queue_bytes = std::size_t{256} << 20;  // their parameters; beyond: unavailable
  std::size_t wal_limit = std::size_t{64} << 20;     // beyond: started over between two commits
  std::string vfs;                                   // tests: a VFS that loses unsynced writes
  std::span<const Migration> schema = migrations();
};

/// Opens, locks (a second process is refused with STORAGE_LOCKED and the holder's pid) and
/// migrates. Blocks: call at start only.
Result<std::unique_ptr<Database>> open(Options options, telemetry::Registry& metrics);

}  // namespace flotilla::db::sqlite
