#pragma once

#include <expected>
#include <utility>

#include "base/error.h"

namespace flotilla {

/// What a call that may fail returns: a value or one Error. [[nodiscard]] because a dropped
/// std::expected is silent in the standard library in use.
template <class T = void>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};

/// Turns an Error into any Result: `return fail(Error(...))`.
inline std::unexpected<Error> fail(Error error) {
  return std::unexpected<Error>(std::move(error));
}

/// The success of a Result<> (in a coroutine: `co_return ok();`).
inline Result<> ok() {
  return Result<>{};
}

}  // namespace flotilla

#define FLOTILLA_CONCAT_(a, b) a##b
#define FLOTILLA_CONCAT(a, b) FLOTILLA_CONCAT_(a, b)

#define FLOTILLA_TRY_(tmp, var, expr, ret)                \
  auto tmp = (expr);                                      \
  if (!tmp) ret ::flotilla::fail(std::move(tmp.error())); \
  auto var = std::move(*tmp)

#define FLOTILLA_TRY_VOID_(tmp, expr, ret) \
  if (auto tmp = (expr); !tmp) ret ::flotilla::fail(std::move(tmp.error()))

/// `TRY(x, f())` declares x with the value of f() or returns its error.
#define TRY(var, expr) FLOTILLA_TRY_(FLOTILLA_CONCAT(try_, __COUNTER__), var, expr, return)
#define TRY_VOID(expr) FLOTILLA_TRY_VOID_(FLOTILLA_CONCAT(try_, __COUNTER__), expr, return)
/// The same inside a coroutine: `CO_TRY(x, co_await f())`.
#define CO_TRY(var, expr) FLOTILLA_TRY_(FLOTILLA_CONCAT(try_, __COUNTER__), var, expr, co_return)
#define CO_TRY_VOID(expr) FLOTILLA_TRY_VOID_(FLOTILLA_CONCAT(try_, __COUNTER__), expr, co_return)
