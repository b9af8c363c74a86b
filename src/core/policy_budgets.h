#pragma once

#include <memory>
#include <set>

#include "async/async.h"
#include "async/task_group.h"
#include "base/result.h"
#include "core/resources.h"
#include "core/usage.h"

namespace flotilla::core {

/// Tells Usage what Policies allow their namespaces, and of each change. load() before the first
/// task; start() and stop() on one loop.
class PolicyBudgets {
 public:
  /// All outlive it.
  PolicyBudgets(Resources& resources, Usage& usage, Clock& clock);
  /// Takes what is there now.
  Async<Result<>> load();
  /// Follows changes, on this loop, until stop().
  void start(Executor loop);
  Async<> stop();

 private:
  Async<Result<>> follow();
  Async<> follow_loop();
  void take(const Resource& policy);

  Resources& resources_;
  Usage& usage_;
  Clock& clock_;
  std::set<ResourceRef> known_;  // those with a budget
  std::unique_ptr<TaskGroup> group_;
};

}  // namespace flotilla::core
