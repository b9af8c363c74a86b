#pragma once

#include <optional>
#include <string>

#include "async/clock.h"
#include "mcp/conformance_tasks_internal.h"
#include "mcp/handler.h"

/// What the tools, prompts and resources of conformance mode answer. Each takes what is its own and
/// leaves the rest: nullopt.
namespace flotilla::mcp {

Reply tool_text(std::string text);

/// Tools that just answer.
std::optional<Reply> plain_tool(const CallTool& request);
/// Tools that ask the client.
std::optional<Reply> asking_tool(const Caller& caller, const CallTool& request);
/// Tools that become tasks.
std::optional<Reply> task_tool(const Caller& caller, const CallTool& request,
                               ConformanceTasks& tasks);
/// How long a tool works for a client without tasks.
std::optional<Duration> waiting_tool(const CallTool& request);
/// Tools that tell something before they answer; not_found for an unknown tool.
Async<Result<Reply>> telling_tool(Exchange& exchange, CallTool request, Clock& clock);

std::optional<json::Object> resource_contents(const std::string& uri);
Result<Reply> prompt(const Caller& caller, const GetPrompt& request);

}  // namespace flotilla::mcp
