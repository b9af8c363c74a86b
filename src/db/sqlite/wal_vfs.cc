#include "db/sqlite/wal_vfs_internal.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <list>
#include <mutex>
#include <new>

namespace flotilla::db::sqlite {

namespace {

constexpr std::size_t kGatherLimit = std::size_t{1} << 20;
// SQLite's unix VFS cuts the size of a write to 17 bits.
constexpr std::size_t kWriteLimit = std::size_t{64} << 10;

struct Vfs {
  sqlite3_vfs methods;  // first: SQLite hands back a pointer to it
  std::string name;
};

sqlite3_vfs* base_of(sqlite3_vfs* vfs) {
  return static_cast<sqlite3_vfs*>(vfs->pAppData);
}

/// An open write-ahead log; the file of the base VFS follows it in the same memory.
struct WalFile {
  sqlite3_file methods;
  sqlite3_int64 start;  // where the gathered bytes belong
  std::string* gathered;

  sqlite3_file* inner() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  [[nodiscard]] sqlite3_int64 end() const {
    return start + static_cast<sqlite3_int64>(gathered->size());
  }

  /// Writes what was gathered. When that fails the bytes are dropped: SQLite undoes the commit and
  /// writes those frames anew.
  int flush() {
    int code = SQLITE_OK;
    for (std::size_t at = 0; at < gathered->size() && code == SQLITE_OK; at += kWriteLimit) {
      const std::size_t size = std::min(kWriteLimit, gathered->size() - at);
      code = inner()->pMethods->xWrite(inner(), gathered->data() + at, static_cast<int>(size),
                                       start + static_cast<sqlite3_int64>(at));
    }
    gathered->clear();
    return code;
  }

  int write(const char* data, std::size_t size, sqlite3_int64 offset) {
    const bool joins = !gathered->empty() && offset >= start && offset <= end() &&
                       gathered->size() + size <= kGatherLimit;
    if (!joins) {
      if (const int code = flush(); code != SQLITE_OK) return code;
      start = offset;
    }
    const auto at = static_cast<std::size_t>(offset - start);
    const std::size_t over = std::min(size, gathered->size() - at);
    std::memcpy(gathered->data() + at, data, over);
    gathered->append(data + over, size - over);
    return SQLITE_OK;
  }
};

WalFile& of(sqlite3_file* file) {
  return *reinterpret_cast<WalFile*>(file);
}

int wal_close(sqlite3_file* file) {
  WalFile& wal = of(file);
  const int flushed = wal.flush();
  delete wal.gathered;
  const int closed = wal.inner()->pMethods->xClose(wal.inner());
  return flushed != SQLITE_OK ? flushed : closed;
}

int wal_read(sqlite3_file* file, void* data, int size, sqlite3_int64 offset) {
  WalFile& wal = of(file);
  if (offset < wal.end() && offset + size > wal.start) {
    if (const int code = wal.flush(); code != SQLITE_OK) return code;
  }
  return wal.inner()->pMethods->xRead(wal.inner(), data, size, offset);
}

int wal_write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  return of(file).write(static_cast<const char*>(data), static_cast<std::size_t>(size), offset);
}

int wal_truncate(sqlite3_file* file, sqlite3_int64 size) {
  WalFile& wal = of(file);
  if (const int code = wal.flush(); code != SQLITE_OK) return code;
  return wal.inner()->pMethods->xTruncate(wal.inner(), size);
}

int wal_sync(sqlite3_file* file, int flags) {
  WalFile& wal = of(file);
  if (const int code = wal.flush(); code != SQLITE_OK) return code;
  return wal.inner()->pMethods->xSync(wal.inner(), flags);
}

int wal_size(sqlite3_file* file, sqlite3_int64* size) {
  WalFile& wal = of(file);
  if (const int code = wal.flush(); code != SQLITE_OK) return code;
  return wal.inner()->pMethods->xFileSize(wal.inner(), size);
}

int wal_lock(sqlite3_file* file, int level) {
  return of(file).inner()->pMethods->xLock(of(file).inner(), level);
}

int wal_unlock(sqlite3_file* file, int level) {
  return of(file).inner()->pMethods->xUnlock(of(file).inner(), level);
}

int wal_check_reserved(sqlite3_file* file, int* reserved) {
  return of(file).inner()->pMethods->xCheckReservedLock(of(file).inner(), reserved);
}

int wal_control(sqlite3_file* file, int operation, void* argument) {
  return of(file).inner()->pMethods->xFileControl(of(file).inner(), operation, argument);
}

int wal_sector_size(sqlite3_file* file) {
  return of(file).inner()->pMethods->xSectorSize(of(file).inner());
}

int wal_characteristics(sqlite3_file* file) {
  return of(file).inner()->pMethods->xDeviceCharacteristics(of(file).inner());
}

constexpr sqlite3_io_methods wal_methods() {
  sqlite3_io_methods methods{};
  methods.iVersion = 1;  // neither shared memory nor mapping: those belong to the main file
  methods.xClose = wal_close;
  methods.xRead = wal_read;
  methods.xWrite = wal_write;
  methods.xTruncate = wal_truncate;
  methods.xSync = wal_sync;
  methods.xFileSize = wal_size;
  methods.xLock = wal_lock;
  methods.xUnlock = wal_unlock;
  methods.xCheckReservedLock = wal_check_reserved;
  methods.xFileControl = wal_control;
  methods.xSectorSize = wal_sector_size;
  methods.xDeviceCharacteristics = wal_characteristics;
  return methods;
}
constexpr sqlite3_io_methods kWalMethods = wal_methods();

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* base = base_of(vfs);
  if ((flags & SQLITE_OPEN_WAL) == 0) return base->xOpen(base, name, file, flags, out_flags);
  auto* wal = new (file) WalFile{{nullptr}, 0, nullptr};
  wal->inner()->pMethods = nullptr;
  const int code = base->xOpen(base, name, wal->inner(), flags, out_flags);
  if (code != SQLITE_OK) {
    if (wal->inner()->pMethods != nullptr) wal->inner()->pMethods->xClose(wal->inner());
    return code;
  }
  wal->gathered = new std::string;
  wal->methods.pMethods = &kWalMethods;
  return SQLITE_OK;
}

int remove(sqlite3_vfs* vfs, const char* name, int sync) {
  return base_of(vfs)->xDelete(base_of(vfs), name, sync);
}
int access(sqlite3_vfs* vfs, const char* name, int flags, int* result) {
  return base_of(vfs)->xAccess(base_of(vfs), name, flags, result);
}
int full_path(sqlite3_vfs* vfs, const char* name, int size, char* out) {
  return base_of(vfs)->xFullPathname(base_of(vfs), name, size, out);
}
int randomness(sqlite3_vfs* vfs, int size, char* out) {
  return base_of(vfs)->xRandomness(base_of(vfs), size, out);
}
int pause(sqlite3_vfs* vfs, int microseconds) {
  return base_of(vfs)->xSleep(base_of(vfs), microseconds);
}
int current_time(sqlite3_vfs* vfs, double* time) {
  return base_of(vfs)->xCurrentTime(base_of(vfs), time);
}
int current_time64(sqlite3_vfs* vfs, sqlite3_int64* time) {
  return base_of(vfs)->xCurrentTimeInt64(base_of(vfs), time);
}
int last_error(sqlite3_vfs* vfs, int size, char* out) {
  return base_of(vfs)->xGetLastError(base_of(vfs), size, out);
}

void fill(Vfs& vfs, sqlite3_vfs* base) {
  vfs.name = std::string("flotilla-") + base->zName;
  vfs.methods = sqlite3_vfs{};
  vfs.methods.iVersion = std::min(2, base->iVersion);  // 2: the time as an integer
  vfs.methods.szOsFile = static_cast<int>(sizeof(WalFile)) + base->szOsFile;
  vfs.methods.mxPathname = base->mxPathname;
  vfs.methods.zName = vfs.name.c_str();
  vfs.methods.pAppData = base;
  vfs.methods.xOpen = open;
  vfs.methods.xDelete = remove;
  vfs.methods.xAccess = access;
  vfs.methods.xFullPathname = full_path;
  vfs.methods.xRandomness = randomness;
  vfs.methods.xSleep = pause;
  vfs.methods.xCurrentTime = current_time;
  vfs.methods.xGetLastError = last_error;
  vfs.methods.xCurrentTimeInt64 = current_time64;
}

}  // namespace

Result<std::string> gathering_vfs(const std::string& base) {
  static std::mutex mutex;
  static std::list<Vfs>& made = *new std::list<Vfs>;  // SQLite keeps pointers to the end
  const std::lock_guard lock(mutex);
  sqlite3_vfs* found = sqlite3_vfs_find(base.empty() ? nullptr : base.c_str());
  if (found == nullptr) return fail(Error(Code::internal, "SQLite knows no VFS named " + base));
  const auto same = std::ranges::find(made, std::string("flotilla-") + found->zName, &Vfs::name);
  if (same != made.end()) {
    same->methods.pAppData = found;  // a test may have made a VFS of that name anew
    return same->name;
  }
  Vfs& vfs = made.emplace_back();
  fill(vfs, found);
  if (sqlite3_vfs_register(&vfs.methods, 0) != SQLITE_OK)
    return fail(Error(Code::internal, "SQLite refuses the VFS " + vfs.name));
  return vfs.name;
}

}  // namespace flotilla::db::sqlite
