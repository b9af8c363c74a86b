#pragma once

#include <boost/system/system_error.hpp>
#include <stdexcept>
#include <utility>

#include "async/blocking_pool.h"
#include "async/event.h"

namespace flotilla {

template <class T>
Async<Result<T>> BlockingPool::run(std::move_only_function<Result<T>()> work) {
  OneShot<Result<T>> answer;
  auto job = [this, setter = answer.setter(), work = std::move(work)]() mutable {
    try {
      setter.set(work());
    } catch (...) {
      setter.set(fail(crashed()));
    }
  };
  if (!post(std::move(job))) co_return fail(full());
  // A pool that goes away drops its queue; whoever still waits then learns it as an error.
  try {
    co_return co_await answer.wait();
  } catch (const std::runtime_error& error) {
    if (dynamic_cast<const boost::system::system_error*>(&error) != nullptr) throw;
  }
  co_return fail(Error(Code::unavailable, "the worker threads are shutting down"));
}

}  // namespace flotilla
