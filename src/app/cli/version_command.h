#pragma once

#include "app/cli/client_config.h"
#include "app/cli/exit_code.h"
#include "app/cli/output.h"

namespace flotilla::app {

struct VersionOptions {
  ClientFlags client;
  bool client_only = false;
  Format format = Format::human;
};

/// `flotilla version`: of this program and, when it answers, of the server.
Exit show_version(const VersionOptions& options, Io& io);

}  // namespace flotilla::app
