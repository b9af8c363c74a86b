#pragma once

#include <string>
#include <vector>

#include "core/tool_server.h"
#include "gateway/mcp/inventory.h"
#include "gateway/mcp/pins.h"
#include "mcp/client.h"

namespace flotilla::gateway {

/// What a server said it has.
struct Discovered {
  json::Array tools;
  json::Array prompts;
  json::Array resources;
  json::Array templates;
};
Async<Result<Discovered>> discover(mcp::Client& client, Duration timeout);

/// What of it is offered: allowed tools, renamed, prefixed, and as they were pinned.
struct Admitted {
  InventoryPtr inventory;
  std::vector<core::ToolServerTool> tools;  // for the status
  std::vector<core::QuarantinedTool> quarantined;
  Pins::Hashes new_pins;  // tools never seen before
  Pins::Hashes offered;   // every allowed tool's hash
};
Admitted admit(const core::Resource& resource, const core::ToolServerSpec& spec,
               Discovered discovered, const Pins::Hashes& pins);

}  // namespace flotilla::gateway
