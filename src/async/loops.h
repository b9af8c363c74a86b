#pragma once

#include <cstddef>
#include <memory>

#include "async/async.h"

namespace flotilla {

/// N threads with one event loop each (io_context of concurrency 1). Objects belong to one loop.
class Loops {
 public:
  explicit Loops(std::size_t threads);
  ~Loops();  // stops and joins
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] Executor executor(std::size_t index) const;
  /// Starts the threads. Without it, run_here() drives loop 0 in the calling thread (tests, CLI).
  void start();
  void stop();
  /// Blocks until stop(), driving loop 0; other loops run on their threads.
  void run_here();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Runs one coroutine to its end on a fresh loop in this thread (CLI commands, tools).
void run_blocking(Async<> work);

}  // namespace flotilla
