#include "async/loops.h"

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <exception>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/log.h"

namespace flotilla {
namespace {

constexpr Log kLog("async");

struct Loop {
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      context.get_executor()};

  /// The fence of a loop: what escapes a handler ends that handler only.
  void drive() {
    while (!context.stopped()) {
      try {
        context.run();
      } catch (const std::exception& error) {
        kLog.error("an exception reached the event loop", {{"what", error.what()}});
      } catch (...) {
        kLog.error("an unknown exception reached the event loop");
      }
    }
  }
};

}  // namespace

struct Loops::State {
  std::deque<Loop> loops;
  std::vector<std::thread> threads;

  void start_from(std::size_t first) {
    if (!threads.empty()) return;
    for (std::size_t i = first; i < loops.size(); ++i) {
      threads.emplace_back([&loop = loops[i]] { loop.drive(); });
    }
  }
};

Loops::Loops(std::size_t threads) : state_(std::make_unique<State>()) {
  FLOTILLA_ASSERT(threads > 0, "the number of loops is checked where it is configured");
  for (std::size_t i = 0; i < threads; ++i) state_->loops.emplace_back();
}

Loops::~Loops() {
  stop();
  for (std::thread& thread : state_->threads) thread.join();
}

std::size_t Loops::size() const {
  return state_->loops.size();
}

Executor Loops::executor(std::size_t index) const {
  return state_->loops.at(index).context.get_executor();
}

void Loops::start() {
  state_->start_from(0);
}

void Loops::stop() {
  for (Loop& loop : state_->loops) loop.context.stop();
}

void Loops::run_here() {
  state_->start_from(1);
  state_->loops.front().drive();
}

void run_blocking(Async<> work) {
  boost::asio::io_context context{1};
  std::exception_ptr failure;
  auto on_end = [&failure](std::exception_ptr e) { failure = std::move(e); };
  boost::asio::co_spawn(context, std::move(work), on_end);
  context.run();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace flotilla
