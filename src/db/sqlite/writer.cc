#include "db/sqlite/writer_internal.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <tuple>
#include <utility>

#include "base/assert.h"
#include "base/log.h"
#include "db/sqlite/error_internal.h"

namespace flotilla::db::sqlite {

namespace {

constexpr Log kLog{"db"};
// More steps make a commit no cheaper by the row, but let its first batch wait longer.
constexpr std::size_t kGroupSteps = 2'048;
constexpr int kRestartPatienceMilliseconds = 100;

const Statement kBegin{"BEGIN IMMEDIATE"};
const Statement kCommit{"COMMIT"};
const Statement kRollback{"ROLLBACK"};
const Statement kSavepoint{"SAVEPOINT batch"};
const Statement kUndo{"ROLLBACK TO batch"};
const Statement kRelease{"RELEASE batch"};

}  // namespace

bool Writer::Work::empty() const {
  return writes.empty() && reads.empty() && jobs.empty() && refused.empty();
}

void Writer::Work::clear() {
  writes.clear();
  reads.clear();
  jobs.clear();
  refused.clear();
}

Writer::Writer(Connection connection, ConnectionOptions options, Limits limits, Metrics& metrics)
    : options_(std::move(options)),
      limits_(limits),
      metrics_(metrics),
      connection_(std::move(connection)) {}

void Writer::start(Checkpointer* checkpointer) {
  checkpointer_ = checkpointer;
  if (checkpointer_ != nullptr) watch_log();
  thread_ = std::thread([this] { run(); });
}

Writer::~Writer() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

bool Writer::is_full(const Batch& batch) const {
  return waiting_ >= limits_.batches || waiting_bytes_ + batch.bytes() > limits_.bytes;
}

void Writer::write(Batch batch, Done done, std::unique_ptr<Waiter<BatchResult>> waiter) {
  Write write{std::move(batch), std::move(done), std::move(waiter), {}, std::nullopt};
  // Here, so that the writer's thread allocates nothing for each batch.
  write.result.changed.resize(write.batch.size());
  write.result.last_key.resize(write.batch.size());
  std::unique_lock lock(mutex_);
  if (!is_full(write.batch)) {
    ++waiting_;
    waiting_bytes_ += write.batch.bytes();
    queued_.writes.push_back(std::move(write));
    return wake_up(std::move(lock));
  }
  if (write.done) {
    queued_.refused.push_back(std::move(write.done));
    return wake_up(std::move(lock));
  }
  lock.unlock();
  write.waiter->set(fail(Error(Code::unavailable, "too many writes wait; try again later")));
  wake(std::move(write.waiter));
}

void Writer::read(ReadRequest request) {
  std::unique_lock lock(mutex_);
  if (queued_.reads.size() < limits_.batches) {
    queued_.reads.push_back(std::move(request));
    return wake_up(std::move(lock));
  }
  lock.unlock();
  request.waiter->set(fail(Error(Code::unavailable, "too many reads wait; try again later")));
  wake(std::move(request.waiter));
}

void Writer::run_job(Job job) {
  std::unique_lock lock(mutex_);
  queued_.jobs.push_back(std::move(job));
  wake_up(std::move(lock));
}

// One system call for each time the thread fell asleep, however many arrive.
void Writer::wake_up(std::unique_lock<std::mutex> lock) {
  const bool asleep = std::exchange(idle_, false);
  lock.unlock();
  if (asleep) arrived_.notify_one();
}

Stats Writer::stats() const {
  return {commits_.load(std::memory_order_relaxed), batches_.load(std::memory_order_relaxed),
          steps_.load(std::memory_order_relaxed)};
}

void Writer::run() {
  pthread_setname_np(pthread_self(), "db-writer");
  // A batch thread does not push the loop that wakes it off its core: more batches arrive before
  // the commit begins, and share it. Only a hint: where it is refused, groups are smaller.
  const sched_param priority{};
  std::ignore = sched_setscheduler(0, SCHED_BATCH, &priority);
  Work work;
  while (take(work)) {
    process(work);
    work.clear();
  }
}

bool Writer::take(Work& work) {
  std::unique_lock lock(mutex_);
  while (queued_.empty() && !stopping_) {
    idle_ = true;
    arrived_.wait(lock);
  }
  idle_ = false;
  gather(lock);
  std::swap(queued_, work);
  hold_back(work.writes);
  metrics_.queue_depth.set(static_cast<std::int64_t>(waiting_));
  return !work.empty();
}

void Writer::gather(std::unique_lock<std::mutex>& lock) {
  const auto pause = pace_.pause();
  if (pause == pause.zero() || stopping_ || queued_.writes.empty()) return;
  arrived_.wait_for(lock, pause, [this] { return stopping_; });
}

/// Back to the queue with what belongs to the commit after the next.
void Writer::hold_back(std::vector<Write>& writes) {
  const std::size_t share = pace_.share(writes.size());
  if (share == writes.size()) return;
  const auto rest = writes.begin() + static_cast<std::ptrdiff_t>(share);
  queued_.writes.assign(std::move_iterator(rest), std::move_iterator(writes.end()));
  writes.erase(rest, writes.end());
}

void Writer::process(Work& work) {
  for (Done& done : work.refused)
    done(fail(Error(Code::unavailable, "too many writes wait; try again later")));
  for (ReadRequest& request : work.reads) {
    metrics_.reads.add();
    request.waiter->set(connection_->query(*request.statement, request.parameters, request.limit));
    wakeups_.add(std::move(request.waiter));
  }
  for (Job& job : work.jobs) job(*connection_);
  commit_in_groups(work.writes);
  wakeups_.flush();
}

void Writer::commit_in_groups(std::vector<Write>& writes) {
  std::size_t begin = 0;
  while (begin < writes.size()) {
    std::size_t steps = writes[begin].batch.size();
    std::size_t end = begin + 1;
    while (end < writes.size() && steps + writes[end].batch.size() <= kGroupSteps)
      steps += writes[end++].batch.size();
    commit(std::span(writes).subspan(begin, end - begin));
    begin = end;
  }
}

void Writer::commit(std::span<Write> group) {
  const auto began = Pace::Clock::now();
  Outcome outcome = attempt(group, false);
  if (outcome == Outcome::needs_undo) outcome = attempt(group, true);
  if (outcome == Outcome::done) {
    metrics_.commit_seconds.observe(Duration(committed_ - began));
    count(group);
  } else {
    metrics_.failures.add();
    for (Write& write : group) write.error = storage_error_;
  }
  const bool alone = release(group);
  if (outcome == Outcome::done)
    pace_.note({began, committed_, committed_ - committing_, group.size(), alone});
  answer(group);
  if (outcome == Outcome::done && checkpointer_ != nullptr) tend_log();
}

Writer::Outcome Writer::attempt(std::span<Write> group, bool savepoints) {
  for (Write& write : group) write.error.reset();
  if (!connection_ && !reopen()) return Outcome::storage_failed;
  const Outcome outcome = run_group(group, savepoints);
  if (outcome != Outcome::done) roll_back();
  return outcome;
}

Writer::Outcome Writer::run_group(std::span<Write> group, bool savepoints) {
  if (const int code = connection_->run(kBegin); code != SQLITE_OK)
    return storage_fault(code, "write");
  for (Write& write : group) {
    const Outcome outcome = run_batch(write, savepoints);
    if (outcome == Outcome::needs_undo || outcome == Outcome::storage_failed) return outcome;
  }
  committing_ = Pace::Clock::now();
  if (const int code = connection_->run(kCommit); code != SQLITE_OK)
    return storage_fault(code, "commit");
  committed_ = Pace::Clock::now();
  return Outcome::done;
}

Writer::Outcome Writer::run_batch(Write& write, bool savepoints) {
  if (!savepoints) return run_steps(write);
  if (const int code = connection_->run(kSavepoint); code != SQLITE_OK)
    return storage_fault(code, "write");
  Outcome outcome = run_steps(write);
  if (outcome == Outcome::storage_failed) return outcome;
  if (outcome != Outcome::done) {
    outcome = Outcome::refused;
    if (const int code = connection_->run(kUndo); code != SQLITE_OK)
      return storage_fault(code, "undo a batch");
  }
  if (const int code = connection_->run(kRelease); code != SQLITE_OK)
    return storage_fault(code, "write");
  return outcome;
}

/// `refused` when the batch failed before it changed a row, `needs_undo` when after.
Writer::Outcome Writer::run_steps(Write& write) {
  bool wrote = false;
  const auto& steps = write.batch.steps();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Batch::Step& step = steps[i];
    Connection::Changed changed;
    const int code = connection_->run(*step.statement, step.parameters, changed);
    if (code == SQLITE_OK) [[likely]] {
      write.result.changed[i] = changed.rows;
      write.result.last_key[i] = changed.last_key;
      wrote |= changed.wrote;
      if (!step.expect || step.expect->rows == changed.rows) continue;
      write.error = step.expect->otherwise;
    } else if (!is_statement_fault(code) || !connection_->in_transaction()) {
      return storage_fault(code, "write");
    } else if (step.expect && is_duplicate(code)) {
      write.error = step.expect->otherwise;
    } else {
      write.error = connection_->error(code, "write");
    }
    return wrote ? Outcome::needs_undo : Outcome::refused;
  }
  return Outcome::done;
}

Writer::Outcome Writer::storage_fault(int code, std::string_view doing) {
  storage_error_ = connection_->error(code, doing);
  return Outcome::storage_failed;
}

void Writer::roll_back() {
  if (connection_->in_transaction()) connection_->run(kRollback);
  if (!connection_->in_transaction()) return;
  kLog.error("a failed transaction could not be rolled back; the database is opened again",
             {{"path", options_.path}});
  FLOTILLA_ASSERT(options_.path != ":memory:", "a rollback in memory does no I/O");
  connection_.reset();
}

bool Writer::reopen() {
  auto opened = Connection::open(options_);
  if (!opened) {
    storage_error_ = opened.error();
    return false;
  }
  connection_.emplace(std::move(*opened));
  watch_log();
  return true;
}

void Writer::watch_log() {
  auto note_pages = [](void* pages, sqlite3* /*database*/, const char* /*name*/, int count) {
    *static_cast<int*>(pages) = count;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(connection_->handle(), note_pages, &wal_pages_);
  const auto size = connection_->value_of("PRAGMA page_size");
  if (size && std::holds_alternative<std::int64_t>(*size))
    page_size_ = std::get<std::int64_t>(*size);
}

void Writer::count(std::span<const Write> group) {
  std::uint64_t batches = 0;
  std::uint64_t steps = 0;
  for (const Write& write : group) {
    if (write.error) continue;
    ++batches;
    steps += write.batch.size();
  }
  metrics_.refused.add(group.size() - batches);
  if (batches == 0) return;
  metrics_.commits.add();
  metrics_.batches.add(batches);
  metrics_.steps.add(steps);
  commits_.fetch_add(1, std::memory_order_relaxed);
  batches_.fetch_add(batches, std::memory_order_relaxed);
  steps_.fetch_add(steps, std::memory_order_relaxed);
}

/// True when nothing came meanwhile.
bool Writer::release(std::span<const Write> group) {
  std::size_t bytes = 0;
  for (const Write& write : group) bytes += write.batch.bytes();
  const std::lock_guard lock(mutex_);
  waiting_ -= group.size();
  waiting_bytes_ -= bytes;
  return queued_.writes.empty();
}

void Writer::answer(std::span<Write> group) {
  for (Write& write : group) {
    Result<BatchResult> result(std::move(write.result));
    if (write.error) result = fail(std::move(*write.error));
    if (write.done) {
      write.done(std::move(result));
    } else {
      write.waiter->set(std::move(result));
      wakeups_.add(std::move(write.waiter));
    }
  }
  wakeups_.flush();
}

void Writer::tend_log() {
  metrics_.wal_bytes.set(wal_pages_ * page_size_);
  checkpointer_->committed(static_cast<std::size_t>(wal_pages_));
  if (!checkpointer_->take_restart_order()) return;
  // Nearly all is copied already. A reader that holds an old snapshot for long must not hold up
  // the writes: then the log grows on until the next order.
  sqlite3_busy_timeout(connection_->handle(), kRestartPatienceMilliseconds);
  sqlite3_wal_checkpoint_v2(connection_->handle(), nullptr, SQLITE_CHECKPOINT_RESTART, nullptr,
                            nullptr);
  sqlite3_busy_timeout(connection_->handle(), kBusyMilliseconds);
}

}  // namespace flotilla::db::sqlite
