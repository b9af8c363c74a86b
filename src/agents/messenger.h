#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/async.h"
#include "core/messaging.h"
#include "core/runner.h"

namespace flotilla::agents {

/// How an agent of ours talks to others in a turn: as itself, for whom its task belongs to. Lives
/// in Runner::run(), beside the Run. docs/messaging.md says what agents can rely on.
///
/// A turn that is run again after a crash finds its messages sent and its events published, as long
/// as it does the same things in the same order.
///
/// Errors: LIMIT_EXCEEDED beyond the hop limit or when an event is too large, invalid_argument for
/// a bad name, not_found for an agent that is not there. A runner may simply return them: the task
/// then fails with their words.
class Messenger {
 public:
  /// Both outlive it.
  Messenger(core::Messaging& messaging, core::Run& run);

  /// Publishes `agent.<own name>.<event>`. Stored, and seen, with the run's next entry (a status,
  /// an artifact, a record): so a result and the word of it are one.
  Async<Result<>> publish(std::string event, json::Value data, bool shared = false);

  /// Sends a message to an agent of the own namespace and waits for the end of its turn, at most
  /// `patience` (deadline_exceeded; the other goes on). Its task is a child of this one.
  Async<Result<a2a::Task>> ask(std::string agent, std::string text,
                               Duration patience = std::chrono::minutes(1));
  /// The same without waiting: the task's id, none when it is in a mailbox.
  Async<Result<std::optional<core::TaskId>>> tell(std::string agent, a2a::Message message);

  /// Events after the cursor that the task's owner may see.
  Async<Result<core::TopicPage>> events(std::vector<std::string> patterns, std::uint64_t after,
                                        std::size_t limit);
  /// The same as they come; without a cursor from now on. An agent that is to be woken by events
  /// has AgentInfo::subscriptions instead.
  Async<Result<std::unique_ptr<core::TopicReader>>> subscribe(std::vector<std::string> patterns,
                                                              std::optional<std::uint64_t> after);

 private:
  [[nodiscard]] std::string next_key();
  [[nodiscard]] core::TopicFilter filter(std::vector<std::string> patterns) const;
  Async<Result<core::TaskLog::Ptr>> send(std::string agent, a2a::Message message);

  core::Messaging& messaging_;
  core::Run& run_;
  std::string key_;  // of this turn
  int keys_ = 0;
};

}  // namespace flotilla::agents
