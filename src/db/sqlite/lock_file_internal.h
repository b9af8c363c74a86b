#pragma once

#include <string>

#include "base/result.h"

namespace flotilla::db::sqlite {

/// The right of one process to a database: `PATH.lock`, flock'ed and holding the pid. The kernel
/// frees it with the process; the file stays, because removing it would race with the next one.
class LockFile {
 public:
  LockFile() = default;  // holds nothing
  static Result<LockFile> acquire(const std::string& database_path);
  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&& other) noexcept;
  ~LockFile();

 private:
  explicit LockFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace flotilla::db::sqlite
