#include <utility>

#include "a2a/v03.h"

// From the 1.0 model to 0.3.
namespace flotilla::a2a::v03 {
namespace {

void set_kind(std::optional<std::string>& kind, std::string_view name, Form form) {
  if (form == Form::rpc) kind = std::string(name);
}

template <class To, class From>
std::vector<To> each_to_v03(std::vector<From> items, Form form) {
  std::vector<To> out;
  out.reserve(items.size());
  for (From& item : items) out.push_back(to_v03(std::move(item), form));
  return out;
}

File to_file(a2a::Part& part, Form form) {
  File file;
  const bool rpc = form == Form::rpc;
  if (part.raw) (rpc ? file.bytes : file.fileWithBytes) = std::move(part.raw);
  if (part.url) (rpc ? file.uri : file.fileWithUri) = std::move(part.url);
  file.mimeType = std::move(part.mediaType);
  file.name = std::move(part.filename);
  return file;
}

/// 0.3 data is an object: anything else goes into {"value": …}, and the metadata says so.
json::Value to_data(json::Value data, json::Object& metadata, Form form) {
  if (!data.if_object()) {
    json::Object wrapped;
    wrapped.append("value", std::move(data));
    data = json::Value(std::move(wrapped));
    metadata.set("data_part_compat", json::Value(true));
  }
  if (form == Form::rpc) return data;
  json::Object outer;
  outer.append("data", std::move(data));
  return json::Value(std::move(outer));
}

PushConfig to_push(TaskPushNotificationConfig config) {
  PushConfig out;
  out.id = std::move(config.id);
  out.url = std::move(config.url);
  out.token = std::move(config.token);
  if (config.authentication) {
    out.authentication.emplace();
    out.authentication->schemes.push_back(std::move(config.authentication->scheme));
    out.authentication->credentials = std::move(config.authentication->credentials);
  }
  return out;
}

SendConfiguration to_configuration(SendMessageConfiguration configuration, Form form) {
  SendConfiguration out;
  out.acceptedOutputModes = std::move(configuration.acceptedOutputModes);
  // No limit is absent in both versions, none at all cannot be said in 0.3.
  if (configuration.historyLength.value_or(0) > 0) out.historyLength = configuration.historyLength;
  out.blocking = !configuration.returnImmediately.value_or(false);
  if (auto& push = configuration.taskPushNotificationConfig) {
    PushConfig config = to_push(std::move(*push));
    (form == Form::rpc ? out.pushNotificationConfig : out.pushNotification) = std::move(config);
  }
  return out;
}

}  // namespace

TaskPushConfig to_v03(TaskPushNotificationConfig config, Form form) {
  TaskPushConfig out;
  if (form == Form::rpc)
    out.taskId = std::move(config.taskId);
  else
    out.name = "tasks/" + config.taskId.value_or("") + "/pushNotificationConfigs/" +
               config.id.value_or("");
  out.pushNotificationConfig = to_push(std::move(config));
  return out;
}

Part to_v03(a2a::Part part, Form form) {
  Part out;
  out.metadata = std::move(part.metadata);
  if (part.raw || part.url) {
    set_kind(out.kind, "file", form);
    out.file = to_file(part, form);
  } else if (part.data) {
    set_kind(out.kind, "data", form);
    out.data = to_data(std::move(*part.data), out.metadata, form);
  } else {
    set_kind(out.kind, "text", form);
    out.text = std::move(part.text).value_or("");
  }
  return out;
}

Message to_v03(a2a::Message message, Form form) {
  Message out;
  set_kind(out.kind, "message", form);
  out.messageId = std::move(message.messageId);
  out.contextId = std::move(message.contextId);
  out.taskId = std::move(message.taskId);
  out.role = std::string(role_name(message.role, form));
  auto parts = each_to_v03<Part>(std::move(message.parts), form);
  (form == Form::rpc ? out.parts : out.content) = std::move(parts);
  out.metadata = std::move(message.metadata);
  out.extensions = std::move(message.extensions);
  // The 0.3 proto has no field for references.
  if (form == Form::rpc) out.referenceTaskIds = std::move(message.referenceTaskIds);
  return out;
}

TaskStatus to_v03(a2a::TaskStatus status, Form form) {
  TaskStatus out;
  out.state = std::string(state_name(status.state, form));
  if (status.message) out.message = to_v03(std::move(*status.message), form);
  out.timestamp = status.timestamp;
  return out;
}

Artifact to_v03(a2a::Artifact artifact, Form form) {
  Artifact out;
  out.artifactId = std::move(artifact.artifactId);
  out.name = std::move(artifact.name);
  out.description = std::move(artifact.description);
  out.parts = each_to_v03<Part>(std::move(artifact.parts), form);
  out.metadata = std::move(artifact.metadata);
  out.extensions = std::move(artifact.extensions);
  return out;
}

Task to_v03(a2a::Task task, Form form) {
  Task out;
  set_kind(out.kind, "task", form);
  out.id = std::move(task.id);
  out.contextId = std::move(task.contextId);
  if (form == Form::rpc && !out.contextId) out.contextId.emplace();  // required there
  out.status = to_v03(std::move(task.status), form);
  out.artifacts = each_to_v03<Artifact>(std::move(task.artifacts), form);
  out.history = each_to_v03<Message>(std::move(task.history), form);
  out.metadata = std::move(task.metadata);
  return out;
}

StatusUpdate to_v03(TaskStatusUpdateEvent event, Form form) {
  StatusUpdate out;
  set_kind(out.kind, "status-update", form);
  const bool final = is_terminal(event.status.state);
  if (final || form == Form::rpc) out.final = final;  // ProtoJSON leaves false out
  out.taskId = std::move(event.taskId);
  out.contextId = std::move(event.contextId);
  out.status = to_v03(std::move(event.status), form);
  out.metadata = std::move(event.metadata);
  return out;
}

ArtifactUpdate to_v03(TaskArtifactUpdateEvent event, Form form) {
  ArtifactUpdate out;
  set_kind(out.kind, "artifact-update", form);
  out.taskId = std::move(event.taskId);
  out.contextId = std::move(event.contextId);
  out.artifact = to_v03(std::move(event.artifact), form);
  out.append = event.append;
  out.lastChunk = event.lastChunk;
  out.metadata = std::move(event.metadata);
  return out;
}

SendParams to_v03(SendMessageRequest request, Form form) {
  SendParams out;
  out.message = to_v03(std::move(request.message), form);
  // Said always: the two forms differ in what its absence means.
  out.configuration =
      to_configuration(std::move(request.configuration).value_or(SendMessageConfiguration{}), form);
  out.metadata = std::move(request.metadata);
  return out;
}

}  // namespace flotilla::a2a::v03
