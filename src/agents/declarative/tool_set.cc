#include "agents/declarative/tool_set.h"

#include <algorithm>
#include <utility>

#include "agents/approvals/approvals.h"
#include "agents/memory/declared_memory.h"
#include "gateway/mcp/naming.h"

namespace flotilla::agents {

namespace {

constexpr std::string_view kAgentKind = "Agent";
constexpr std::size_t kMaxNamesTold = 100;

/// Vendors differ; all take these.
std::string plain_name(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, gateway::kMaxToolName)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-';
    out += plain ? c : '_';
  }
  return out;
}

std::string text_at(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : *text;
}

bool matches_any(const std::vector<std::string>& patterns, const gateway::Offer& offer) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    return gateway::matches_glob(pattern, offer.original) ||
           gateway::matches_glob(pattern, offer.name);
  });
}

json::Object parameters_of(const gateway::Offer& offer) {
  const auto* schema = offer.definition.find("inputSchema");
  if (schema != nullptr && schema->if_object() != nullptr) return *schema->if_object();
  return {{"type", "object"}};
}

void add_server(ToolSet& set, const core::ToolServerUse& use, std::size_t place,
                const core::ResourceRef& ref, const gateway::InventoryPtr& inventory) {
  if (!inventory) {
    set.missing.push_back({ref.to_string()});
    return;
  }
  for (const auto& offer : inventory->tools) {
    if (!use.tools.empty() && !matches_any(use.tools, offer)) continue;
    std::string name = plain_name(offer.original);
    if (name.empty() || set.find(name) != nullptr) name = plain_name(offer.name);
    if (name.empty() || set.find(name) != nullptr) name = plain_name(offer.unique);
    ToolTarget target;
    target.kind = ToolTarget::Kind::server;
    target.server = inventory;
    target.offer = &offer;
    target.use = place;
    target.shown = ref.name_space + "/" + ref.name;
    target.require_approval = matches_any(use.requireApproval, offer);
    target.repeatable = offer.repeatable;
    llm::Tool tool;
    tool.name = std::move(name);
    tool.description = text_at(offer.definition, "description");
    tool.parameters = parameters_of(offer);
    set.add(std::move(tool), std::move(target));
  }
}

json::Object request_schema() {
  json::Object request{{"type", "string"},
                       {"description", "What the agent shall do, with all it has to know."}};
  json::Object properties;
  properties.set("request", std::move(request));
  json::Object schema{{"type", "object"}};
  schema.set("properties", std::move(properties));
  schema.set("required", json::Array{json::Value("request")});
  return schema;
}

void add_agent(ToolSet& set, const core::AgentUse& use, const core::ResourceRef& ref,
               const core::AgentRegistry::Ptr& info) {
  llm::Tool tool;
  tool.name = plain_name(ref.name);
  if (set.find(tool.name) != nullptr) tool.name = plain_name("agent_" + ref.name);
  if (set.find(tool.name) != nullptr) tool.name = plain_name(ref.name_space + "__" + ref.name);
  tool.description = "Agent " + ref.name + ".";
  if (!info->summary.empty()) tool.description += " " + info->summary;
  tool.parameters = request_schema();
  ToolTarget target;
  target.kind = ToolTarget::Kind::agent;
  target.agent = ref;
  target.isolated = use.isolateSessions;
  target.shown = ref.name_space + "/" + ref.name;
  target.require_approval = use.requireApproval;
  set.add(std::move(tool), std::move(target));
}

}  // namespace

void ToolSet::add(llm::Tool tool, ToolTarget target) {
  if (targets_.contains(tool.name)) return;
  target.tool = tools_.size();
  targets_.emplace(tool.name, std::move(target));
  tools_.push_back(std::move(tool));
}

const ToolTarget* ToolSet::find(std::string_view name) const {
  const auto found = targets_.find(name);
  return found == targets_.end() ? nullptr : &found->second;
}

std::string ToolSet::faults(std::string_view name, const json::Value& arguments) const {
  const auto* target = find(name);
  if (target == nullptr) return {};
  std::shared_ptr<const json::Schema> schema;
  {
    const std::lock_guard lock(mutex_);
    auto found = schemas_.find(name);
    if (found == schemas_.end()) {
      auto made = json::Schema::compile(json::Value(tools_[target->tool].parameters));
      found = schemas_.emplace(std::string(name), made ? std::move(*made) : nullptr).first;
    }
    schema = found->second;
  }
  if (!schema || schema->valid(arguments)) return {};
  return json::to_string(schema->validate(arguments));
}

std::string ToolSet::names() const {
  std::string text;
  std::size_t told = 0;
  for (const auto& tool : tools_) {
    if (++told > kMaxNamesTold) return text + ", …";
    if (!text.empty()) text += ", ";
    text += tool.name;
  }
  return text;
}

std::vector<core::ResourceRef> servers_of(const core::DeclarativeAgent& spec,
                                          const std::string& name_space) {
  std::vector<core::ResourceRef> refs;
  for (const auto& tool : spec.tools)
    if (tool.toolServer)
      refs.push_back({std::string(core::kToolServerKind),
                      tool.toolServer->namespace_.value_or(name_space), tool.toolServer->name});
  return refs;
}

std::vector<core::ResourceRef> agents_of(const core::DeclarativeAgent& spec,
                                         const std::string& name_space) {
  std::vector<core::ResourceRef> refs;
  for (const auto& tool : spec.tools)
    if (tool.agent)
      refs.push_back(
          {std::string(kAgentKind), tool.agent->namespace_.value_or(name_space), tool.agent->name});
  return refs;
}

bool ToolSet::is_of(const std::vector<gateway::InventoryPtr>& inventories,
                    const std::vector<core::AgentRegistry::Ptr>& agents) const {
  const auto same = [](const auto& kept, const auto& now) {
    return !kept.owner_before(now) && !now.owner_before(kept);
  };
  return inventories_ == inventories && std::ranges::equal(agents_, agents, same);
}

ToolSetPtr make_tool_set(const core::DeclarativeAgent& spec, const std::string& name_space,
                         const std::vector<gateway::InventoryPtr>& inventories,
                         const std::vector<core::AgentRegistry::Ptr>& agents,
                         BuiltinTools builtin) {
  auto set = std::make_shared<ToolSet>();
  set->inventories_ = inventories;
  set->agents_.assign(agents.begin(), agents.end());
  // Ours first: no server may take their names.
  if (builtin.ask_user) {
    ToolTarget target;
    target.kind = ToolTarget::Kind::ask_user;
    set->add(ask_user_tool(), std::move(target));
  }
  if (builtin.memory) {
    for (auto& tool : memory_call_tools()) {
      ToolTarget target;
      target.kind = ToolTarget::Kind::memory;
      target.repeatable = true;
      set->add(std::move(tool), std::move(target));
    }
  }
  const auto servers = servers_of(spec, name_space);
  const auto others = agents_of(spec, name_space);
  std::size_t server = 0;
  std::size_t agent = 0;
  for (std::size_t i = 0; i < spec.tools.size(); ++i) {
    const auto& tool = spec.tools[i];
    if (tool.toolServer) {
      add_server(*set, *tool.toolServer, i, servers[server], inventories[server]);
      ++server;
    } else if (tool.agent) {
      if (agents[agent]) add_agent(*set, *tool.agent, others[agent], agents[agent]);
      if (!agents[agent]) set->missing.push_back({others[agent].to_string()});
      ++agent;
    }
  }
  return set;
}

}  // namespace flotilla::agents
