#pragma once

#include <chrono>
#include <cstddef>

/// Bounds of the server that are not options. A test reaches each of them.
namespace flotilla::http {

inline constexpr std::size_t kRequestLineLimit = std::size_t{16} << 10;  // beyond: 414
inline constexpr std::size_t kMaxFields = 128;                           // beyond: 431
inline constexpr std::size_t kChunkLineLimit = std::size_t{4} << 10;     // chunk head or trailers
inline constexpr std::size_t kMaxPathSegments = 32;                      // beyond: 404
inline constexpr std::size_t kShownPath = 200;  // of a path, in error messages
inline constexpr std::size_t kMaxRequestId = 128;

inline constexpr std::size_t kReadBuffer = std::size_t{4} << 10;
inline constexpr std::size_t kBodyReadBuffer = std::size_t{64} << 10;
/// Memory set aside on the word of a Content-Length alone.
inline constexpr std::size_t kBodyReserve = std::size_t{64} << 10;
/// A body must bring so much within each body_timeout, so that drops of bytes do not hold it open.
inline constexpr std::size_t kBodyProgress = std::size_t{64} << 10;
/// Pipelined answers are gathered up to this size before they are sent.
inline constexpr std::size_t kOutputGather = std::size_t{64} << 10;
/// A larger body is sent from its own memory.
inline constexpr std::size_t kLargeBody = std::size_t{256} << 10;
inline constexpr std::size_t kKeptOutput = std::size_t{16} << 10;
/// What a TLS connection sends in one call without waiting.
inline constexpr std::size_t kTlsDirectWrite = std::size_t{4} << 10;

/// Before a connection with unread input closes, so much of it is read, for at most so long:
/// closing at once could destroy the answer on its way.
inline constexpr std::size_t kLingerBytes = std::size_t{64} << 10;
inline constexpr std::chrono::seconds kLingerTime{1};
inline constexpr std::chrono::seconds kSweepInterval{1};
/// What cut connections have for their handlers' cleanup.
inline constexpr std::chrono::seconds kCutTime{2};
/// Sweeps after which an idle connection gives its read buffer back.
inline constexpr unsigned kIdleSweeps = 2;
/// Refused connections that may be told so at one time; more are closed without a word.
inline constexpr std::size_t kMaxRefusals = 128;
inline constexpr std::size_t kPeerShards = 16;

}  // namespace flotilla::http
