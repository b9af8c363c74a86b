#include <algorithm>
#include <iterator>
#include <unordered_map>

#include "a2a/client_internal.h"

namespace flotilla::a2a {

namespace {

void fill_id(json::Value* message) {
  json::Object* object = message != nullptr ? message->if_object() : nullptr;
  if (object == nullptr) return;
  const json::Value* id = object->find("messageId");
  if (id == nullptr && object->find("message_id") == nullptr)
    object->set("messageId", json::Value(""));
}

void fill_status(json::Object& holder) {
  json::Value* status = holder.find("status");
  if (json::Object* object = status != nullptr ? status->if_object() : nullptr)
    fill_id(object->find("message"));
}

void fill_task(json::Value* task) {
  json::Object* object = task != nullptr ? task->if_object() : nullptr;
  if (object == nullptr) return;
  fill_status(*object);
  json::Value* history = object->find("history");
  json::Array* messages = history != nullptr ? history->if_array() : nullptr;
  if (messages == nullptr) return;
  for (json::Value& message : *messages) fill_id(&message);
}

}  // namespace

json::Value with_message_ids(json::Value answer) {
  json::Object* object = answer.if_object();
  if (object == nullptr) return answer;
  fill_task(&answer);  // a bare Task
  fill_task(object->find("task"));
  fill_id(object->find("message"));
  json::Value* update = object->find("statusUpdate");
  if (json::Object* event = update != nullptr ? update->if_object() : nullptr) fill_status(*event);
  json::Value* tasks = object->find("tasks");
  if (json::Array* list = tasks != nullptr ? tasks->if_array() : nullptr)
    for (json::Value& task : *list) fill_task(&task);
  return answer;
}

void join_artifacts(Task& task) {
  std::unordered_map<std::string, std::size_t> places;
  std::vector<Artifact> joined;
  for (Artifact& artifact : task.artifacts) {
    const auto [place, is_new] = places.try_emplace(artifact.artifactId, joined.size());
    if (is_new) {
      joined.push_back(std::move(artifact));
      continue;
    }
    Artifact& first = joined[place->second];
    std::ranges::move(artifact.parts, std::back_inserter(first.parts));
    if (first.metadata.empty()) first.metadata = std::move(artifact.metadata);
  }
  task.artifacts = std::move(joined);
}

}  // namespace flotilla::a2a
