#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "async/async.h"
#include "async/event.h"
#include "base/result.h"
#include "core/limits.h"

namespace flotilla::core {

/// The mailbox between who hands out committed events (any thread) and one reader. Bounded by
/// kMaxQueuedEvents and kMaxQueuedBytes: a reader that falls too far behind is cut off, its cursor
/// stays good. `mailbox_bytes(const T&)` (found by ADL) is what an event occupies.
template <class T>
class BasicMailbox {
 public:
  using Item = std::shared_ptr<const T>;

  /// Called in the order of the events. False when the mailbox is done with.
  bool deliver(const Item& event) { return deliver(std::span(&event, 1)); }
  bool deliver(std::span<const Item> events);
  /// No event will follow, or only this error.
  void close(std::optional<Error> error);
  /// Waits for events; empty at the end.
  Async<Result<std::vector<Item>>> receive();

 private:
  struct Taken {
    std::vector<Item> events;
    std::optional<Error> error;
  };
  bool add(const Item& event);
  std::optional<Taken> take();
  void wake();

  std::mutex mutex_;
  std::vector<Item> queue_;
  std::size_t queued_bytes_ = 0;
  bool closed_ = false;
  std::optional<Error> error_;
  std::optional<OneShot<bool>::Setter> waiter_;
};

template <class T>
bool BasicMailbox<T>::deliver(std::span<const Item> events) {
  std::lock_guard lock(mutex_);
  if (closed_) return false;
  for (const auto& event : events)
    if (!add(event)) break;
  wake();
  return !closed_;
}

template <class T>
bool BasicMailbox<T>::add(const Item& event) {
  queued_bytes_ += mailbox_bytes(*event);
  if (queue_.size() < kMaxQueuedEvents && (queued_bytes_ <= kMaxQueuedBytes || queue_.empty())) {
    queue_.push_back(event);
    return true;
  }
  queue_.clear();
  queue_.shrink_to_fit();
  closed_ = true;
  error_ = Error(Code::resource_exhausted, reason::kSlowReader,
                 "the reader fell too far behind; resume from the last cursor received");
  return false;
}

template <class T>
void BasicMailbox<T>::close(std::optional<Error> error) {
  std::lock_guard lock(mutex_);
  if (closed_) return;
  closed_ = true;
  error_ = std::move(error);
  wake();
}

template <class T>
void BasicMailbox<T>::wake() {
  if (!waiter_) return;
  waiter_->set(true);
  waiter_.reset();
}

template <class T>
std::optional<typename BasicMailbox<T>::Taken> BasicMailbox<T>::take() {
  Taken taken;
  if (!queue_.empty()) {
    taken.events = std::exchange(queue_, {});
    queued_bytes_ = 0;
    return taken;
  }
  if (!closed_) return std::nullopt;
  taken.error = std::exchange(error_, std::nullopt);
  return taken;
}

template <class T>
Async<Result<std::vector<typename BasicMailbox<T>::Item>>> BasicMailbox<T>::receive() {
  for (;;) {
    OneShot<bool> signal;
    {
      std::lock_guard lock(mutex_);
      if (auto taken = take()) {
        if (taken->error) co_return fail(std::move(*taken->error));
        co_return std::move(taken->events);
      }
      waiter_ = signal.setter();
    }
    std::ignore = co_await signal.wait();  // only a wake-up: the state is looked at again
  }
}

}  // namespace flotilla::core
