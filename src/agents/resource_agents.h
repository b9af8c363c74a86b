#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "a2a/card.h"
#include "agents/declarative/declarative.h"
#include "async/async.h"
#include "base/result.h"
#include "core/agent_resource.h"
#include "core/agents.h"
#include "core/resources.h"

namespace flotilla::agents {

/// What stands behind an agent that somebody else runs.
struct Backing {
  std::shared_ptr<core::Runner> runner;  // shared with runs that outlast a change
  /// The agent's own card; absent: not known yet.
  std::optional<a2a::AgentCard> card;
};

/// Runs, or reaches, agents that we do not run ourselves: gateway/remote_agents.h,
/// byo/byo_agents.h. Called on the reconciler's loop; one call for an agent at a time.
class AgentBackend {
 public:
  virtual ~AgentBackend() = default;
  /// The agent as its resource is now; at once, without reaching it.
  virtual Async<Result<Backing>> take(core::Resource resource, core::AgentSpec spec) = 0;
  /// Whether it answers, with its card; what its condition Ready says. An error is tried again.
  virtual Async<Result<Backing>> probe(core::Resource resource) = 0;
  /// It is gone.
  virtual Async<> drop(std::string uid) = 0;
};

/// All outlive it. Null: such agents are not run here, which their conditions say.
struct ResourceAgentServices {
  core::Resources& resources;
  core::AgentRegistry& agents;
  std::function<std::shared_ptr<core::Runner>(DeclarativeDefinition)> declarative;
  AgentBackend* remote = nullptr;
  AgentBackend* byo = nullptr;
};

/// Makes the Agent resources of all namespaces agents of the registry, and keeps their conditions:
/// Accepted (false: NameTaken), Ready (false with the reason of the first thing that is missing),
/// UnsupportedFeatures. An agent that cannot run is there all the same: its tasks fail with the
/// reason. Lives on the reconciler's loop.
class ResourceAgents {
 public:
  explicit ResourceAgents(ResourceAgentServices services);
  /// All that is stored, before anybody is served; conditions come later, by reconcile().
  Async<Result<>> load();
  /// For Agent resources (core/reconciler.h).
  Async<Result<>> reconcile(core::Resource resource);

 private:
  /// Texts by ConfigMap or PromptTemplate, read once for many agents.
  using Sources = std::map<core::ResourceRef, std::map<std::string, std::string>>;
  struct Problem {
    std::string reason;
    std::string message;
  };

  Async<Result<>> register_agent(core::Resource resource, core::AgentSpec spec, Sources* sources);
  Async<Result<std::shared_ptr<core::Runner>>> declarative_runner(core::ResourceRef ref,
                                                                  core::AgentSpec spec,
                                                                  Sources* sources);
  Async<Result<std::string>> system_message(core::ResourceRef ref, core::AgentSpec spec,
                                            Sources* sources);
  Async<Result<std::map<std::string, std::string>>> prompt_source(core::ResourceRef ref,
                                                                  Sources* sources);
  Async<Result<std::string>> value_of(std::string name_space, core::ValueSource source);
  [[nodiscard]] AgentBackend* backend_of(const core::AgentSpec& spec) const;
  Async<> drop(core::Resource resource);

  Async<Result<>> report(core::Resource resource, core::AgentSpec spec);
  Async<Result<>> write_status(core::Resource resource, core::AgentSpec spec,
                               std::vector<core::Condition> conditions);
  Async<Result<std::vector<Problem>>> problems_of(core::Resource resource, core::AgentSpec spec);
  Async<Result<>> check_tools(core::ResourceRef own, core::DeclarativeAgent agent,
                              std::vector<Problem>& problems);
  Async<Result<>> check_values(std::string name_space, std::vector<core::NamedValue> values,
                               std::vector<Problem>& problems);
  Async<Result<std::optional<core::Resource>>> find(core::ResourceRef ref);
  /// Adds a problem when it is not there.
  Async<Result<>> need(std::string_view kind, std::string name_space, std::string name,
                       std::vector<Problem>& problems);

  ResourceAgentServices services_;
  /// What could not be made of a resource when it was registered, by uid.
  std::map<std::string, Error> faults_;
};

/// Sets status conditions as reconcile() does, for kinds of this room whose state is one Result:
/// Accepted True/Valid, or False with the error.
core::Condition accepted_condition(const core::Resource& resource, const Result<>& result);

}  // namespace flotilla::agents
