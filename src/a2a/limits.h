#pragma once

#include <cstddef>

/// Bounds on what one A2A request may hold besides the body limit of the HTTP server.
namespace flotilla::a2a {

/// messageId, contextId, taskId, artifactId and the JSON-RPC id's text.
inline constexpr std::size_t kMaxIdBytes = 256;
inline constexpr std::size_t kMaxParts = 1000;
inline constexpr std::size_t kMaxExtensions = 100;
inline constexpr std::size_t kMaxReferenceTasks = 100;
inline constexpr std::size_t kMaxOutputModes = 100;
inline constexpr std::size_t kMaxPageTokenBytes = 1024;
/// Of Last-Event-ID; a longer one is no cursor of ours and is cut, which makes it an unknown one.
inline constexpr std::size_t kMaxCursorBytes = 128;
inline constexpr int kMinPageSize = 1;
inline constexpr int kMaxPageSize = 100;

}  // namespace flotilla::a2a
