#include <algorithm>

#include "api/query.h"
#include "api/resource_views.h"
#include "api/route.h"
#include "core/agent_resource.h"
#include "core/resources.h"

// Agents: those that are declared, and among them those that the server has of its own.
namespace flotilla::api::agents {

namespace {

bool is_declared(const core::AgentInfo& agent) {
  return agent.resource;
}

core::Condition condition(std::string_view type) {
  core::Condition one;
  one.type = type;
  one.status = "True";
  one.reason = "BuiltIn";
  one.message = "an agent of the server's own";
  one.observedGeneration = 1;
  return one;
}

/// An agent of the server's own, in the shape of the others; it is in no store.
core::Resource resource_of(const core::AgentInfo& agent) {
  core::Resource resource;
  resource.ref = {std::string(core::kAgentKind), agent.name_space, agent.name};
  resource.uid = agent.uid;
  resource.created_at = agent.created_at;
  core::AgentSpec spec;
  spec.description = agent.summary;
  spec.keywords = agent.keywords;
  resource.spec = std::move(*json::to_value(spec).if_object());
  core::AgentStatus status;
  status.type = agent.type;
  status.url = core::agent_url(resource.ref);
  status.observedGeneration = 1;
  for (const char* type : {"Accepted", "Ready"}) {
    status.conditions.push_back(condition(type));
    status.conditions.back().lastTransitionTime = agent.created_at;
  }
  resource.status = std::move(*json::to_value(status).if_object());
  return resource;
}

Error no_agent(std::string_view name_space, std::string_view name) {
  return Error(Code::not_found, "there is no agent " + std::string(name_space) + "/" +
                                    std::string(name) + "; `agents list` shows yours");
}

std::string place_of(const core::Resource& resource) {
  return resource.ref.name_space + "/" + resource.ref.name;
}

/// Those of the server's own after a place, in order.
std::vector<core::Resource> own_agents(const Sources& sources, const http::Request& request,
                                       const core::ResourceFilter& filter,
                                       const std::string& after) {
  std::vector<core::Resource> own;
  if (!filter.labels.matches({})) return own;
  for (const auto& agent : sources.agents.list()) {
    if (is_declared(*agent)) continue;
    if (!filter.name_space.empty() && agent->name_space != filter.name_space) continue;
    if (!request.context.principal->may_enter(agent->name_space)) continue;
    auto resource = resource_of(*agent);
    if (after.empty() || place_of(resource) > after) own.push_back(std::move(resource));
  }
  return own;
}

Async<Result<core::ResourcePage>> load_page(const Sources& sources, const http::Request& request) {
  CO_TRY(limit, limit_of(request));
  CO_TRY(after, value_of(request, "cursor"));
  CO_TRY(selector, value_of(request, "labelSelector"));
  CO_TRY(labels, core::LabelSelector::parse(selector, "labelSelector"));
  core::ResourceFilter filter(std::string(core::kAgentKind), std::string(request.param("ns")),
                              std::move(labels));
  auto own = own_agents(sources, request, filter, after);
  core::ResourcePage page;
  const auto& principal = request.context.principal;
  if (filter.name_space.empty() || principal->may_enter(filter.name_space)) {
    std::string cursor;
    if (!after.empty()) cursor = std::string(core::kAgentKind) + "/" + after;
    CO_TRY(stored, co_await sources.resources->list(principal, filter, std::move(cursor), limit));
    page = std::move(stored);
  }
  std::ranges::move(own, std::back_inserter(page.items));
  std::ranges::sort(page.items, {}, &core::Resource::ref);
  const bool more = page.items.size() > limit || !page.next.empty();
  if (page.items.size() > limit) page.items.resize(limit);
  page.next = more ? place_of(page.items.back()) : "";
  co_return page;
}

}  // namespace

Async<http::Response> list(const Sources& sources, http::Request& request) {
  if (wants_stream(request)) co_return co_await resources::list(sources, request);
  const auto page = co_await load_page(sources, request);
  if (!page) co_return http::Response::problem(page.error());
  co_return answer_page(*page);
}

Async<http::Response> get(const Sources& sources, http::Request& request) {
  const auto name_space = request.param("ns");
  const auto name = request.param("name");
  if (!request.context.principal->may_enter(name_space))
    co_return http::Response::problem(no_agent(name_space, name));
  const auto agent = sources.agents.find(name_space, name);
  if (agent && !is_declared(*agent)) co_return answer_document(resource_of(*agent));
  core::ResourceRef ref{std::string(core::kAgentKind), std::string(name_space), std::string(name)};
  const auto found = co_await sources.resources->get(request.context.principal, std::move(ref));
  if (found) co_return answer_document(*found);
  if (found.error().code() != Code::not_found) co_return http::Response::problem(found.error());
  co_return http::Response::problem(no_agent(name_space, name));
}

Async<http::Response> card(const Sources& sources, http::Request& request) {
  const auto name_space = request.param("ns");
  const auto name = request.param("name");
  const auto agent = sources.agents.find(name_space, name);
  if (!agent || !request.context.principal->may_enter(name_space))
    co_return http::Response::problem(no_agent(name_space, name));
  // As A2A clients get it: only there its URLs are known.
  core::ResourceRef ref{std::string(core::kAgentKind), agent->name_space, agent->name};
  request.path = core::agent_url(ref) + "/.well-known/agent-card.json";
  request.target = request.path;
  request.query.clear();
  request.params.clear();
  request.headers.set("A2A-Version", "1.0");
  co_return co_await sources.router->route(request);
}

}  // namespace flotilla::api::agents
