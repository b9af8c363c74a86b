#include "db/sqlite/sqlite.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "db/metrics.h"
#include "db/sqlite/backup_internal.h"
#include "db/sqlite/checkpointer_internal.h"
#include "db/sqlite/connection_internal.h"
#include "db/sqlite/error_internal.h"
#include "db/sqlite/lock_file_internal.h"
#include "db/sqlite/migrate_internal.h"
#include "db/sqlite/readers_internal.h"
#include "db/sqlite/wal_vfs_internal.h"
#include "db/sqlite/writer_internal.h"

namespace flotilla::db::sqlite {

namespace {

constexpr int kWriterCacheKib = 32 << 10;
constexpr const char* kInMemory = ":memory:";

using BackupWaiter = std::unique_ptr<Waiter<void>>;

Error backup_runs() {
  return Error(Code::unavailable, "a backup is being written already; try again when it is done");
}

/// Writes one backup at a time, on a thread that exists as long as it takes.
class BackupThread {
 public:
  explicit BackupThread(ConnectionOptions source) : source_(std::move(source)) {}
  BackupThread(const BackupThread&) = delete;
  BackupThread& operator=(const BackupThread&) = delete;
  ~BackupThread() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }

  void start(std::string path, BackupWaiter waiter) {
    const std::lock_guard lock(mutex_);
    if (busy_.exchange(true)) {
      waiter->set(fail(backup_runs()));
      return wake(std::move(waiter));
    }
    if (thread_.joinable()) thread_.join();  // it has answered: no wait to speak of
    auto work = [this, path = std::move(path), waiter = std::move(waiter)]() mutable {
      waiter->set(copy(path));
      busy_ = false;
      wake(std::move(waiter));
    };
    thread_ = std::thread(std::move(work));
  }

 private:
  Result<> copy(const std::string& path) {
    TRY(connection, Connection::open(source_));
    // The open snapshot keeps the copy from starting anew with each commit.
    TRY_VOID(connection.execute("BEGIN; SELECT count(*) FROM sqlite_schema", "read for a backup"));
    return copy_database(connection.handle(), path, stop_);
  }

  const ConnectionOptions source_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> busy_{false};
  std::mutex mutex_;
  std::thread thread_;
};

/// All of one database. The members are in order of their construction: the writer is gone before
/// what it tells, and the lock goes last.
class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(const Options& options, LockFile lock, const ConnectionOptions& with,
                 Connection connection, std::size_t page_size, telemetry::Registry& registry)
      : lock_(std::move(lock)), metrics_(registry) {
    ConnectionOptions reading = with;
    reading.cache_kib = 8 << 10;
    if (options.path != kInMemory) {
      checkpointer_.emplace(reading, options.wal_limit, page_size, metrics_);
      reading.query_only = true;
      backups_.emplace(reading);
      readers_.emplace(reading, options.readers, options.queue_limit, metrics_);
    }
    const Writer::Limits limits{options.queue_limit, options.queue_bytes};
    writer_.emplace(std::move(connection), with, limits, metrics_);
    writer_->start(checkpointer_ ? &*checkpointer_ : nullptr);
  }

  void submit(Batch batch, std::move_only_function<void(Result<BatchResult>)> done) override {
    writer_->write(std::move(batch), std::move(done), nullptr);
  }

  Async<Result<BatchResult>> write(Batch batch) override {
    auto start = [this](std::unique_ptr<Waiter<BatchResult>> waiter, Batch queued) {
      writer_->write(std::move(queued), nullptr, std::move(waiter));
    };
    return await_answer<BatchResult>(start, std::move(batch));
  }

  Async<Result<std::vector<Row>>> read(const Statement& statement, std::vector<Value> parameters,
                                       std::size_t limit) override {
    auto start = [this, &statement, limit](std::unique_ptr<Waiter<std::vector<Row>>> waiter,
                                           std::vector<Value> values) {
      ReadRequest request{std::move(waiter), &statement, std::move(values), limit};
      if (readers_)
        readers_->read(std::move(request));
      else
        writer_->read(std::move(request));
    };
    return await_answer<std::vector<Row>>(start, std::move(parameters));
  }

  Async<Result<>> backup(std::string path) override {
    auto start = [this](BackupWaiter waiter, std::string to) {
      if (backups_)
        backups_->start(std::move(to), std::move(waiter));
      else
        copy_memory(std::move(to), std::move(waiter));
    };
    return await_answer<void>(start, std::move(path));
  }

  [[nodiscard]] Stats stats() const override { return writer_->stats(); }

 private:
  void copy_memory(std::string path, BackupWaiter waiter) {
    writer_->run_job(
        [path = std::move(path), waiter = std::move(waiter)](Connection& from) mutable {
          static const std::atomic<bool> never_stopped{false};
          waiter->set(copy_database(from.handle(), path, never_stopped));
          wake(std::move(waiter));
        });
  }

  LockFile lock_;
  Metrics metrics_;
  std::optional<Checkpointer> checkpointer_;
  std::optional<BackupThread> backups_;
  std::optional<Readers> readers_;
  std::optional<Writer> writer_;
};

/// Made before SQLite would, for the owner's eyes only; the log takes the same mode.
Result<> create_file(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return fail(error_of_errno(errno, "open the database " + path));
  close(descriptor);
  return ok();
}

Result<> use_log(Connection& connection) {
  TRY(mode, connection.value_of("PRAGMA journal_mode=WAL"));
  if (mode == Value("wal")) return ok();
  return fail(Error(Code::failed_precondition, reason::kStorageFailed,
                    "the file system of the database cannot share memory between processes, "
                    "which its write-ahead log needs; use a local disk"));
}

Result<std::size_t> page_size_of(Connection& connection) {
  TRY(size, connection.value_of("PRAGMA page_size"));
  const auto* bytes = std::get_if<std::int64_t>(&size);
  return bytes == nullptr ? std::size_t{4096} : static_cast<std::size_t>(*bytes);
}

}  // namespace

Result<std::unique_ptr<Database>> open(Options options, telemetry::Registry& metrics) {
  initialize_library();
  ConnectionOptions with;
  with.path = options.path;
  with.full_durability = options.full_durability;
  with.wal_limit = options.wal_limit;
  with.cache_kib = kWriterCacheKib;
  with.vfs = options.vfs;
  LockFile lock;
  if (options.path != kInMemory) {
    TRY(acquired, LockFile::acquire(options.path));
    lock = std::move(acquired);
    TRY_VOID(create_file(options.path));
    if (options.full_durability) {
      TRY(gathering, gathering_vfs(options.vfs));
      with.vfs = std::move(gathering);
    }
  }
  TRY(connection, Connection::open(with));
  if (options.path != kInMemory) TRY_VOID(use_log(connection));
  TRY_VOID(migrate(connection, options.schema));
  TRY(page_size, page_size_of(connection));
  return std::make_unique<SqliteDatabase>(options, std::move(lock), with, std::move(connection),
                                          page_size, metrics);
}

}  // namespace flotilla::db::sqlite
