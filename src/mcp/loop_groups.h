#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "async/task_group.h"

namespace flotilla::mcp {

/// Work that may outlive its HTTP request, one TaskGroup for each loop that has any. Children must
/// not throw. Thread-safe; a group itself is touched on its loop only.
class LoopGroups {
 public:
  /// The group of the loop that this is called on.
  TaskGroup& here(const Executor& executor);
  /// Cancels all work and waits for its end; later work ends before it begins.
  Async<> stop();

 private:
  std::mutex mutex_;
  std::vector<std::pair<Executor, std::unique_ptr<TaskGroup>>> groups_;
};

}  // namespace flotilla::mcp
