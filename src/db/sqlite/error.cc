#include <fmt/format.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "db/sqlite/error_internal.h"

namespace flotilla::db::sqlite {

namespace {

enum class Fault { full, read_only, locked, damaged, duplicate, too_big, failed, bug };

Fault fault_of_errno(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return Fault::full;
    case EROFS:
    case EACCES:
    case EPERM:
      return Fault::read_only;
    default:
      return Fault::failed;
  }
}

/// The errno of the call that failed just now on this thread. SQLite's own record of it misses
/// failures of COMMIT.
int system_error(sqlite3* database) {
  sqlite3_vfs* vfs = nullptr;
  if (database != nullptr)
    sqlite3_file_control(database, "main", SQLITE_FCNTL_VFS_POINTER, static_cast<void*>(&vfs));
  if (vfs == nullptr) return sqlite3_system_errno(database);
  return vfs->xGetLastError(vfs, 0, nullptr);
}

Fault fault_of(int code, int number) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return Fault::full;
    case SQLITE_READONLY:
      return Fault::read_only;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return fault_of_errno(number);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Fault::locked;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Fault::damaged;
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL:
    case SQLITE_INTERRUPT:
      return Fault::failed;
    case SQLITE_TOOBIG:
      return Fault::too_big;
    case SQLITE_CONSTRAINT:
      return is_duplicate(code) ? Fault::duplicate : Fault::bug;
    default:
      return Fault::bug;
  }
}

Error make(Fault fault, std::string_view doing, std::string_view why) {
  std::string message = fmt::format("cannot {}: {}", doing, why);
  switch (fault) {
    case Fault::full:
      return Error(Code::resource_exhausted, reason::kStorageFull,
                   message + "; free space on the disk of the database, nothing was stored");
    case Fault::read_only:
      return Error(Code::failed_precondition, reason::kStorageReadOnly,
                   message + "; make the disk and the file of the database writable");
    case Fault::locked:
      return Error(Code::unavailable, reason::kStorageLocked,
                   message + "; another program holds the database");
    case Fault::damaged:
      return Error(Code::data_loss, reason::kStorageFailed, message + "; restore a backup");
    case Fault::duplicate:
      return Error(Code::already_exists, std::move(message));
    case Fault::too_big:
      return Error(Code::resource_exhausted, std::move(message));
    case Fault::failed:
      return Error(Code::unavailable, reason::kStorageFailed, std::move(message));
    case Fault::bug:
      break;
  }
  return Error(Code::internal, std::move(message));
}

}  // namespace

Error error_of(sqlite3* database, int code, std::string_view doing) {
  const int number = system_error(database);
  std::string why = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  const int primary = code & 0xff;
  if ((primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN) && number != 0)
    why += " (" + std::generic_category().message(number) + ")";
  return make(fault_of(code, number), doing, why);
}

Error error_of_errno(int number, std::string_view doing) {
  return make(fault_of_errno(number), doing, std::generic_category().message(number));
}

bool is_statement_fault(int code) {
  switch (code & 0xff) {
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_TOOBIG:
      return true;
    default:
      return false;
  }
}

bool is_duplicate(int extended_code) {
  return extended_code == SQLITE_CONSTRAINT_UNIQUE ||
         extended_code == SQLITE_CONSTRAINT_PRIMARYKEY || extended_code == SQLITE_CONSTRAINT_ROWID;
}

}  // namespace flotilla::db::sqlite
