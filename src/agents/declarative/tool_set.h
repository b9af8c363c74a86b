#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/agent_resource.h"
#include "core/agents.h"
#include "gateway/mcp/tool_servers.h"
#include "json/schema.h"
#include "llm/types.h"

namespace flotilla::agents {

/// What stands behind a name that the model may call.
struct ToolTarget {
  enum class Kind : std::uint8_t { server, agent, ask_user, memory };
  Kind kind = Kind::server;
  // server
  gateway::InventoryPtr server;           // keeps `offer`
  const gateway::Offer* offer = nullptr;  // of it
  // agent
  core::ResourceRef agent;
  bool isolated = false;

  std::size_t use = 0;  // of spec.tools, where it comes from
  std::string shown;    // `namespace/name` of server or agent
  bool require_approval = false;
  bool repeatable = false;
  std::size_t tool = 0;  // its place in tools()
};

/// What the spec names and is not there: a server that was never connected, an agent that is gone,
/// one of another namespace that does not allow this agent.
struct MissingTool {
  std::string shown;  // `ToolServer default/shop`
};

/// Which tools of the house an agent has besides.
struct BuiltinTools {
  bool ask_user = false;
  bool memory = false;
};

/// All that one agent's model may call at one time. Immutable but for what it compiles on the way;
/// any thread.
class ToolSet {
 public:
  void add(llm::Tool tool, ToolTarget target);
  [[nodiscard]] const std::vector<llm::Tool>& tools() const { return tools_; }
  /// Null: there is no such tool.
  [[nodiscard]] const ToolTarget* find(std::string_view name) const;
  /// Whether arguments fit the tool's schema: `/path: what is wrong`, empty when they do. A schema
  /// that cannot be used fits all: then the server checks.
  [[nodiscard]] std::string faults(std::string_view name, const json::Value& arguments) const;
  /// For a model that called what is not there.
  [[nodiscard]] std::string names() const;

  std::vector<MissingTool> missing;
  /// Whether it was made of these: others need another set.
  [[nodiscard]] bool is_of(const std::vector<gateway::InventoryPtr>& inventories,
                           const std::vector<core::AgentRegistry::Ptr>& agents) const;

 private:
  friend std::shared_ptr<const ToolSet> make_tool_set(
      const core::DeclarativeAgent& spec, const std::string& name_space,
      const std::vector<gateway::InventoryPtr>& inventories,
      const std::vector<core::AgentRegistry::Ptr>& agents, BuiltinTools builtin);

  std::vector<gateway::InventoryPtr> inventories_;
  std::vector<std::weak_ptr<const core::AgentInfo>> agents_;  // weak: agents may name each other
  std::vector<llm::Tool> tools_;
  std::map<std::string, ToolTarget, std::less<>> targets_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::shared_ptr<const json::Schema>, std::less<>> schemas_;
};
using ToolSetPtr = std::shared_ptr<const ToolSet>;  // shared by the runs of an agent

/// The tools of a spec, made of what servers and agents are now. Names are the servers' own where
/// no two are alike, and what every vendor accepts.
ToolSetPtr make_tool_set(const core::DeclarativeAgent& spec, const std::string& name_space,
                         const std::vector<gateway::InventoryPtr>& inventories,
                         const std::vector<core::AgentRegistry::Ptr>& agents, BuiltinTools builtin);

/// References of the spec, in its order.
std::vector<core::ResourceRef> servers_of(const core::DeclarativeAgent& spec,
                                          const std::string& name_space);
std::vector<core::ResourceRef> agents_of(const core::DeclarativeAgent& spec,
                                         const std::string& name_space);

}  // namespace flotilla::agents
