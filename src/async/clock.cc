#include "async/clock.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <map>
#include <mutex>
#include <utility>

#include "async/park_internal.h"

namespace flotilla {
namespace {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
  [[nodiscard]] SteadyTime steady_now() const override { return std::chrono::steady_clock::now(); }
  Async<> sleep_until(SteadyTime when) override {
    auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer(executor, when);
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
};

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

struct ManualClock::State {
  // Not zero, so that tests may subtract.
  static constexpr SteadyTime kSteadyStart{std::chrono::hours{24}};
  using Sleepers = std::multimap<SteadyTime, internal::Waiter*>;

  std::mutex mutex;
  Time start;
  SteadyTime steady_now = kSteadyStart;
  Sleepers sleepers;

  void store(internal::Waiter& waiter, SteadyTime when, internal::Resume resume) {
    auto slot = boost::asio::get_associated_cancellation_slot(resume);
    if (slot.is_connected()) {
      slot.assign([this, &waiter](boost::asio::cancellation_type) { cancel(waiter); });
    }
    {
      const std::lock_guard lock(mutex);
      if (when > steady_now) {
        waiter.resume.emplace(std::move(resume));
        sleepers.emplace(when, &waiter);
        return;
      }
    }
    internal::post_resume(std::move(resume));
  }
  void cancel(internal::Waiter& waiter) {
    const std::lock_guard lock(mutex);
    for (auto it = sleepers.begin(); it != sleepers.end(); ++it) {
      if (it->second != &waiter) continue;
      waiter.aborted = true;
      return wake(it);
    }
  }
  /// Posting under the lock keeps the order of wake-ups.
  void wake(Sleepers::iterator it) {
    internal::Waiter& waiter = *it->second;
    sleepers.erase(it);
    internal::post_resume(internal::take(waiter));
  }
};

ManualClock::ManualClock(Time start) : state_(std::make_shared<State>()) {
  state_->start = start;
}

ManualClock::~ManualClock() {
  const std::lock_guard lock(state_->mutex);
  while (!state_->sleepers.empty()) {
    auto first = state_->sleepers.begin();
    first->second->aborted = true;
    state_->wake(first);
  }
}

Time ManualClock::now() const {
  const std::lock_guard lock(state_->mutex);
  return state_->start +
         std::chrono::floor<std::chrono::milliseconds>(state_->steady_now - State::kSteadyStart);
}

SteadyTime ManualClock::steady_now() const {
  const std::lock_guard lock(state_->mutex);
  return state_->steady_now;
}

Async<> ManualClock::sleep_until(SteadyTime when) {
  auto state = state_;
  internal::Waiter waiter;
  auto store = [&state, &waiter, when](internal::Resume resume) {
    state->store(waiter, when, std::move(resume));
  };
  co_await internal::park(store);
  if (waiter.aborted) internal::throw_aborted();
}

void ManualClock::advance(Duration by) {
  const std::lock_guard lock(state_->mutex);
  state_->steady_now += by;
  while (!state_->sleepers.empty() && state_->sleepers.begin()->first <= state_->steady_now) {
    state_->wake(state_->sleepers.begin());
  }
}

std::size_t ManualClock::sleepers() const {
  const std::lock_guard lock(state_->mutex);
  return state_->sleepers.size();
}

}  // namespace flotilla
