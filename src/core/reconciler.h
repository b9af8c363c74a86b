#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/async.h"
#include "async/clock.h"
#include "async/event.h"
#include "async/task_group.h"
#include "base/result.h"
#include "core/resources.h"

namespace flotilla::core {

struct ReconcilerOptions {
  std::size_t workers = 8;
  Duration first_pause = std::chrono::seconds(1);  // after a failure; doubles
  Duration longest_pause = std::chrono::minutes(5);
  Duration resync = std::chrono::minutes(10);  // each resource is looked at again
};

/// Runs the reconcile function of each kind: for what is there at start, for what changes, for what
/// refers to what changed, again after a failure, and now and then for all. Level-based: a function
/// gets the resource as it is now (`deleted` when it is gone), changes that come meanwhile make one
/// more run; no two runs of one resource overlap.
///
/// Lives on one loop; functions run there. add() before start(); poke() from any thread.
class Reconciler {
 public:
  /// Success ends the matter until something changes; an error is tried again, later each time.
  using Function = std::function<Async<Result<>>(Resource resource)>;

  Reconciler(Resources& resources, Clock& clock, Executor home, ReconcilerOptions options = {});
  /// Kinds without a function are accepted as they are: condition Accepted.
  void add(std::string_view kind, Function function);
  void start();
  /// Cancels what runs and waits for it; idempotent.
  Async<> stop();
  /// Looks at the resource again soon, though nothing in it changed.
  void poke(ResourceRef ref);

 private:
  struct Entry {
    bool queued = false;
    bool running = false;
    bool again = false;  // asked for while it ran
    std::size_t failures = 0;
    std::optional<SteadyTime> due;
    std::optional<Resource> gone;  // as it was last
  };
  /// What a function would look at: a change of the status alone is its own doing.
  struct Seen {
    std::string uid;
    std::int64_t generation = 0;
    std::size_t metadata = 0;
    bool operator==(const Seen&) const = default;
  };

  Async<> watch_loop();
  Async<Result<>> load_all();
  Async<Result<>> follow();
  Async<Result<>> take(ResourceEvent event);
  Async<> timer_loop();
  void enqueue_due(SteadyTime now);
  [[nodiscard]] SteadyTime next_due() const;
  Async<> work();
  Async<Result<>> run(ResourceRef ref, std::optional<Resource> gone);
  Async<Result<>> guarded(ResourceRef ref, std::optional<Resource> gone);
  void enqueue(const ResourceRef& ref);
  void finished(const ResourceRef& ref, const Result<>& result);

  Resources& resources_;
  Clock& clock_;
  ReconcilerOptions options_;
  std::map<std::string, Function, std::less<>> functions_;
  std::map<ResourceRef, Seen> seen_;      // all that are there
  std::map<ResourceRef, Entry> entries_;  // those with something to do, or failures
  std::deque<ResourceRef> queue_;
  std::size_t busy_ = 0;
  std::uint64_t cursor_ = 0;
  SteadyTime resync_at_ = SteadyTime::max();
  std::mutex mutex_;  // of poked_
  std::vector<ResourceRef> poked_;
  Notifier timer_;
  TaskGroup group_;
};

/// Sets or replaces the condition of its type in a status, for the generation that was looked at.
void set_condition(json::Object& status, Condition condition);

}  // namespace flotilla::core
