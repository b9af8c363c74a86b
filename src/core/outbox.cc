#include "core/outbox.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "async/task_group.h"
#include "base/log.h"
#include "core/limits.h"
#include "core/metrics.h"
#include "core/task_sql.h"

namespace flotilla::core {

namespace {

constexpr Log kLog("outbox");

const db::Statement kAdd{
    "INSERT INTO outbox (namespace, owner, topic, ordering_key, payload, due_at, attempts, dead) "
    "VALUES ($1, $2, $3, $4, $5, $6, 0, 0)"};
// The first living entry of each key, when it is due.
const db::Statement kDue{
    "SELECT id, namespace, owner, topic, ordering_key, payload, attempts FROM outbox AS entry "
    "WHERE dead = 0 AND due_at <= $1 AND NOT EXISTS (SELECT 1 FROM outbox AS earlier "
    "WHERE earlier.topic = entry.topic AND earlier.ordering_key = entry.ordering_key "
    "AND earlier.dead = 0 AND earlier.id < entry.id) ORDER BY due_at LIMIT $2"};
const db::Statement kClaim{
    "UPDATE outbox SET due_at = $3, attempts = attempts + 1 "
    "WHERE id = $1 AND dead = 0 AND attempts = $2"};
// Only the claim that is the last one settles an entry.
const db::Statement kDone{"DELETE FROM outbox WHERE id = $1 AND attempts = $2"};
const db::Statement kRetry{
    "UPDATE outbox SET due_at = $3, dead = $4, last_error = $5 WHERE id = $1 AND attempts = $2"};
// Of a topic that this process does not carry: out of the way of the others for a while.
const db::Statement kPostpone{"UPDATE outbox SET due_at = $3 WHERE id = $1 AND attempts = $2"};

OutboxEntry to_entry(const db::Row& row) {
  OutboxEntry entry;
  entry.id = db::int_at(row, 0);
  entry.name_space = db::text_at(row, 1);
  entry.owner = db::text_at(row, 2);
  entry.topic = db::text_at(row, 3);
  entry.ordering_key = db::text_at(row, 4);
  entry.payload = db::text_at(row, 5);
  entry.attempts = db::int_at(row, 6);
  return entry;
}

/// 1 s, 2 s, 4 s … up to five minutes.
Duration pause_after(std::int64_t attempts) {
  const auto doublings = std::clamp<std::int64_t>(attempts - 1, 0, 9);
  return std::min<Duration>(std::chrono::seconds(1 << doublings), std::chrono::minutes(5));
}

Time later(Time now, Duration by) {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(now + by);
}

}  // namespace

Outbox::Outbox(db::Database& database, Clock& clock, Metrics& metrics)
    : database_(database), clock_(clock), metrics_(metrics) {}

void Outbox::handle(std::string topic, OutboxDelivery& delivery) {
  deliveries_[std::move(topic)] = &delivery;
}

void Outbox::add(db::Batch& batch, const OutboxEntry& entry, Time due) {
  batch.add(kAdd, {entry.name_space, entry.owner, entry.topic, entry.ordering_key, entry.payload,
                   sql::millis(due)});
}

Async<> Outbox::run() {
  for (;;) {
    auto attempted = co_await deliver_due();
    if (!attempted) kLog.warn("reading the outbox failed", {{"why", attempted.error().message()}});
    const bool busy = attempted && *attempted > 0;
    if (!busy) co_await clock_.sleep_for(kOutboxPoll);
  }
}

Async<Result<std::size_t>> Outbox::deliver_due() {
  std::vector<db::Value> parameters{sql::millis(clock_.now()),
                                    static_cast<std::int64_t>(kOutboxPage)};
  CO_TRY(rows, co_await database_.read(kDue, parameters, kOutboxPage));
  std::vector<OutboxEntry> entries;
  entries.reserve(rows.size());
  for (const auto& row : rows) entries.push_back(to_entry(row));
  CO_TRY_VOID(co_await postpone_unknown(entries));
  auto here = co_await boost::asio::this_coro::executor;
  TaskGroup attempts(here);
  std::size_t claimed = 0;
  for (auto& entry : entries) attempts.spawn(attempt(std::move(entry), claimed));
  co_await attempts.join();
  co_return claimed;
}

Async<Result<>> Outbox::postpone_unknown(std::vector<OutboxEntry>& entries) {
  db::Batch batch;
  const Time due = later(clock_.now(), kOutboxPostponed);
  std::erase_if(entries, [&](const OutboxEntry& entry) {
    if (deliveries_.contains(entry.topic)) return false;
    batch.add(kPostpone, {entry.id, entry.attempts, sql::millis(due)});
    return true;
  });
  if (batch.empty()) co_return ok();
  CO_TRY_VOID(co_await database_.write(std::move(batch)));
  co_return ok();
}

Async<> Outbox::attempt(OutboxEntry entry, std::size_t& claimed) {
  const bool mine = co_await claim(entry);
  if (!mine) co_return;
  ++claimed;
  ++entry.attempts;
  auto outcome = co_await deliver(entry);
  auto settled = co_await settle(std::move(entry), std::move(outcome));
  // Unsettled, the claim runs out and the entry is delivered again: at least once.
  if (!settled) kLog.warn("settling an entry failed", {{"why", settled.error().message()}});
}

/// The fence: one delivery that throws must not take the others along.
Async<Result<>> Outbox::deliver(OutboxEntry entry) {
  auto* delivery = deliveries_.find(entry.topic)->second;
  try {
    co_return co_await delivery->deliver(std::move(entry));
  } catch (const boost::system::system_error& e) {
    if (e.code() == boost::asio::error::operation_aborted) throw;
    co_return fail(Error(Code::internal, e.what()));
  } catch (const std::exception& e) {
    co_return fail(Error(Code::internal, e.what()));
  }
}

Async<bool> Outbox::claim(OutboxEntry entry) {
  db::Batch batch;
  batch.add(kClaim, {entry.id, entry.attempts, sql::millis(later(clock_.now(), kOutboxClaim))});
  auto claimed = co_await database_.write(std::move(batch));
  co_return claimed && claimed->changed.at(0) == 1;
}

Async<Result<>> Outbox::settle(OutboxEntry entry, Result<> outcome) {
  db::Batch batch;
  if (outcome) {
    metrics_.outbox_delivered.add();
    batch.add(kDone, {entry.id, entry.attempts});
  } else {
    const bool dead = entry.attempts >= kOutboxAttempts;
    if (dead) metrics_.outbox_dead.add();
    const Time due = later(clock_.now(), pause_after(entry.attempts));
    batch.add(kRetry, {entry.id, entry.attempts, sql::millis(due), std::int64_t{dead},
                       outcome.error().message()});
  }
  CO_TRY(done, co_await database_.write(std::move(batch)));
  std::ignore = done;
  co_return ok();
}

}  // namespace flotilla::core
