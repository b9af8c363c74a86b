#include "async/event.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/post.hpp>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "async/park_internal.h"

namespace flotilla {

using internal::Resume;
using internal::Waiter;

namespace internal {

Async<> OneShotCore::wait() {
  if (status() == Status::pending) {
    auto store_resume = [this](Resume resume) { store(std::move(resume)); };
    co_await park(store_resume);
  }
  const Status end = status();
  if (end == Status::pending) throw_aborted();
  if (end == Status::broken) throw std::runtime_error("the other side went away without an answer");
}

OneShotCore::Status OneShotCore::status() {
  const std::lock_guard lock(mutex_);
  return status_;
}

void OneShotCore::store(Resume resume) {
  auto slot = boost::asio::get_associated_cancellation_slot(resume);
  if (slot.is_connected()) slot.assign([this](boost::asio::cancellation_type) { cancel(); });
  {
    const std::lock_guard lock(mutex_);
    if (status_ == Status::pending) {
      waiter_.emplace(std::move(resume));
      return;
    }
  }
  post_resume(std::move(resume));
}

void OneShotCore::settle(Status status) {
  std::unique_lock lock(mutex_);
  status_ = status;
  wake(std::move(lock));
}

void OneShotCore::cancel() {
  wake(std::unique_lock(mutex_));
}

void OneShotCore::wake(std::unique_lock<std::mutex> lock) {
  if (!waiter_) return;
  Resume resume = std::move(*waiter_);
  waiter_.reset();
  lock.unlock();
  post_resume(std::move(resume));
}

void OneShotCore::publish() {
  settle(Status::set);
}

void OneShotCore::drop_setter() {
  if (setters_.fetch_sub(1, std::memory_order_acq_rel) == 1 && claim()) settle(Status::broken);
}

}  // namespace internal

struct Notifier::State {
  Executor executor;
  internal::WaitList waiters;

  void store(Waiter& waiter, Resume resume) {
    auto slot = boost::asio::get_associated_cancellation_slot(resume);
    if (slot.is_connected()) {
      slot.assign([this, &waiter](boost::asio::cancellation_type) { cancel(waiter); });
    }
    waiter.resume.emplace(std::move(resume));
    waiters.push(waiter);
  }
  void cancel(Waiter& waiter) {
    if (!waiter.linked) return;
    waiters.remove(waiter);
    waiter.aborted = true;
    internal::post_resume(internal::take(waiter));
  }
  void wake_all(bool aborted) {
    while (Waiter* waiter = waiters.pop()) {
      waiter->aborted = aborted;
      internal::post_resume(internal::take(*waiter));
    }
  }
};

Notifier::Notifier(Executor executor)
    : state_(std::make_shared<State>(State{std::move(executor), {}})) {}

Notifier::~Notifier() {
  state_->wake_all(true);
}

Async<> Notifier::wait() {
  auto state = state_;
  Waiter waiter;
  auto store = [&state, &waiter](Resume resume) { state->store(waiter, std::move(resume)); };
  co_await internal::park(store);
  if (waiter.aborted) internal::throw_aborted();
}

void Notifier::notify_one() {
  Waiter* waiter = state_->waiters.pop();
  if (waiter != nullptr) internal::post_resume(internal::take(*waiter));
}

void Notifier::notify_all() {
  state_->wake_all(false);
}

void Notifier::post_notify_all() {
  boost::asio::post(state_->executor, [state = state_] { state->wake_all(false); });
}

struct AsyncMutex::State {
  std::mutex mutex;
  bool locked = false;
  internal::WaitList waiters;

  bool try_lock() {
    const std::lock_guard lock(mutex);
    return !std::exchange(locked, true);
  }
  void store(Waiter& waiter, Resume resume) {
    auto slot = boost::asio::get_associated_cancellation_slot(resume);
    if (slot.is_connected()) {
      slot.assign([this, &waiter](boost::asio::cancellation_type) { cancel(waiter); });
    }
    {
      const std::lock_guard lock(mutex);
      if (std::exchange(locked, true)) {
        waiter.resume.emplace(std::move(resume));
        waiters.push(waiter);
        return;
      }
    }
    internal::post_resume(std::move(resume));
  }
  void cancel(Waiter& waiter) {
    std::unique_lock lock(mutex);
    if (!waiter.linked) return;  // it owns the lock already and will find out
    waiters.remove(waiter);
    waiter.aborted = true;
    Resume resume = internal::take(waiter);
    lock.unlock();
    internal::post_resume(std::move(resume));
  }
  void unlock() {
    std::unique_lock lock(mutex);
    Waiter* next = waiters.pop();
    if (next == nullptr) {
      locked = false;
      return;
    }
    Resume resume = internal::take(*next);  // ownership passes on: `locked` stays true
    lock.unlock();
    internal::post_resume(std::move(resume));
  }
  void abort_all() {
    const std::lock_guard lock(mutex);
    while (Waiter* waiter = waiters.pop()) {
      waiter->aborted = true;
      internal::post_resume(internal::take(*waiter));
    }
  }
};

AsyncMutex::AsyncMutex() : state_(std::make_shared<State>()) {}

AsyncMutex::~AsyncMutex() {
  state_->abort_all();
}

Async<AsyncMutex::Guard> AsyncMutex::lock() {
  auto state = state_;
  if (!state->try_lock()) {
    Waiter waiter;
    auto store = [&state, &waiter](Resume resume) { state->store(waiter, std::move(resume)); };
    co_await internal::park(store);
    if (waiter.aborted) internal::throw_aborted();
  }
  co_return Guard(std::move(state));
}

AsyncMutex::Guard::Guard(std::shared_ptr<State> state) : state_(std::move(state)) {}
AsyncMutex::Guard::Guard(Guard&& other) noexcept = default;
AsyncMutex::Guard::~Guard() {
  if (state_) state_->unlock();
}

}  // namespace flotilla
