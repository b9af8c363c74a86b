#include "agents/resource_agents.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agents/agent_info_internal.h"
#include "agents/prompt/prompt.h"
#include "core/manifest_converter.h"
#include "core/prompt_template.h"
#include "core/reconciler.h"
#include "core/stored_values.h"

// Registration; what the conditions say is found in agent_conditions.cc.
namespace flotilla::agents {

namespace {

constexpr std::size_t kPage = 500;

bool is_own_agent(const core::AgentRegistry::Ptr& agent) {
  return agent && !agent->resource;
}

PromptValues prompt_values(const core::ResourceRef& ref, const core::AgentSpec& spec) {
  PromptValues values;
  values.agent_name = ref.name;
  values.agent_namespace = ref.name_space;
  values.description = spec.description.value_or("");
  for (const auto& tool : spec.declarative->tools) {
    if (tool.toolServer)
      values.tool_names.insert(values.tool_names.end(), tool.toolServer->tools.begin(),
                               tool.toolServer->tools.end());
    if (tool.agent) values.tool_names.push_back(tool.agent->name);
  }
  for (const auto& skill : spec.skills) values.skill_names.push_back(skill.name);
  return values;
}

}  // namespace

ResourceAgents::ResourceAgents(ResourceAgentServices services) : services_(std::move(services)) {}

Async<Result<>> ResourceAgents::load() {
  Sources sources;
  std::string cursor;
  do {
    core::ResourceFilter filter(std::string(core::kAgentKind), {}, {});
    CO_TRY(page, co_await services_.resources.list(nullptr, std::move(filter), cursor, kPage));
    for (auto& resource : page.items) {
      auto spec = core::spec_of<core::AgentSpec>(resource);
      // What an earlier version stored: reconcile() tells.
      if (!spec) continue;
      if (is_own_agent(services_.agents.find(resource.ref.name_space, resource.ref.name))) continue;
      CO_TRY_VOID(co_await register_agent(std::move(resource), std::move(*spec), &sources));
    }
    cursor = page.next;
  } while (!cursor.empty());
  co_return ok();
}

Async<Result<>> ResourceAgents::reconcile(core::Resource resource) {
  if (resource.deleted) {
    co_await drop(std::move(resource));
    co_return ok();
  }
  CO_TRY(spec, core::spec_of<core::AgentSpec>(resource));
  if (is_own_agent(services_.agents.find(resource.ref.name_space, resource.ref.name))) {
    const Result<> taken = fail(
        Error(Code::already_exists, "an agent of the server's own has this name; take another"));
    auto accepted = accepted_condition(resource, taken);
    accepted.reason = "NameTaken";
    std::vector<core::Condition> conditions;
    conditions.push_back(std::move(accepted));
    co_return co_await write_status(std::move(resource), std::move(spec), std::move(conditions));
  }
  CO_TRY_VOID(co_await register_agent(resource, spec, nullptr));
  co_return co_await report(std::move(resource), std::move(spec));
}

Async<> ResourceAgents::drop(core::Resource resource) {
  faults_.erase(resource.uid);
  services_.agents.remove(resource.ref.name_space, resource.ref.name, resource.uid);
  // Which of them had it is no longer known when only its end was seen.
  if (services_.remote != nullptr) co_await services_.remote->drop(resource.uid);
  if (services_.byo != nullptr) co_await services_.byo->drop(resource.uid);
}

AgentBackend* ResourceAgents::backend_of(const core::AgentSpec& spec) const {
  return spec.byo ? services_.byo : spec.remote ? services_.remote : nullptr;
}

/// Fails only when the store does; what is wrong with the agent becomes its runner's answer.
Async<Result<>> ResourceAgents::register_agent(core::Resource resource, core::AgentSpec spec,
                                               Sources* sources) {
  std::optional<a2a::AgentCard> card;
  Result<std::shared_ptr<core::Runner>> runner =
      fail(Error(Code::unimplemented,
                 fmt::format("agents of type {} are not run by this server", type_of(spec))));
  if (spec.declarative) {
    if (services_.declarative) runner = co_await declarative_runner(resource.ref, spec, sources);
  } else if (auto* backend = backend_of(spec)) {
    auto backing = co_await backend->take(resource, spec);
    if (backing) {
      runner = std::move(backing->runner);
      card = std::move(backing->card);
    } else {
      runner = fail(backing.error());
    }
  }
  faults_.erase(resource.uid);
  if (!runner) {
    if (runner.error().code() == Code::unavailable) co_return fail(runner.error());
    faults_.emplace(resource.uid, runner.error());
    runner =
        make_unavailable(Error(Code::failed_precondition,
                               fmt::format("agent {}/{} cannot run: {}", resource.ref.name_space,
                                           resource.ref.name, runner.error().message())));
  }
  services_.agents.put(info_of(resource, spec, card, std::move(*runner)));
  co_return ok();
}

Async<Result<std::shared_ptr<core::Runner>>> ResourceAgents::declarative_runner(
    core::ResourceRef ref, core::AgentSpec spec, Sources* sources) {
  DeclarativeDefinition definition;
  CO_TRY(system, co_await system_message(ref, spec, sources));
  definition.name_space = std::move(ref.name_space);
  definition.name = std::move(ref.name);
  definition.system = std::move(system);
  definition.spec = std::move(*spec.declarative);
  // The rendered text is all that a run needs of them.
  definition.spec.systemMessage.reset();
  definition.spec.promptTemplate.reset();
  co_return services_.declarative(std::move(definition));
}

Async<Result<std::string>> ResourceAgents::system_message(core::ResourceRef ref,
                                                          core::AgentSpec spec, Sources* sources) {
  const auto& agent = *spec.declarative;
  std::string text = agent.systemMessage.value_or("");
  if (agent.systemMessageFrom) {
    CO_TRY(found, co_await value_of(ref.name_space, *agent.systemMessageFrom));
    text = std::move(found);
  }
  if (!agent.promptTemplate || agent.promptTemplate->dataSources.empty()) co_return text;
  auto values = prompt_values(ref, spec);
  for (const auto& source : agent.promptTemplate->dataSources) {
    core::ResourceRef at{std::string(wire_name(source.kind)), ref.name_space, source.name};
    CO_TRY(texts, co_await prompt_source(std::move(at), sources));
    values.sources[source.alias.value_or(source.name)] = std::move(texts);
  }
  co_return render_prompt(text, values);
}

Async<Result<std::map<std::string, std::string>>> ResourceAgents::prompt_source(
    core::ResourceRef ref, Sources* sources) {
  if (sources != nullptr)
    if (const auto known = sources->find(ref); known != sources->end()) co_return known->second;
  CO_TRY(resource, co_await services_.resources.get(nullptr, ref));
  std::map<std::string, std::string> texts;
  if (ref.kind == core::kConfigMapKind) {
    CO_TRY(spec, core::spec_of<core::ConfigMapSpec>(resource));
    texts = std::move(spec.data);
  } else {
    CO_TRY(spec, core::spec_of<core::PromptTemplateSpec>(resource));
    texts = std::move(spec.parts);
  }
  if (sources != nullptr) sources->emplace(std::move(ref), texts);
  co_return texts;
}

Async<Result<std::string>> ResourceAgents::value_of(std::string name_space,
                                                    core::ValueSource source) {
  if (source.configMapKeyRef)
    co_return co_await services_.resources.config_value(name_space, source.configMapKeyRef->name,
                                                        source.configMapKeyRef->key);
  const auto ref = source.secretKeyRef.value_or(core::SecretKeyRef{});
  CO_TRY(secret, co_await services_.resources.secret_value(name_space, ref.name, ref.key));
  co_return std::string(secret.reveal());
}

}  // namespace flotilla::agents
