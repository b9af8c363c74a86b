#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "json/value.h"

/// What of a modern request is repeated in HTTP headers (mcp.md 2.3), as its sender writes it.
namespace flotilla::mcp {

/// The text as a header value: as it is, or `=?base64?…?=` where HTTP could not carry it.
std::string encode_header(std::string_view value);

/// One annotated property: the suffix of `Mcp-Param-` and the names that lead to it.
using HeaderParameter = std::pair<std::string, std::vector<std::string>>;

/// The `x-mcp-header` annotations of a tool's input schema; invalid_argument when one breaks the
/// rules, which makes the tool unusable over HTTP.
Result<std::vector<HeaderParameter>> header_parameters_of(const json::Object& input_schema);

/// Headers for the arguments; absent and null ones have none.
std::vector<std::pair<std::string, std::string>> parameter_headers(
    const std::vector<HeaderParameter>& parameters, const json::Object& arguments);

}  // namespace flotilla::mcp
