#pragma once

#include <cstddef>

#include "base/time.h"

namespace flotilla::agents {

/// A person must be able to look at what is decided.
inline constexpr std::size_t kMaxShownArguments = std::size_t{256} << 10;
inline constexpr std::size_t kMaxCallsAtOnce = 100;
inline constexpr std::size_t kMaxReason = 4000;
inline constexpr std::size_t kMaxQuestions = 20;
inline constexpr std::size_t kMaxChoices = 50;
inline constexpr std::size_t kMaxQuestionText = 4000;
inline constexpr std::size_t kMaxAnswerText = std::size_t{64} << 10;
/// Tasks that delegate to each other, when they are asked and woken together.
inline constexpr std::size_t kMaxDelegation = 16;
/// Rows that one page may look at for a caller who sees few of them.
inline constexpr std::size_t kMaxInboxScan = 2000;
inline constexpr std::size_t kSweepPage = 200;
inline constexpr Duration kSweepPause = std::chrono::seconds(15);

}  // namespace flotilla::agents
