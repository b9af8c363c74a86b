#pragma once

#include <cstdint>
#include <string>

#include "app/cli/list.h"

namespace flotilla::app {

struct TaskStepsOptions {
  ListOptions list;
  std::string name;  // the task's id
};

struct TaskAgainOptions {
  ClientFlags client;
  std::string name;  // the task's id
  Format format = Format::human;
  std::int64_t step = 0;  // of a fork
  std::string message;    // of a fork; empty: none
};

/// `flotilla tasks steps|retry|fork|replay`, over the native API. Those that make a task print it
/// and return at once: `tasks get`, `logs` and `chat` show what becomes of it.
Exit list_steps(const TaskStepsOptions& options, Io& io);
Exit retry_task(const TaskAgainOptions& options, Io& io);
Exit fork_task(const TaskAgainOptions& options, Io& io);
Exit replay_task(const TaskAgainOptions& options, Io& io);

}  // namespace flotilla::app
