#include "async/task_group.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <list>
#include <utility>

#include "async/event.h"
#include "async/park_internal.h"
#include "base/assert.h"

namespace flotilla {

struct TaskGroup::State {
  explicit State(Executor on) : executor(on), idle(std::move(on)) {}

  using Signals = std::list<boost::asio::cancellation_signal>;

  Executor executor;
  Signals signals;  // one for each live child
  bool cancelled = false;
  std::exception_ptr failure;
  Notifier idle;

  Async<> run(Async<> child) {
    if (cancelled) co_return;
    co_await std::move(child);
  }
  void cancel() {
    cancelled = true;
    for (auto it = signals.begin(); it != signals.end();) {
      auto current = it++;
      current->emit(boost::asio::cancellation_type::terminal);
    }
  }
  void finish(Signals::iterator child, const std::exception_ptr& exception) {
    signals.erase(child);
    if (exception && !failure && !internal::is_aborted(exception)) {
      failure = exception;
      cancel();
    }
    if (signals.empty()) idle.notify_all();
  }
};

TaskGroup::TaskGroup(Executor executor) : state_(std::make_unique<State>(std::move(executor))) {}

TaskGroup::~TaskGroup() {
  FLOTILLA_ASSERT(state_->signals.empty(), "the owner of a TaskGroup awaits join()");
}

void TaskGroup::spawn(Async<> child) {
  State* state = state_.get();
  auto signal = state->signals.emplace(state->signals.end());
  auto finish = [state, signal](const std::exception_ptr& e) { state->finish(signal, e); };
  boost::asio::co_spawn(state->executor, state->run(std::move(child)),
                        boost::asio::bind_cancellation_slot(signal->slot(), std::move(finish)));
}

void TaskGroup::cancel() {
  state_->cancel();
}

Async<> TaskGroup::join() {
  bool aborted = false;
  while (!state_->signals.empty()) {
    bool interrupted = false;
    try {
      co_await state_->idle.wait();
    } catch (const boost::system::system_error&) {
      interrupted = true;
    }
    if (!interrupted) continue;
    aborted = true;
    state_->cancel();
    // The children end first: further waits here must not throw for the same cancellation.
    co_await boost::asio::this_coro::throw_if_cancelled(false);
  }
  if (aborted) {
    co_await boost::asio::this_coro::throw_if_cancelled(true);
    internal::throw_aborted();
  }
  if (state_->failure) std::rethrow_exception(std::exchange(state_->failure, nullptr));
}

std::size_t TaskGroup::size() const {
  return state_->signals.size();
}

}  // namespace flotilla
