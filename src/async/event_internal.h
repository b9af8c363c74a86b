#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "async/event.h"
#include "async/park_internal.h"

namespace flotilla {
namespace internal {

/// OneShot without its value. The mutex is held for a few instructions on either side.
class OneShotCore {
 public:
  OneShotCore() = default;
  OneShotCore(const OneShotCore&) = delete;
  OneShotCore& operator=(const OneShotCore&) = delete;

  /// Returns once published; may be repeated after it threw operation_aborted.
  Async<> wait();
  /// True for the first who sets: only that one stores the value and publishes.
  bool claim() { return !claimed_.exchange(true, std::memory_order_relaxed); }
  void publish();
  void add_setter() { setters_.fetch_add(1, std::memory_order_relaxed); }
  /// The last setter to go breaks a OneShot that nobody set.
  void drop_setter();

 private:
  enum class Status : std::uint8_t { pending, set, broken };
  [[nodiscard]] Status status();
  void settle(Status status);
  void store(Resume resume);
  void cancel();
  void wake(std::unique_lock<std::mutex> lock);

  std::mutex mutex_;
  Status status_ = Status::pending;
  std::atomic<bool> claimed_{false};
  std::atomic<std::uint32_t> setters_{0};
  std::optional<Resume> waiter_;
};

}  // namespace internal

template <class T>
struct OneShot<T>::State : internal::OneShotCore {
  std::optional<T> value;
};

/// Copyable handle; thread-safe. The first set() counts, others are dropped.
template <class T>
class OneShot<T>::Setter {
 public:
  Setter(const Setter& other) : state_(other.state_) {
    if (state_) state_->add_setter();
  }
  Setter(Setter&& other) noexcept = default;
  Setter& operator=(Setter other) noexcept {
    state_.swap(other.state_);
    return *this;
  }
  ~Setter() {
    if (state_) state_->drop_setter();
  }

  void set(T value) {
    if (!state_->claim()) return;
    state_->value.emplace(std::move(value));
    state_->publish();
  }

 private:
  friend class OneShot;
  explicit Setter(std::shared_ptr<State> state) : state_(std::move(state)) { state_->add_setter(); }
  std::shared_ptr<State> state_;
};

template <class T>
OneShot<T>::OneShot() : state_(std::make_shared<State>()) {}

template <class T>
typename OneShot<T>::Setter OneShot<T>::setter() {
  return Setter(state_);
}

template <class T>
Async<T> OneShot<T>::wait() {
  auto state = state_;
  co_await state->wait();
  co_return std::move(*state->value);
}

template <class T>
Channel<T>::Channel(Executor executor, std::size_t limit)
    : limit_(limit), not_full_(executor), not_empty_(std::move(executor)) {}

template <class T>
Async<bool> Channel<T>::send(T value) {
  while (!closed_ && queue_.size() >= limit_) {
    co_await not_full_.wait();
  }
  co_return try_send(std::move(value));
}

template <class T>
bool Channel<T>::try_send(T&& value) {
  if (closed_ || queue_.size() >= limit_) return false;
  queue_.push_back(std::move(value));
  not_empty_.notify_one();
  return true;
}

template <class T>
Async<std::optional<T>> Channel<T>::receive() {
  while (queue_.empty() && !closed_) {
    co_await not_empty_.wait();
  }
  std::optional<T> value;
  if (!queue_.empty()) {
    value.emplace(std::move(queue_.front()));
    queue_.pop_front();
    not_full_.notify_one();
  }
  co_return value;
}

template <class T>
void Channel<T>::close() {
  closed_ = true;
  not_full_.notify_all();
  not_empty_.notify_all();
}

}  // namespace flotilla
