#include "db/sqlite/checkpointer_internal.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"

namespace flotilla::db::sqlite {

namespace {

constexpr std::chrono::seconds kPause{1};
constexpr std::size_t kFrameHeader = 24;
constexpr Log kLog{"db"};

}  // namespace

Checkpointer::Checkpointer(ConnectionOptions options, std::size_t wal_limit, std::size_t page_size,
                           Metrics& metrics)
    : options_(std::move(options)),
      limit_pages_(std::max<std::size_t>(4, wal_limit / (page_size + kFrameHeader))),
      metrics_(metrics),
      urgent_at_(limit_pages_ / 4),
      thread_([this] { run(); }) {}

Checkpointer::~Checkpointer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Checkpointer::committed(std::size_t wal_pages) {
  if (wal_pages < last_pages_) urgent_at_.store(limit_pages_ / 4, std::memory_order_relaxed);
  last_pages_ = wal_pages;
  if (!dirty_.load(std::memory_order_relaxed)) nudge(dirty_);
  if (wal_pages >= urgent_at_.load(std::memory_order_relaxed) &&
      !urgent_.load(std::memory_order_relaxed))
    nudge(urgent_);
}

bool Checkpointer::take_restart_order() {
  return restart_.load(std::memory_order_relaxed) && restart_.exchange(false);
}

void Checkpointer::nudge(std::atomic<bool>& flag) {
  {
    const std::lock_guard lock(mutex_);
    flag.store(true);
  }
  changed_.notify_one();
}

bool Checkpointer::wait_for_work() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || dirty_; });
  changed_.wait_for(lock, kPause, [this] { return stopping_ || urgent_; });
  dirty_ = false;
  return !stopping_;
}

void Checkpointer::run() {
  pthread_setname_np(pthread_self(), "db-checkpoint");
  while (wait_for_work()) {
    note(checkpoint());
    urgent_ = false;
  }
}

// A full disk would fail each second: only the change is told.
void Checkpointer::note(const Result<>& done) {
  const bool failing = !done;
  if (failing && !failing_)
    kLog.warn("checkpoints fail; the log of the database grows until they do not",
              {{"error", done.error()}});
  if (!failing && failing_) kLog.info("checkpoints work again");
  failing_ = failing;
  if (failing) connection_.reset();
}

Result<> Checkpointer::checkpoint() {
  if (!connection_) {
    TRY(opened, Connection::open(options_));
    connection_.emplace(std::move(opened));
  }
  int log_pages = 0;
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(connection_->handle(), nullptr,
                                             SQLITE_CHECKPOINT_PASSIVE, &log_pages, &copied);
  if (code == SQLITE_BUSY) return ok();  // another program is at it
  if (code != SQLITE_OK) return fail(connection_->error(code, "checkpoint"));
  metrics_.checkpoints.add();
  const auto pages = static_cast<std::size_t>(std::max(log_pages, 0));
  urgent_at_.store(pages + limit_pages_ / 4, std::memory_order_relaxed);
  if (pages > limit_pages_) restart_.store(true);
  return ok();
}

}  // namespace flotilla::db::sqlite
