#include "async/clock.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <map>
#include <mutex>
#include <utility>

#include "async/park_internal.h"

namespace flotilla {
namespace {

/// Shared with what is on its way in the loop's queue.
struct Ring {
  explicit Ring(std::function<void()> function) : call(std::move(function)) {}
  std::function<void()> call;
  bool dropped = false;
};

class SystemAlarm final : public Alarm {
 public:
  SystemAlarm(const Executor& executor, SteadyTime when, std::function<void()> ring)
      : timer_(executor, when), ring_(std::make_shared<Ring>(std::move(ring))) {
    timer_.async_wait([ring = ring_](const boost::system::error_code& cancelled) {
      if (!cancelled && !ring->dropped) ring->call();
    });
  }
  SystemAlarm(const SystemAlarm&) = delete;
  SystemAlarm& operator=(const SystemAlarm&) = delete;
  ~SystemAlarm() override { ring_->dropped = true; }

 private:
  boost::asio::steady_timer timer_;
  std::shared_ptr<Ring> ring_;
};

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
  std::unique_ptr<Alarm> alarm(SteadyTime when, const Executor& executor,
                               std::function<void()> ring) override {
    return std::make_unique<SystemAlarm>(executor, when, std::move(ring));
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
  /// A coroutine, or an alarm.
  struct Sleeper {
    internal::Waiter* waiter = nullptr;
    std::shared_ptr<Ring> ring;
    Executor executor;
  };
  using Sleepers = std::multimap<SteadyTime, Sleeper>;

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
        sleepers.emplace(when, Sleeper{&waiter, nullptr, {}});
        return;
      }
    }
    internal::post_resume(std::move(resume));
  }
  void cancel(internal::Waiter& waiter) {
    const std::lock_guard lock(mutex);
    for (auto it = sleepers.begin(); it != sleepers.end(); ++it) {
      if (it->second.waiter != &waiter) continue;
      waiter.aborted = true;
      return wake(it);
    }
  }
  /// Posting under the lock keeps the order of wake-ups.
  void wake(Sleepers::iterator it) {
    const Sleeper sleeper = std::move(it->second);
    sleepers.erase(it);
    if (sleeper.waiter != nullptr) {
      internal::post_resume(internal::take(*sleeper.waiter));
      return;
    }
    boost::asio::post(sleeper.executor, [ring = sleeper.ring] {
      if (!ring->dropped) ring->call();
    });
  }
  void set(SteadyTime when, const Executor& executor, std::shared_ptr<Ring> ring) {
    const std::lock_guard lock(mutex);
    const auto it = sleepers.emplace(when, Sleeper{nullptr, std::move(ring), executor});
    if (when <= steady_now) wake(it);
  }
  void drop(const std::shared_ptr<Ring>& ring) {
    ring->dropped = true;
    const std::lock_guard lock(mutex);
    std::erase_if(sleepers, [&ring](const auto& entry) { return entry.second.ring == ring; });
  }
};

/// Of the ManualClock; may outlive it.
class ManualClock::SetAlarm final : public Alarm {
 public:
  SetAlarm(std::shared_ptr<State> state, std::shared_ptr<Ring> ring)
      : state_(std::move(state)), ring_(std::move(ring)) {}
  SetAlarm(const SetAlarm&) = delete;
  SetAlarm& operator=(const SetAlarm&) = delete;
  ~SetAlarm() override { state_->drop(ring_); }

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<Ring> ring_;
};

ManualClock::ManualClock(Time start) : state_(std::make_shared<State>()) {
  state_->start = start;
}

ManualClock::~ManualClock() {
  const std::lock_guard lock(state_->mutex);
  while (!state_->sleepers.empty()) {
    auto first = state_->sleepers.begin();
    auto* waiter = first->second.waiter;
    if (waiter == nullptr) {
      state_->sleepers.erase(first);
      continue;
    }
    waiter->aborted = true;
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

std::unique_ptr<Alarm> ManualClock::alarm(SteadyTime when, const Executor& executor,
                                          std::function<void()> ring) {
  auto shared = std::make_shared<Ring>(std::move(ring));
  state_->set(when, executor, shared);
  return std::make_unique<SetAlarm>(state_, std::move(shared));
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
