#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "mcp/handler.h"
#include "mcp/types.h"

namespace flotilla::mcp {

/// What a client can ask of us, over all revisions (mcp.md 3.6).
enum class Method : std::uint8_t {
  initialize,
  discover,
  ping,
  list_tools,
  call_tool,
  list_resources,
  list_resource_templates,
  read_resource,
  subscribe_resource,
  unsubscribe_resource,
  list_prompts,
  get_prompt,
  complete,
  set_log_level,
  listen,
  get_task,
  update_task,
  cancel_task,
};

/// The method of that name in the revision's era; nullopt when it has none.
std::optional<Method> find_method(Revision revision, std::string_view name);

/// Whether the server has the capability that the method belongs to; else it is as unknown.
bool is_offered(Method method, const ServerDescription& server);

/// The one of four for the list methods.
std::optional<ListKind> list_kind(Method method);

/// Whether the method may ask the client in between (mcp.md 3.10).
constexpr bool may_ask(Method method) {
  return method == Method::call_tool || method == Method::read_resource ||
         method == Method::get_prompt;
}

/// The member of params that `Mcp-Name` repeats; empty where it repeats nothing.
std::string_view named_parameter(Method method);

/// Whether a modern result carries caching hints (mcp.md 3.8).
bool is_cacheable(Method method);

}  // namespace flotilla::mcp
