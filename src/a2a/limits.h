#pragma once

#include <cstddef>

/// Bounds on what one A2A request or answer may hold besides the body limits of HTTP.
namespace flotilla::a2a {

/// messageId, contextId, taskId, artifactId and the JSON-RPC id's text.
inline constexpr std::size_t kMaxIdBytes = 256;
inline constexpr std::size_t kMaxParts = 1000;
inline constexpr std::size_t kMaxExtensions = 100;
inline constexpr std::size_t kMaxReferenceTasks = 100;
inline constexpr std::size_t kMaxOutputModes = 100;
inline constexpr std::size_t kMaxPageTokenBytes = 1024;
/// Of a webhook: its token, and the credentials that it is shown.
inline constexpr std::size_t kMaxPushTokenBytes = 4096;
inline constexpr std::size_t kMaxPushCredentialsBytes = 8192;
inline constexpr std::size_t kMaxPushSchemeBytes = 64;
/// Of Last-Event-ID; a longer one is no cursor of ours and is cut, which makes it an unknown one.
inline constexpr std::size_t kMaxCursorBytes = 128;
/// Of a cursor that the client keeps for a foreign server; a longer one is as good as none.
inline constexpr std::size_t kMaxForeignCursorBytes = 1024;
/// Of a plain answer to a request for a stream.
inline constexpr std::size_t kMaxAnswerBytes = std::size_t{16} << 20;
/// Of a foreign error: each text, and the number of violations and of metadata.
inline constexpr std::size_t kMaxPeerText = 1000;
inline constexpr std::size_t kMaxPeerDetails = 16;
inline constexpr int kMinPageSize = 1;
inline constexpr int kMaxPageSize = 100;

}  // namespace flotilla::a2a
