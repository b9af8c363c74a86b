#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "async/loops.h"
#include "async/task_group.h"
#include "core/agents.h"
#include "core/task_log.h"

namespace flotilla::core {

class Tasks;

/// Runs turns: one coroutine for each, on the loop that started it, under a lease. Adopts tasks
/// whose holder is gone, renews the leases of this process.
///
/// start() once the loops run; stop() before the loops end: it cancels the runs, which give their
/// leases back so that another holder goes on.
class Scheduler {
 public:
  Scheduler(Services& services, AgentRegistry& agents, Loops& loops);
  ~Scheduler();

  /// Begins the turn of a task whose lease `token` this process has just taken, on the current
  /// loop. `resumed_after` is the seq at which an earlier holder stopped, 0 for a new turn.
  void start_run(Executor loop, TaskLog::Ptr log, std::uint64_t token,
                 std::shared_ptr<Runner> runner, std::uint64_t resumed_after);
  /// False when kMaxRuns are going on.
  [[nodiscard]] bool has_room() const;

  /// On a store of one process: frees the leases of processes before this one.
  Async<Result<>> void_leases();
  /// Starts the background work (adoption, renewal, pruning) on loop 0.
  void start(Tasks& tasks);
  Async<> stop();

 private:
  struct Lane;  // the runs of one loop
  Lane& lane(const Executor& loop);
  Async<> turn(TaskLog::Ptr log, std::uint64_t token, std::shared_ptr<Runner> runner,
               std::uint64_t resumed_after);
  void end_turn(TaskLog& log, std::uint64_t token, const Result<>& result, bool cancelled);
  static Async<> join_lane(Lane& lane);
  Async<> adopt_loop(Tasks& tasks);
  Async<Result<>> adopt_once(Tasks& tasks);
  Async<> renew_loop();

  Services& services_;
  AgentRegistry& agents_;
  std::atomic<std::size_t> runs_{0};
  std::atomic<bool> stopping_{false};
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace flotilla::core
