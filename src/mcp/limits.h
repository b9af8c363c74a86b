#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

/// All bounds of the server side.
namespace flotilla::mcp {

inline constexpr std::size_t kMaxIdBytes = 256;
inline constexpr std::size_t kMaxMethodBytes = 128;
inline constexpr std::size_t kMaxBatch = 64;
inline constexpr std::size_t kMaxProtocolVersionBytes = 64;
inline constexpr std::size_t kMaxEventIdBytes = 128;
inline constexpr std::size_t kMaxUriBytes = 8192;
inline constexpr std::size_t kMaxNameBytes = 256;
inline constexpr std::size_t kMaxWatchedUris = 256;
inline constexpr std::size_t kMaxListenUris = 256;
/// Rounds of questions within one request of a legacy client.
inline constexpr std::size_t kMaxRounds = 8;
inline constexpr std::size_t kMaxQuestions = 16;  // of one round
/// What one SSE stream of a legacy client may hold; its answer always fits.
inline constexpr std::size_t kMaxStreamEvents = 20'000;
inline constexpr std::size_t kMaxStreamBytes = std::size_t{64} << 20;
/// The newest events of a stream that are kept beside the store for a reader that keeps up.
inline constexpr std::size_t kRecentEvents = 32;
inline constexpr std::size_t kRecentBytes = std::size_t{256} << 10;
inline constexpr std::size_t kReplayPage = 100;
/// Notifications of a modern request that wait for a slow reader; then the handler waits.
inline constexpr std::size_t kMaxQueuedEvents = 64;
/// Sessions with something in memory; idle ones go when there are more.
inline constexpr std::size_t kMaxLiveSessions = 10'000;
/// How long changes are still gathered for a client whose GET stream broke.
inline constexpr Duration kStandaloneGrace = std::chrono::minutes(5);

}  // namespace flotilla::mcp
