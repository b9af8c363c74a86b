#include "core/agents.h"

#include <algorithm>
#include <mutex>
#include <tuple>

namespace flotilla::core {

namespace {
auto place(auto& agents, std::string_view name_space, std::string_view name) {
  return std::lower_bound(agents.begin(), agents.end(), std::tie(name_space, name),
                          [](const AgentRegistry::Ptr& agent, const auto& key) {
                            return std::tuple<std::string_view, std::string_view>(
                                       agent->name_space, agent->name) < key;
                          });
}
}  // namespace

void AgentRegistry::put(AgentInfo info) {
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
