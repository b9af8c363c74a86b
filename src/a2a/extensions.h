#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "a2a/card.h"
#include "a2a/version.h"
#include "base/result.h"

namespace flotilla::http {
struct Request;
}

/// Extensions of A2A (specification 1.0 section 4.6; a2a.md section 7): what a request activates,
/// what every agent here has.
namespace flotilla::a2a {

/// Stamps the messages and artifacts of the agent (metadata key: the URI without scheme, with
/// `/timestamp`).
inline constexpr std::string_view kTimestampExtension =
    "https://github.com/a2aproject/a2a-samples/samples/extensions/timestamp/v1";
/// Tells the steps of the agent's turn with its last message, or as an artifact (key: the URI
/// without scheme, with `/traceability`).
inline constexpr std::string_view kTraceabilityExtension =
    "https://github.com/a2aproject/a2a-samples/extensions/traceability/v1";
/// Ours: the metadata of each item of a stream holds under this URI `{"cursor": "…", "generation":
/// "…"}`: the place to go on after, which over SSE also is the event's id, and how often the task
/// has changed (left out on a stream that a cursor resumed, which does not count).
inline constexpr std::string_view kCursorExtension =
    "https://flotilla.dev/a2a/extensions/cursor/v1";

inline constexpr std::size_t kExtensionsMax = 32;
inline constexpr std::size_t kExtensionUriLimit = 512;

/// The header of this version that names extensions, in both directions.
std::string_view extensions_header(Version version);
/// The URIs of A2A-Extensions and X-A2A-Extensions, each once, in order. invalid_argument when
/// there are too many or one is too long.
Result<std::vector<std::string>> requested_extensions(const http::Request& request);
/// The same for one list as it comes in a header or metadata value.
Result<> add_extensions(std::string_view list, std::vector<std::string>& uris);

/// What an agent's card says of extensions.
struct AgentExtensions {
  std::vector<std::string> declared;
  std::vector<std::string> required;
};
/// EXTENSION_SUPPORT_REQUIRED when the agent requires what was not requested.
Result<> check_required(const AgentExtensions& agent, std::span<const std::string> requested);
/// Those of the requested ones that the server or this agent has; others are ignored.
std::vector<std::string> activated_extensions(const AgentExtensions& agent,
                                              std::span<const std::string> requested);
bool is_active(std::span<const std::string> activated, std::string_view uri);

/// The extensions that every agent of this server has, as its card declares them.
std::vector<AgentExtension> server_extensions();

/// What kCursorExtension says of an item; a generation of 0 is not known.
json::Object cursor_place(std::uint64_t cursor, std::uint64_t generation);
/// Adds it to the metadata of a stream item's inner JSON object.
std::string with_cursor(const std::string& item, json::Object place);

}  // namespace flotilla::a2a
