#pragma once

#include <boost/asio/this_coro.hpp>
#include <optional>

#include "async/async.h"
#include "async/clock.h"
#include "base/result.h"

namespace flotilla {

/// Runs `work` shielded from cancellation, for cleanup that must await. Give it its own deadline.
/// A statement of its own: `co_await without_cancellation(rollback());`. When the caller was
/// cancelled before or meanwhile, its next co_await throws as usual.
///
/// A macro, because in a cancelled coroutine co_await throws before the awaited function could
/// object: throwing must be switched off in the caller's own co_await first.
#define without_cancellation(...)                      \
  ::boost::asio::this_coro::throw_if_cancelled(false), \
      co_await ::flotilla::internal::run_shielded(__VA_ARGS__)

/// A point at which a loop that computes can be cancelled: false, or, as every co_await of a
/// cancelled coroutine does, it throws operation_aborted.
Async<bool> is_cancelled();

/// Awaits `work` until `deadline`; nullopt when it passed first (work is then cancelled and
/// awaited). A result that work has in spite of that is kept. Costs about 3 us: for rare waits,
/// not per request. SteadyTime::max() is no deadline.
template <class T>
Async<std::optional<T>> with_deadline(Async<T> work, SteadyTime deadline, Clock& clock);
/// The same for void: false when the deadline passed first.
Async<bool> with_deadline(Async<> work, SteadyTime deadline, Clock& clock);

namespace internal {
Async<> run_shielded(Async<> work);
}  // namespace internal

}  // namespace flotilla

#include "async/cancel_internal.h"
