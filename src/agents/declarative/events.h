#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "a2a/types.h"
#include "core/runner.h"
#include "llm/types.h"
#include "mcp/handler.h"

/// How a run looks from outside: messages that tell of calls and results, in plain A2A data parts
/// with the metadata that kagent's clients know (`kagent_type`).
namespace flotilla::agents {

/// Of an answer that asks for tools: its text, and a data part {name, id, args} for each call.
a2a::Message calls_message(core::Run& run, const llm::Message& answer);
/// Of results: a data part {name, id, response: {result}} each; long ones are cut.
a2a::Message result_message(core::Run& run, const llm::ToolResult& result,
                            const std::string& child);

/// Metadata of the event that ends a run: whose it was and what it used, under kagent's keys.
json::Object end_metadata(const core::TaskRow& row, const llm::Usage& usage);

/// What a tool server's reply tells the model.
llm::ToolResult to_result(const llm::ToolCall& call, mcp::Reply reply);
llm::ToolResult error_result(const llm::ToolCall& call, std::string text);

/// What a task of another agent came to, for the model that asked it.
llm::ToolResult task_result(const llm::ToolCall& call, const std::string& agent,
                            const a2a::Task& task);

/// At most so many bytes, cut between characters; says that it was cut.
std::string shortened(std::string text, std::size_t limit);
/// Broken UTF-8 becomes U+FFFD.
std::string well_formed(std::string text);

}  // namespace flotilla::agents
