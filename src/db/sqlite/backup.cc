#include "db/sqlite/backup_internal.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>

#include "db/sqlite/error_internal.h"

namespace flotilla::db::sqlite {

namespace {

constexpr int kPagesAtOnce = 1'024;

class File {
 public:
  File(const std::string& path, int flags) : descriptor_(open(path.c_str(), flags, 0600)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  [[nodiscard]] bool sync() const { return fsync(descriptor_) == 0; }

 private:
  int descriptor_;
};

Error taken(const std::string& path) {
  return Error(Code::already_exists, "cannot back up into " + path + ": it exists already");
}

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};

Result<> copy_pages(sqlite3* source, sqlite3* target, const std::atomic<bool>& stop) {
  sqlite3_backup* backup = sqlite3_backup_init(target, "main", source, "main");
  if (backup == nullptr)
    return fail(error_of(target, sqlite3_extended_errcode(target), "start a backup"));
  int code = SQLITE_OK;
  while (code == SQLITE_OK && !stop.load()) code = sqlite3_backup_step(backup, kPagesAtOnce);
  const int end = sqlite3_backup_finish(backup);
  if (end != SQLITE_OK) return fail(error_of(target, end, "write the backup"));
  if (code != SQLITE_DONE)
    return fail(Error(Code::unavailable, "the backup was cut short: the database is closing"));
  return ok();
}

Result<> fill(sqlite3* source, const std::string& path, const std::atomic<bool>& stop) {
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  const std::unique_ptr<sqlite3, Close> target(opened);
  if (code != SQLITE_OK) return fail(error_of(opened, code, "open the backup " + path));
  // A backup that is cut short is thrown away: neither journal nor fsync on the way.
  sqlite3_exec(opened, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", nullptr, nullptr,
               nullptr);
  return copy_pages(source, opened, stop);
}

Result<> publish(const std::string& partial, const std::string& path) {
  if (const File file(partial, O_RDONLY | O_CLOEXEC); !file.is_open() || !file.sync())
    return fail(error_of_errno(errno, "sync the backup " + partial));
  if (link(partial.c_str(), path.c_str()) != 0) {
    if (errno == EEXIST) return fail(taken(path));
    return fail(error_of_errno(errno, "name the backup " + path));
  }
  const auto parent = std::filesystem::absolute(path).parent_path().string();
  if (const File folder(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      !folder.is_open() || !folder.sync())
    return fail(error_of_errno(errno, "sync the directory of the backup " + path));
  return ok();
}

}  // namespace

Result<> copy_database(sqlite3* source, const std::string& path, const std::atomic<bool>& stop) {
  if (access(path.c_str(), F_OK) == 0) return fail(taken(path));
  const std::string partial = path + ".partial";
  unlink(partial.c_str());
  if (const File made(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC); !made.is_open())
    return fail(error_of_errno(errno, "create the backup " + partial));
  Result<> copied = fill(source, partial, stop);
  if (copied) copied = publish(partial, path);
  unlink(partial.c_str());
  return copied;
}

}  // namespace flotilla::db::sqlite
