#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agents/agent_info_internal.h"
#include "agents/resource_agents.h"
#include "core/manifest_converter.h"
#include "core/money_budget.h"
#include "core/reconciler.h"
#include "core/stored_values.h"
#include "core/tool_server.h"

// What the conditions of an Agent say.
namespace flotilla::agents {

namespace {

constexpr std::string_view kModelConfig = "ModelConfig";

core::Condition condition(const core::Resource& resource, std::string_view type, bool is_true,
                          std::string reason, std::string message) {
  core::Condition one;
  one.type = type;
  one.status = is_true ? "True" : "False";
  one.reason = std::move(reason);
  one.message = std::move(message);
  one.observedGeneration = resource.generation;
  return one;
}

std::string unsupported_in(const core::AgentSpec& spec) {
  std::string text;
  if (!spec.declarative) return text;
  const auto add = [&text](std::size_t i, std::string_view member, std::string_view why) {
    text += fmt::format("{}/spec/declarative/tools/{}/{}: {}", text.empty() ? "" : "\n", i, member,
                        why);
  };
  for (std::size_t i = 0; i < spec.declarative->tools.size(); ++i) {
    const auto& tool = spec.declarative->tools[i];
    // A run outlives its request, and credentials of callers are not stored.
    if (tool.toolServer && !tool.toolServer->allowedHeaders.empty())
      add(i, "toolServer/allowedHeaders", "headers of callers are not passed on");
    // A delegated task is one of ours, whoever runs it: there is no request to have headers.
    if (tool.agent && !tool.agent->headersFrom.empty())
      add(i, "agent/headersFrom", "is not sent; give the headers in that agent's own spec.remote");
  }
  return text;
}

/// The conditions without their times, which are no change by themselves.
bool same_status(const json::Object& old, const json::Object& now) {
  const auto plain = [](const json::Object& status) {
    json::Object copy = status;
    if (auto* conditions = copy.find("conditions");
        conditions != nullptr && conditions->if_array() != nullptr)
      for (auto& one : *conditions->if_array())
        if (auto* members = one.if_object()) members->set("lastTransitionTime", json::Value());
    return copy;
  };
  return plain(old) == plain(now);
}

}  // namespace

core::Condition accepted_condition(const core::Resource& resource, const Result<>& result) {
  if (result) return condition(resource, "Accepted", true, "Valid", "");
  return condition(resource, "Accepted", false, "Invalid", std::string(result.error().message()));
}

Async<Result<>> ResourceAgents::write_status(core::Resource resource, core::AgentSpec spec,
                                             std::vector<core::Condition> conditions) {
  auto unsupported = unsupported_in(spec);
  if (!unsupported.empty())
    conditions.push_back(
        condition(resource, "UnsupportedFeatures", true, "NotSupported", std::move(unsupported)));
  core::AgentStatus status;
  status.conditions = std::move(conditions);
  status.observedGeneration = resource.generation;
  status.type = type_of(spec);
  status.url = core::agent_url(resource.ref);
  auto value = json::to_value(status);
  auto& object = *value.if_object();
  core::add_unsupported_features(resource, object);
  if (same_status(resource.status, object)) co_return ok();
  CO_TRY_VOID(
      co_await services_.resources.set_status(resource.ref, resource.uid, std::move(object)));
  co_return ok();
}

Async<Result<>> ResourceAgents::report(core::Resource resource, core::AgentSpec spec) {
  std::vector<core::Condition> conditions;
  conditions.push_back(accepted_condition(resource, ok()));
  CO_TRY(problems, co_await problems_of(resource, spec));
  Result<> probed = ok();
  auto* backend = backend_of(spec);
  if (problems.empty() && backend != nullptr) {
    auto backing = co_await backend->probe(resource);
    if (backing) {
      services_.agents.put(info_of(resource, spec, backing->card, std::move(backing->runner)));
    } else {
      probed = fail(backing.error());
      problems.push_back(
          {spec.remote ? "Unreachable" : "NotRunning", std::string(backing.error().message())});
    }
  }
  if (problems.empty()) {
    conditions.push_back(condition(resource, "Ready", true, "Ready", ""));
  } else {
    std::string message;
    for (const auto& one : problems)
      message += fmt::format("{}{}", message.empty() ? "" : "; ", one.message);
    conditions.push_back(
        condition(resource, "Ready", false, problems.front().reason, std::move(message)));
  }
  CO_TRY_VOID(co_await write_status(std::move(resource), std::move(spec), std::move(conditions)));
  co_return probed;
}

Async<Result<std::optional<core::Resource>>> ResourceAgents::find(core::ResourceRef ref) {
  auto found = co_await services_.resources.get(nullptr, std::move(ref));
  if (found) co_return std::optional(std::move(*found));
  if (found.error().code() == Code::not_found) co_return std::optional<core::Resource>();
  co_return fail(found.error());
}

Async<Result<>> ResourceAgents::need(std::string_view kind, std::string name_space,
                                     std::string name, std::vector<Problem>& problems) {
  core::ResourceRef ref{std::string(kind), std::move(name_space), std::move(name)};
  CO_TRY(found, co_await find(ref));
  if (!found) {
    problems.push_back(
        {fmt::format("{}Missing", kind), fmt::format("there is no {}", ref.to_string())});
    co_return ok();
  }
  // A model that cannot be made is no model to run with.
  if (kind != kModelConfig) co_return ok();
  CO_TRY(status, core::status_of<core::PlainStatus>(*found));
  for (const auto& one : status.conditions)
    if (one.type == "Accepted" && one.status == "False" &&
        one.observedGeneration == found->generation)
      problems.push_back(
          {"ModelConfigNotAccepted", fmt::format("{}: {}", ref.to_string(), one.message)});
  co_return ok();
}

Async<Result<std::vector<ResourceAgents::Problem>>> ResourceAgents::problems_of(
    core::Resource resource, core::AgentSpec spec) {
  std::vector<Problem> problems;
  if (const auto fault = faults_.find(resource.uid); fault != faults_.end())
    problems.push_back({spec.declarative                              ? "PromptInvalid"
                        : fault->second.code() == Code::unimplemented ? "NotSupported"
                                                                      : "Invalid",
                        std::string(fault->second.message())});
  const auto& in = resource.ref.name_space;
  if (spec.byo) CO_TRY_VOID(co_await check_values(in, spec.byo->env, problems));
  if (spec.remote) CO_TRY_VOID(co_await check_values(in, spec.remote->headers, problems));
  if (!spec.declarative) co_return problems;
  const auto& agent = *spec.declarative;
  CO_TRY_VOID(co_await need(kModelConfig, in, agent.model, problems));
  const auto priced =
      co_await core::check_money_budget(services_.resources, resource.ref, resource.spec);
  if (!priced && priced.error().code() != Code::invalid_argument) co_return fail(priced.error());
  if (!priced) problems.push_back({"PriceMissing", std::string(priced.error().message())});
  if (agent.memory && agent.memory->model)
    CO_TRY_VOID(co_await need(kModelConfig, in, *agent.memory->model, problems));
  if (agent.compaction && agent.compaction->summarizer && agent.compaction->summarizer->model)
    CO_TRY_VOID(co_await need(kModelConfig, in, *agent.compaction->summarizer->model, problems));
  for (const auto& policy : agent.policies)
    CO_TRY_VOID(co_await need("Policy", in, policy, problems));
  CO_TRY_VOID(co_await check_tools(resource.ref, agent, problems));
  co_return problems;
}

Async<Result<>> ResourceAgents::check_tools(core::ResourceRef own, core::DeclarativeAgent agent,
                                            std::vector<Problem>& problems) {
  for (const auto& tool : agent.tools) {
    const bool is_server = tool.toolServer.has_value();
    const auto& name = is_server ? tool.toolServer->name : tool.agent->name;
    const auto& other = is_server ? tool.toolServer->namespace_ : tool.agent->namespace_;
    const auto in = other.value_or(own.name_space);
    const auto& values = is_server ? tool.toolServer->headersFrom : tool.agent->headersFrom;
    CO_TRY_VOID(co_await check_values(own.name_space, values, problems));
    std::string kind(core::kAgentKind);
    if (is_server) kind = core::kToolServerKind;
    core::ResourceRef ref{kind, in, name};
    if (ref == own) {
      problems.push_back({"SelfReference", "the agent has itself as a tool"});
      continue;
    }
    CO_TRY(found, co_await find(ref));
    std::optional<core::AllowedNamespaces> allowed;
    if (found && is_server) {
      CO_TRY(spec, core::spec_of<core::ToolServerSpec>(*found));
      allowed = std::move(spec.allowedNamespaces);
    } else if (found) {
      CO_TRY(spec, core::spec_of<core::AgentSpec>(*found));
      allowed = std::move(spec.allowedNamespaces);
    } else if (!is_server && services_.agents.find(in, name)) {
      // The server's own agents are everybody's who may enter their namespace.
      allowed.emplace().from = core::NamespacesFrom::all;
    } else {
      problems.push_back({kind + "Missing", fmt::format("there is no {}", ref.to_string())});
      continue;
    }
    if (!core::allows(allowed, in, own.name_space))
      problems.push_back({"NotAllowed", fmt::format("{} does not allow agents of namespace {} "
                                                    "(its spec.allowedNamespaces)",
                                                    ref.to_string(), own.name_space)});
  }
  co_return ok();
}

Async<Result<>> ResourceAgents::check_values(std::string name_space,
                                             std::vector<core::NamedValue> values,
                                             std::vector<Problem>& problems) {
  for (const auto& value : values) {
    if (!value.valueFrom) continue;
    const auto found = co_await value_of(name_space, *value.valueFrom);
    if (found) continue;
    if (found.error().code() != Code::not_found) co_return fail(found.error());
    problems.push_back(
        {"ValueMissing", fmt::format("{}: {}", value.name, found.error().message())});
  }
  co_return ok();
}

}  // namespace flotilla::agents
