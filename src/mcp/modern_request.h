#pragma once

#include <expected>
#include <string>

#include "http/message.h"
#include "mcp/exchange.h"
#include "mcp/method.h"
#include "mcp/rpc_message.h"

namespace flotilla::mcp {

/// A modern request whose envelope and headers are in order.
struct ModernRequest {
  std::string id;
  std::string method_name;
  Method method = Method::discover;
  json::Object params;  // without _meta
  json::Object meta;
  Caller caller;
  std::size_t log_level = kNoLogs;
};

struct Refusal {
  int status = 400;
  RpcError error;
};

/// Whether this claims to be modern: `_meta` has the protocol version (mcp.md 1.5).
bool claims_modern(const json::Object& params);
/// Whether the protocol version header names a modern revision.
bool names_modern(const http::Headers& headers);

/// Steps 3 to 7 of mcp.md 1.6; the transport's headers are looked at over HTTP only.
std::expected<ModernRequest, Refusal> read_modern(RpcRequest rpc, const http::Headers* headers);

}  // namespace flotilla::mcp
