#pragma once

#include <string>

#include "app/cli/list.h"

namespace flotilla::app {

struct TaskListOptions {
  ListOptions list;
  std::string agent;
  std::string state;  // as `tasks list` shows it: working, input-required, …
  std::string context_id;
  std::string session;
};

struct TaskOptions {
  ClientFlags client;
  std::string name;  // its id
  Format format = Format::human;
};

View task_view();

/// `flotilla tasks list|get|cancel`, over the native API.
Exit list_tasks(const TaskListOptions& options, Io& io);
Exit get_task(const TaskOptions& options, Io& io);
/// Done when the task is canceled now or was before.
Exit cancel_task(const TaskOptions& options, Io& io);

}  // namespace flotilla::app
