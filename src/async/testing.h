#pragma once

#include <gtest/gtest.h>

#include "async/async.h"

/// `ASYNC_TEST(Suite, what_holds) { … co_await …; }` runs its body as a coroutine on a fresh loop.
/// It fails when the body throws, takes over 5 s, or leaves work behind on the loop. gtest's
/// ASSERT_* return and do not compile here: use EXPECT_*, or CO_ASSERT_* to stop.
#define ASYNC_TEST(Suite, name)                                   \
  static ::flotilla::Async<> Suite##_##name##_body();             \
  TEST(Suite, name) {                                             \
    ::flotilla::testing::run_async_test(Suite##_##name##_body()); \
  }                                                               \
  static ::flotilla::Async<> Suite##_##name##_body()

/// Inside a coroutine: fails the test and leaves the coroutine.
#define CO_ASSERT_TRUE(condition)     \
  if (static_cast<bool>(condition)) { \
  } else {                            \
    ADD_FAILURE() << #condition;      \
    co_return;                        \
  }
#define CO_ASSERT_FALSE(condition) CO_ASSERT_TRUE(!(condition))
#define CO_ASSERT_EQ(a, b) \
  EXPECT_EQ(a, b);         \
  if (::testing::Test::HasFailure()) co_return
/// For Result: shows the error's message.
#define CO_ASSERT_OK(result)                                        \
  if (result) {                                                     \
  } else {                                                          \
    ADD_FAILURE() << #result << ": " << (result).error().message(); \
    co_return;                                                      \
  }

namespace flotilla::testing {

void run_async_test(Async<> body);

/// Lets everything that is ready on this loop run once: after it, coroutines are parked.
Async<> settle();

}  // namespace flotilla::testing

#include "async/testing_internal.h"
