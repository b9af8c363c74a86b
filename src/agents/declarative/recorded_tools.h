#pragma once

#include <memory>

#include "gateway/mcp/tool_servers.h"
#include "llm/cassette.h"

namespace flotilla::agents {

/// Tool servers in front of a cassette. Recording, what servers offer and what they answer goes
/// into it on its way; replaying, both come from it and no server is asked. Both arguments outlive
/// it; a cassette that replays does not touch `servers`.
std::unique_ptr<gateway::ToolServers> make_recorded_tools(llm::Cassette& cassette,
                                                          gateway::ToolServers& servers);

}  // namespace flotilla::agents
