#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "async/async.h"
#include "base/result.h"

namespace flotilla {

/// Threads for calls that block (DNS, files, processes), begun when they are needed. Thread-safe.
/// The queue is bounded: when it is full run() answers resource_exhausted. A cancelled waiter
/// returns at once; the call itself runs to its end and its result is dropped, so `work` must own
/// all it touches. An exception of `work` is logged and answered as internal. Call as `co_await
/// pool.run<T>(std::move(work))`.
class BlockingPool {
 public:
  BlockingPool(std::string name, std::size_t threads, std::size_t queue_limit);
  ~BlockingPool();  // joins; queued work that has not begun is dropped
  template <class T>
  Async<Result<T>> run(std::move_only_function<Result<T>()> work);

 private:
  /// False when the queue is full or the pool is going away.
  bool post(std::move_only_function<void()> work);
  [[nodiscard]] Error full() const;
  [[nodiscard]] Error crashed() const;  // logs the current exception
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace flotilla

#include "async/blocking_pool_internal.h"
