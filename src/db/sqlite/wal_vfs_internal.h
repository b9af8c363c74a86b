#pragma once

#include <string>

#include "base/result.h"

namespace flotilla::db::sqlite {

/// The name of a VFS over `base` (empty: the system's) that gathers what SQLite appends to a
/// write-ahead log and writes it in one call before each fsync. SQLite alone makes two small
/// writes for each page. Only for synchronous=FULL: there a commit is published after its fsync,
/// so that no reader looks for what is still gathered. Registered once for each base, for ever.
Result<std::string> gathering_vfs(const std::string& base);

}  // namespace flotilla::db::sqlite
