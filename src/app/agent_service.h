#pragma once

#include <memory>

#include "agents/approvals/approvals.h"
#include "agents/byo/byo_agents.h"
#include "agents/memory/memory.h"
#include "agents/models.h"
#include "agents/remote_agents.h"
#include "agents/resource_agents.h"
#include "async/blocking_pool.h"
#include "async/clock.h"
#include "async/loops.h"
#include "base/id.h"
#include "core/reconciler.h"
#include "core/resources.h"
#include "core/usage.h"
#include "gateway/mcp/tool_servers.h"
#include "http/egress.h"
#include "http/loop_clients.h"
#include "llm/cassette.h"
#include "telemetry/metrics.h"

namespace flotilla::app {

/// What it is made with; outlives it.
struct AgentNeeds {
  core::Resources& resources;
  const http::EgressPolicy& egress;
  Loops& loops;
  db::Database& database;
  core::AgentRegistry& agents;
  core::Tasks& tasks;
  core::Messaging& messaging;
  core::Reconciler& reconciler;  // not started yet
  gateway::ToolServers& tool_servers;
  agents::Approvals& approvals;
  core::Usage& usage;
  agents::Memory& memory;
  telemetry::Registry& metrics;
  llm::Cassette* cassette = nullptr;
  gateway::CallerKeys* caller_keys = nullptr;
};

/// Everything that runs the agents that resources declare, in dependency order. start() and stop()
/// on the first loop.
class AgentService {
 public:
  explicit AgentService(AgentNeeds needs);
  /// The agents that are stored, before anybody is served.
  Async<Result<>> load() { return resource_agents_.load(); }
  void start();
  /// After the reconciler has stopped.
  Async<> stop();
  /// After the last run: programs of agents end here.
  Async<> stop_programs() { return byo_.stop(); }

  [[nodiscard]] http::LoopClients& http() { return http_; }
  [[nodiscard]] agents::Models& models() { return models_; }

 private:
  BlockingPool names_;  // resolves the names of models' hosts
  http::LoopClients http_;
  agents::Models models_;
  std::unique_ptr<gateway::ToolServers> recorded_tools_;  // null without a cassette
  agents::RemoteAgents remote_;
  agents::ByoAgents byo_;
  agents::ResourceAgents resource_agents_;
};

}  // namespace flotilla::app
