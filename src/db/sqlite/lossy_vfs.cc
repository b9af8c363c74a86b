#include "db/sqlite/lossy_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <new>
#include <stdexcept>
#include <utility>

#include "db/sqlite/lossy_content_internal.h"

namespace flotilla::db::sqlite {

struct LossyDisk::State {
  std::string name;
  sqlite3_vfs vfs{};
  sqlite3_vfs* base = nullptr;
  std::mutex mutex;
  std::map<std::string, Content, std::less<>> files;
  std::uint64_t operations = 0;
  std::uint64_t cut_at = 0;
  std::uint64_t seed = 0;
  bool off = false;
  std::uint64_t fail_at = 0;
  bool fail_always = false;
  bool failed = false;
  Fault fault = Fault::full;
  int last_error = 0;

  enum class Kind : std::uint8_t { write, truncate, sync };

  /// Counts the operation and says which errno it ends with, if any.
  int next(Kind kind) {
    ++operations;
    if (off) return EIO;
    if (fail_at == 0 || operations < fail_at || (!fail_always && failed)) return 0;
    if (fault == Fault::full && kind != Kind::write) return 0;
    if (fault == Fault::read_only && kind == Kind::sync) return 0;
    failed = true;
    if (fault == Fault::full) return ENOSPC;
    return fault == Fault::read_only ? EROFS : EIO;
  }
  int fail(int error, int code) {
    last_error = error;
    return error == ENOSPC ? SQLITE_FULL : code;
  }
  [[nodiscard]] bool cuts_now() const { return !off && cut_at != 0 && operations >= cut_at; }
  void cut() {
    Survival survival(seed);
    for (auto& [path, content] : files) survival.strike(content);
    off = true;
    last_error = EIO;
  }
};

namespace {

using State = LossyDisk::State;

State& of(sqlite3_vfs* vfs) {
  return *static_cast<State*>(vfs->pAppData);
}

/// An open file; the system's file for locks and shared memory follows it in the same memory.
struct LossyFile {
  sqlite3_file methods;
  State* disk;
  std::string* path;
  bool has_inner;

  sqlite3_file* inner() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  [[nodiscard]] Content& content() const { return disk->files[*path]; }
};

LossyFile& of(sqlite3_file* file) {
  return *reinterpret_cast<LossyFile*>(file);
}

int file_close(sqlite3_file* opened) {
  LossyFile& file = of(opened);
  delete file.path;
  return file.has_inner ? file.inner()->pMethods->xClose(file.inner()) : SQLITE_OK;
}

int file_read(sqlite3_file* opened, void* data, int size, sqlite3_int64 offset) {
  LossyFile& file = of(opened);
  const std::lock_guard lock(file.disk->mutex);
  if (file.disk->off) return file.disk->fail(EIO, SQLITE_IOERR_READ);
  const std::string& seen = file.content().seen;
  const auto from = std::min(seen.size(), static_cast<std::size_t>(offset));
  const auto wanted = static_cast<std::size_t>(size);
  const std::size_t there = std::min(wanted, seen.size() - from);
  std::memcpy(data, seen.data() + from, there);
  std::memset(static_cast<char*>(data) + there, 0, wanted - there);
  return there == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int file_write(sqlite3_file* opened, const void* data, int size, sqlite3_int64 offset) {
  LossyFile& file = of(opened);
  State& disk = *file.disk;
  const std::lock_guard lock(disk.mutex);
  const int error = disk.next(State::Kind::write);
  if (disk.off) return disk.fail(EIO, SQLITE_IOERR_WRITE);
  // A write that fails has often been done in part.
  const auto done = static_cast<std::size_t>(error == 0 ? size : size / 2);
  file.content().change(
      {false, static_cast<std::size_t>(offset), std::string(static_cast<const char*>(data), done)});
  if (disk.cuts_now()) {
    disk.cut();
    return disk.fail(EIO, SQLITE_IOERR_WRITE);
  }
  return error == 0 ? SQLITE_OK : disk.fail(error, SQLITE_IOERR_WRITE);
}

int file_truncate(sqlite3_file* opened, sqlite3_int64 size) {
  LossyFile& file = of(opened);
  State& disk = *file.disk;
  const std::lock_guard lock(disk.mutex);
  if (const int error = disk.next(State::Kind::truncate); error != 0)
    return disk.fail(error, SQLITE_IOERR_TRUNCATE);
  file.content().change({true, static_cast<std::size_t>(size), {}});
  if (disk.cuts_now()) {
    disk.cut();
    return disk.fail(EIO, SQLITE_IOERR_TRUNCATE);
  }
  return SQLITE_OK;
}

int file_sync(sqlite3_file* opened, int /*flags*/) {
  LossyFile& file = of(opened);
  State& disk = *file.disk;
  const std::lock_guard lock(disk.mutex);
  if (const int error = disk.next(State::Kind::sync); error != 0)
    return disk.fail(error, SQLITE_IOERR_FSYNC);
  if (disk.cuts_now()) {
    disk.cut();
    return disk.fail(EIO, SQLITE_IOERR_FSYNC);
  }
  file.content().sync();
  return SQLITE_OK;
}

int file_size(sqlite3_file* opened, sqlite3_int64* size) {
  LossyFile& file = of(opened);
  const std::lock_guard lock(file.disk->mutex);
  if (file.disk->off) return file.disk->fail(EIO, SQLITE_IOERR_FSTAT);
  *size = static_cast<sqlite3_int64>(file.content().seen.size());
  return SQLITE_OK;
}

int file_lock(sqlite3_file* file, int level) {
  if (!of(file).has_inner) return SQLITE_OK;
  return of(file).inner()->pMethods->xLock(of(file).inner(), level);
}
int file_unlock(sqlite3_file* file, int level) {
  if (!of(file).has_inner) return SQLITE_OK;
  return of(file).inner()->pMethods->xUnlock(of(file).inner(), level);
}
int file_check_reserved(sqlite3_file* file, int* reserved) {
  *reserved = 0;
  if (!of(file).has_inner) return SQLITE_OK;
  return of(file).inner()->pMethods->xCheckReservedLock(of(file).inner(), reserved);
}
int file_control(sqlite3_file* file, int operation, void* argument) {
  const bool would_touch_content =
      operation == SQLITE_FCNTL_SIZE_HINT || operation == SQLITE_FCNTL_CHUNK_SIZE;
  if (!of(file).has_inner || would_touch_content) return SQLITE_NOTFOUND;
  return of(file).inner()->pMethods->xFileControl(of(file).inner(), operation, argument);
}
int file_sector_size(sqlite3_file* /*file*/) {
  return static_cast<int>(kSector);
}
int file_characteristics(sqlite3_file* /*file*/) {
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}
int shm_map(sqlite3_file* file, int region, int size, int extend, volatile void** out) {
  return of(file).inner()->pMethods->xShmMap(of(file).inner(), region, size, extend, out);
}
int shm_lock(sqlite3_file* file, int offset, int n, int flags) {
  return of(file).inner()->pMethods->xShmLock(of(file).inner(), offset, n, flags);
}
void shm_barrier(sqlite3_file* file) {
  of(file).inner()->pMethods->xShmBarrier(of(file).inner());
}
int shm_unmap(sqlite3_file* file, int remove) {
  return of(file).inner()->pMethods->xShmUnmap(of(file).inner(), remove);
}

const sqlite3_io_methods kMethods = {2,
                                     file_close,
                                     file_read,
                                     file_write,
                                     file_truncate,
                                     file_sync,
                                     file_size,
                                     file_lock,
                                     file_unlock,
                                     file_check_reserved,
                                     file_control,
                                     file_sector_size,
                                     file_characteristics,
                                     shm_map,
                                     shm_lock,
                                     shm_barrier,
                                     shm_unmap,
                                     nullptr,
                                     nullptr};

int vfs_open(sqlite3_vfs* vfs, const char* name, sqlite3_file* opened, int flags, int* out_flags) {
  State& disk = of(vfs);
  if (name == nullptr) return disk.base->xOpen(disk.base, name, opened, flags, out_flags);
  auto* file = new (opened) LossyFile{{nullptr}, &disk, nullptr, false};
  {
    const std::lock_guard lock(disk.mutex);
    if (disk.off) return disk.fail(EIO, SQLITE_CANTOPEN);
    disk.files[name];
  }
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) {
    file->inner()->pMethods = nullptr;
    const int code = disk.base->xOpen(disk.base, name, file->inner(), flags, nullptr);
    if (code != SQLITE_OK) return code;
    file->has_inner = true;
  }
  file->path = new std::string(name);
  file->methods.pMethods = &kMethods;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int vfs_delete(sqlite3_vfs* vfs, const char* name, int /*sync*/) {
  const std::lock_guard lock(of(vfs).mutex);
  if (of(vfs).off) return of(vfs).fail(EIO, SQLITE_IOERR_DELETE);
  return of(vfs).files.erase(name) > 0 ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}

int vfs_access(sqlite3_vfs* vfs, const char* name, int /*flags*/, int* result) {
  const std::lock_guard lock(of(vfs).mutex);
  const auto found = of(vfs).files.find(name);
  *result = found != of(vfs).files.end() && !found->second.seen.empty() ? 1 : 0;
  return SQLITE_OK;
}

int vfs_full_path(sqlite3_vfs* vfs, const char* name, int size, char* out) {
  return of(vfs).base->xFullPathname(of(vfs).base, name, size, out);
}
int vfs_randomness(sqlite3_vfs* vfs, int size, char* out) {
  return of(vfs).base->xRandomness(of(vfs).base, size, out);
}
int vfs_sleep(sqlite3_vfs* vfs, int microseconds) {
  return of(vfs).base->xSleep(of(vfs).base, microseconds);
}
int vfs_time(sqlite3_vfs* vfs, double* time) {
  return of(vfs).base->xCurrentTime(of(vfs).base, time);
}
int vfs_last_error(sqlite3_vfs* vfs, int /*size*/, char* /*out*/) {
  const std::lock_guard lock(of(vfs).mutex);
  return of(vfs).last_error;
}

}  // namespace

LossyDisk::LossyDisk(std::string vfs_name) : state_(std::make_unique<State>()) {
  State& disk = *state_;
  disk.name = std::move(vfs_name);
  disk.base = sqlite3_vfs_find(nullptr);
  disk.vfs.iVersion = 1;
  disk.vfs.szOsFile = static_cast<int>(sizeof(LossyFile)) + disk.base->szOsFile;
  disk.vfs.mxPathname = disk.base->mxPathname;
  disk.vfs.zName = disk.name.c_str();
  disk.vfs.pAppData = &disk;
  disk.vfs.xOpen = vfs_open;
  disk.vfs.xDelete = vfs_delete;
  disk.vfs.xAccess = vfs_access;
  disk.vfs.xFullPathname = vfs_full_path;
  disk.vfs.xRandomness = vfs_randomness;
  disk.vfs.xSleep = vfs_sleep;
  disk.vfs.xCurrentTime = vfs_time;
  disk.vfs.xGetLastError = vfs_last_error;
  if (sqlite3_vfs_register(&disk.vfs, 0) != SQLITE_OK)
    throw std::runtime_error("SQLite refuses the VFS " + disk.name);
}

LossyDisk::~LossyDisk() {
  sqlite3_vfs_unregister(&state_->vfs);
}

std::uint64_t LossyDisk::operations() const {
  const std::lock_guard lock(state_->mutex);
  return state_->operations;
}

void LossyDisk::cut_power_at(std::uint64_t operation, std::uint64_t seed) {
  const std::lock_guard lock(state_->mutex);
  state_->cut_at = state_->operations + operation;
  state_->seed = seed;
}

bool LossyDisk::is_off() const {
  const std::lock_guard lock(state_->mutex);
  return state_->off;
}

void LossyDisk::power_on() {
  const std::lock_guard lock(state_->mutex);
  if (!state_->off) state_->cut();
  state_->off = false;
  state_->cut_at = 0;
}

void LossyDisk::fail_from(std::uint64_t operation, Fault fault) {
  const std::lock_guard lock(state_->mutex);
  state_->fail_at = state_->operations + operation;
  state_->fail_always = true;
  state_->failed = false;
  state_->fault = fault;
}

void LossyDisk::fail_once(std::uint64_t operation, Fault fault) {
  fail_from(operation, fault);
  const std::lock_guard lock(state_->mutex);
  state_->fail_always = false;
}

bool LossyDisk::has_failed() const {
  const std::lock_guard lock(state_->mutex);
  return state_->failed;
}

void LossyDisk::lift() {
  const std::lock_guard lock(state_->mutex);
  state_->fail_at = 0;
}

void LossyDisk::write_back() const {
  const std::lock_guard lock(state_->mutex);
  for (const auto& [path, content] : state_->files) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << content.durable;
  }
}

}  // namespace flotilla::db::sqlite
