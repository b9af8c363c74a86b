#include "mcp/loop_groups.h"

#include "async/spawn.h"

namespace flotilla::mcp {
namespace {

/// The group outlives it: stop() awaits.
Async<> stop_group(TaskGroup& group) {
  group.cancel();
  co_await group.join();
}

}  // namespace

TaskGroup& LoopGroups::here(const Executor& executor) {
  const std::scoped_lock lock(mutex_);
  for (const auto& [loop, group] : groups_)
    if (loop == executor) return *group;
  groups_.emplace_back(executor, std::make_unique<TaskGroup>(executor));
  return *groups_.back().second;
}

Async<> LoopGroups::stop() {
  for (std::size_t i = 0;; ++i) {
    Executor executor;
    TaskGroup* group = nullptr;
    {
      const std::scoped_lock lock(mutex_);
      if (i == groups_.size()) co_return;
      executor = groups_[i].first;
      group = groups_[i].second.get();
    }
    auto work = stop_group(*group);
    co_await run_on(executor, std::move(work));
  }
}

}  // namespace flotilla::mcp
