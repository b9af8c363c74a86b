#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "async/testing.h"

namespace flotilla::testing {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FLOTILLA_TEST_SLOWDOWN 6
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FLOTILLA_TEST_SLOWDOWN 6
#endif
#endif
#ifndef FLOTILLA_TEST_SLOWDOWN
#define FLOTILLA_TEST_SLOWDOWN 1
#endif
inline constexpr std::chrono::seconds kTestLimit{5 * FLOTILLA_TEST_SLOWDOWN};
/// What other threads may still need to hand back their last results.
inline constexpr std::chrono::milliseconds kWindDown{200 * FLOTILLA_TEST_SLOWDOWN};

inline void report(const std::exception_ptr& exception) {
  if (!exception) return;
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    ADD_FAILURE() << "the body threw: " << error.what();
  } catch (...) {
    ADD_FAILURE() << "the body threw something that is no std::exception";
  }
}

inline void run_async_test(Async<> body) {
  boost::asio::io_context context{1};
  bool done = false;
  std::exception_ptr failure;
  auto on_end = [&](std::exception_ptr e) {
    done = true;
    failure = std::move(e);
  };
  boost::asio::co_spawn(context, std::move(body), on_end);
  const auto limit = std::chrono::steady_clock::now() + kTestLimit;
  while (!done && context.run_one_until(limit) > 0) {
  }
  report(failure);
  if (!done) {
    ADD_FAILURE() << "not done after " << kTestLimit.count() << " s";
    return;
  }
  context.run_for(kWindDown);
  if (!context.stopped()) ADD_FAILURE() << "the test left work behind on its loop";
}

inline Async<> settle() {
  // Each round lets one more step of every ready chain run.
  for (int round = 0; round < 32; ++round) {
    co_await boost::asio::post(boost::asio::use_awaitable);
  }
}

}  // namespace flotilla::testing
