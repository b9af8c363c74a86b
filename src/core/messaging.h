#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/async.h"
#include "base/context.h"
#include "base/result.h"
#include "core/agents.h"
#include "core/tasks.h"
#include "core/topic_event.h"
#include "core/topic_subscription.h"
#include "core/topics.h"

namespace flotilla::core {

/// not_found unless the principal may enter it.
Result<> check_namespace(const std::string& name, const Principal& principal);

/// A message of one agent to another, or of anybody to an agent's mailbox.
struct DirectMessage {
  std::string name_space;
  std::string to;
  a2a::Message message;                     // ids are filled in
  std::shared_ptr<const Principal> sender;  // kind agent when an agent sends it
  std::string owner;                        // whose task it makes; empty: the sender's
  std::optional<TaskId> parent;             // in which it is sent
  std::optional<std::string> context_id;
  std::string key;          // the same again is the first task; empty: none
  std::string traceparent;  // W3C: where in a trace it is sent; may be empty
};

/// What an event is published as, before its name and rights are checked.
struct PublishRequest {
  std::string name_space;
  std::string name;                  // an agent's: without the prefix
  std::optional<std::string> agent;  // published as; the principal must be it, or an admin
  bool shared = false;               // for everybody in the namespace, not only for the publisher
  std::optional<std::string> context_id;
  std::optional<std::uint64_t> cause;  // position of the event that it answers
  json::Value data;
  std::string key;
};

/// Agents and people talk to each other: events to whoever subscribes, messages to one agent.
/// Checks names, namespaces, owners, sizes and hops, then journals through Topics and Tasks.
/// Thread-safe.
///
/// An event belongs to whom the work is done for, and only they (and admins) get it, unless it is
/// shared with its namespace. Hops count the agents that led to a task or event, one answering the
/// other: the task's ancestors. Beyond the limit both are refused, so that no two agents go on for
/// ever.
class Messaging {
 public:
  Messaging(Services& services, Tasks& tasks, AgentRegistry& agents, Topics& topics,
            TopicSubscriptions& subscriptions, std::int64_t hop_limit);

  Async<Result<TopicEventPtr>> publish(std::shared_ptr<const Principal> principal,
                                       PublishRequest request);
  /// An event that a task's agent publishes as itself, to be stored with the agent's next entry:
  /// the rows are added to `batch`. The caller then calls announce().
  Async<Result<>> publish_in(const TaskRow& task, std::string event, json::Value data, bool shared,
                             std::string key, db::Batch& batch);
  void announce() { topics_.expect_commit(); }

  /// A task of the agent that is addressed, stored when this returns. Not of an agent that we run:
  /// an event `message.to.<name>` for it, if it has a durable subscription to that; then nullptr.
  /// not_found when there is neither.
  Async<Result<TaskLog::Ptr>> send(DirectMessage message);
  /// Waits for the end of the turn: the task.
  Async<Result<a2a::Task>> answer(TaskLog::Ptr task);

  Async<Result<TopicPage>> page(TopicFilter filter, std::uint64_t after, std::size_t limit);
  Async<Result<std::unique_ptr<TopicReader>>> subscribe(TopicFilter filter,
                                                        std::optional<std::uint64_t> after);
  /// Durable; a position of nullopt is the newest.
  Async<Result<TopicSubscription>> open(TopicSubscription wanted,
                                        std::optional<std::uint64_t> position);
  /// Where an agent of ours stands: the platform's own, and it follows the agent's patterns.
  Async<Result<TopicSubscription>> open_for_agent(TopicSubscription wanted);
  [[nodiscard]] TopicSubscriptions& subscriptions() { return subscriptions_; }
  [[nodiscard]] Topics& topics() { return topics_; }

  /// Of what is done in this task: its ancestors and itself. LIMIT_EXCEEDED beyond the limit.
  Async<Result<std::int64_t>> hops_from(std::optional<TaskId> task);
  [[nodiscard]] std::int64_t hop_limit() const { return hop_limit_; }

 private:
  Result<> check_event(const PublishRequest& request, const Principal& principal) const;
  Async<Result<>> follow_cause(TopicFilter filter, std::uint64_t cause, TopicPayload& payload);
  Async<Result<TaskLog::Ptr>> begin_task(DirectMessage message);
  Async<Result<TaskLog::Ptr>> create(NewTask task);
  Async<Result<>> post(DirectMessage message, std::int64_t hops);
  [[nodiscard]] Result<> check_hops(std::int64_t hops) const;

  Services& services_;
  Tasks& tasks_;
  AgentRegistry& agents_;
  Topics& topics_;
  TopicSubscriptions& subscriptions_;
  std::int64_t hop_limit_;
};

}  // namespace flotilla::core
