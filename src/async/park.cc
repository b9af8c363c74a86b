#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <utility>

#include "async/park_internal.h"

namespace flotilla::internal {

void post_resume(Resume resume) {
  boost::asio::post(std::move(resume));
}

void throw_aborted() {
  throw boost::system::system_error(boost::asio::error::operation_aborted, "cancelled");
}

bool is_aborted(const std::exception_ptr& exception) {
  if (!exception) return false;
  try {
    std::rethrow_exception(exception);
  } catch (const boost::system::system_error& error) {
    return error.code() == boost::asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

Async<> run_to_end(Async<> work, std::exception_ptr& failure) {
  try {
    co_await std::move(work);
  } catch (...) {
    failure = std::current_exception();
  }
  co_await boost::asio::this_coro::throw_if_cancelled(false);
}

void WaitList::push(Waiter& waiter) {
  waiter.linked = true;
  waiter.next = nullptr;
  waiter.previous = tail_;
  (tail_ == nullptr ? head_ : tail_->next) = &waiter;
  tail_ = &waiter;
}

void WaitList::remove(Waiter& waiter) {
  (waiter.previous == nullptr ? head_ : waiter.previous->next) = waiter.next;
  (waiter.next == nullptr ? tail_ : waiter.next->previous) = waiter.previous;
  waiter.linked = false;
}

Waiter* WaitList::pop() {
  Waiter* first = head_;
  if (first != nullptr) remove(*first);
  return first;
}

Resume take(Waiter& waiter) {
  Resume resume = std::move(*waiter.resume);
  waiter.resume.reset();
  return resume;
}

}  // namespace flotilla::internal
