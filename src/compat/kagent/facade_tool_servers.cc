#include <fmt/format.h>

#include "compat/kagent/facade_internal.h"

// Tool servers and their tools.
namespace flotilla::compat::kagent {

namespace {

std::string group_kind(const core::Resource& resource) {
  return is_from_command(resource) ? "MCPServer.kagent.dev" : "RemoteMCPServer.kagent.dev";
}

}  // namespace

Async<Answer> list_tool_servers(const Facade& facade, http::Request& request) {
  CO_TRY(resources, co_await all_of(facade, request.context.principal, "ToolServer", ""));
  json::Array list;
  for (const auto& resource : resources) {
    json::Object one;
    one.append("ref", ref_text(resource.ref));
    one.append("groupKind", group_kind(resource));
    one.append("discoveredTools", discovered_tools(resource));
    list.emplace_back(std::move(one));
  }
  co_return answer(std::move(list), "Successfully listed ToolServers");
}

Async<Answer> create_tool_server(const Facade& facade, http::Request& request) {
  CO_TRY(body, body_of(request));
  auto principal = request.context.principal;
  CO_TRY(type, needed_text_in(body, "type"));
  const bool remote = type == "RemoteMCPServer";
  if (!remote && type != "MCPServer")
    co_return fail(invalid("/type", "is not RemoteMCPServer or MCPServer"));
  const auto* given = body.find(remote ? "remoteMCPServer" : "mcpServer");
  if (given == nullptr && !remote) given = body.find("mCPServer");
  if (given == nullptr || given->if_object() == nullptr)
    co_return fail(invalid(remote ? "/remoteMCPServer" : "/mcpServer", "is missing"));
  auto document = *given->if_object();
  document.set("apiVersion", remote ? "kagent.dev/v1alpha2" : "kagent.dev/v1alpha1");
  document.set("kind", type);
  auto home = principal->home();
  if (const auto* metadata = document.find("metadata");
      metadata != nullptr && metadata->if_object() != nullptr) {
    CO_TRY(name_space, text_in(*metadata->if_object(), "namespace"));
    if (!name_space.empty()) home = std::move(name_space);
  }
  CO_TRY(documents, secrets_in(body, home));
  for (auto& secret : documents)
    CO_TRY_VOID(co_await apply_one(facade, principal, std::move(secret), home));
  CO_TRY(resource, co_await apply_one(facade, principal, std::move(document), home));
  co_return answer(core::document_of(resource), "Successfully created ToolServer", 201);
}

Async<Answer> delete_tool_server(const Facade& facade, http::Request& request) {
  auto ref = ref_in(request, "ToolServer");
  CO_TRY_VOID(co_await facade.resources.remove(request.context.principal, std::move(ref)));
  co_return answer(json::Value(), "Successfully deleted ToolServer");
}

Async<Answer> tool_server_types(const Facade&, http::Request&) {
  co_return answer(json::Array{"RemoteMCPServer", "MCPServer"},
                   "Successfully listed tool server types");
}

Async<Answer> list_tools(const Facade& facade, http::Request& request) {
  CO_TRY(resources, co_await all_of(facade, request.context.principal, "ToolServer", ""));
  json::Array list;
  for (const auto& resource : resources) {
    const auto at = format_time(resource.created_at);
    for (const auto& tool : discovered_tools(resource)) {
      json::Object one;
      one.append("id", *tool.if_object()->find("name"));
      one.append("server_name", ref_text(resource.ref));
      one.append("group_kind", group_kind(resource));
      one.append("created_at", at);
      one.append("updated_at", at);
      one.append("description", *tool.if_object()->find("description"));
      list.emplace_back(std::move(one));
    }
  }
  co_return answer(std::move(list), "Successfully listed tools");
}

}  // namespace flotilla::compat::kagent
