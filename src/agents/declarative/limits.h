#pragma once

#include <cstddef>

#include "base/time.h"

/// Bounds of declarative agents, each reached by a test.
namespace flotilla::agents {

/// Text of one answer; a longer one fails the run.
inline constexpr std::size_t kMaxAnswerBytes = std::size_t{4} << 20;
/// Calls of one answer; an answer with more fails the run.
inline constexpr std::size_t kMaxCallsOfAnswer = 128;
/// Text of one tool result as the model gets it; the rest is cut off, which it is told.
inline constexpr std::size_t kMaxResultBytes = std::size_t{1} << 20;
/// The same in the events that clients see.
inline constexpr std::size_t kMaxShownResultBytes = std::size_t{32} << 10;
/// The same in what a summarizer reads.
inline constexpr std::size_t kMaxSummarizedResult = std::size_t{4} << 10;
/// Pictures and the like of one tool result.
inline constexpr std::size_t kMaxResultMedia = 16;
/// Streamed text: the first piece at once, then a chunk as soon as one of these is reached.
inline constexpr Duration kChunkPause = std::chrono::milliseconds(50);
inline constexpr std::size_t kChunkBytes = std::size_t{4} << 10;
/// Earlier turns that a prompt takes in; what is older is left out.
inline constexpr std::size_t kMaxHistoryTasks = 1000;
inline constexpr std::size_t kMaxHistoryBytes = std::size_t{8} << 20;
inline constexpr std::size_t kHistoryPage = 20;
/// A tool server that was never connected is waited for.
inline constexpr Duration kConnectPatience = std::chrono::seconds(10);
/// Attempts to get structured output that fits its schema.
inline constexpr int kOutputAttempts = 3;

}  // namespace flotilla::agents
