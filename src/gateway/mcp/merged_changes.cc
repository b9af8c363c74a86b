#include "gateway/mcp/merged_changes.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <optional>
#include <utility>

#include "async/event.h"
#include "async/task_group.h"
#include "gateway/mcp/partial_handler.h"

namespace flotilla::gateway {

struct MergedChanges::Round {
  explicit Round(Executor executor) : group(std::move(executor)) {}
  std::optional<Error> error;
  TaskGroup group;
};

MergedChanges::MergedChanges(Parts parts) : parts_(std::move(parts)) {}
MergedChanges::~MergedChanges() = default;

Async<> MergedChanges::read(mcp::ChangeStream& part, Round& round) {
  auto changes = co_await part.next();
  if (!changes)
    round.error = changes.error();
  else
    std::ranges::move(*changes, std::back_inserter(ready_));
  round.group.cancel();
}

Async<Result<std::vector<mcp::Change>>> MergedChanges::next() {
  if (parts_.size() == 1) co_return co_await parts_.front()->next();
  auto executor = co_await boost::asio::this_coro::executor;
  if (parts_.empty()) {
    Notifier never(executor);
    co_await never.wait();
  }
  while (ready_.empty()) {
    Round round(executor);
    for (auto& part : parts_) round.group.spawn(read(*part, round));
    co_await round.group.join();
    if (ready_.empty() && round.error) co_return fail(*round.error);
  }
  co_return std::exchange(ready_, {});
}

Result<> MergedChanges::watch(std::string uri) {
  for (auto& part : parts_) {
    auto watched = part->watch(uri);
    if (watched || watched.error().code() != Code::invalid_argument) return watched;
  }
  return fail(Error(Code::invalid_argument, reason::kNotFound,
                    "uri: there is no resource " + uri + " to subscribe to"));
}

void MergedChanges::unwatch(std::string_view uri) {
  for (auto& part : parts_) part->unwatch(uri);
}

}  // namespace flotilla::gateway
