#pragma once

#include <cstdint>
#include <string>

#include "app/cli/client_config.h"
#include "app/cli/exit_code.h"
#include "app/cli/io.h"
#include "app/cli/output.h"

namespace flotilla::app {

struct LogsOptions {
  ClientFlags client;
  std::string task;
  bool follow = false;
  std::uint64_t after = 0;  // the seq of the last event that is not wanted
  Format format = Format::human;
};

/// `flotilla logs`: the journal of a task. Following goes on over restarts of the server and ends
/// with the task, whose outcome is the exit status.
Exit logs(const LogsOptions& options, Io& io);

/// What happened, in one line.
std::string describe_event(const json::Value& event);

}  // namespace flotilla::app
