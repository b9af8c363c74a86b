#include "app/agent_service.h"

#include "agents/declarative/recorded_tools.h"
#include "core/agent_resource.h"
#include "gateway/caller_keys.h"

namespace flotilla::app {
namespace {

constexpr std::size_t kNameThreads = 4;
constexpr std::size_t kNameQueue = 1000;

http::ClientOptions client_options() {
  http::ClientOptions options;
  options.max_idle_per_host = 64;
  return options;
}

core::TokenPrice price_of(const core::ModelPrice& price) {
  return {price.input, price.output, price.cachedInput, price.cacheWrite};
}

Async<Result<agents::ModelUse>> find_model(agents::Models& models, std::string name_space,
                                           std::string name) {
  CO_TRY(entry, co_await models.get(std::move(name_space), std::move(name)));
  agents::ModelUse use;
  use.model = entry->model;
  use.config = entry->ref.name;
  if (entry->price) use.price = price_of(*entry->price);
  use.max_output_tokens = entry->max_output_tokens;
  co_return use;
}

/// Accepted: whether a model can be made of it; agents that use it are looked at again.
Async<Result<>> report_model(agents::Models& models, core::Resources& resources,
                             core::Reconciler& reconciler, gateway::CallerKeys* keys,
                             core::Resource resource) {
  if (resource.deleted) co_return ok();
  const auto spec = core::spec_of<core::ModelConfigSpec>(resource);
  if (keys != nullptr && spec && spec->apiKeyPassthrough) keys->want();
  const auto usable = co_await models.check(resource);
  if (!usable && usable.error().code() == Code::unavailable) co_return fail(usable.error());
  auto condition = agents::accepted_condition(resource, usable);
  if (core::is_condition_true(resource, "Accepted") && usable) co_return ok();
  auto status = resource.status;
  core::set_condition(status, std::move(condition));
  status.set("observedGeneration", resource.generation);
  CO_TRY_VOID(co_await resources.set_status(resource.ref, resource.uid, std::move(status)));
  CO_TRY(users, co_await resources.users_of(resource.ref));
  for (auto& user : users) reconciler.poke(std::move(user));
  co_return ok();
}

/// Through the cassette, where there is one.
Async<Result<agents::ModelUse>> find_recorded_model(agents::Models& models, llm::Cassette& cassette,
                                                    std::string name_space, std::string name) {
  if (cassette.mode() == llm::Cassette::Mode::replay) {
    // The ModelConfig may be without its key here, or not there at all.
    agents::ModelUse replayed;
    replayed.config = name.empty() ? std::string(agents::kDefaultModel) : std::move(name);
    replayed.model = cassette.replayed(name_space + "/" + replayed.config);
    co_return replayed;
  }
  CO_TRY(use, co_await find_model(models, name_space, std::move(name)));
  use.model = cassette.recorded(std::move(use.model), name_space + "/" + use.config);
  co_return use;
}

agents::ResourceAgentServices agent_services(const AgentNeeds& needs,
                                             gateway::ToolServers* recorded_tools,
                                             agents::Models& models, agents::RemoteAgents& remote,
                                             agents::ByoAgents& byo) {
  agents::DeclarativeServices declarative{needs.database,
                                          system_clock(),
                                          system_random(),
                                          needs.agents,
                                          needs.tasks,
                                          needs.messaging,
                                          {}};
  declarative.find_model = [&models](std::string name_space, std::string name) {
    return find_model(models, std::move(name_space), std::move(name));
  };
  if (needs.cassette != nullptr)
    declarative.find_model = [&models, &cassette = *needs.cassette](std::string name_space,
                                                                    std::string name) {
      return find_recorded_model(models, cassette, std::move(name_space), std::move(name));
    };
  declarative.tool_servers = recorded_tools != nullptr ? recorded_tools : &needs.tool_servers;
  declarative.approvals = &needs.approvals;
  declarative.usage = &needs.usage;
  declarative.cassette = needs.cassette;
  declarative.memory = &needs.memory;
  declarative.find_embedding = [&models](std::string name_space, std::string name) {
    return models.embedding(std::move(name_space), std::move(name));
  };
  declarative.resources = &needs.resources;
  declarative.caller_keys = needs.caller_keys;
  agents::ResourceAgentServices services{needs.resources, needs.agents, {}};
  services.declarative = [shared = std::make_shared<agents::DeclarativeServices>(
                              std::move(declarative))](agents::DeclarativeDefinition definition) {
    return agents::make_declarative(*shared, std::move(definition));
  };
  services.remote = &remote;
  services.byo = &byo;
  return services;
}

}  // namespace

AgentService::AgentService(AgentNeeds needs)
    : names_("model-dns", kNameThreads, kNameQueue),
      http_(system_clock(), names_, needs.egress, client_options()),
      models_(needs.resources,
              llm::ModelServices{http_, system_clock(), system_random(), &needs.metrics},
              needs.loops.executor(0)),
      recorded_tools_(needs.cassette == nullptr
                          ? nullptr
                          : agents::make_recorded_tools(*needs.cassette, needs.tool_servers)),
      remote_(needs.resources, {http_, system_clock(), system_random()}),
      byo_({needs.resources,
            system_clock(),
            needs.loops.executor(0),
            {http_, system_clock(), system_random()},
            [&reconciler = needs.reconciler](core::ResourceRef ref) {
              reconciler.poke(std::move(ref));
            }}),
      resource_agents_(agent_services(needs, recorded_tools_.get(), models_, remote_, byo_)) {
  needs.reconciler.add(core::kAgentKind, [this](core::Resource resource) {
    return resource_agents_.reconcile(std::move(resource));
  });
  needs.reconciler.add(
      "ModelConfig", [this, &resources = needs.resources, &reconciler = needs.reconciler,
                      keys = needs.caller_keys](core::Resource resource) {
        return report_model(models_, resources, reconciler, keys, std::move(resource));
      });
}

void AgentService::start() {
  models_.start();
}

Async<> AgentService::stop() {
  co_await models_.stop();
}

}  // namespace flotilla::app
