#include "async/spawn.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <memory>
#include <utility>

#include "async/event.h"
#include "async/park_internal.h"
#include "base/log.h"

namespace flotilla {
namespace {

constexpr Log kLog("async");

void log_escaped(const std::exception_ptr& exception) {
  if (!exception || internal::is_aborted(exception)) return;
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    kLog.error("a coroutine ended with an exception", {{"what", error.what()}});
  } catch (...) {
    kLog.error("a coroutine ended with an unknown exception");
  }
}

struct Remote {
  boost::asio::cancellation_signal signal;  // touched on the other loop only, once it has begun
  std::exception_ptr failure;               // written before the end is told, read after
};

}  // namespace

void spawn_detached(Executor executor, Async<> root) {
  boost::asio::co_spawn(executor, std::move(root), log_escaped);
}

Async<> switch_to(Executor executor) {
  co_await boost::asio::post(boost::asio::bind_executor(executor, boost::asio::use_awaitable));
}

Async<> run_on(Executor executor, Async<> work) {
  auto remote = std::make_shared<Remote>();  // shared with a cancellation on its way
  OneShot<bool> ended;
  auto on_end = [remote, setter = ended.setter()](const std::exception_ptr&) mutable {
    setter.set(true);
  };
  boost::asio::co_spawn(
      executor, internal::run_to_end(std::move(work), remote->failure),
      boost::asio::bind_cancellation_slot(remote->signal.slot(), std::move(on_end)));
  bool aborted = false;
  bool live = true;
  while (live) {
    try {
      live = !(co_await ended.wait());
    } catch (const boost::system::system_error&) {
      aborted = true;
      boost::asio::post(
          executor, [remote] { remote->signal.emit(boost::asio::cancellation_type::terminal); });
    }
    if (live) co_await boost::asio::this_coro::throw_if_cancelled(false);
  }
  if (aborted) co_await boost::asio::this_coro::throw_if_cancelled(true);
  if (remote->failure) std::rethrow_exception(std::exchange(remote->failure, nullptr));
}

}  // namespace flotilla
