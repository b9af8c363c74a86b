#pragma once

#include <memory>

#include "async/async.h"
#include "base/time.h"

namespace flotilla {

/// All time in the house comes from here, so that tests drive it. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Time now() const = 0;
  [[nodiscard]] virtual SteadyTime steady_now() const = 0;
  /// Returns at `when`; throws operation_aborted when cancelled.
  virtual Async<> sleep_until(SteadyTime when) = 0;
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
  void advance(Duration by);
  /// How many coroutines sleep now: lets a test wait until work is parked.
  [[nodiscard]] std::size_t sleepers() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with sleepers that outlive a cancelled wait
};

}  // namespace flotilla
