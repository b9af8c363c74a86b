#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "json/value.h"
#include "mcp/types.h"

namespace flotilla::mcp {

RpcError rpc_error(int code, std::string message);
RpcError rpc_error(int code, std::string message, json::Object data);

/// -32602 naming the member of params.
RpcError bad_param(std::string_view field, std::string_view what);

/// The one table from our errors to the wire (mcp.md 3.2). What is ours to mend says nothing but
/// the request's id, and is logged. `data` names the reason and the fields.
RpcError to_rpc(const Error& error, std::string_view request_id);

/// -32002 up to 2025-11-25, -32602 later, both with `data.uri`.
RpcError resource_not_found(Revision revision, const std::string& uri);

/// -32021 with the capabilities that the request did not declare.
RpcError missing_capability(json::Object required);

/// HTTP status that goes with an error of a modern request (mcp.md 1.6).
int http_status_of(int code);

}  // namespace flotilla::mcp
