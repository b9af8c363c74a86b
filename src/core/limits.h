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
/// How often a message is judged anew because its task changed meanwhile.
inline constexpr int kMaxGateAttempts = 8;
inline constexpr Duration kLease = std::chrono::seconds(30);
inline constexpr Duration kLeaseRenewal = std::chrono::seconds(10);
/// How often tasks without a live holder are looked for.
inline constexpr Duration kAdoption = std::chrono::seconds(5);
inline constexpr std::size_t kAdoptionPage = 500;
/// Runs of this process at once; further tasks wait, submitted, until one ends.
inline constexpr std::size_t kMaxRuns = 20'000;

/// Expired idempotency keys are deleted with each renewal, this many in a batch, so many batches:
/// more in a second than a store takes in.
inline constexpr std::int64_t kPrunePage = 1000;
inline constexpr int kPruneRounds = 200;

/// Topics: an event as stored, events handed out at once, live readers of one principal and in all,
/// how long what another process published may wait.
inline constexpr std::size_t kMaxTopicPayload = std::size_t{256} << 10;
inline constexpr std::size_t kTopicPage = 100;
inline constexpr std::size_t kMaxTopicReaders = 2000;
inline constexpr std::size_t kMaxTopicReadersInAll = 10'000;
inline constexpr Duration kTopicPoll = std::chrono::seconds(1);
/// Durable subscriptions of one owner.
inline constexpr std::int64_t kMaxTopicSubscriptions = 200;
/// Messages that wait in the mailbox of an agent that we do not run; further ones are refused.
inline constexpr std::int64_t kMaxUnreadMessages = 1000;
/// Agents that answer each other, one because of the other, before the next one is refused.
inline constexpr std::int64_t kHopLimit = 8;

/// Webhooks of one task.
inline constexpr std::size_t kMaxPushConfigs = 100;
/// Webhooks that are served at once: in all, of one host and port, and of those whose last attempt
/// failed (they may hang, so the rest is kept for others).
inline constexpr std::size_t kOutboxWorkers = 512;
inline constexpr std::size_t kOutboxWorkersPerPeer = 32;
inline constexpr std::size_t kOutboxFailing = 64;
inline constexpr std::size_t kOutboxFailingPerPeer = 8;
/// Webhooks that wait for a worker, and tasks with news; what is beyond is found in the store.
inline constexpr std::size_t kOutboxWaiting = 10'000;
inline constexpr std::size_t kOutboxNews = 10'000;
/// Rows and events of one read; a larger payload is read alone, by few workers at once.
inline constexpr std::size_t kOutboxPage = 500;
inline constexpr std::size_t kOutboxEvents = 16;
inline constexpr std::size_t kOutboxSmallPayload = std::size_t{16} << 10;
inline constexpr std::size_t kOutboxLargeAtOnce = 16;
/// Pages after which a worker makes room for a waiting webhook.
inline constexpr std::size_t kOutboxTurn = 8;
/// Attempts for an event; a webhook that failed so often in a row has one for each further event.
inline constexpr std::int64_t kOutboxAttempts = 10;
inline constexpr Duration kOutboxFirstPause = std::chrono::seconds(1);
inline constexpr Duration kOutboxLongestPause = std::chrono::minutes(5);
/// Longest pause that a receiver's Retry-After can ask for.
inline constexpr Duration kOutboxRetryAfter = std::chrono::hours(1);
/// After the store failed.
inline constexpr Duration kOutboxStorePause = std::chrono::seconds(1);
/// How long dead letters are kept.
inline constexpr Duration kDeadLetterKept = std::chrono::hours(24 * 7);

/// Resources: a document with its status; resources of one kind in a namespace; what goes with one
/// owner; documents that are applied at once.
inline constexpr std::size_t kMaxResourceBytes = std::size_t{1} << 20;
inline constexpr std::int64_t kMaxResources = 10'000;
inline constexpr std::size_t kMaxOwned = 1000;
inline constexpr std::size_t kMaxDocuments = 2000;
/// Labels, and annotations, of one; together the annotations may have so many bytes.
inline constexpr std::size_t kMaxLabels = 64;
inline constexpr std::size_t kMaxAnnotationBytes = std::size_t{256} << 10;
/// Changes that are kept for watches, of one kind in a namespace; changes of one page.
inline constexpr std::int64_t kResourceHistory = 5000;
inline constexpr std::size_t kResourcePage = 200;
/// How long a change by another process may stay unseen.
inline constexpr Duration kResourcePoll = std::chrono::seconds(5);
/// Attempts of a write that others come before.
inline constexpr int kResourceAttempts = 16;

/// Usage: how old another process's spending may be before a call is allowed, how long a call waits
/// for others to give back what they hold, and how often it looks.
inline constexpr Duration kUsageRefresh = std::chrono::seconds(10);
inline constexpr Duration kUsagePatience = std::chrono::seconds(60);
inline constexpr Duration kUsagePoll = std::chrono::milliseconds(20);
/// Output that is held for a model without a limit of its own, and what a call is given at least
/// while others hold the rest.
inline constexpr std::int64_t kUnaskedOutput = 16'384;
inline constexpr std::int64_t kLeastOutput = 1024;
/// Tasks in memory between two looks for those that are over.
inline constexpr std::size_t kUsageSweep = 1024;
/// How long counts by minute, and sums by day, are kept.
inline constexpr Duration kUsageMinutesKept = std::chrono::hours(24 * 31);
inline constexpr Duration kUsageDaysKept = std::chrono::hours(24 * 400);
inline constexpr Duration kUsagePruning = std::chrono::hours(1);
/// Rows of one answer; a query that has more is to be narrowed.
inline constexpr std::size_t kUsageRows = 10'000;

}  // namespace flotilla::core
