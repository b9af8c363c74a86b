#pragma once

#include <string>
#include <vector>

#include "app/cli/client_config.h"
#include "app/cli/exit_code.h"
#include "app/cli/io.h"
#include "app/cli/output.h"

namespace flotilla::app {

struct ToolServerOptions {
  ClientFlags client;
  std::string name;                // NAME or NAMESPACE/NAME of the server
  std::vector<std::string> tools;  // to approve; none: all
  std::string tool;                // to call
  std::string arguments = "{}";    // JSON
  Format format = Format::human;
};

/// `flotilla toolservers tools|approve|call`. Applying, listing and deleting them is what the
/// commands for all resources do.
Exit list_tools(const ToolServerOptions& options, Io& io);
Exit approve_tools(const ToolServerOptions& options, Io& io);
Exit call_tool(const ToolServerOptions& options, Io& io);

}  // namespace flotilla::app
