#pragma once

#include <cstddef>

#include "base/time.h"

/// Every bound of the room, each reached by a test.
namespace flotilla::llm {

/// Bytes of one answer on the wire, of one event of its stream, and of what it comes to.
inline constexpr std::size_t kMaxAnswerBytes = std::size_t{32} << 20;
/// Tool calls of one answer.
inline constexpr std::size_t kMaxToolCalls = 128;
/// Of a failure's body.
inline constexpr std::size_t kMaxFailureBytes = std::size_t{64} << 10;
/// Of what a provider says of a failure, in messages.
inline constexpr std::size_t kMaxShownBytes = 500;
/// Between attempts: the first pause doubles up to the longest, each with a random share; what
/// Retry-After asks for is waited for up to its own bound, beyond it the call fails at once.
inline constexpr Duration kFirstPause = std::chrono::milliseconds(500);
inline constexpr Duration kLongestPause = std::chrono::seconds(30);
inline constexpr Duration kLongestRetryAfter = std::chrono::minutes(2);
/// Texts of one request for embeddings; more are sent in several.
inline constexpr std::size_t kEmbeddingBatch = 128;

}  // namespace flotilla::llm
