#include "db/sqlite/lock_file_internal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "db/sqlite/error_internal.h"

namespace flotilla::db::sqlite {

namespace {

std::string holder_of(int descriptor) {
  std::array<char, 20> text{};
  const ssize_t size = pread(descriptor, text.data(), text.size(), 0);
  std::string pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  const auto end = pid.find_first_not_of("0123456789");
  if (end != std::string::npos) pid.resize(end);
  return pid;
}

Error locked(const std::string& path, int descriptor) {
  const std::string pid = holder_of(descriptor);
  const std::string holder = pid.empty() ? "another process" : "process " + pid;
  return Error(Code::failed_precondition, reason::kStorageLocked,
               "the database " + path + " is in use by " + holder +
                   "; stop it, or give this one a directory of its own")
      .with_metadata("pid", pid);
}

}  // namespace

Result<LockFile> LockFile::acquire(const std::string& database_path) {
  const std::string path = database_path + ".lock";
  LockFile lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.descriptor_ < 0) return fail(error_of_errno(errno, "open the lock file " + path));
  if (flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return fail(locked(database_path, lock.descriptor_));
    return fail(error_of_errno(errno, "lock " + path));
  }
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(lock.descriptor_, 0) != 0 ||
      pwrite(lock.descriptor_, pid.data(), pid.size(), 0) < 0)
    return fail(error_of_errno(errno, "write the lock file " + path));
  return lock;
}

LockFile::LockFile(LockFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

LockFile& LockFile::operator=(LockFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

LockFile::~LockFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace flotilla::db::sqlite
