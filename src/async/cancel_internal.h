#pragma once

#include <optional>
#include <tuple>
#include <utility>

#include "async/cancel.h"

namespace flotilla {
namespace internal {

/// The caller awaits at once, so `out` outlives it.
template <class T>
Async<> store_result(Async<T> work, std::optional<T>& out) {
  T value = co_await std::move(work);
  out.emplace(std::move(value));
}

}  // namespace internal

template <class T>
Async<std::optional<T>> with_deadline(Async<T> work, SteadyTime deadline, Clock& clock) {
  std::optional<T> result;
  auto stored = internal::store_result(std::move(work), result);
  std::ignore = co_await with_deadline(std::move(stored), deadline, clock);
  co_return result;
}

}  // namespace flotilla
