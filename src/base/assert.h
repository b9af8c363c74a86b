#pragma once

namespace flotilla::internal {
[[noreturn]] void assertion_failed(const char* condition, const char* why, const char* file,
                                   int line);
}  // namespace flotilla::internal

/// For our own invariants, on in release builds too: prints and aborts. Never for input.
#define FLOTILLA_ASSERT(condition, why)                                                 \
  do {                                                                                  \
    if (!(condition)) [[unlikely]]                                                      \
      ::flotilla::internal::assertion_failed(#condition, why, __FILE_NAME__, __LINE__); \
  } while (false)
