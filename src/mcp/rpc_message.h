#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "json/json.h"
#include "json/value.h"
#include "mcp/types.h"

/// The JSON-RPC 2.0 envelope (mcp.md 3.1). An id is kept as its JSON text, so that `1` and `"1"`
/// stay apart; empty text is no id.
namespace flotilla::mcp {

struct RpcRequest {
  std::string id;
  std::string method;
  json::Object params;
};

struct RpcNotification {
  std::string method;
  json::Object params;
};

/// The peer's answer to a request of ours.
struct RpcResponse {
  std::string id;
  std::variant<json::Value, RpcError> outcome;
};

/// What is no message; `id` as far as it could be read.
struct BadMessage {
  std::string id;
  RpcError error;
};

using RpcMessage = std::variant<RpcRequest, RpcNotification, RpcResponse, BadMessage>;

/// The body's JSON, or -32700.
std::expected<json::Value, RpcError> parse_body(std::string_view body,
                                                const json::ParseLimits& limits);
/// Takes the value apart. -32600 names the member that is wrong; params that are no object -32602.
RpcMessage read_message(json::Value value);

/// `_meta` of params; null when there is none (or no object).
const json::Object* meta_of(const json::Object& params);

std::string write_result(std::string_view id, json::Object result);
/// An empty id is left out.
std::string write_error(std::string_view id, const RpcError& error);
std::string write_notification(std::string_view method, json::Object params);
std::string write_request(std::string_view id, std::string_view method, json::Object params);

}  // namespace flotilla::mcp
