#include "core/agents.h"

#include <mutex>

#include "json/json.h"

namespace flotilla::core {

namespace {
const json::Value* member(const json::Value* value, std::string_view name) {
  const auto* object = value == nullptr ? nullptr : value->if_object();
  return object == nullptr ? nullptr : object->find(name);
}

void read_extensions(AgentInfo& info) {
  info.extensions.clear();
  info.required_extensions.clear();
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
  const Place place(entry->name_space, entry->name);
  Ptr old;  // dropped after the lock: its runner may be the last
  std::unique_lock lock(mutex_);
  // The key is made of the entry's strings, so it is replaced with it.
  if (auto node = agents_.extract(place)) old = std::move(node.mapped());
  agents_.emplace(place, std::move(entry));
  listed_.reset();
}

bool AgentRegistry::remove(std::string_view name_space, std::string_view name,
                           std::string_view uid) {
  Ptr old;
  std::unique_lock lock(mutex_);
  const auto at = agents_.find(Place(name_space, name));
  if (at == agents_.end() || at->second->uid != uid) return false;
  old = std::move(at->second);
  agents_.erase(at);
  listed_.reset();
  return true;
}

AgentRegistry::Ptr AgentRegistry::find(std::string_view name_space, std::string_view name) const {
  std::shared_lock lock(mutex_);
  const auto at = agents_.find(Place(name_space, name));
  return at == agents_.end() ? nullptr : at->second;
}

AgentList AgentRegistry::list() const {
  {
    std::shared_lock lock(mutex_);
    if (listed_) return AgentList(listed_);
  }
  std::unique_lock lock(mutex_);
  if (!listed_) {
    auto all = std::make_shared<std::vector<Ptr>>();
    all->reserve(agents_.size());
    for (const auto& [place, agent] : agents_) all->push_back(agent);
    listed_ = std::move(all);
  }
  return AgentList(listed_);
}

}  // namespace flotilla::core
