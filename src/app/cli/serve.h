#pragma once

#include <string>
#include <vector>

#include "app/cli/exit_code.h"
#include "app/cli/io.h"
#include "app/cli/output.h"
#include "app/serve_config.h"
#include "base/config.h"
#include "base/result.h"

namespace flotilla::app {

/// Flags as they were given, over `FLOTILLA_*` variables, over the file that `--config` or
/// `FLOTILLA_CONFIG` names. `keys` holds a reference to the ServeConfig that is filled in.
Result<> resolve_serve_config(config::Registry& keys, const std::vector<config::Entry>& flags,
                              const Io& io);

/// `flotilla serve`: until SIGTERM or SIGINT.
Exit serve(const std::vector<config::Entry>& flags, Io& io);

/// `flotilla config`: every key of the server with its value and where that comes from.
Exit show_config(const std::vector<config::Entry>& flags, Format format, Io& io);

}  // namespace flotilla::app
