#include "compat/kagent/facade.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "auth/access.h"
#include "compat/kagent/facade_internal.h"
#include "compat/limits.h"

// The route table, and what all routes share.
namespace flotilla::compat::kagent {

namespace {

using http::Method;

struct FacadeRoute {
  Method method;
  std::string_view pattern;
  Async<Answer> (*handle)(const Facade&, http::Request&);
  bool writes = false;  // needs the role operator
};

constexpr std::string_view kApi = "/kagent/api";
constexpr std::array kRoutes{
    FacadeRoute{Method::get, "/sessions", list_sessions},
    FacadeRoute{Method::post, "/sessions", create_session, true},
    FacadeRoute{Method::get, "/sessions/agent/{ns}/{name}", agent_sessions},
    FacadeRoute{Method::get, "/sessions/{id}", get_session},
    FacadeRoute{Method::put, "/sessions/{id}", update_session, true},
    FacadeRoute{Method::patch, "/sessions/{id}", update_session, true},
    FacadeRoute{Method::delete_, "/sessions/{id}", delete_session, true},
    FacadeRoute{Method::post, "/sessions/{id}/events", add_event, true},
    FacadeRoute{Method::get, "/sessions/{id}/tasks", session_tasks},
    FacadeRoute{Method::post, "/tasks", save_task, true},
    FacadeRoute{Method::get, "/tasks/{id}", get_task},
    FacadeRoute{Method::delete_, "/tasks/{id}", delete_task, true},
    FacadeRoute{Method::get, "/agents", list_agents},
    FacadeRoute{Method::post, "/agents", put_agent, true},
    FacadeRoute{Method::put, "/agents", put_agent, true},
    FacadeRoute{Method::get, "/agents/{ns}/{name}", get_agent},
    FacadeRoute{Method::put, "/agents/{ns}/{name}", put_agent, true},
    FacadeRoute{Method::delete_, "/agents/{ns}/{name}", delete_agent, true},
    FacadeRoute{Method::get, "/modelconfigs", list_model_configs},
    FacadeRoute{Method::post, "/modelconfigs", put_model_config, true},
    FacadeRoute{Method::get, "/modelconfigs/{ns}/{name}", get_model_config},
    FacadeRoute{Method::put, "/modelconfigs/{ns}/{name}", put_model_config, true},
    FacadeRoute{Method::delete_, "/modelconfigs/{ns}/{name}", delete_model_config, true},
    FacadeRoute{Method::get, "/toolservers", list_tool_servers},
    FacadeRoute{Method::post, "/toolservers", create_tool_server, true},
    FacadeRoute{Method::delete_, "/toolservers/{ns}/{name}", delete_tool_server, true},
    FacadeRoute{Method::get, "/toolservertypes", tool_server_types},
    FacadeRoute{Method::get, "/tools", list_tools},
    FacadeRoute{Method::get, "/prompttemplates", list_prompts},
    FacadeRoute{Method::post, "/prompttemplates", put_prompts, true},
    FacadeRoute{Method::get, "/prompttemplates/{ns}/{name}", get_prompts},
    FacadeRoute{Method::put, "/prompttemplates/{ns}/{name}", put_prompts, true},
    FacadeRoute{Method::delete_, "/prompttemplates/{ns}/{name}", delete_prompts, true},
    FacadeRoute{Method::get, "/namespaces", namespaces},
    FacadeRoute{Method::get, "/me", me},
    FacadeRoute{Method::post, "/memories/sessions", save_memory, true},
    FacadeRoute{Method::post, "/memories/sessions/batch", save_memories, true},
    FacadeRoute{Method::post, "/memories/search", search_memory},
    FacadeRoute{Method::get, "/memories", list_memory},
    FacadeRoute{Method::delete_, "/memories", clear_memory, true},
};

Async<http::Response> serve(const Facade& facade, const FacadeRoute& route,
                            http::Request& request) {
  if (route.writes) {
    const auto allowed = auth::require(*request.context.principal, Role::operator_);
    if (!allowed) co_return refusal(allowed.error());
  }
  auto response = co_await route.handle(facade, request);
  if (!response) co_return refusal(response.error());
  co_return std::move(*response);
}

void add(http::Router& router, const std::shared_ptr<const Facade>& facade, Method method,
         std::string pattern, const FacadeRoute& route) {
  router.add(method, pattern,
             [facade, &route](http::Request& request) { return serve(*facade, route, request); });
}

/// What is answered by the server's own routes, or by none.
void add_prefixes(http::Router& router, const std::shared_ptr<const Facade>& facade) {
  static constexpr FacadeRoute kA2a{Method::post, "", forward_a2a};
  static constexpr FacadeRoute kMcp{Method::post, "", forward_mcp};
  static constexpr FacadeRoute kNone{Method::post, "", not_here};
  static constexpr FacadeRoute kHealth{Method::get, "", health};
  static constexpr FacadeRoute kVersion{Method::get, "", version};
  add(router, facade, Method::get, "/kagent/health", kHealth);
  add(router, facade, Method::get, "/kagent/version", kVersion);
  for (const auto method :
       {Method::get, Method::post, Method::put, Method::patch, Method::delete_}) {
    for (const char* root : {"a2a", "a2a-sandboxes"})
      add(router, facade, method, fmt::format("{}/{}/{{ns}}/{{name}}/{{*rest}}", kApi, root), kA2a);
    add(router, facade, method, "/kagent/mcp", kMcp);
    add(router, facade, method, fmt::format("{}/{{*rest}}", kApi), kNone);
  }
}

}  // namespace

http::Response answer(json::Value data, std::string_view message, int status) {
  json::Object envelope;
  envelope.append("error", false);
  envelope.append("data", std::move(data));
  envelope.append("message", message);
  return http::Response::json(status, json::to_string(envelope));
}

http::Response refusal(const Error& error) {
  json::Object body;
  body.append("error", error.message());
  return http::Response::json(http::status_of(error.code()), json::to_string(body));
}

Result<json::Object> body_of(const http::Request& request) {
  TRY(value, json::parse(request.body));
  auto* object = value.if_object();
  if (object == nullptr) return fail(invalid("", "the body must be an object"));
  return std::move(*object);
}

Result<std::string> text_in(const json::Object& object, std::string_view member) {
  const auto* value = object.find(member);
  if (value == nullptr || value->is_null()) return std::string();
  const auto* text = value->if_string();
  if (text == nullptr) return fail(invalid(fmt::format("/{}", member), "expected string"));
  return *text;
}

Result<std::string> needed_text_in(const json::Object& object, std::string_view member) {
  TRY(text, text_in(object, member));
  if (text.empty()) return fail(invalid(fmt::format("/{}", member), "is missing"));
  if (text.size() > kMaxKagentIdBytes)
    return fail(invalid(fmt::format("/{}", member),
                        fmt::format("is longer than {} bytes", kMaxKagentIdBytes)));
  return text;
}

Who who_of(const http::Request& request) {
  Who who;
  who.owner = request.context.principal->name;
  who.user_id = request.query_value("user_id").value_or("");
  if (who.user_id.empty()) who.user_id = request.headers.find("X-User-Id").value_or("");
  if (who.user_id.empty()) who.user_id = who.owner;
  who.user_id.resize(std::min(who.user_id.size(), kMaxKagentIdBytes));
  return who;
}

std::string identifier(std::string_view name_space, std::string_view name) {
  auto text = fmt::format("{}__NS__{}", name_space, name);
  std::ranges::replace(text, '-', '_');
  return text;
}

core::AgentRegistry::Ptr agent_named(const Facade& facade, const http::Request& request,
                                     std::string_view ref) {
  const auto& principal = *request.context.principal;
  const auto slash = ref.find('/');
  if (slash != std::string_view::npos) {
    if (!principal.may_enter(ref.substr(0, slash))) return nullptr;
    return facade.agents.find(ref.substr(0, slash), ref.substr(slash + 1));
  }
  std::string wanted(ref);
  std::ranges::replace(wanted, '-', '_');
  for (const auto& agent : facade.agents.list())
    if (principal.may_enter(agent->name_space) &&
        identifier(agent->name_space, agent->name) == wanted)
      return agent;
  return nullptr;
}

std::string text_of_time(std::int64_t millis) {
  return format_time(Time(std::chrono::milliseconds(millis)));
}

Async<Result<std::vector<core::Resource>>> all_of(const Facade& facade,
                                                  core::PrincipalPtr principal, std::string kind,
                                                  std::string name_space) {
  std::vector<core::Resource> all;
  std::string cursor;
  do {
    core::ResourceFilter filter(kind, name_space, core::LabelSelector());
    CO_TRY(page, co_await facade.resources.list(principal, std::move(filter), cursor, 500));
    for (auto& resource : page.items) all.push_back(std::move(resource));
    cursor = std::move(page.next);
  } while (!cursor.empty() && all.size() < kMaxKagentListed);
  co_return all;
}

core::ResourceRef ref_in(const http::Request& request, std::string_view kind) {
  return {std::string(kind), std::string(request.param("ns")), std::string(request.param("name"))};
}

void add_routes(http::Router& router, FacadeServices services) {
  // One for all handlers, which the router copies.
  const auto facade = std::make_shared<const Facade>(std::move(services));
  for (const auto& route : kRoutes)
    add(router, facade, route.method, fmt::format("{}{}", kApi, route.pattern), route);
  add_prefixes(router, facade);
}

}  // namespace flotilla::compat::kagent
