#pragma once

#include <memory>

#include "agents/memory/memory.h"
#include "gateway/tool_source.h"

namespace flotilla::agents {

/// memory_store, memory_recall, memory_search: what agents remember of the caller; without the name
/// of an agent what the memory agent does.
std::shared_ptr<gateway::ToolSource> make_memory_tools(Memory& memory);

}  // namespace flotilla::agents
