#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "async/async.h"
#include "base/result.h"

namespace flotilla::db::sqlite {

/// A coroutine that waits for a thread of the database. The thread only stores the result; the
/// continuation is touched on the waiter's own loop, so neither needs a lock. Where OneShot costs
/// a post and perhaps a system call for each waiter, these are woken by the group (Wakeups).
class Wakeup {
 public:
  explicit Wakeup(Executor loop) : loop_(std::move(loop)) {}
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;
  virtual ~Wakeup() = default;
  /// On the loop: the coroutine runs until it waits again.
  virtual void resume() = 0;
  [[nodiscard]] const Executor& loop() const { return loop_; }

 private:
  Executor loop_;
};

template <class T>
class Waiter final : public Wakeup {
 public:
  using Continuation =
      boost::asio::async_result<boost::asio::use_awaitable_t<>,
                                void(boost::system::error_code, Result<T>)>::handler_type;

  explicit Waiter(Continuation continuation)
      : Wakeup(boost::asio::get_associated_executor(continuation)),
        slot_(boost::asio::get_associated_cancellation_slot(continuation)),
        continuation_(std::move(continuation)) {
    if (slot_.is_connected())
      slot_.assign([this](boost::asio::cancellation_type /*any*/) { cancel(); });
  }

  void set(Result<T> result) { result_.emplace(std::move(result)); }

  void resume() override {
    if (!continuation_) return;  // cancelled; the result is dropped
    Continuation go_on = std::move(*continuation_);
    continuation_.reset();
    go_on(boost::system::error_code(), std::move(*result_));
  }

 private:
  void cancel() {
    if (!continuation_) return;
    auto abort = [go_on = std::move(*continuation_)]() mutable {
      go_on(boost::asio::error::operation_aborted, Result<T>());
    };
    continuation_.reset();
    boost::asio::post(loop(), std::move(abort));
    slot_.clear();  // a second signal may come when this object is gone; destroys the caller
  }

  boost::asio::cancellation_slot slot_;
  std::optional<Continuation> continuation_;
  std::optional<Result<T>> result_;
};

/// Suspends the caller and hands its waiter, with `arguments`, to `start`.
template <class T, class Start, class... Arguments>
Async<Result<T>> await_answer(Start start, Arguments... arguments) {
  auto initiate = [start](auto continuation, auto... rest) {
    start(std::make_unique<Waiter<T>>(std::move(continuation)), std::move(rest)...);
  };
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&,
                                     void(boost::system::error_code, Result<T>)>(
      initiate, boost::asio::use_awaitable, std::move(arguments)...);
}

/// Answered waiters of one group, woken with one post for each loop. One thread at a time.
class Wakeups {
 public:
  void add(std::unique_ptr<Wakeup> waiter);
  void flush();
  [[nodiscard]] bool empty() const { return groups_.empty(); }

 private:
  struct Group {
    Executor loop;
    std::vector<std::unique_ptr<Wakeup>> waiters;
  };
  std::vector<Group> groups_;
  // Held while posting, and taken by what is posted before it resumes anyone: what is resumed may
  // end the loop, which must not happen while this thread is still inside it.
  std::shared_ptr<std::mutex> posting_ = std::make_shared<std::mutex>();
};

/// Wakes a single one.
void wake(std::unique_ptr<Wakeup> waiter);

}  // namespace flotilla::db::sqlite
