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

/// Touched on the other loop only, once it has begun.
struct Remote {
  boost::asio::cancellation_signal signal;
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
  OneShot<std::exception_ptr> ended;
  auto on_end = [remote, setter = ended.setter()](std::exception_ptr e) mutable {
    setter.set(std::move(e));
  };
  boost::asio::co_spawn(
      executor, internal::run_to_end(std::move(work)),
      boost::asio::bind_cancellation_slot(remote->signal.slot(), std::move(on_end)));
  bool aborted = false;
  std::optional<std::exception_ptr> end;
  while (!end) {
    try {
      end = co_await ended.wait();
    } catch (const boost::system::system_error&) {
      aborted = true;
      boost::asio::post(
          executor, [remote] { remote->signal.emit(boost::asio::cancellation_type::terminal); });
    }
    if (!end) co_await boost::asio::this_coro::throw_if_cancelled(false);
  }
  if (aborted) co_await boost::asio::this_coro::throw_if_cancelled(true);
  if (*end) std::rethrow_exception(*end);
}

}  // namespace flotilla
