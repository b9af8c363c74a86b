#include <algorithm>
#include <iterator>

#include "a2a/continuation.h"
#include "a2a/types.h"

namespace flotilla::a2a {
namespace {

bool continues(const Artifact& artifact, const Artifact& chunk) {
  if (artifact.parts.empty() || chunk.parts.empty() || !artifact.parts.back().text) return false;
  const auto& first = chunk.parts.front();
  return first.text && first.metadata.find(kContinues) != nullptr;
}

void append_parts(Artifact& artifact, Artifact chunk) {
  if (continues(artifact, chunk)) {
    *artifact.parts.back().text += *chunk.parts.front().text;
    chunk.parts.erase(chunk.parts.begin());
  }
  std::ranges::move(chunk.parts, std::back_inserter(artifact.parts));
  merge(artifact.metadata, std::move(chunk.metadata));
  if (chunk.name) artifact.name = std::move(chunk.name);
  if (chunk.description) artifact.description = std::move(chunk.description);
  for (std::string& uri : chunk.extensions) {
    if (std::ranges::find(artifact.extensions, uri) == artifact.extensions.end())
      artifact.extensions.push_back(std::move(uri));
  }
}

}  // namespace

void merge(json::Object& into, json::Object from) {
  if (into.empty()) {
    into = std::move(from);
    return;
  }
  for (const auto& [name, value] : from.members()) into.set(name, value);
}

void apply(Task& task, TaskStatusUpdateEvent event) {
  std::optional<Message>& shown = task.status.message;
  // A message told again under its own id is replaced, not repeated.
  const bool superseded =
      shown && !(event.status.message && event.status.message->messageId == shown->messageId);
  if (superseded) task.history.push_back(std::move(*shown));
  task.status = std::move(event.status);
  merge(task.metadata, std::move(event.metadata));
}

void apply(Task& task, TaskArtifactUpdateEvent event) {
  auto found = std::ranges::find(task.artifacts, event.artifact.artifactId, &Artifact::artifactId);
  if (found == task.artifacts.end())
    task.artifacts.push_back(std::move(event.artifact));
  else if (event.append.value_or(false))
    append_parts(*found, std::move(event.artifact));
  else
    *found = std::move(event.artifact);
}

void history_tail(Task& task, std::optional<std::int32_t> length) {
  if (!length) return;
  const auto keep = static_cast<std::size_t>(std::max(*length, 0));
  if (task.history.size() <= keep) return;
  task.history.erase(task.history.begin(), task.history.end() - static_cast<std::ptrdiff_t>(keep));
}

}  // namespace flotilla::a2a
