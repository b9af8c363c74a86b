#pragma once

#include <string>

#include "app/cli/client_config.h"
#include "app/cli/exit_code.h"
#include "app/cli/io.h"

namespace flotilla::app {

struct McpOptions {
  ClientFlags client;
  std::string profile;  // of the catalogue
};

/// `flotilla mcp`: an MCP server on standard input and output, which is the server's `/mcp`.
Exit mcp_bridge(const McpOptions& options, Io& io);

}  // namespace flotilla::app
