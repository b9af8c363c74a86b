#pragma once

#include <optional>

#include "async/async.h"
#include "async/cancel_internal.h"

namespace flotilla {

/// Starts a coroutine that nobody awaits: for roots that live as long as their loop (accept loops).
/// Work of limited life belongs in a TaskGroup. An escaped exception is logged.
void spawn_detached(Executor executor, Async<> root);

/// Continues on the other loop until the next co_await of anything that suspends, which comes back
/// to the coroutine's own loop. Only for short computations without waits; else run_on().
Async<> switch_to(Executor executor);

/// Runs `work` on another loop; its result or exception comes back on the caller's loop. A
/// cancelled caller cancels the work and waits for its end.
Async<> run_on(Executor executor, Async<> work);
template <class T>
Async<T> run_on(Executor executor, Async<T> work) {
  std::optional<T> result;
  auto stored = internal::store_result(std::move(work), result);
  co_await run_on(std::move(executor), std::move(stored));
  co_return std::move(*result);
}

}  // namespace flotilla
