#include <set>
#include <utility>

#include <fmt/format.h>

#include "compat/kagent/facade_internal.h"

// Agents: what is declared, and the server's own.
namespace flotilla::compat::kagent {

namespace {

json::Object metadata_of(const core::AgentInfo& info) {
  json::Object metadata;
  metadata.append("name", info.name);
  metadata.append("namespace", info.name_space);
  metadata.append("uid", info.uid);
  metadata.append("creationTimestamp", format_time(info.created_at));
  return metadata;
}

json::Object response_of(std::string id, json::Object document, bool accepted, bool ready) {
  json::Object out;
  out.append("id", std::move(id));
  std::string model_ref;
  json::Value tools = json::Array();
  if (const auto* spec = document.find("spec"); spec != nullptr && spec->if_object() != nullptr)
    if (const auto* declarative = spec->if_object()->find("declarative"); declarative != nullptr) {
      if (const auto* model = declarative->if_object()->find("modelConfig"))
        model_ref = *model->if_string();
      if (const auto* given = declarative->if_object()->find("tools")) tools = *given;
    }
  out.append("agent", std::move(document));
  out.append("modelProvider", "");
  out.append("model", "");
  out.append("modelConfigRef", std::move(model_ref));
  out.append("memoryRefs", json::Array());
  out.append("tools", std::move(tools));
  out.append("deploymentReady", ready);
  out.append("accepted", accepted);
  out.append("workloadMode", "deployment");
  return out;
}

json::Object response_of(const core::Resource& resource) {
  return response_of(identifier(resource.ref.name_space, resource.ref.name),
                     agent_document(resource), core::is_condition_true(resource, "Accepted"),
                     core::is_condition_true(resource, "Ready"));
}

/// An agent of the server's own, which no resource declares.
json::Object response_of(const core::AgentInfo& info) {
  json::Object spec;
  spec.append("type", "BYO");
  spec.append("description", info.summary);
  json::Object document;
  document.append("apiVersion", "kagent.dev/v1alpha2");
  document.append("kind", "Agent");
  document.append("metadata", metadata_of(info));
  document.append("spec", std::move(spec));
  document.append("status", json::Object());
  return response_of(identifier(info.name_space, info.name), std::move(document), true, true);
}

/// Its model's provider and name, where it has one.
Async<> fill_model(const Facade& facade, core::PrincipalPtr principal, core::ResourceRef agent,
                   json::Object& response) {
  const auto name = *response.find("modelConfigRef")->if_string();
  if (name.empty()) co_return;
  core::ResourceRef ref{"ModelConfig", agent.name_space, name};
  response.set("modelConfigRef", ref_text(ref));
  const auto found = co_await facade.resources.get(std::move(principal), std::move(ref));
  if (!found) co_return;
  const auto document = model_config_document(*found);
  const auto& spec = *document.find("spec")->if_object();
  if (const auto* provider = spec.find("provider")) response.set("modelProvider", *provider);
  if (const auto* model = spec.find("model")) response.set("model", *model);
}

}  // namespace

Async<Answer> list_agents(const Facade& facade, http::Request& request) {
  auto principal = request.context.principal;
  const auto name_space = request.query_value("namespace").value_or("");
  CO_TRY(resources, co_await all_of(facade, principal, "Agent", name_space));
  json::Array list;
  std::set<std::pair<std::string, std::string>> declared;
  for (const auto& resource : resources) {
    declared.emplace(resource.ref.name_space, resource.ref.name);
    auto response = response_of(resource);
    co_await fill_model(facade, principal, resource.ref, response);
    list.emplace_back(std::move(response));
  }
  for (const auto& agent : facade.agents.list()) {
    if (!principal->may_enter(agent->name_space)) continue;
    if (!name_space.empty() && agent->name_space != name_space) continue;
    if (declared.contains({agent->name_space, agent->name})) continue;
    list.emplace_back(response_of(*agent));
  }
  co_return answer(std::move(list), "Successfully listed agents");
}

Async<Answer> get_agent(const Facade& facade, http::Request& request) {
  auto principal = request.context.principal;
  auto ref = ref_in(request, "Agent");
  auto found = co_await facade.resources.get(principal, ref);
  if (found) {
    auto response = response_of(*found);
    co_await fill_model(facade, principal, ref, response);
    co_return answer(std::move(response), "Successfully retrieved agent");
  }
  const auto agent =
      principal->may_enter(ref.name_space) ? facade.agents.find(ref.name_space, ref.name) : nullptr;
  if (!agent) co_return fail(found.error());
  co_return answer(response_of(*agent), "Successfully retrieved agent");
}

Async<Answer> put_agent(const Facade& facade, http::Request& request) {
  CO_TRY(body, body_of(request));
  // The UI leaves out what the route says.
  if (body.find("apiVersion") == nullptr) body.set("apiVersion", "kagent.dev/v1alpha2");
  if (body.find("kind") == nullptr) body.set("kind", "Agent");
  const bool creates = request.method == http::Method::post;
  auto principal = request.context.principal;
  const auto* metadata = body.find("metadata");
  if (creates && metadata != nullptr && metadata->if_object() != nullptr) {
    CO_TRY(name, text_in(*metadata->if_object(), "name"));
    CO_TRY(name_space, text_in(*metadata->if_object(), "namespace"));
    if (name_space.empty()) name_space = principal->home();
    core::ResourceRef ref{"Agent", name_space, name};
    const auto before = co_await facade.resources.get(principal, std::move(ref));
    if (before)
      co_return fail(Error(Code::already_exists,
                           fmt::format("Agent {}/{} is there already", name_space, name)));
  }
  auto home = principal->home();
  CO_TRY(resource, co_await apply_one(facade, principal, std::move(body), std::move(home)));
  co_return answer(agent_document(resource),
                   creates ? "Successfully created agent" : "Successfully updated agent",
                   creates ? 201 : 200);
}

Async<Answer> delete_agent(const Facade& facade, http::Request& request) {
  auto ref = ref_in(request, "Agent");
  CO_TRY_VOID(co_await facade.resources.remove(request.context.principal, std::move(ref)));
  co_return answer(json::Object(), "Successfully deleted agent");
}

}  // namespace flotilla::compat::kagent
