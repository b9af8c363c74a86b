#include "async/cancel.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <utility>

#include "async/event.h"
#include "async/park_internal.h"

namespace flotilla {
namespace {

using boost::asio::cancellation_type;
namespace this_coro = boost::asio::this_coro;

/// Work and its timer side by side; lives in the frame that awaits both.
struct Race {
  explicit Race(Executor on) : executor(on), changed(std::move(on)) {}

  Executor executor;
  boost::asio::cancellation_signal work_signal;
  boost::asio::cancellation_signal timer_signal;
  int live = 2;
  bool expired = false;
  std::exception_ptr failure;
  std::exception_ptr timer_failure;
  Notifier changed;

  void start(Async<> work, Async<> timer) {
    auto work_ended = [this](const std::exception_ptr&) { end(timer_signal); };
    auto timer_ended = [this](const std::exception_ptr&) {
      expired = !timer_failure;
      end(work_signal);
    };
    boost::asio::co_spawn(executor, internal::run_to_end(std::move(timer), timer_failure),
                          boost::asio::bind_cancellation_slot(timer_signal.slot(), timer_ended));
    boost::asio::co_spawn(executor, internal::run_to_end(std::move(work), failure),
                          boost::asio::bind_cancellation_slot(work_signal.slot(), work_ended));
  }
  void end(boost::asio::cancellation_signal& other) {
    if (--live > 0) {
      other.emit(cancellation_type::terminal);
    } else {
      changed.notify_all();
    }
  }
  void cancel() {
    work_signal.emit(cancellation_type::terminal);
    timer_signal.emit(cancellation_type::terminal);
  }
};

}  // namespace

Async<> internal::run_shielded(Async<> work) {
  auto executor = co_await this_coro::executor;
  std::exception_ptr failure;
  Notifier ended(executor);
  bool live = true;
  auto on_end = [&live, &ended](const std::exception_ptr&) {
    live = false;
    ended.notify_all();
  };
  // A coroutine of its own, to which no cancellation is connected.
  boost::asio::co_spawn(executor, run_to_end(std::move(work), failure), on_end);
  co_await this_coro::throw_if_cancelled(false);
  while (live) {
    try {
      co_await ended.wait();
    } catch (const boost::system::system_error&) {
      // Cancelled while work goes on: remembered by this coroutine, felt at its next co_await.
    }
  }
  co_await this_coro::throw_if_cancelled(true);
  if (failure) std::rethrow_exception(failure);
}

Async<bool> is_cancelled() {
  auto state = co_await this_coro::cancellation_state;
  co_return state.cancelled() != cancellation_type::none;
}

Async<bool> with_deadline(Async<> work, SteadyTime deadline, Clock& clock) {
  if (deadline == SteadyTime::max()) {
    co_await std::move(work);
    co_return true;
  }
  if (deadline <= clock.steady_now()) co_return false;
  auto executor = co_await this_coro::executor;
  Race race(executor);
  race.start(std::move(work), clock.sleep_until(deadline));
  bool aborted = false;
  while (race.live > 0) {
    bool interrupted = false;
    try {
      co_await race.changed.wait();
    } catch (const boost::system::system_error&) {
      interrupted = true;
    }
    if (!interrupted) continue;
    aborted = true;
    race.cancel();
    co_await this_coro::throw_if_cancelled(false);
  }
  if (aborted) co_await this_coro::throw_if_cancelled(true);
  if (!race.failure) co_return true;
  if (race.expired && internal::is_aborted(race.failure)) co_return false;
  std::rethrow_exception(race.failure);
}

}  // namespace flotilla
