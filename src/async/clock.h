#pragma once

#include <functional>
#include <memory>

#include "async/async.h"
#include "base/time.h"

namespace flotilla {

/// Something that happens once at a time to come; never, if it is dropped before. For one loop.
class Alarm {
 public:
  virtual ~Alarm() = default;
};

/// All time in the house comes from here, so that tests drive it. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Time now() const = 0;
  [[nodiscard]] virtual SteadyTime steady_now() const = 0;
  /// Returns at `when`; throws operation_aborted when cancelled.
  virtual Async<> sleep_until(SteadyTime when) = 0;
  /// Calls `ring` at `when` on this loop, from its queue; not after the alarm is gone. Without a
  /// coroutine that waits, and so without the exception that ends one in vain.
  virtual std::unique_ptr<Alarm> alarm(SteadyTime when, const Executor& executor,
                                       std::function<void()> ring) = 0;
  Async<> sleep_for(Duration duration) { return sleep_until(steady_now() + duration); }
};

Clock& system_clock();

/// Stands still until advanced. Sleepers wake, on their own executors, in order of their time.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time start = Time{std::chrono::seconds{1'800'000'000}});
  ~ManualClock() override;
  [[nodiscard]] Time now() const override;
  [[nodiscard]] SteadyTime steady_now() const override;
  Async<> sleep_until(SteadyTime when) override;
  std::unique_ptr<Alarm> alarm(SteadyTime when, const Executor& executor,
                               std::function<void()> ring) override;
  void advance(Duration by);
  /// How many coroutines sleep and alarms are set now: lets a test wait until work is parked.
  [[nodiscard]] std::size_t sleepers() const;

 private:
  struct State;
  class SetAlarm;
  std::shared_ptr<State> state_;  // shared with sleepers that outlive a cancelled wait
};

}  // namespace flotilla
