#include "core/draft.h"

#include "json/map.h"

namespace flotilla::core {

namespace {
template <class T>
Draft draft(EventKind kind, std::string actor, T change) {
  Draft made;
  made.kind = kind;
  made.actor = std::move(actor);
  json::write(change, made.payload);
  made.change = std::move(change);
  return made;
}
}  // namespace

Draft Draft::message(std::string actor, a2a::Message message) {
  return draft(EventKind::message, std::move(actor), std::move(message));
}

Draft Draft::status(std::string actor, a2a::TaskStatusUpdateEvent update) {
  return draft(EventKind::status, std::move(actor), std::move(update));
}

Draft Draft::artifact(std::string actor, a2a::TaskArtifactUpdateEvent update) {
  return draft(EventKind::artifact, std::move(actor), std::move(update));
}

Draft Draft::record(EventKind kind, std::string actor, std::string payload) {
  Draft made;
  made.kind = kind;
  made.actor = std::move(actor);
  made.payload = std::move(payload);
  return made;
}

}  // namespace flotilla::core
