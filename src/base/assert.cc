#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace flotilla::internal {

void assertion_failed(const char* condition, const char* why, const char* file, int line) {
  std::fprintf(stderr, "flotilla: %s:%d: assertion failed: %s (%s)\n", file, line, condition, why);
  std::abort();
}

}  // namespace flotilla::internal
