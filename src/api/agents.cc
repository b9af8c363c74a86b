#include "api/query.h"
#include "api/route.h"
#include "api/views.h"

namespace flotilla::api::agents {

namespace {

AgentResource resource_of(const core::AgentInfo& agent) {
  AgentResource resource;
  resource.metadata.namespace_ = agent.name_space;
  resource.metadata.name = agent.name;
  resource.metadata.uid = agent.uid;
  resource.metadata.creationTimestamp = agent.created_at;
  resource.spec.type = agent.type;
  resource.spec.description = agent.summary;
  resource.spec.keywords = agent.keywords;
  resource.status.url = "/a2a/" + agent.name_space + "/" + agent.name;
  return resource;
}

Result<core::AgentRegistry::Ptr> find(const Sources& sources, const http::Request& request) {
  const auto name_space = request.param("ns");
  const auto name = request.param("name");
  auto agent = sources.agents.find(name_space, name);
  if (!agent || !request.context.principal->may_enter(name_space))
    return fail(Error(Code::not_found, "there is no agent " + std::string(name_space) + "/" +
                                           std::string(name) + "; `agents list` shows yours"));
  return agent;
}

Result<AgentList> load_list(const Sources& sources, const http::Request& request) {
  TRY(limit, limit_of(request));
  const auto name_space = request.param("ns");
  TRY(after, value_of(request, "cursor"));
  AgentList list;
  for (const auto& agent : sources.agents.list()) {
    if (!name_space.empty() && agent->name_space != name_space) continue;
    if (!request.context.principal->may_enter(agent->name_space)) continue;
    const std::string place = agent->name_space + "/" + agent->name;
    if (!after.empty() && place <= after) continue;
    if (list.items.size() == limit) {
      const auto& last = list.items.back().metadata;
      list.nextCursor = last.namespace_ + "/" + last.name;
      break;
    }
    list.items.push_back(resource_of(*agent));
  }
  return list;
}

}  // namespace

Async<http::Response> list(const Sources& sources, http::Request& request) {
  auto page = load_list(sources, request);
  co_return page ? answer(*page) : http::Response::problem(page.error());
}

Async<http::Response> get(const Sources& sources, http::Request& request) {
  auto agent = find(sources, request);
  co_return agent ? answer(resource_of(**agent)) : http::Response::problem(agent.error());
}

Async<http::Response> card(const Sources& sources, http::Request& request) {
  auto agent = find(sources, request);
  if (!agent) co_return http::Response::problem(agent.error());
  // As A2A clients get it: only there its URLs are known.
  request.path = resource_of(**agent).status.url + "/.well-known/agent-card.json";
  request.target = request.path;
  request.query.clear();
  request.params.clear();
  request.headers.set("A2A-Version", "1.0");
  co_return co_await sources.router->route(request);
}

}  // namespace flotilla::api::agents
