#include "async/clock.h"
#include "core/limits.h"
#include "core/state_machine.h"
#include "core/task_log.h"
#include "core/task_sql.h"
#include "json/map.h"

namespace flotilla::core {

using a2a::TaskState;

std::optional<std::uint64_t> TaskLog::begin_turn(std::function<void()> cancel,
                                                 std::optional<std::uint64_t> freed) {
  std::lock_guard lock(mutex_);
  if (broken_ || running_ || !is_runnable(projected_.state)) return std::nullopt;
  const bool held = projected_.lease_holder && projected_.lease_expires > services_.clock.now();
  if (held && projected_.lease_token != freed) return std::nullopt;
  running_ = true;
  turn_wanted_ = false;
  cancel_ = std::move(cancel);
  projected_.lease_holder = services_.holder;
  projected_.lease_expires =
      std::chrono::time_point_cast<std::chrono::milliseconds>(services_.clock.now() + kLease);
  ++changes_;
  return ++projected_.lease_token;
}

bool TaskLog::end_turn() {
  std::lock_guard lock(mutex_);
  running_ = false;
  cancel_ = nullptr;
  forget_inputs();
  const bool wanted = std::exchange(turn_wanted_, false);
  return wanted && !broken_ && is_runnable(projected_.state);
}

Result<> TaskLog::set_upstream(std::uint64_t token, std::string upstream) {
  std::lock_guard lock(mutex_);
  if (broken_) return fail(*broken_);
  if (projected_.lease_token != token || !projected_.lease_holder)
    return fail(Error(Code::conflict, reason::kLeaseLost,
                      "the task is no longer held under this lease; stop writing"));
  projected_.upstream = std::move(upstream);
  ++changes_;
  return ok();
}

bool TaskLog::works_under(std::uint64_t token) const {
  std::lock_guard lock(mutex_);
  return is_runnable(projected_.state) && projected_.lease_token == token;
}

void TaskLog::cancel_turn() {
  std::lock_guard lock(mutex_);
  if (cancel_) cancel_();
}

void TaskLog::release_lease(std::uint64_t token) {
  std::lock_guard lock(mutex_);
  if (projected_.lease_token != token || !projected_.lease_holder) return;
  projected_.lease_holder.reset();
  projected_.lease_expires.reset();
  ++changes_;
}

Result<bool> TaskLog::append_at(std::uint64_t at, std::vector<Draft> entries, db::Batch rows) {
  std::lock_guard lock(mutex_);
  for (const auto& entry : entries) TRY_VOID(check(std::nullopt, entry));
  if (at != projected_.seq) return false;
  rows_.add(std::move(rows));
  for (auto& entry : entries) push(std::move(entry), 0);
  return true;
}

Result<bool> TaskLog::interrupt(std::uint64_t token, std::vector<Draft> entries, Draft status,
                                db::Batch rows) {
  std::lock_guard lock(mutex_);
  TRY_VOID(check(token, status));
  if (!inputs_.empty()) return false;
  rows_.add(std::move(rows));
  for (auto& entry : entries) push(std::move(entry), token);
  push(std::move(status), token);
  return true;
}

std::vector<TaskLog::Input> TaskLog::take_inputs() {
  std::lock_guard lock(mutex_);
  return std::exchange(inputs_, {});
}

TaskLog::Resume TaskLog::turn_start() const {
  std::lock_guard lock(mutex_);
  Resume start;
  start.begin = start.seq = turn_begin_;
  return start;
}

/// The snapshot has what is committed.
void TaskLog::forget_inputs() {
  std::erase_if(inputs_, [this](const auto& input) { return input.first <= committed_.seq; });
}

namespace {

/// A turn begins with the first message, and with each that makes an interrupted task work again.
class TurnFinder {
 public:
  Result<> take(const db::Row& row) {
    const auto seq = static_cast<std::uint64_t>(db::int_at(row, 0));
    const std::string& payload = db::text_at(row, 2);
    if (db::text_at(row, 1) == to_string(EventKind::message)) {
      TRY(message, json::from_text<a2a::Message>(payload));
      messages_.emplace_back(seq, std::move(message));
      if (begin_ == 0) begin_ = seq;
      return ok();
    }
    TRY(update, json::from_text<a2a::TaskStatusUpdateEvent>(payload));
    const TaskState next = update.status.state;
    if (a2a::is_interrupted(state_) && is_runnable(next) && !messages_.empty())
      begin_ = messages_.back().first;
    state_ = next;
    return ok();
  }
  [[nodiscard]] std::uint64_t begin() const { return begin_; }
  [[nodiscard]] std::vector<a2a::Message> later() {
    std::vector<a2a::Message> found;
    for (auto& [seq, message] : messages_)
      if (seq > begin_) found.push_back(std::move(message));
    return found;
  }

 private:
  TaskState state_ = TaskState::submitted;
  std::uint64_t begin_ = 0;
  std::vector<std::pair<std::uint64_t, a2a::Message>> messages_;
};

}  // namespace

Async<Result<TaskLog::Resume>> TaskLog::resume_point(Ptr log, std::uint64_t token) {
  const auto row = log->committed();
  const std::string stream = sql::stream_of(row.id);
  auto& database = log->services_.database;
  std::vector<db::Value> upto{stream, static_cast<std::int64_t>(row.seq)};
  CO_TRY(events, co_await database.read(sql::kSelectTurns, upto, kMaxSnapshotRows + 1));
  TurnFinder turns;
  for (const auto& event : events) CO_TRY_VOID(turns.take(event));
  std::vector<db::Value> since{stream, static_cast<std::int64_t>(turns.begin()),
                               static_cast<std::int64_t>(token)};
  CO_TRY(written, co_await database.read(sql::kSelectWritten, since, 1));
  Resume resume;
  resume.begun = !written.empty();
  resume.begin = turns.begin();
  resume.seq = row.seq;
  resume.later = turns.later();
  co_return resume;
}

}  // namespace flotilla::core
