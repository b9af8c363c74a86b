#include "async/task_group.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <map>
#include <utility>
#include <vector>

#include "async/event.h"
#include "async/park_internal.h"
#include "base/assert.h"

namespace flotilla {

struct TaskGroup::State {
  explicit State(Executor on) : executor(on), idle(std::move(on)) {}

  struct Live {
    boost::asio::cancellation_signal signal;
    std::exception_ptr failure;
    bool begun = false;
    bool cancelled = false;
  };

  Executor executor;
  std::map<Child, Live> children;  // in the order of spawn(); a map's nodes stay where they are
  Child last_child = 0;
  bool cancelled = false;
  std::exception_ptr failure;
  Notifier idle;

  Async<> run(Live& self, Async<> work) {
    self.begun = true;
    if (cancelled || self.cancelled) co_return;
    co_await internal::run_to_end(std::move(work), self.failure);
  }
  void cancel(Live& child) {
    child.cancelled = true;
    // One that has not begun sees the flag; a signal would make co_spawn lose its end (see
    // run_to_end).
    if (child.begun) child.signal.emit(boost::asio::cancellation_type::terminal);
  }
  void cancel() {
    cancelled = true;
    for (auto& entry : children) cancel(entry.second);
  }
  void finish(Child child) {
    const std::exception_ptr exception = std::move(children.extract(child).mapped().failure);
    if (exception && !failure && !internal::is_aborted(exception)) {
      failure = exception;
      cancel();
    }
    if (children.empty()) idle.notify_all();
  }
};

TaskGroup::TaskGroup(Executor executor) : state_(std::make_unique<State>(std::move(executor))) {}

TaskGroup::~TaskGroup() {
  FLOTILLA_ASSERT(state_->children.empty(), "the owner of a TaskGroup awaits join()");
}

TaskGroup::Child TaskGroup::spawn(Async<> child) {
  State* state = state_.get();
  const Child id = ++state->last_child;
  State::Live& live = state->children[id];
  auto finish = [state, id](const std::exception_ptr&) { state->finish(id); };
  boost::asio::co_spawn(state->executor, state->run(live, std::move(child)),
                        boost::asio::bind_cancellation_slot(live.signal.slot(), std::move(finish)));
  return id;
}

void TaskGroup::cancel(Child child) {
  auto found = state_->children.find(child);
  if (found != state_->children.end()) state_->cancel(found->second);
}

void TaskGroup::cancel() {
  state_->cancel();
}

Async<> TaskGroup::join() {
  bool aborted = false;
  while (!state_->children.empty()) {
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
  return state_->children.size();
}

}  // namespace flotilla
