#include "gateway/mcp/task_changes.h"

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "async/task_group.h"
#include "gateway/mcp/partial_handler.h"
#include "gateway/mcp/platform_uri.h"
#include "gateway/mcp/task_views.h"

namespace flotilla::gateway {
namespace {

constexpr std::size_t kMaxWatchedTasks = 256;

}  // namespace

struct TaskChanges::Watch {
  std::string id;
  std::set<std::string> uris;
  bool as_task = false;
  bool over = false;   // ended, unknown or not the caller's
  bool dirty = false;  // changed, and not told yet
  core::TaskLog::Ptr log;
  std::unique_ptr<core::Subscription> subscription;
};

struct TaskChanges::Round {
  explicit Round(Executor executor) : group(std::move(executor)) {}
  TaskGroup group;
};

TaskChanges::TaskChanges(core::Tasks& tasks, std::shared_ptr<const Principal> principal,
                         Executor executor)
    : tasks_(tasks), principal_(std::move(principal)), more_(std::move(executor)) {}

TaskChanges::~TaskChanges() = default;

TaskChanges::Watch& TaskChanges::of(const std::string& id) {
  auto& watch = watches_[id];
  if (!watch) watch = std::make_shared<Watch>();
  watch->id = id;
  more_.notify_all();
  return *watch;
}

Result<> TaskChanges::watch(std::string uri) {
  const auto parsed = parse_platform_uri(uri);
  const bool of_task = parsed && (parsed->kind == PlatformUri::Kind::task ||
                                  parsed->kind == PlatformUri::Kind::journal);
  if (!of_task || !core::TaskId::parse(parsed->name))
    return fail(invalid("uri", "is no task of this server: " + uri));
  if (watches_.size() >= kMaxWatchedTasks)
    return fail(Error(Code::resource_exhausted, reason::kLimitExceeded,
                      "256 tasks are watched; unsubscribe from some"));
  of(parsed->name).uris.insert(std::move(uri));
  return ok();
}

Result<> TaskChanges::watch_task(std::string id) {
  if (!core::TaskId::parse(id) || watches_.size() >= kMaxWatchedTasks)
    return fail(invalid("taskIds", "names no task of this server: " + id));
  of(id).as_task = true;
  return ok();
}

void TaskChanges::unwatch(std::string_view uri) {
  const auto parsed = parse_platform_uri(uri);
  if (!parsed) return;
  const auto found = watches_.find(parsed->name);
  if (found == watches_.end()) return;
  found->second->uris.erase(std::string(uri));
  if (!found->second->uris.empty() || found->second->as_task) return;
  found->second->over = true;
  watches_.erase(found);
}

Async<Result<>> TaskChanges::open(Watch& watch) {
  core::Visibility visibility;
  visibility.principal = principal_;
  CO_TRY(log, co_await tasks_.find(watch.id, std::move(visibility)));
  watch.log = log;
  CO_TRY(subscription, core::TaskLog::subscribe(log, std::nullopt));
  watch.subscription = std::move(subscription);
  co_return ok();
}

/// What was told stays in ready_, so that a cancelled round loses nothing.
Async<> TaskChanges::tell(Watch& watch) {
  std::optional<mcp::Change> task;
  if (watch.as_task) {
    auto loaded = co_await core::TaskLog::load(watch.log);
    if (loaded)
      task = mcp::Change{"notifications/tasks", mcp_task(watch.log->committed(), loaded->first)};
  }
  for (const auto& uri : watch.uris)
    ready_.push_back({"notifications/resources/updated", json::Object{{"uri", uri}}});
  if (task) ready_.push_back(std::move(*task));
  watch.dirty = false;
}

Async<Result<>> TaskChanges::wait_for_change(Watch& watch) {
  if (!watch.subscription) CO_TRY_VOID(co_await open(watch));
  auto events = co_await watch.subscription->next();
  if (!events) {
    // Too slow: something changed, and what comes now is told again.
    watch.subscription.reset();
  } else if (events->empty()) {
    co_return fail(unknown_mcp_task(watch.id));
  }
  watch.dirty = true;
  co_return ok();
}

Async<> TaskChanges::read(WatchPtr watch, Round& round) {
  if (!watch->dirty) {
    auto changed = co_await wait_for_change(*watch);
    watch->over = !changed;
    if (!changed) co_return;
  }
  co_await tell(*watch);
  round.group.cancel();
}

Async<> TaskChanges::wait_for_more(Round& round) {
  co_await more_.wait();
  round.group.cancel();
}

Async<Result<std::vector<mcp::Change>>> TaskChanges::next() {
  const auto executor = co_await boost::asio::this_coro::executor;
  while (ready_.empty()) {
    Round round(executor);
    round.group.spawn(wait_for_more(round));
    for (const auto& [id, watch] : watches_)
      if (!watch->over) round.group.spawn(read(watch, round));
    co_await round.group.join();
  }
  co_return std::exchange(ready_, {});
}

}  // namespace flotilla::gateway
