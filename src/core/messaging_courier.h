#pragma once

#include <memory>

#include "async/async.h"
#include "async/task_group.h"
#include "core/agents.h"
#include "core/messaging.h"

namespace flotilla::core {

/// Brings events to the agents that subscribe to them by AgentInfo::subscriptions: each becomes a
/// task of the agent, for whom the event belongs to, child of the task that published it. Where
/// each agent stands is a durable subscription of the platform's (owner empty): an event that comes
/// while the server is down or an agent is new to it is brought later. In order, at least once;
/// equal messages being recognised, once.
///
/// Lives on one loop. start() after the agents are registered.
class Courier {
 public:
  Courier(Services& services, Messaging& messaging, AgentRegistry& agents, Executor home);

  void start();
  Async<> stop();

 private:
  Async<> serve(AgentRegistry::Ptr agent);
  /// Until the reader or a delivery fails.
  Async<Result<>> bring(AgentRegistry::Ptr agent);
  Async<Result<>> deliver(AgentRegistry::Ptr agent, TopicEventPtr event);

  Services& services_;
  Messaging& messaging_;
  AgentRegistry& agents_;
  TaskGroup group_;
};

}  // namespace flotilla::core
