#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "async/event.h"
#include "core/tasks.h"
#include "mcp/handler.h"

namespace flotilla::gateway {

/// Tells of changes of the tasks that a client watches: as resources (`resources/updated`) or as
/// tasks of the extension (`notifications/tasks`). Each watched task is one subscription to its
/// journal. A task that the caller does not see never changes.
class TaskChanges final : public mcp::ChangeStream {
 public:
  TaskChanges(core::Tasks& tasks, std::shared_ptr<const Principal> principal, Executor executor);
  ~TaskChanges() override;

  Async<Result<std::vector<mcp::Change>>> next() override;
  Result<> watch(std::string uri) override;
  void unwatch(std::string_view uri) override;
  Result<> watch_task(std::string id);

 private:
  struct Watch;
  using WatchPtr = std::shared_ptr<Watch>;  // shared with the round that reads it
  struct Round;
  Watch& of(const std::string& id);
  Async<> read(WatchPtr watch, Round& round);
  Async<> wait_for_more(Round& round);
  Async<Result<>> open(Watch& watch);
  Async<Result<>> wait_for_change(Watch& watch);
  Async<> tell(Watch& watch);

  core::Tasks& tasks_;
  std::shared_ptr<const Principal> principal_;
  std::map<std::string, WatchPtr, std::less<>> watches_;  // by task
  std::vector<mcp::Change> ready_;
  Notifier more_;
};

}  // namespace flotilla::gateway
