#include "gateway/mcp/change_hub.h"

#include <algorithm>
#include <utility>

#include "gateway/mcp/partial_handler.h"

namespace flotilla::gateway {
namespace {

/// Of one client; beyond, changes are left out: it reads the lists again after any of them.
constexpr std::size_t kMaxPending = 1024;
constexpr std::size_t kMaxWatched = 256;

std::string_view text_at(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

}  // namespace

class HubStream final : public mcp::ChangeStream {
 public:
  HubStream(std::shared_ptr<ChangeHub> hub, ChangeHub::Reader reader,
            std::function<bool(const std::string&)> may_watch,
            std::function<void(const std::string&)> watched)
      : hub_(std::move(hub)),
        reader_(std::move(reader)),
        may_watch_(std::move(may_watch)),
        watched_(std::move(watched)) {
    const std::lock_guard lock(hub_->mutex_);
    hub_->readers_.insert(&reader_);
  }
  ~HubStream() override {
    {
      const std::lock_guard lock(hub_->mutex_);
      hub_->readers_.erase(&reader_);
    }
    for (const auto& uri : reader_.uris) watched_(uri);
  }

  Async<Result<std::vector<mcp::Change>>> next() override {
    for (;;) {
      OneShot<bool> signal;
      {
        const std::lock_guard lock(hub_->mutex_);
        if (!reader_.pending.empty()) co_return std::exchange(reader_.pending, {});
        reader_.waiter = signal.setter();
      }
      std::ignore = co_await signal.wait();  // only a wake-up: the state is looked at again
    }
  }

  Result<> watch(std::string uri) override {
    if (!may_watch_(uri)) return fail(invalid("uri", "is of no tool server: " + uri));
    {
      const std::lock_guard lock(hub_->mutex_);
      if (reader_.uris.size() >= kMaxWatched)
        return fail(Error(Code::resource_exhausted, reason::kLimitExceeded,
                          "256 resources are watched; unsubscribe from some"));
      reader_.uris.insert(uri);
    }
    watched_(uri);
    return ok();
  }

  void unwatch(std::string_view uri) override {
    const std::string own(uri);
    {
      const std::lock_guard lock(hub_->mutex_);
      if (reader_.uris.erase(own) == 0) return;
    }
    watched_(own);
  }

 private:
  std::shared_ptr<ChangeHub> hub_;
  ChangeHub::Reader reader_;
  std::function<bool(const std::string&)> may_watch_;
  std::function<void(const std::string&)> watched_;
};

bool ChangeHub::wants(const Reader& reader, const mcp::Change& change) {
  if (change.method == "notifications/tools/list_changed") return reader.filter.tools;
  if (change.method == "notifications/prompts/list_changed") return reader.filter.prompts;
  if (change.method == "notifications/resources/list_changed") return reader.filter.resources;
  if (change.method == "notifications/resources/updated")
    // A server may name a part of what is watched.
    return std::ranges::any_of(reader.uris, [&change](const std::string& uri) {
      return text_at(change.params, "uri").starts_with(uri);
    });
  if (change.method == "notifications/tasks")
    return reader.tasks.contains(text_at(change.params, "taskId"));
  return change.method == "notifications/elicitation/complete";
}

void ChangeHub::tell(const std::string& name_space, const mcp::Change& change) {
  const std::lock_guard lock(mutex_);
  for (auto* reader : readers_) {
    if (!reader->principal->may_enter(name_space) || !wants(*reader, change)) continue;
    auto& pending = reader->pending;
    const auto known = std::ranges::find_if(pending, [&change](const mcp::Change& one) {
      return one.method == change.method &&
             (one.method == "notifications/tasks"
                  ? text_at(one.params, "taskId") == text_at(change.params, "taskId")
                  : one.params == change.params);
    });
    if (known != pending.end())
      known->params = change.params;
    else if (pending.size() < kMaxPending)
      pending.push_back(change);
    if (reader->waiter) reader->waiter->set(true);
    reader->waiter.reset();
  }
}

std::unique_ptr<mcp::ChangeStream> ChangeHub::open(
    std::shared_ptr<const Principal> principal, const mcp::ChangeFilter& filter,
    std::function<bool(const std::string&)> may_watch,
    std::function<void(const std::string&)> watched) {
  Reader reader;
  reader.principal = std::move(principal);
  reader.filter = filter;
  reader.uris.insert(filter.resource_uris.begin(), filter.resource_uris.end());
  reader.tasks.insert(filter.task_ids.begin(), filter.task_ids.end());
  auto stream = std::make_unique<HubStream>(shared_from_this(), std::move(reader),
                                            std::move(may_watch), watched);
  for (const auto& uri : filter.resource_uris) watched(uri);
  return stream;
}

std::set<std::string> ChangeHub::watched() const {
  std::set<std::string> uris;
  const std::lock_guard lock(mutex_);
  for (const auto* reader : readers_) uris.insert(reader->uris.begin(), reader->uris.end());
  return uris;
}

}  // namespace flotilla::gateway
