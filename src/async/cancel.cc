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

/// Work that an alarm or its caller may end; lives in the frame that awaits it.
struct Bounded {
  explicit Bounded(Executor on) : executor(on), ended(std::move(on)) {}

  Executor executor;
  boost::asio::cancellation_signal signal;
  bool live = true;
  bool expired = false;
  std::exception_ptr failure;
  Notifier ended;

  void start(Async<> work) {
    auto on_end = [this](const std::exception_ptr&) {
      live = false;
      ended.notify_all();
    };
    boost::asio::co_spawn(executor, internal::run_to_end(std::move(work), failure),
                          boost::asio::bind_cancellation_slot(signal.slot(), on_end));
  }
  void cancel() {
    if (live) signal.emit(cancellation_type::terminal);
  }
  void expire() {
    expired = live;
    cancel();
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
  Bounded bounded(executor);
  bounded.start(std::move(work));
  const auto alarm = clock.alarm(deadline, executor, [&bounded] { bounded.expire(); });
  bool aborted = false;
  while (bounded.live) {
    bool interrupted = false;
    try {
      co_await bounded.ended.wait();
    } catch (const boost::system::system_error&) {
      interrupted = true;
    }
    if (!interrupted) continue;
    aborted = true;
    bounded.cancel();
    co_await this_coro::throw_if_cancelled(false);
  }
  if (aborted) co_await this_coro::throw_if_cancelled(true);
  if (!bounded.failure) co_return true;
  if (bounded.expired && internal::is_aborted(bounded.failure)) co_return false;
  std::rethrow_exception(bounded.failure);
}

}  // namespace flotilla
