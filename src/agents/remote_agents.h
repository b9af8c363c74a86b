#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "agents/resource_agents.h"
#include "gateway/remote_agent.h"

namespace flotilla::agents {

/// Agents elsewhere, as Agent resources with `spec.remote` describe them (gateway/remote_agent.h).
/// Headers and TLS are looked up before each turn. Thread-safe.
class RemoteAgents final : public AgentBackend {
 public:
  RemoteAgents(core::Resources& resources, gateway::RemoteAgentServices services);
  Async<Result<Backing>> take(core::Resource resource, core::AgentSpec spec) override;
  Async<Result<Backing>> probe(core::Resource resource) override;
  Async<> drop(std::string uid) override;

 private:
  struct Target {
    core::ResourceRef ref;
    std::int64_t generation = 0;
    core::RemoteAgent spec;
    bool by_admin = false;
    std::shared_ptr<core::Runner> runner;  // shared with the registry and its runs
    std::optional<a2a::AgentCard> card;
  };
  using TargetPtr = std::shared_ptr<Target>;  // shared with its runner's questions
  static Async<Result<gateway::RemotePeer>> find_peer(core::Resources& resources,
                                                      core::ResourceRef ref, core::RemoteAgent spec,
                                                      bool by_admin);

  core::Resources& resources_;
  gateway::RemoteAgentServices services_;
  std::mutex mutex_;
  std::map<std::string, TargetPtr> targets_;  // by uid
};

}  // namespace flotilla::agents
