#pragma once

#include <cstdint>

#include "a2a/types.h"
#include "app/cli/io.h"
#include "base/error.h"

namespace flotilla::app {

/// Exit status of every command (docs/architecture.md section 4).
enum class Exit : std::uint8_t {
  done = 0,
  error = 1,
  usage = 2,
  failed = 3,  // the task failed or was rejected
  canceled = 4,
  waiting = 5,      // the task waits for input or authorization
  unreachable = 6,  // or cut
  not_found = 7,
  not_permitted = 8,
};

Exit exit_of(const Error& error);
/// Of a task that was waited for: one that still works was cut off.
Exit exit_of(a2a::TaskState state);

/// Says on `err` what went wrong, each faulty field on a line, and gives the exit status.
Exit report(const Error& error, Io& io);

}  // namespace flotilla::app
