#include "core/agents.h"

#include <algorithm>
#include <mutex>
#include <tuple>

#include "json/json.h"

namespace flotilla::core {

namespace {
auto place(auto& agents, std::string_view name_space, std::string_view name) {
  return std::lower_bound(agents.begin(), agents.end(), std::tie(name_space, name),
                          [](const AgentRegistry::Ptr& agent, const auto& key) {
                            return std::tuple<std::string_view, std::string_view>(
                                       agent->name_space, agent->name) < key;
                          });
}
const json::Value* member(const json::Value* value, std::string_view name) {
  const auto* object = value == nullptr ? nullptr : value->if_object();
  return object == nullptr ? nullptr : object->find(name);
}

void read_extensions(AgentInfo& info) {
  const auto card = json::parse(info.card);
  const auto* list = card ? member(member(&*card, "capabilities"), "extensions") : nullptr;
  if (list == nullptr || list->if_array() == nullptr) return;
  for (const auto& extension : *list->if_array()) {
    const auto* uri = member(&extension, "uri");
    if (uri == nullptr || uri->if_string() == nullptr) continue;
    info.extensions.push_back(*uri->if_string());
    const auto* required = member(&extension, "required");
    if (required != nullptr && required->if_bool() && *required->if_bool())
      info.required_extensions.push_back(*uri->if_string());
  }
}
}  // namespace

void AgentRegistry::put(AgentInfo info) {
  read_extensions(info);
  auto entry = std::make_shared<const AgentInfo>(std::move(info));
  std::unique_lock lock(mutex_);
  auto at = place(agents_, entry->name_space, entry->name);
  if (at != agents_.end() && (*at)->name_space == entry->name_space && (*at)->name == entry->name)
    *at = std::move(entry);
  else
    agents_.insert(at, std::move(entry));
}

AgentRegistry::Ptr AgentRegistry::find(std::string_view name_space, std::string_view name) const {
  std::shared_lock lock(mutex_);
  auto at = place(agents_, name_space, name);
  if (at == agents_.end() || (*at)->name_space != name_space || (*at)->name != name) return nullptr;
  return *at;
}

std::vector<AgentRegistry::Ptr> AgentRegistry::list() const {
  std::shared_lock lock(mutex_);
  return agents_;
}

}  // namespace flotilla::core
