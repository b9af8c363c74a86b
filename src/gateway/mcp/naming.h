#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "json/value.h"
#include "mcp/handler.h"

/// How the tools, prompts and resources of a tool server are called here. The same every time, so
/// that a client may store a name.
namespace flotilla::gateway {

/// What model vendors accept.
inline constexpr std::size_t kMaxToolName = 64;

/// `<prefix>_<name>`, characters outside [A-Za-z0-9_./-] as `_`; too long: cut, with a hash of the
/// identity (namespace/server/name) at its end. An empty prefix leaves the name.
std::string public_name(std::string_view prefix, std::string_view name, std::string_view identity);
/// Another name for the same: what one of two with equal names is called.
std::string unique_name(std::string_view name, std::string_view identity);

/// `<prefix>+<uri>`; `ui://x` is `ui://<prefix>+x`. An empty prefix leaves the URI.
std::string public_uri(std::string_view prefix, std::string_view uri);
/// Back; nullopt: not of this prefix.
std::optional<std::string> upstream_uri(std::string_view prefix, std::string_view uri);

/// Puts the prefix before every URI of a definition or result that a client may come back with:
/// resource links, embedded resources, contents, `ui://` references. structuredContent is the
/// tool's own and stays.
void rewrite_uris(json::Object& result, std::string_view prefix);
void rewrite_reply(mcp::Reply& reply, std::string_view prefix);

/// The hash that is pinned: of what tells a model what the tool does.
std::string tool_hash(const json::Object& definition);
/// Properties of the input schema with `x-mcp-header`, with the path to each.
std::vector<std::pair<std::string, std::vector<std::string>>> mirrored_parameters(
    const json::Object& definition);
/// `list_*` style patterns: `*` and `?`.
bool matches_glob(std::string_view pattern, std::string_view name);

}  // namespace flotilla::gateway
