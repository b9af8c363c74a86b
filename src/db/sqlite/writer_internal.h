#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "db/database.h"
#include "db/metrics.h"
#include "db/sqlite/checkpointer_internal.h"
#include "db/sqlite/connection_internal.h"
#include "db/sqlite/pace_internal.h"
#include "db/sqlite/waiter_internal.h"

namespace flotilla::db::sqlite {

/// A query on its way to a thread that answers it.
struct ReadRequest {
  std::unique_ptr<Waiter<std::vector<Row>>> waiter;
  const Statement* statement;
  std::vector<Value> parameters;
  std::size_t limit;
};

/// The one thread that writes. Batches that arrive while a commit runs form the next one (group
/// commit), so that many share one fsync; nobody hears of a batch before its commit.
///
/// A group runs without savepoints at first: they cost a fifth more, and hardly any batch fails. A
/// batch that fails before it has changed a row needs no undo either. Only when one fails later
/// the transaction is rolled back and the whole group run again with a savepoint around each.
class Writer {
 public:
  struct Limits {
    std::size_t batches;
    std::size_t bytes;
  };
  using Done = std::move_only_function<void(Result<BatchResult>)>;
  using Job = std::move_only_function<void(Connection&)>;

  Writer(Connection connection, ConnectionOptions options, Limits limits, Metrics& metrics);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer();  // commits and answers what is queued

  /// Before start(): who is told of the growing log. Absent in memory.
  void start(Checkpointer* checkpointer);

  /// Exactly one of `done` (called on this thread) and `waiter` is set.
  void write(Batch batch, Done done, std::unique_ptr<Waiter<BatchResult>> waiter);
  /// Between two commits: for a database in memory, which has no other connection.
  void read(ReadRequest request);
  void run_job(Job job);

  [[nodiscard]] Stats stats() const;

 private:
  struct Write {
    Batch batch;
    Done done;
    std::unique_ptr<Waiter<BatchResult>> waiter;
    BatchResult result;
    std::optional<Error> error;
  };
  struct Work {
    std::vector<Write> writes;
    std::vector<ReadRequest> reads;
    std::vector<Job> jobs;
    std::vector<Done> refused;  // found the queue full; answered here, never in the caller
    [[nodiscard]] bool empty() const;
    void clear();
  };
  enum class Outcome { done, refused, needs_undo, storage_failed };

  [[nodiscard]] bool is_full(const Batch& batch) const;
  void wake_up(std::unique_lock<std::mutex> lock);
  void run();
  bool take(Work& work);
  void gather(std::unique_lock<std::mutex>& lock);
  void hold_back(std::vector<Write>& writes);
  void process(Work& work);
  void commit_in_groups(std::vector<Write>& writes);
  void commit(std::span<Write> group);
  Outcome attempt(std::span<Write> group, bool savepoints);
  Outcome run_group(std::span<Write> group, bool savepoints);
  Outcome run_batch(Write& write, bool savepoints);
  Outcome run_steps(Write& write);
  Outcome storage_fault(int code, std::string_view doing);
  void roll_back();
  bool reopen();
  void watch_log();
  void count(std::span<const Write> group);
  void answer(std::span<Write> group);
  bool release(std::span<const Write> group);
  void tend_log();

  const ConnectionOptions options_;
  const Limits limits_;
  Metrics& metrics_;
  std::optional<Connection> connection_;  // absent: to be opened again
  Checkpointer* checkpointer_ = nullptr;
  Wakeups wakeups_;
  std::optional<Error> storage_error_;  // why the current group fails as a whole
  Pace pace_;
  Pace::Clock::time_point committing_;  // when the last COMMIT began
  Pace::Clock::time_point committed_;   // and ended
  int wal_pages_ = 0;
  std::int64_t page_size_ = 0;
  std::atomic<std::uint64_t> commits_{0};
  std::atomic<std::uint64_t> batches_{0};
  std::atomic<std::uint64_t> steps_{0};

  std::mutex mutex_;
  std::condition_variable arrived_;
  Work queued_;
  std::size_t waiting_ = 0;        // batches queued or being committed
  std::size_t waiting_bytes_ = 0;  // their parameters
  bool idle_ = false;              // the thread sleeps and must be woken
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace flotilla::db::sqlite
