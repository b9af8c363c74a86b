#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace flotilla {

/// The coroutine type of the whole house (references: docs/architecture.md section 9). A coroutine
/// runs on the loop it was started on; cancelling it makes its pending wait throw
/// boost::system::system_error(operation_aborted), which only fences catch.
template <class T = void>
using Async = boost::asio::awaitable<T>;
using Executor = boost::asio::any_io_executor;

}  // namespace flotilla
