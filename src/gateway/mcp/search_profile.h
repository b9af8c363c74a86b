#pragma once

#include <string_view>
#include <variant>

#include "base/result.h"
#include "json/value.h"
#include "mcp/handler.h"

/// The tool diet: `/mcp?profile=search` shows two tools in place of all definitions. The model
/// finds what it needs by words and calls it by name, so a catalogue of hundreds costs no more than
/// two definitions of its context.
namespace flotilla::gateway {

inline constexpr std::string_view kSearchProfile = "search";
inline constexpr std::string_view kFindTools = "find_tools";
inline constexpr std::string_view kCallTool = "call_tool";

/// The definitions of the two.
mcp::ListPage search_tools_page();
/// {query, limit} over definitions: the best ones, whole, so that they can be called at once.
mcp::Reply find_tools(const json::Array& tools, const json::Object& arguments);
/// The call that {name, arguments} asks for, or a result that says what is wrong with it.
Result<std::variant<mcp::CallTool, mcp::Reply>> call_tool_request(mcp::CallTool request);

}  // namespace flotilla::gateway
