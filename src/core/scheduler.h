#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "async/loops.h"
#include "async/task_group.h"
#include "core/agents.h"
#include "core/task_log.h"

namespace flotilla::core {

class Run;
class Tasks;

/// Runs turns: one coroutine for each, on the loop that started it, under a lease. Adopts tasks
/// whose holder is gone, renews the leases of this process.
///
/// start() once the loops run; stop() before the loops end: it cancels the runs, which give their
/// leases back so that another holder goes on, and waits until nothing is on its way to the
/// database.
class Scheduler {
 public:
  Scheduler(Services& services, AgentRegistry& agents, Loops& loops);
  ~Scheduler();

  /// Takes the task's lease and begins its turn, on the caller's loop `here` if that is one of the
  /// scheduler's. Nothing when a turn is going on (a message for the next one is then seen at its
  /// end) or there is no room: adoption begins it later.
  void start_run(const Executor& here, TaskLog::Ptr log, std::shared_ptr<Runner> runner);
  /// False when kMaxRuns are going on.
  [[nodiscard]] bool has_room() const;

  /// On a store of one process: frees the leases of processes before this one.
  Async<Result<>> void_leases();
  /// Starts the background work (adoption, renewal, pruning) on loop 0.
  void start(Tasks& tasks);
  Async<> stop();

 private:
  /// The runs of one loop.
  struct Lane {
    explicit Lane(Executor on) : executor(std::move(on)), runs(executor) {}
    Executor executor;
    TaskGroup runs;
  };
  struct Handle;  // a turn, as who cancels it sees it
  /// How a turn ended, but for what it wrote.
  struct Outcome {
    Result<> result = ok();
    bool gave_up = false;  // nothing is wrong with the task: another holder goes on
  };
  Lane& lane(const Executor& loop);
  bool begin(Lane& home, const Executor& here, TaskLog::Ptr log, std::shared_ptr<Runner> runner,
             std::optional<std::uint64_t> freed);
  void launch(Lane& home, const std::shared_ptr<Handle>& handle);
  Async<> turn(std::shared_ptr<Handle> handle);
  // The span is of turn(), which awaits these at once.
  Async<Outcome> carry_out(std::shared_ptr<Handle> handle, telemetry::Span& span);
  Async<Result<std::unique_ptr<Run>>> prepare(std::shared_ptr<Handle> handle,
                                              telemetry::Span& span);
  /// Where the turn stands in a trace, and its own span in it.
  Async<Result<telemetry::Span>> begin_span(TaskLog::Ptr log);
  void end_span(telemetry::Span& span, const TaskLog& log, const Outcome& outcome) const;
  void conclude(TaskLog& log, std::uint64_t token, const Outcome& outcome);
  bool let_go(const Handle& handle);
  static Async<> join_lane(Lane& lane);
  Async<> adopt_loop(Tasks& tasks);
  Async<Result<>> adopt_once(Tasks& tasks);
  void adopt(Tasks& tasks, const TaskRow& row, const Executor& here);
  Async<Result<>> free_orphans();
  Async<> renew_loop();
  Async<Result<>> prune_idempotency();

  Services& services_;
  AgentRegistry& agents_;
  std::atomic<std::size_t> runs_{0};
  std::atomic<bool> stopping_{false};
  std::size_t next_lane_ = 0;  // for adopted tasks
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace flotilla::core
