#include <utility>

#include "a2a/v03.h"

// From 0.3 to the 1.0 model.
namespace flotilla::a2a::v03 {
namespace {

/// `kind` may be left out (rest has none), but must not contradict.
Result<> check_kind(const std::optional<std::string>& kind, std::string_view expected,
                    const std::string& at) {
  if (!kind || *kind == expected) return ok();
  return fail(invalid(at + "/kind", "expected \"" + std::string(expected) + "\""));
}

template <class To, class From>
Result<std::vector<To>> each_from_v03(std::vector<From> items, const std::string& at) {
  std::vector<To> out;
  out.reserve(items.size());
  for (From& item : items) {
    TRY(converted, from_v03(std::move(item), at + "/" + std::to_string(out.size())));
    out.push_back(std::move(converted));
  }
  return out;
}

Result<> take_file(File file, a2a::Part& out, const std::string& at) {
  if (file.fileWithBytes) file.bytes = std::move(file.fileWithBytes);
  if (file.fileWithUri) file.uri = std::move(file.fileWithUri);
  if (file.bytes.has_value() == file.uri.has_value())
    return fail(invalid(at, "must have exactly one of bytes and uri"));
  out.raw = std::move(file.bytes);
  out.url = std::move(file.uri);
  out.mediaType = std::move(file.mimeType);
  out.filename = std::move(file.name);
  return ok();
}

/// Undoes the wrapping of data that is no object. In rest the object sits one level deeper; rpc
/// data that happens to look so is told apart by `kind`.
Result<> take_data(Part& part, a2a::Part& out, const std::string& at) {
  json::Value data = std::move(*part.data);
  json::Object* object = data.if_object();
  if (!object) return fail(invalid(at + "/data", "expected object"));
  if (!part.kind) {
    json::Value* inner = object->find("data");
    if (!inner || !inner->if_object()) return fail(invalid(at + "/data/data", "expected object"));
    json::Value taken = std::move(*inner);
    data = std::move(taken);
    object = data.if_object();
  }
  const json::Value* mark = out.metadata.find("data_part_compat");
  if (mark && mark->if_bool() && *mark->if_bool()) {
    if (json::Value* wrapped = object->find("value")) {
      json::Value taken = std::move(*wrapped);
      data = std::move(taken);
    }
    out.metadata.erase("data_part_compat");
  }
  out.data = std::move(data);
  return ok();
}

Result<> check_content(const Part& part, const std::string& at) {
  const int contents =
      int{part.text.has_value()} + int{part.file.has_value()} + int{part.data.has_value()};
  if (contents != 1) return fail(invalid(at, "must have exactly one of text, file and data"));
  const std::string_view content = part.text ? "text" : part.file ? "file" : "data";
  if (part.kind && *part.kind != content) {
    const bool known = *part.kind == "text" || *part.kind == "file" || *part.kind == "data";
    if (!known) return fail(invalid(at + "/kind", "must be one of text, file and data"));
    return fail(invalid(at + "/" + *part.kind, "missing"));
  }
  return ok();
}

Result<TaskPushNotificationConfig> from_push(PushConfig config, const std::string& at) {
  TaskPushNotificationConfig out;
  out.legacy = true;
  out.id = std::move(config.id);
  out.url = std::move(config.url);
  out.token = std::move(config.token);
  auto& authentication = config.authentication;
  // ProtoJSON writers say an unset message as an empty one.
  const bool none = authentication && authentication->schemes.empty() &&
                    authentication->credentials.value_or("").empty();
  if (authentication && !none) {
    if (authentication->schemes.empty())
      return fail(invalid(at + "/authentication/schemes", "must have at least one scheme"));
    AuthenticationInfo info;
    info.scheme = std::move(authentication->schemes.front());
    info.credentials = std::move(authentication->credentials);
    out.authentication = std::move(info);
  }
  return out;
}

Result<SendMessageConfiguration> from_configuration(SendConfiguration configuration, Form form,
                                                    const std::string& at) {
  SendMessageConfiguration out;
  out.acceptedOutputModes = std::move(configuration.acceptedOutputModes);
  if (configuration.historyLength.value_or(0) != 0) out.historyLength = configuration.historyLength;
  // ProtoJSON leaves false out, so that in rest an absent member is a false one.
  out.returnImmediately = !configuration.blocking.value_or(form == Form::rpc);
  auto& push = configuration.pushNotificationConfig;
  const bool rest_name = !push;
  if (rest_name) push = std::move(configuration.pushNotification);
  if (push) {
    const std::string where = at + (rest_name ? "/pushNotification" : "/pushNotificationConfig");
    TRY(config, from_push(std::move(*push), where));
    out.taskPushNotificationConfig = std::move(config);
  }
  return out;
}

}  // namespace

Result<TaskPushNotificationConfig> from_v03(TaskPushConfig config, const std::string& at) {
  TRY(out, from_push(std::move(config.pushNotificationConfig), at + "/pushNotificationConfig"));
  out.taskId = std::move(config.taskId);
  return out;
}

Result<a2a::Part> from_v03(Part part, const std::string& at) {
  TRY_VOID(check_content(part, at));
  a2a::Part out;
  out.metadata = std::move(part.metadata);
  if (part.text) out.text = std::move(part.text);
  if (part.file) TRY_VOID(take_file(std::move(*part.file), out, at + "/file"));
  if (part.data) TRY_VOID(take_data(part, out, at));
  return out;
}

Result<a2a::Message> from_v03(Message message, const std::string& at) {
  TRY_VOID(check_kind(message.kind, "message", at));
  const auto role = parse_role(message.role);
  if (!role) return fail(invalid(at + "/role", "must be \"user\" or \"agent\""));
  a2a::Message out;
  out.messageId = std::move(message.messageId);
  out.contextId = std::move(message.contextId);
  out.taskId = std::move(message.taskId);
  out.role = *role;
  const bool rest = !message.content.empty();
  auto& parts = rest ? message.content : message.parts;
  TRY(converted, each_from_v03<a2a::Part>(std::move(parts), at + (rest ? "/content" : "/parts")));
  out.parts = std::move(converted);
  out.metadata = std::move(message.metadata);
  out.extensions = std::move(message.extensions);
  out.referenceTaskIds = std::move(message.referenceTaskIds);
  return out;
}

Result<a2a::TaskStatus> from_v03(TaskStatus status, const std::string& at) {
  const auto state = parse_state(status.state);
  if (!state) return fail(invalid(at + "/state", "unknown state"));
  a2a::TaskStatus out;
  out.state = *state;
  if (status.message) {
    TRY(message, from_v03(std::move(*status.message), at + "/message"));
    out.message = std::move(message);
  }
  out.timestamp = status.timestamp;
  return out;
}

Result<a2a::Artifact> from_v03(Artifact artifact, const std::string& at) {
  a2a::Artifact out;
  out.artifactId = std::move(artifact.artifactId);
  out.name = std::move(artifact.name);
  out.description = std::move(artifact.description);
  TRY(parts, each_from_v03<a2a::Part>(std::move(artifact.parts), at + "/parts"));
  out.parts = std::move(parts);
  out.metadata = std::move(artifact.metadata);
  out.extensions = std::move(artifact.extensions);
  return out;
}

Result<a2a::Task> from_v03(Task task, const std::string& at) {
  TRY_VOID(check_kind(task.kind, "task", at));
  a2a::Task out;
  out.id = std::move(task.id);
  if (task.contextId && !task.contextId->empty()) out.contextId = std::move(task.contextId);
  TRY(status, from_v03(std::move(task.status), at + "/status"));
  out.status = std::move(status);
  TRY(artifacts, each_from_v03<a2a::Artifact>(std::move(task.artifacts), at + "/artifacts"));
  out.artifacts = std::move(artifacts);
  TRY(history, each_from_v03<a2a::Message>(std::move(task.history), at + "/history"));
  out.history = std::move(history);
  out.metadata = std::move(task.metadata);
  return out;
}

Result<TaskStatusUpdateEvent> from_v03(StatusUpdate event, const std::string& at) {
  TRY_VOID(check_kind(event.kind, "status-update", at));
  TaskStatusUpdateEvent out;
  out.taskId = std::move(event.taskId);
  out.contextId = std::move(event.contextId);
  TRY(status, from_v03(std::move(event.status), at + "/status"));
  out.status = std::move(status);
  out.metadata = std::move(event.metadata);
  return out;
}

Result<TaskArtifactUpdateEvent> from_v03(ArtifactUpdate event, const std::string& at) {
  TRY_VOID(check_kind(event.kind, "artifact-update", at));
  TaskArtifactUpdateEvent out;
  out.taskId = std::move(event.taskId);
  out.contextId = std::move(event.contextId);
  TRY(artifact, from_v03(std::move(event.artifact), at + "/artifact"));
  out.artifact = std::move(artifact);
  out.append = event.append;
  out.lastChunk = event.lastChunk;
  out.metadata = std::move(event.metadata);
  return out;
}

Result<SendMessageRequest> from_v03(SendParams params, Form form, const std::string& at) {
  const bool proto_name = !params.message && params.request;
  if (proto_name) params.message = std::move(params.request);
  if (!params.message) return fail(invalid(at + "/message", "missing"));
  SendMessageRequest out;
  TRY(message, from_v03(std::move(*params.message), at + (proto_name ? "/request" : "/message")));
  out.message = std::move(message);
  if (params.configuration) {
    TRY(configuration,
        from_configuration(std::move(*params.configuration), form, at + "/configuration"));
    out.configuration = std::move(configuration);
  }
  out.metadata = std::move(params.metadata);
  return out;
}

}  // namespace flotilla::a2a::v03
