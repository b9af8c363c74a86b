#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"
#include "json/value.h"
#include "mcp/method.h"

/// The headers of a request (mcp.md 1.6, 2.2, 2.3). All of them are -32020 when they are wrong.
namespace flotilla::mcp {

/// 415 or 406 with a JSON-RPC error; nothing when both are fine.
std::optional<http::Response> check_media_types(const http::Request& request);
/// Whether `Accept` lets a stream of events be sent.
bool accepts_events(const http::Request& request);

/// The text of a mirrored header: plain, or `=?base64?…?=`; nullopt for broken Base64.
std::optional<std::string> decode_header(std::string_view value);

/// The only value of a header, trimmed; nullopt when it is absent or there are several.
std::optional<std::string_view> single_header(const http::Headers& headers, std::string_view name);

/// `Mcp-Method`.
std::optional<RpcError> check_method_header(const http::Headers& headers, std::string_view method);
/// `Mcp-Name`.
std::optional<RpcError> check_name_header(const http::Headers& headers, Method method,
                                          const json::Object& params);
/// `Mcp-Param-*` against the arguments, by what Handler::header_parameters told.
std::optional<RpcError> check_parameter_headers(
    const http::Headers& headers,
    const std::vector<std::pair<std::string, std::vector<std::string>>>& parameters,
    const json::Object& arguments);

}  // namespace flotilla::mcp
