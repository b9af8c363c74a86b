#pragma once

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <exception>
#include <utility>
#include <variant>

#include "async/async.h"
#include "async/clock.h"
#include "base/result.h"

namespace flotilla::http {

/// Timeouts such as Duration::max() mean never.
inline SteadyTime after(SteadyTime now, Duration timeout) {
  return timeout > SteadyTime::max() - now ? SteadyTime::max() : now + timeout;
}

/// The two limits on one exchange: its deadline, and the longest silence, which is moved forward
/// by touch() without a timer of its own.
class Watch {
 public:
  Watch(Clock& clock, SteadyTime deadline, Duration max_silence)
      : clock_(clock), deadline_(deadline), max_silence_(max_silence) {
    touch();
  }
  void touch() { silence_ends_ = after(clock_.steady_now(), max_silence_); }
  /// From now on only silence ends the exchange.
  void lift_deadline() { deadline_ = SteadyTime::max(); }

  /// Returns when a limit has passed.
  Async<> expired() {
    for (;;) {
      const auto next = std::min(deadline_, silence_ends_);
      if (clock_.steady_now() >= next) co_return;
      co_await clock_.sleep_until(next);
    }
  }

 private:
  Clock& clock_;
  SteadyTime deadline_;
  SteadyTime silence_ends_;
  Duration max_silence_;
};

/// Awaits `work` until the watch expires, then cancels it and answers `late`. The caller awaits at
/// once. Cancellation comes out as operation_aborted, as from any other wait.
template <class T>
Async<Result<T>> within(Async<Result<T>> work, Watch& watch, Error late) {
  using namespace boost::asio::experimental::awaitable_operators;
  std::exception_ptr failure;
  try {
    auto first = co_await (std::move(work) || watch.expired());
    if (first.index() == 0) co_return std::get<0>(std::move(first));
  } catch (const boost::asio::multiple_exceptions& both) {
    failure = both.first_exception();
  }
  if (failure) std::rethrow_exception(failure);
  co_return fail(std::move(late));
}

}  // namespace flotilla::http
