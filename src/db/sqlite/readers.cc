#include "db/sqlite/readers_internal.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace flotilla::db::sqlite {

namespace {

constexpr std::chrono::microseconds kPatience{200};

Result<std::vector<Row>> answer(std::optional<Connection>& connection,
                                const ConnectionOptions& options, const ReadRequest& request) {
  if (!connection) {
    TRY(opened, Connection::open(options));
    connection.emplace(std::move(opened));
  }
  return connection->query(*request.statement, request.parameters, request.limit);
}

}  // namespace

Readers::Readers(ConnectionOptions options, std::size_t threads, std::size_t queue_limit,
                 Metrics& metrics)
    : options_(std::move(options)), queue_limit_(queue_limit), metrics_(metrics) {
  for (std::size_t i = 0; i < std::max<std::size_t>(1, threads); ++i)
    threads_.emplace_back([this] { run(); });
}

Readers::~Readers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Readers::read(ReadRequest request) {
  {
    std::unique_lock lock(mutex_);
    if (queued_.size() < queue_limit_) {
      queued_.push_back(std::move(request));
      lock.unlock();
      arrived_.notify_one();
      return;
    }
  }
  request.waiter->set(fail(Error(Code::unavailable, "too many reads wait; try again later")));
  wake(std::move(request.waiter));
}

// While more is queued the answers are kept back, so that one post wakes many; not for long.
void Readers::run() {
  pthread_setname_np(pthread_self(), "db-reader");
  std::optional<Connection> connection;
  Wakeups wakeups;
  std::chrono::steady_clock::time_point flush_at;
  std::unique_lock lock(mutex_);
  while (true) {
    arrived_.wait(lock, [this] { return stopping_ || !queued_.empty(); });
    if (queued_.empty()) return;
    ReadRequest request = std::move(queued_.front());
    queued_.pop_front();
    lock.unlock();
    if (wakeups.empty()) flush_at = std::chrono::steady_clock::now() + kPatience;
    request.waiter->set(answer(connection, options_, request));
    wakeups.add(std::move(request.waiter));
    metrics_.reads.add();
    const bool late = std::chrono::steady_clock::now() >= flush_at;
    lock.lock();
    if (!late && !queued_.empty()) continue;
    lock.unlock();
    wakeups.flush();
    lock.lock();
  }
}

}  // namespace flotilla::db::sqlite
