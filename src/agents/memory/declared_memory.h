#pragma once

#include <string_view>
#include <vector>

#include "agents/memory/memory.h"
#include "llm/types.h"

/// The memory tools of a declarative agent (`spec.declarative.memory`), as kagent names them.
namespace flotilla::agents {

/// save_memory {content}, load_memory {query}.
std::vector<llm::Tool> memory_call_tools();
bool is_memory_call(std::string_view tool);
/// Both may be made again after a crash: the same content is the same item, so the loop marks their
/// intents repeatable. What is wrong with the arguments, or fails, is a result with isError; only
/// cancellation throws.
Async<llm::ToolResult> call_memory(Memory& memory, MemoryScope scope, Duration ttl,
                                   Embedder embedder, llm::ToolCall call);

}  // namespace flotilla::agents
