#include <utility>

#include "a2a/grpc/v03_map.h"
#include "a2a/grpc/value_map.h"

// From the model to a2a.v1 (0.3). v03::to_v03 says what the version can; its enums are text.
namespace flotilla::a2a::rpc {
namespace {

constexpr v03::Form kForm = v03::Form::rest;

template <class T>
void write_metadata(const json::Object& metadata, T& out) {
  if (!metadata.empty()) write_struct(metadata, *out.mutable_metadata());
}

void write_file(v03::File in, v03pb::FilePart& out) {
  if (in.fileWithUri) out.set_file_with_uri(std::move(*in.fileWithUri));
  if (in.fileWithBytes) out.set_file_with_bytes(std::move(in.fileWithBytes->bytes));
  if (in.mimeType) out.set_mime_type(std::move(*in.mimeType));
  if (in.name) out.set_name(std::move(*in.name));
}

/// The rest form wraps the object once, as DataPart does.
void write_data(const json::Value& in, v03pb::DataPart& out) {
  const json::Object* wrapped = in.if_object();
  const json::Value* data = wrapped ? wrapped->find("data") : nullptr;
  auto& object = *out.mutable_data();
  if (data && data->if_object()) write_struct(*data->if_object(), object);
}

void write_part(v03::Part in, v03pb::Part& out) {
  if (in.text) out.set_text(std::move(*in.text));
  if (in.file) write_file(std::move(*in.file), *out.mutable_file());
  if (in.data) write_data(*in.data, *out.mutable_data());
  write_metadata(in.metadata, out);
}

void write_message(v03::Message in, v03pb::Message& out) {
  out.set_message_id(std::move(in.messageId));
  if (in.contextId) out.set_context_id(std::move(*in.contextId));
  if (in.taskId) out.set_task_id(std::move(*in.taskId));
  out.set_role(
      static_cast<v03pb::Role>(v03::parse_role(in.role).value_or(MessageRole::unspecified)));
  for (v03::Part& part : in.content) write_part(std::move(part), *out.add_content());
  write_metadata(in.metadata, out);
  for (std::string& uri : in.extensions) out.add_extensions(std::move(uri));
}

void write_status(v03::TaskStatus in, v03pb::TaskStatus& out) {
  out.set_state(
      static_cast<v03pb::TaskState>(v03::parse_state(in.state).value_or(TaskState::unspecified)));
  if (in.message) write_message(std::move(*in.message), *out.mutable_update());
  if (in.timestamp) write_time(*in.timestamp, *out.mutable_timestamp());
}

void write_artifact(v03::Artifact in, v03pb::Artifact& out) {
  out.set_artifact_id(std::move(in.artifactId));
  if (in.name) out.set_name(std::move(*in.name));
  if (in.description) out.set_description(std::move(*in.description));
  for (v03::Part& part : in.parts) write_part(std::move(part), *out.add_parts());
  write_metadata(in.metadata, out);
  for (std::string& uri : in.extensions) out.add_extensions(std::move(uri));
}

}  // namespace

void write(TaskPushNotificationConfig in, v03pb::TaskPushNotificationConfig& out) {
  v03::TaskPushConfig named = v03::to_v03(std::move(in), kForm);
  if (named.name) out.set_name(std::move(*named.name));
  v03::PushConfig& config = named.pushNotificationConfig;
  auto& wire = *out.mutable_push_notification_config();
  if (config.id) wire.set_id(std::move(*config.id));
  wire.set_url(std::move(config.url));
  if (config.token) wire.set_token(std::move(*config.token));
  if (!config.authentication) return;
  for (std::string& scheme : config.authentication->schemes)
    wire.mutable_authentication()->add_schemes(std::move(scheme));
  if (config.authentication->credentials)
    wire.mutable_authentication()->set_credentials(std::move(*config.authentication->credentials));
}

void write(ListTaskPushNotificationConfigsResponse in,
           v03pb::ListTaskPushNotificationConfigResponse& out) {
  for (auto& config : in.configs) write(std::move(config), *out.add_configs());
  out.set_next_page_token(std::move(in.nextPageToken));
}

void write(Message in, v03pb::Message& out) {
  write_message(v03::to_v03(std::move(in), kForm), out);
}

void write(Task in, v03pb::Task& out) {
  v03::Task task = v03::to_v03(std::move(in), kForm);
  out.set_id(std::move(task.id));
  if (task.contextId) out.set_context_id(std::move(*task.contextId));
  write_status(std::move(task.status), *out.mutable_status());
  for (v03::Artifact& artifact : task.artifacts)
    write_artifact(std::move(artifact), *out.add_artifacts());
  for (v03::Message& message : task.history) write_message(std::move(message), *out.add_history());
  write_metadata(task.metadata, out);
}

void write(TaskStatusUpdateEvent in, v03pb::TaskStatusUpdateEvent& out) {
  v03::StatusUpdate event = v03::to_v03(std::move(in), kForm);
  out.set_task_id(std::move(event.taskId));
  out.set_context_id(std::move(event.contextId));
  write_status(std::move(event.status), *out.mutable_status());
  out.set_final(event.final.value_or(false));
  write_metadata(event.metadata, out);
}

void write(TaskArtifactUpdateEvent in, v03pb::TaskArtifactUpdateEvent& out) {
  v03::ArtifactUpdate event = v03::to_v03(std::move(in), kForm);
  out.set_task_id(std::move(event.taskId));
  out.set_context_id(std::move(event.contextId));
  write_artifact(std::move(event.artifact), *out.mutable_artifact());
  out.set_append(event.append.value_or(false));
  out.set_last_chunk(event.lastChunk.value_or(false));
  write_metadata(event.metadata, out);
}

}  // namespace flotilla::a2a::rpc
