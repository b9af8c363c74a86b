#include <fmt/format.h>

#include <set>

#include "compat/kagent/facade_internal.h"

// What is about the server itself, and what its own routes answer.
namespace flotilla::compat::kagent {

namespace {

/// kagent's command line sends messages without an id, which A2A requires.
void add_message_id(const Facade& facade, std::string& body) {
  auto value = json::parse(body);
  if (!value || value->if_object() == nullptr) return;
  auto* params = value->if_object()->find("params");
  if (params == nullptr || params->if_object() == nullptr) return;
  auto* message = params->if_object()->find("message");
  if (message == nullptr || message->if_object() == nullptr) return;
  const auto* id = message->if_object()->find("messageId");
  if (id != nullptr && (id->if_string() == nullptr || !id->if_string()->empty())) return;
  message->if_object()->set("messageId",
                            make_uuid_v7(facade.clock.now(), facade.random).to_string());
  body = json::to_string(*value);
}

}  // namespace

Async<Answer> health(const Facade&, http::Request&) {
  json::Object data;
  data.append("status", "OK");
  co_return answer(std::move(data), "OK");
}

Async<Answer> version(const Facade& facade, http::Request&) {
  json::Object data;
  data.append("kagent_version", fmt::format("flotilla-{}", facade.version));
  data.append("git_commit", "unknown");
  data.append("build_date", "unknown");
  co_return http::Response::json(200, json::to_string(data));
}

Async<Answer> me(const Facade&, http::Request& request) {
  json::Object data;
  data.append("sub", request.context.principal->name);
  co_return http::Response::json(200, json::to_string(data));
}

Async<Answer> namespaces(const Facade& facade, http::Request& request) {
  const auto& principal = *request.context.principal;
  std::set<std::string> names(principal.namespaces.begin(), principal.namespaces.end());
  names.insert(principal.home());
  for (const auto& agent : facade.agents.list())
    if (principal.may_enter(agent->name_space)) names.insert(agent->name_space);
  json::Array list;
  for (const auto& name : names) {
    json::Object one;
    one.append("name", name);
    one.append("status", "Active");
    list.emplace_back(std::move(one));
  }
  co_return answer(std::move(list), "Successfully listed namespaces");
}

Async<Answer> forward_a2a(const Facade& facade, http::Request& request) {
  const std::string rest(request.param("rest"));
  // A trailing slash is the agent itself.
  request.path = fmt::format("/a2a/{}/{}", request.param("ns"), request.param("name"));
  if (!rest.empty()) request.path += "/" + rest;
  if (request.method == http::Method::post && rest.empty()) add_message_id(facade, request.body);
  request.params.clear();
  auto response = co_await facade.router.route(request);
  co_return response;
}

Async<Answer> forward_mcp(const Facade& facade, http::Request& request) {
  request.path = "/mcp";
  request.params.clear();
  auto response = co_await facade.router.route(request);
  co_return response;
}

Async<Answer> not_here(const Facade&, http::Request& request) {
  co_return fail(Error(
      Code::unimplemented,
      fmt::format("{} is a part of kagent that is not served here; see docs/kagent.md for what is",
                  request.path.substr(0, 128))));
}

}  // namespace flotilla::compat::kagent
