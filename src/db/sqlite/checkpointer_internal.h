#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <thread>

#include "db/metrics.h"
#include "db/sqlite/connection_internal.h"

namespace flotilla::db::sqlite {

/// Copies the write-ahead log into the database on its own thread and connection, about a second
/// after a commit or when the log has grown by a quarter of its limit: inside a commit it would
/// cost 10 ms and more. Such a passive checkpoint cannot start the log over while commits keep
/// coming; above the limit the writer is told to do that, with little left to copy. The log is not
/// cut then: writing over it is faster than growing it (100 against 165 us for each fsync).
class Checkpointer {
 public:
  Checkpointer(ConnectionOptions options, std::size_t wal_limit, std::size_t page_size,
               Metrics& metrics);
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;
  ~Checkpointer();

  /// The writer, after each commit: pages in the log. Rarely more than two loads.
  void committed(std::size_t wal_pages);
  /// Whether the writer should start the log over now. Asking takes the order.
  bool take_restart_order();

 private:
  void run();
  Result<> checkpoint();
  void note(const Result<>& done);
  bool wait_for_work();
  void nudge(std::atomic<bool>& flag);

  const ConnectionOptions options_;
  const std::size_t limit_pages_;
  Metrics& metrics_;
  std::atomic<bool> dirty_{false};
  std::atomic<bool> urgent_{false};
  std::atomic<bool> restart_{false};
  std::atomic<std::size_t> urgent_at_;    // pages
  std::size_t last_pages_ = 0;            // the writer's
  std::optional<Connection> connection_;  // the thread's, as is:
  bool failing_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace flotilla::db::sqlite
