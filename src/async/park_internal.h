#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <optional>

#include "async/async.h"

namespace flotilla::internal {

/// A suspended coroutine; called, it goes on.
using Resume = boost::asio::async_result<boost::asio::use_awaitable_t<>, void()>::handler_type;

/// Lets the coroutine go on from its own executor's queue, never inside the caller.
void post_resume(Resume resume);

[[noreturn]] void throw_aborted();
/// Whether an exception is the unwinding of a cancelled coroutine.
bool is_aborted(const std::exception_ptr& exception);

/// Awaits `work`, keeps what it threw, and switches off throwing for this coroutine. All work that
/// is spawned with a cancellation slot goes through here: co_spawn of Asio 1.26 awaits once more
/// after the body has ended, and when the body was cancelled without ever having suspended, that
/// await throws past the completion handler, which is then never called. `failure` outlives it; the
/// exception is let go on this thread before the end is told, so that it may cross to another.
Async<> run_to_end(Async<> work, std::exception_ptr& failure);

/// Suspends the caller and hands its continuation to `store`.
template <class Store>
Async<> park(Store store) {
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void()>(
      store, boost::asio::use_awaitable);
}

/// One parked coroutine in a WaitList; lives in the frame that waits.
struct Waiter {
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  std::optional<Resume> resume;
  bool aborted = false;
  bool linked = false;
  Waiter* previous = nullptr;
  Waiter* next = nullptr;
};

/// First come, first served, without allocation. The owner locks where threads meet.
class WaitList {
 public:
  void push(Waiter& waiter);
  void remove(Waiter& waiter);
  Waiter* pop();  // null when empty
  [[nodiscard]] bool empty() const { return head_ == nullptr; }

 private:
  Waiter* head_ = nullptr;
  Waiter* tail_ = nullptr;
};

/// Takes the continuation out, so that it can be posted once the owner's lock is released: after
/// that the waiter may be gone.
Resume take(Waiter& waiter);

}  // namespace flotilla::internal
