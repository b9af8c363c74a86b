#include "mcp/legacy_standalone.h"

#include <boost/asio/post.hpp>
#include <limits>
#include <utility>

#include "base/log.h"
#include "mcp/legacy_runner.h"
#include "mcp/limits.h"

namespace flotilla::mcp {
namespace {

constexpr Log kLog("mcp");
/// No request can have this id: those are JSON text.
constexpr const char* kPumpId = "standalone";

/// One gathering; its session's callbacks reach it by message.
struct Pump {
  Executor executor;
  std::unique_ptr<ChangeStream> changes;
  TaskGroup* group = nullptr;
  TaskGroup::Child child = 0;
};

/// Whatever ends the gathering, the session may begin another.
class AtEnd {
 public:
  AtEnd(std::shared_ptr<LegacySession> session, std::shared_ptr<LiveStream> stream)
      : session_(std::move(session)), stream_(std::move(stream)) {}
  AtEnd(AtEnd&&) noexcept = default;
  AtEnd& operator=(AtEnd&&) = delete;
  ~AtEnd() {
    if (!session_) return;
    session_->on_watch(nullptr);
    session_->end(kPumpId);
    if (session_->standalone() == stream_) session_->set_standalone(nullptr);
    if (!session_->only()) stream_->close();
  }

 private:
  std::shared_ptr<LegacySession> session_;
  std::shared_ptr<LiveStream> stream_;
};

void apply_watch(const std::weak_ptr<Pump>& weak, std::string uri, bool on) {
  const auto pump = weak.lock();
  if (!pump || !pump->changes) return;
  if (!on) return pump->changes->unwatch(uri);
  const auto watched = pump->changes->watch(std::move(uri));
  if (!watched) kLog.debug("a resource cannot be watched", {{"error", watched.error()}});
}

Async<> gather(Handler& handler, std::shared_ptr<Pump> pump, std::shared_ptr<LegacySession> session,
               Caller caller, std::shared_ptr<LiveStream> stream, AtEnd /*runs last*/) {
  ChangeFilter filter{true, true, true, session->watched(), {}};
  auto changes = co_await handler.changes(std::move(caller), filter);
  if (!changes) {
    kLog.warn("changes cannot be followed", {{"error", changes.error()}});
    co_return;
  }
  pump->changes = std::move(*changes);
  const std::weak_ptr<Pump> weak = pump;
  session->on_watch([weak, executor = pump->executor](const std::string& uri, bool on) {
    boost::asio::post(executor, [weak, uri, on] { apply_watch(weak, uri, on); });
  });
  for (;;) {
    auto next = co_await pump->changes->next();
    if (!next || next->empty()) co_return;
    for (Change& change : *next) {
      auto text = write_notification(change.method, std::move(change.params));
      const auto kept = co_await stream->append(std::move(text));
      if (!kept) {
        kLog.warn("a notification cannot be stored", {{"error", kept.error()}});
        co_return;
      }
    }
  }
}

/// Ends a gathering that nobody has read for a while.
Async<> watch_reader(std::weak_ptr<Pump> weak, std::shared_ptr<LiveStream> stream, Clock& clock) {
  bool alone = false;
  for (;;) {
    co_await clock.sleep_for(kStandaloneGrace / 2);
    const auto pump = weak.lock();
    if (!pump) co_return;
    if (stream->has_reader()) {
      alone = false;
    } else if (std::exchange(alone, true)) {
      pump->group->cancel(pump->child);
      co_return;
    }
  }
}

}  // namespace

void LegacyStandalone::start(const Executor& executor, std::shared_ptr<LegacySession> session,
                             Caller caller, std::shared_ptr<LiveStream> stream) {
  auto pump = std::make_shared<Pump>();  // shared with callbacks that come by message
  pump->executor = executor;
  pump->group = &groups_.here(executor);
  const std::weak_ptr<Pump> weak = pump;
  auto cancel = [weak, executor] {
    boost::asio::post(executor, [weak] {
      if (const auto alive = weak.lock()) alive->group->cancel(alive->child);
    });
  };
  const auto begun =
      session->begin(kPumpId, std::move(cancel), std::numeric_limits<std::size_t>::max());
  if (!begun) return;
  if (!session->only()) session->set_standalone(stream);
  TaskGroup& group = *pump->group;
  AtEnd at_end(session, stream);
  const auto child = group.spawn(gather(services_.handler, pump, std::move(session),
                                        std::move(caller), stream, std::move(at_end)));
  pump->child = child;
  if (!weak.expired()) group.spawn(watch_reader(weak, std::move(stream), services_.clock));
}

}  // namespace flotilla::mcp
