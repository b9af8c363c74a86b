#include <boost/asio/this_coro.hpp>
#include <utility>

#include "async/clock.h"
#include "base/log.h"
#include "core/limits.h"
#include "core/scheduler.h"
#include "core/task_sql.h"
#include "core/tasks.h"

// The scheduler's background work: leases that end, leases that go on.

namespace flotilla::core {

namespace {

constexpr Log kLog("scheduler");

/// nullopt for a damaged row, which must not keep the others from being adopted.
std::optional<TaskRow> readable(const db::Row& row) {
  try {
    return sql::to_task(row);
  } catch (const db::WrongColumn& damage) {
    kLog.error("a task cannot be read", {{"what", damage.what()}});
    return std::nullopt;
  }
}

}  // namespace

Async<Result<>> Scheduler::void_leases() {
  db::Batch batch;
  batch.add(sql::kVoidLeases, {});
  CO_TRY(done, co_await services_.database.write(std::move(batch)));
  if (done.changed.at(0) > 0)
    kLog.info("tasks of an earlier process go on", {{"tasks", done.changed.at(0)}});
  co_return ok();
}

void Scheduler::start(Tasks& tasks) {
  // With the runs of loop 0, so that stop() ends them alike. Neither ever throws.
  auto& home = *lanes_.front();
  home.runs.spawn(adopt_loop(tasks));
  home.runs.spawn(renew_loop());
}

Async<> Scheduler::adopt_loop(Tasks& tasks) {
  for (;;) {
    auto adopted = co_await adopt_once(tasks);
    if (!adopted) kLog.warn("adopting tasks failed", {{"why", adopted.error().message()}});
    co_await services_.clock.sleep_for(kAdoption);
  }
}

Async<Result<>> Scheduler::adopt_once(Tasks& tasks) {
  CO_TRY_VOID(co_await free_orphans());
  auto here = co_await boost::asio::this_coro::executor;
  std::string last;
  // All pages: tasks of agents that are not here must not hide the others.
  while (has_room()) {
    std::vector<db::Value> parameters{sql::millis(services_.clock.now()), last,
                                      static_cast<std::int64_t>(kAdoptionPage)};
    CO_TRY(rows, co_await services_.database.read(sql::kSelectRunnable, parameters, kAdoptionPage));
    for (const auto& stored : rows)
      if (auto row = readable(stored)) adopt(tasks, *row, here);
    if (rows.size() < kAdoptionPage) break;
    last = db::text_at(rows.back(), 0);
  }
  co_return ok();
}

void Scheduler::adopt(Tasks& tasks, const TaskRow& row, const Executor& here) {
  auto agent = agents_.find(row.name_space, row.agent);
  if (!agent || !agent->runner || !has_room()) return;
  Lane& home = *lanes_[next_lane_++ % lanes_.size()];
  begin(home, here, tasks.entry(row), agent->runner, row.lease_token);
}

/// Leases that a failed write left behind: renewal would keep them for ever.
Async<Result<>> Scheduler::free_orphans() {
  const auto orphans = services_.orphans.all();
  if (orphans.empty()) co_return ok();
  db::Batch batch;
  for (const auto& [id, token] : orphans)
    batch.add(sql::kReleaseLease,
              {id.to_string(), services_.holder, static_cast<std::int64_t>(token)});
  CO_TRY_VOID(co_await services_.database.write(std::move(batch)));
  services_.orphans.freed(orphans.size());
  co_return ok();
}

Async<> Scheduler::renew_loop() {
  for (;;) {
    co_await services_.clock.sleep_for(kLeaseRenewal);
    const Time now = services_.clock.now();
    db::Batch batch;
    const Time until = std::chrono::time_point_cast<std::chrono::milliseconds>(now + kLease);
    batch.add(sql::kRenewLeases, {services_.holder, sql::millis(until)});
    auto done = co_await services_.database.write(std::move(batch));
    if (!done) kLog.warn("renewing leases failed", {{"why", done.error().message()}});
    auto pruned = co_await prune_idempotency();
    if (!pruned)
      kLog.warn("deleting old idempotency keys failed", {{"why", pruned.error().message()}});
  }
}

/// In small batches, so that no request waits long behind one.
Async<Result<>> Scheduler::prune_idempotency() {
  for (int round = 0; round < kPruneRounds; ++round) {
    db::Batch batch;
    batch.add(sql::kPruneIdempotency, {sql::millis(services_.clock.now()), kPrunePage});
    CO_TRY(done, co_await services_.database.write(std::move(batch)));
    if (done.changed.at(0) < kPrunePage) break;
  }
  co_return ok();
}

}  // namespace flotilla::core
