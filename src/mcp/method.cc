#include "mcp/method.h"

#include <algorithm>
#include <array>

namespace flotilla::mcp {
namespace {

enum class Eras : std::uint8_t { legacy, modern, both };

struct Entry {
  std::string_view name;
  Method method;
  Eras eras;
};

constexpr std::array kMethods{
    Entry{"tools/call", Method::call_tool, Eras::both},
    Entry{"tools/list", Method::list_tools, Eras::both},
    Entry{"initialize", Method::initialize, Eras::legacy},
    Entry{"server/discover", Method::discover, Eras::modern},
    Entry{"ping", Method::ping, Eras::legacy},
    Entry{"resources/list", Method::list_resources, Eras::both},
    Entry{"resources/templates/list", Method::list_resource_templates, Eras::both},
    Entry{"resources/read", Method::read_resource, Eras::both},
    Entry{"resources/subscribe", Method::subscribe_resource, Eras::legacy},
    Entry{"resources/unsubscribe", Method::unsubscribe_resource, Eras::legacy},
    Entry{"prompts/list", Method::list_prompts, Eras::both},
    Entry{"prompts/get", Method::get_prompt, Eras::both},
    Entry{"completion/complete", Method::complete, Eras::both},
    Entry{"logging/setLevel", Method::set_log_level, Eras::legacy},
    Entry{"subscriptions/listen", Method::listen, Eras::modern},
    Entry{"tasks/get", Method::get_task, Eras::modern},
    Entry{"tasks/update", Method::update_task, Eras::modern},
    Entry{"tasks/cancel", Method::cancel_task, Eras::modern},
};

}  // namespace

std::optional<Method> find_method(Revision revision, std::string_view name) {
  const auto other = is_modern(revision) ? Eras::legacy : Eras::modern;
  const auto* found = std::ranges::find(kMethods, name, &Entry::name);
  if (found == kMethods.end() || found->eras == other) return std::nullopt;
  return found->method;
}

bool is_offered(Method method, const ServerDescription& server) {
  switch (method) {
    case Method::list_tools:
    case Method::call_tool:
      return server.tools;
    case Method::list_resources:
    case Method::list_resource_templates:
    case Method::read_resource:
    case Method::subscribe_resource:
    case Method::unsubscribe_resource:
      return server.resources;
    case Method::list_prompts:
    case Method::get_prompt:
      return server.prompts;
    case Method::complete:
      return server.completions;
    case Method::set_log_level:
      return server.logging;
    case Method::get_task:
    case Method::update_task:
    case Method::cancel_task:
      return server.tasks;
    case Method::initialize:
    case Method::discover:
    case Method::ping:
    case Method::listen:
      return true;
  }
  return false;
}

std::optional<ListKind> list_kind(Method method) {
  if (method == Method::list_tools) return ListKind::tools;
  if (method == Method::list_resources) return ListKind::resources;
  if (method == Method::list_resource_templates) return ListKind::resource_templates;
  if (method == Method::list_prompts) return ListKind::prompts;
  return std::nullopt;
}

std::string_view named_parameter(Method method) {
  switch (method) {
    case Method::call_tool:
    case Method::get_prompt:
      return "name";
    case Method::read_resource:
      return "uri";
    case Method::get_task:
    case Method::update_task:
    case Method::cancel_task:
      return "taskId";
    default:
      return {};
  }
}

bool is_cacheable(Method method) {
  return list_kind(method) || method == Method::discover || method == Method::read_resource;
}

}  // namespace flotilla::mcp
