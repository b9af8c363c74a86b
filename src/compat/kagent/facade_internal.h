#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compat/kagent/facade.h"
#include "http/message.h"
#include "json/json.h"
#include "json/value.h"

namespace flotilla::compat::kagent {

using Answer = Result<http::Response>;
using Facade = FacadeServices;

/// `{"error":false,"data":…,"message":…}`.
http::Response answer(json::Value data, std::string_view message, int status = 200);
/// `{"error":"…"}` with the code's status.
http::Response refusal(const Error& error);
/// The body as an object.
Result<json::Object> body_of(const http::Request& request);
/// A member that is a string; empty when absent, an error when it is something else.
Result<std::string> text_in(const json::Object& object, std::string_view member);
Result<std::string> needed_text_in(const json::Object& object, std::string_view member);

/// Whose rows: the principal's, of the user that it names.
struct Who {
  std::string owner;
  std::string user_id;
};
Who who_of(const http::Request& request);

/// `ns__NS__name`, with _ for -.
std::string identifier(std::string_view name_space, std::string_view name);
/// By `namespace/name` or identifier, among those that the caller may use; null: none.
core::AgentRegistry::Ptr agent_named(const Facade& facade, const http::Request& request,
                                     std::string_view ref);
std::string text_of_time(std::int64_t millis);

/// All resources of a kind that the caller may see, up to kMaxKagentListed.
Async<Result<std::vector<core::Resource>>> all_of(const Facade& facade,
                                                  core::PrincipalPtr principal, std::string kind,
                                                  std::string name_space);
core::ResourceRef ref_in(const http::Request& request, std::string_view kind);

/// `namespace/name`.
std::string ref_text(const core::ResourceRef& ref);
/// Applies one document, ours or kagent's; `name_space` is for one that names none.
Async<Result<core::Resource>> apply_one(const Facade& facade, core::PrincipalPtr principal,
                                        json::Value document, std::string name_space);
json::Object kagent_document(std::string_view version, std::string_view kind,
                             const std::string& name_space, const std::string& name,
                             json::Value spec);
json::Object secret_document(const std::string& name_space, const std::string& name,
                             const std::map<std::string, std::string>& values);
/// The Secrets of `secrets` in a body: they go along with what it makes.
Result<std::vector<json::Object>> secrets_in(const json::Object& body,
                                             const std::string& name_space);

// Our resources as kagent's.
json::Object agent_document(const core::Resource& resource);
json::Object model_config_document(const core::Resource& resource);
json::Array discovered_tools(const core::Resource& resource);
bool is_from_command(const core::Resource& resource);  // kagent's MCPServer

// Routes, by file.
Async<Answer> list_sessions(const Facade& facade, http::Request& request);
Async<Answer> create_session(const Facade& facade, http::Request& request);
Async<Answer> agent_sessions(const Facade& facade, http::Request& request);
Async<Answer> get_session(const Facade& facade, http::Request& request);
Async<Answer> update_session(const Facade& facade, http::Request& request);
Async<Answer> delete_session(const Facade& facade, http::Request& request);
Async<Answer> add_event(const Facade& facade, http::Request& request);
Async<Answer> session_tasks(const Facade& facade, http::Request& request);
Async<Answer> save_task(const Facade& facade, http::Request& request);
Async<Answer> get_task(const Facade& facade, http::Request& request);
Async<Answer> delete_task(const Facade& facade, http::Request& request);

Async<Answer> list_agents(const Facade& facade, http::Request& request);
Async<Answer> get_agent(const Facade& facade, http::Request& request);
Async<Answer> put_agent(const Facade& facade, http::Request& request);
Async<Answer> delete_agent(const Facade& facade, http::Request& request);
Async<Answer> list_model_configs(const Facade& facade, http::Request& request);
Async<Answer> get_model_config(const Facade& facade, http::Request& request);
Async<Answer> put_model_config(const Facade& facade, http::Request& request);
Async<Answer> delete_model_config(const Facade& facade, http::Request& request);
Async<Answer> list_tool_servers(const Facade& facade, http::Request& request);
Async<Answer> create_tool_server(const Facade& facade, http::Request& request);
Async<Answer> delete_tool_server(const Facade& facade, http::Request& request);
Async<Answer> tool_server_types(const Facade& facade, http::Request& request);
Async<Answer> list_tools(const Facade& facade, http::Request& request);
Async<Answer> list_prompts(const Facade& facade, http::Request& request);
Async<Answer> get_prompts(const Facade& facade, http::Request& request);
Async<Answer> put_prompts(const Facade& facade, http::Request& request);
Async<Answer> delete_prompts(const Facade& facade, http::Request& request);
Async<Answer> namespaces(const Facade& facade, http::Request& request);

Async<Answer> save_memory(const Facade& facade, http::Request& request);
Async<Answer> save_memories(const Facade& facade, http::Request& request);
Async<Answer> search_memory(const Facade& facade, http::Request& request);
Async<Answer> list_memory(const Facade& facade, http::Request& request);
Async<Answer> clear_memory(const Facade& facade, http::Request& request);

Async<Answer> health(const Facade& facade, http::Request& request);
Async<Answer> version(const Facade& facade, http::Request& request);
Async<Answer> me(const Facade& facade, http::Request& request);
Async<Answer> forward_a2a(const Facade& facade, http::Request& request);
Async<Answer> forward_mcp(const Facade& facade, http::Request& request);
Async<Answer> not_here(const Facade& facade, http::Request& request);

}  // namespace flotilla::compat::kagent
