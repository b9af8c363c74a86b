#include "async/blocking_pool.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"

namespace flotilla {
namespace {
constexpr Log kLog("async");
}  // namespace

struct BlockingPool::State {
  std::string name;
  std::size_t limit;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::move_only_function<void()>> queue;
  bool stopping = false;
  std::size_t most = 0;
  std::size_t idle = 0;
  std::vector<std::thread> threads;  // begun when they are needed

  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      ++idle;
      wake.wait(lock, [this] { return stopping || !queue.empty(); });
      --idle;
      if (stopping) return;
      auto job = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      job();
      job = nullptr;  // what it owns dies outside the lock
      lock.lock();
    }
  }
};

BlockingPool::BlockingPool(std::string name, std::size_t threads, std::size_t queue_limit)
    : state_(std::make_unique<State>()) {
  state_->name = std::move(name);
  state_->limit = queue_limit;
  state_->most = threads;
}

BlockingPool::~BlockingPool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
}

bool BlockingPool::post(std::move_only_function<void()> work) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopping || state_->queue.size() >= state_->limit) return false;
    state_->queue.push_back(std::move(work));
    // The idle may be on their way to work that was queued before.
    if (state_->idle < state_->queue.size() && state_->threads.size() < state_->most)
      state_->threads.emplace_back([state = state_.get()] { state->work(); });
  }
  state_->wake.notify_one();
  return true;
}

Error BlockingPool::full() const {
  return Error(Code::resource_exhausted,
               "too many calls wait for the " + state_->name + " threads; try again in a moment");
}

Error BlockingPool::crashed() const {
  std::string what = "unknown exception";
  try {
    throw;
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
  }
  kLog.error("a blocking call threw", {{"pool", state_->name}, {"what", what}});
  return Error(Code::internal, "a call on the " + state_->name + " threads failed unexpectedly");
}

}  // namespace flotilla
