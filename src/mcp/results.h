#pragma once

#include "json/value.h"
#include "mcp/handler.h"
#include "mcp/method.h"

/// What revisions ask of a result beyond what the handler said, and what old ones cannot read.
namespace flotilla::mcp {

json::Object server_info(const ServerDescription& server);
/// ServerCapabilities of the era.
json::Object server_capabilities(const ServerDescription& server, Revision revision);

/// The result of `initialize`.
json::Object initialize_result(const ServerDescription& server, Revision revision);
/// The result of `server/discover`, unfinished.
json::Object discover_result(const ServerDescription& server);

/// Adds `resultType`, caching hints and `P/serverInfo` for modern callers; takes modern members out
/// and spells newer content in words for legacy ones (mcp.md 4.2, 4.3).
json::Object finish_result(json::Object result, Method method, Revision revision,
                           const ServerDescription& server);
/// A modern result that is no answer yet: `input_required` or `task`.
json::Object open_result(json::Object result, std::string_view type,
                         const ServerDescription& server);

}  // namespace flotilla::mcp
