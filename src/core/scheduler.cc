#include "core/scheduler.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "async/spawn.h"
#include "base/log.h"
#include "core/limits.h"
#include "core/metrics.h"
#include "core/state_machine.h"
#include "core/task_sql.h"
#include "core/tasks.h"

namespace flotilla::core {

namespace {
const Log kLog("scheduler");
}

struct Scheduler::Lane {
  explicit Lane(Executor on) : executor(std::move(on)), runs(executor) {}
  Executor executor;
  TaskGroup runs;
};

Scheduler::Scheduler(Services& services, AgentRegistry& agents, Loops& loops)
    : services_(services), agents_(agents) {
  for (std::size_t i = 0; i < loops.size(); ++i)
    lanes_.push_back(std::make_unique<Lane>(loops.executor(i)));
}

Scheduler::~Scheduler() = default;

Scheduler::Lane& Scheduler::lane(const Executor& loop) {
  for (auto& lane : lanes_)
    if (lane->executor == loop) return *lane;
  return *lanes_.front();
}

bool Scheduler::has_room() const {
  return runs_.load() < kMaxRuns && !stopping_.load();
}

void Scheduler::start_run(Executor loop, TaskLog::Ptr log, std::uint64_t token,
                          std::shared_ptr<Runner> runner, std::uint64_t resumed_after) {
  Lane* home = &lane(loop);
  auto child = std::make_shared<TaskGroup::Child>(0);
  auto cancel = [home, child] {
    boost::asio::post(home->executor, [home, child] { home->runs.cancel(*child); });
  };
  if (!log->attach_run(std::move(cancel))) return;
  ++runs_;
  services_.metrics.runs_active.add(1);
  auto turn_of = turn(std::move(log), token, std::move(runner), resumed_after);
  *child = home->runs.spawn(std::move(turn_of));
}

Async<> Scheduler::turn(TaskLog::Ptr log, std::uint64_t token, std::shared_ptr<Runner> runner,
                        std::uint64_t resumed_after) {
  Result<> result = ok();
  bool cancelled = false;
  auto here = co_await boost::asio::this_coro::executor;
  TaskLog::commit_soon(log, here);
  try {
    auto loaded = co_await TaskLog::load(log);
    if (loaded) {
      Run run(log, token, services_, std::move(loaded->first), loaded->second, resumed_after);
      result = co_await runner->run(run);
    } else {
      result = fail(loaded.error());
    }
  } catch (const boost::system::system_error&) {
    cancelled = true;
  } catch (const std::exception& e) {
    kLog.error("an agent threw", {{"task", log->committed().id.to_string()}, {"what", e.what()}});
    result = fail(Error(Code::internal, "the agent failed unexpectedly"));
  }
  // From here on nothing waits: the coroutine may be cancelled already.
  end_turn(*log, token, result, cancelled);
  log->detach_run();
  TaskLog::commit(log);
  --runs_;
  services_.metrics.runs_active.add(-1);
}

void Scheduler::end_turn(TaskLog& log, std::uint64_t token, const Result<>& result,
                         bool cancelled) {
  auto row = log.projected();
  if (!is_runnable(row.state) || row.lease_token != token) return;
  if (cancelled || (!result && result.error().reason() == reason::kLeaseLost)) {
    log.release_lease(token);
    return;
  }
  a2a::TaskStatusUpdateEvent update;
  update.taskId = row.id.to_string();
  update.contextId = row.context_id;
  update.status.timestamp = services_.clock.now();
  update.status.state = a2a::TaskState::completed;
  if (!result) {
    update.status.state = a2a::TaskState::failed;
    update.status.message = make_message(services_, row, result.error().message());
  }
  std::ignore = log.append(token, Draft::status(row.agent, std::move(update)));  // lost: over
}

Async<Result<>> Scheduler::void_leases() {
  db::Batch batch;
  batch.add(sql::kVoidLeases, {});
  CO_TRY(done, co_await services_.database.write(std::move(batch)));
  if (done.changed.at(0) > 0)
    kLog.info("tasks of an earlier process go on", {{"tasks", done.changed.at(0)}});
  co_return ok();
}

void Scheduler::start(Tasks& tasks) {
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
  if (!has_room()) co_return ok();
  std::vector<db::Value> parameters{sql::millis(services_.clock.now()),
                                    static_cast<std::int64_t>(kAdoptionPage)};
  CO_TRY(rows, co_await services_.database.read(sql::kSelectRunnable, parameters, kAdoptionPage));
  auto here = co_await boost::asio::this_coro::executor;
  for (const auto& stored : rows) {
    if (!has_room()) break;
    auto row = sql::to_task(stored);
    auto agent = agents_.find(row.name_space, row.agent);
    if (!agent || !agent->runner) continue;
    auto log = tasks.entry(row);
    if (log->projected().lease_holder || !is_runnable(log->projected().state)) continue;
    services_.metrics.runs_resumed.add();
    const std::uint64_t token = log->take_lease();
    start_run(here, std::move(log), token, agent->runner, row.seq);
  }
  co_return ok();
}

Async<> Scheduler::renew_loop() {
  for (;;) {
    co_await services_.clock.sleep_for(kLeaseRenewal);
    const Time now = services_.clock.now();
    db::Batch batch;
    const Time until = std::chrono::time_point_cast<std::chrono::milliseconds>(now + kLease);
    batch.add(sql::kRenewLeases, {services_.holder, sql::millis(until)});
    batch.add(sql::kPruneIdempotency, {sql::millis(now)});
    auto done = co_await services_.database.write(std::move(batch));
    if (!done) kLog.warn("renewing leases failed", {{"why", done.error().message()}});
  }
}

Async<> Scheduler::stop() {
  stopping_ = true;
  for (auto& lane : lanes_) {
    auto joined = join_lane(*lane);
    co_await run_on(lane->executor, std::move(joined));
  }
}

Async<> Scheduler::join_lane(Lane& lane) {
  lane.runs.cancel();
  co_await lane.runs.join();
}

}  // namespace flotilla::core
