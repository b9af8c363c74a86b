#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

/// Every bound of the room, each reached by a test.
namespace flotilla::core {

/// Uncommitted events of one task; a runner that emits more waits for the commit.
inline constexpr std::size_t kMaxPendingEvents = 256;
/// Undelivered events of one subscriber; one that falls further behind is closed with its cursor.
inline constexpr std::size_t kMaxQueuedEvents = 1024;
inline constexpr std::size_t kMaxQueuedBytes = std::size_t{8} << 20;
/// A task's snapshot is kept in memory up to this size, else read from storage.
inline constexpr std::size_t kMaxCachedSnapshot = std::size_t{1} << 20;
/// Events of one page when a subscriber catches up from storage.
inline constexpr std::size_t kCatchUpPage = 200;
/// Messages, status changes and artifact chunks of one task; beyond, it can only end.
inline constexpr std::size_t kMaxSnapshotRows = 100'000;
/// Messages to a running task that its agent has not taken; further ones are refused.
inline constexpr std::size_t kMaxUntakenInputs = 1000;
/// Messages of one task that are recognised when they come again before they are committed.
inline constexpr std::size_t kMaxRecentKeys = 256;
inline constexpr Duration kLease = std::chrono::seconds(30);
inline constexpr Duration kLeaseRenewal = std::chrono::seconds(10);
/// How often tasks without a live holder are looked for.
inline constexpr Duration kAdoption = std::chrono::seconds(5);
inline constexpr std::size_t kAdoptionPage = 500;
/// Runs of this process at once; further tasks wait, submitted, until one ends.
inline constexpr std::size_t kMaxRuns = 20'000;

/// Outbox: entries of one round, how long an attempt is claimed, when an entry is given up.
inline constexpr std::size_t kOutboxPage = 32;
inline constexpr Duration kOutboxPoll = std::chrono::milliseconds(500);
inline constexpr Duration kOutboxClaim = std::chrono::seconds(60);
inline constexpr std::int64_t kOutboxAttempts = 10;
inline constexpr Duration kOutboxPostponed = std::chrono::minutes(5);

}  // namespace flotilla::core
