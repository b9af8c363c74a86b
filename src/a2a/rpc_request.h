#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "json/json.h"
#include "json/value.h"

namespace flotilla::a2a {

/// A JSON-RPC 2.0 request, as far as it could be read. `id` is the JSON text of the request's id,
/// as it was written if it is a number; `null` when it could not be read.
struct RpcRequest {
  std::string id = "null";
  std::string method;
  json::Value params;
  /// PARSE_ERROR or INVALID_REQUEST; the other members but `id` then mean nothing.
  std::optional<Error> fault;
};

/// Parses a body and checks its envelope. Batches and notifications are not part of A2A.
RpcRequest parse_rpc(std::string_view body, const json::ParseLimits& limits = {});

}  // namespace flotilla::a2a
