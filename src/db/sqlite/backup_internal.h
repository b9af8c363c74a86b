#pragma once

#include <sqlite3.h>

#include <atomic>
#include <string>

#include "base/result.h"

namespace flotilla::db::sqlite {

/// Copies what `source` sees into a new file at `path`: written beside it, fsynced, then linked, so
/// that a file of that name is always a whole copy. An existing file is refused. Blocks; `stop`
/// ends it early.
Result<> copy_database(sqlite3* source, const std::string& path, const std::atomic<bool>& stop);

}  // namespace flotilla::db::sqlite
