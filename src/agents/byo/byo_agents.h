#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agents/byo/byo_process.h"
#include "agents/resource_agents.h"
#include "gateway/remote_agent.h"

namespace flotilla::agents {

/// Programs that are agents, as Agent resources with `spec.byo.command` describe them: child
/// processes that are spoken to by A2A (gateway/remote_agent.h). An image alone is not run here.
/// Lives on the home loop, which is the reconciler's; its runners ask from any loop.
class ByoAgents final : public AgentBackend {
 public:
  struct Services {
    core::Resources& resources;
    Clock& clock;
    Executor home;
    gateway::RemoteAgentServices remote;
    /// A program began or ceased to answer: its conditions are to be looked at.
    std::function<void(core::ResourceRef)> changed;
  };
  explicit ByoAgents(Services services);
  Async<Result<Backing>> take(core::Resource resource, core::AgentSpec spec) override;
  Async<Result<Backing>> probe(core::Resource resource) override;
  Async<> drop(std::string uid) override;
  /// All programs; idempotent.
  Async<> stop();

 private:
  struct Entry {
    std::int64_t generation = 0;
    std::string environment;  // digest of what it was started with
    core::ByoStart start = core::ByoStart::on_demand;
    std::shared_ptr<ByoProcess> process;   // shared with the runner's questions
    std::shared_ptr<core::Runner> runner;  // shared with the registry and its runs
    std::optional<a2a::AgentCard> card;
  };
  static Async<Result<gateway::RemotePeer>> find_peer(Executor home,
                                                      std::shared_ptr<ByoProcess> process);
  Entry make_entry(const core::Resource& resource, core::ByoAgent spec);

  Services services_;
  bool stopped_ = false;
  std::map<std::string, Entry> entries_;  // by uid
};

}  // namespace flotilla::agents
