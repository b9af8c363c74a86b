#include "app/cli/resource_view.h"

#include <fmt/format.h>

namespace flotilla::app {

namespace {

/// What the resource comes to: the reason why it is not ready, as it is more telling than `False`.
std::string state_of(const json::Value& resource) {
  for (const char* type : {"Ready", "Accepted"}) {
    const auto status = condition_of(resource, type);
    if (status == "True") return type;
    if (status.empty()) continue;
    const json::Value* conditions = find_at(resource, {"status", "conditions"});
    for (const json::Value& one : *conditions->if_array())
      if (text_at(one, {"type"}) == type && !text_at(one, {"reason"}).empty())
        return text_at(one, {"reason"});
    return fmt::format("not {}", type);
  }
  return "Pending";
}

std::string count_at(const json::Value& value, const std::vector<std::string>& path) {
  const json::Value* found = find_at(value, path);
  if (found == nullptr) return "0";
  if (found->if_object() != nullptr) return std::to_string(found->if_object()->size());
  return found->if_array() == nullptr ? "0" : std::to_string(found->if_array()->size());
}

View::Column computed(std::string title, std::string (*cell)(const json::Value&),
                      bool wide = false) {
  return {std::move(title), [cell](const json::Value& item, Time) { return cell(item); }, wide};
}

void add_tool_server(View& view) {
  view.columns.push_back(computed("STATE", state_of));
  view.columns.push_back(computed("TOOLS", [](const json::Value& item) {
    const auto count = text_at(item, {"status", "toolCount"});
    return count.empty() ? std::string("-") : count;
  }));
  view.columns.push_back(computed("SERVER", [](const json::Value& item) {
    const auto url = text_at(item, {"spec", "url"});
    return url.empty() ? text_at(item, {"spec", "command"}) : url;
  }));
  view.columns.push_back(text_column("PROTOCOL", {"status", "protocolVersion"}, true));
  view.columns.push_back(text_column("ERROR", {"status", "lastError"}, true));
}

void add_values(View& view, bool secret) {
  if (secret) view.columns.push_back(text_column("TYPE", {"type"}));
  view.columns.push_back(
      computed("KEYS", [](const json::Value& item) { return count_at(item, {"data"}); }));
  view.columns.push_back(computed("STATE", state_of, true));
}

void add_agent(View& view) {
  view.columns.push_back(text_column("TYPE", {"status", "type"}));
  view.columns.push_back(computed("STATE", state_of));
  view.columns.push_back(text_column("DESCRIPTION", {"spec", "description"}));
  view.columns.push_back(text_column("URL", {"status", "url"}, true));
}

void add_model_config(View& view) {
  view.columns.push_back(computed("STATE", state_of));
  view.columns.push_back(text_column("PROVIDER", {"spec", "provider"}));
  view.columns.push_back(text_column("MODEL", {"spec", "model"}));
}

}  // namespace

std::string condition_of(const json::Value& resource, std::string_view type) {
  const json::Value* conditions = find_at(resource, {"status", "conditions"});
  if (conditions == nullptr || conditions->if_array() == nullptr) return {};
  for (const json::Value& one : *conditions->if_array())
    if (text_at(one, {"type"}) == type) return text_at(one, {"status"});
  return {};
}

View resource_view(const KindInfo& kind, bool all_namespaces) {
  View view;
  if (all_namespaces) view.columns.push_back(text_column("NAMESPACE", {"metadata", "namespace"}));
  view.columns.push_back(text_column("NAME", {"metadata", "name"}));
  if (kind.kind == "ToolServer") {
    add_tool_server(view);
  } else if (kind.kind == "Secret" || kind.kind == "ConfigMap") {
    add_values(view, kind.kind == "Secret");
  } else if (kind.kind == "Agent") {
    add_agent(view);
  } else if (kind.kind == "ModelConfig") {
    add_model_config(view);
  } else {
    view.columns.push_back(computed("STATE", state_of));
  }
  view.columns.push_back(age_column("AGE", {"metadata", "creationTimestamp"}));
  view.columns.push_back(text_column("GENERATION", {"metadata", "generation"}, true));
  view.columns.push_back(text_column("UID", {"metadata", "uid"}, true));
  view.name = [kind](const json::Value& item) { return short_name(kind, item); };
  return view;
}

}  // namespace flotilla::app
