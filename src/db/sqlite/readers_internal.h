#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "db/metrics.h"
#include "db/sqlite/connection_internal.h"
#include "db/sqlite/writer_internal.h"

namespace flotilla::db::sqlite {

/// Threads that answer queries, each with its own connection: they see what is committed and never
/// wait for the writer. Connections are opened when first used.
class Readers {
 public:
  Readers(ConnectionOptions options, std::size_t threads, std::size_t queue_limit,
          Metrics& metrics);
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;
  ~Readers();  // answers what is queued

  void read(ReadRequest request);

 private:
  void run();

  const ConnectionOptions options_;
  const std::size_t queue_limit_;
  Metrics& metrics_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<ReadRequest> queued_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace flotilla::db::sqlite
