#include <utility>

#include "a2a/grpc/v1_map.h"
#include "a2a/grpc/value_map.h"

// From the model to lf.a2a.v1.
namespace flotilla::a2a::rpc {
namespace {

template <class T>
void write_metadata(const json::Object& metadata, T& out) {
  if (!metadata.empty()) write_struct(metadata, *out.mutable_metadata());
}

template <class Texts>
void write_all(std::vector<std::string>& in, Texts* out) {
  out->Reserve(static_cast<int>(in.size()));
  for (std::string& text : in) out->Add(std::move(text));
}

void write_part(Part in, v1::Part& out) {
  if (in.text) out.set_text(std::move(*in.text));
  if (in.raw) out.set_raw(std::move(in.raw->bytes));
  if (in.url) out.set_url(std::move(*in.url));
  if (in.data) write_value(*in.data, *out.mutable_data());
  write_metadata(in.metadata, out);
  if (in.filename) out.set_filename(std::move(*in.filename));
  if (in.mediaType) out.set_media_type(std::move(*in.mediaType));
}

template <class Out>
void write_parts(std::vector<Part>& in, Out& out) {
  for (Part& part : in) write_part(std::move(part), *out.add_parts());
}

void write_status(TaskStatus in, v1::TaskStatus& out) {
  out.set_state(static_cast<v1::TaskState>(in.state));
  if (in.message) write(std::move(*in.message), *out.mutable_message());
  if (in.timestamp) write_time(*in.timestamp, *out.mutable_timestamp());
}

}  // namespace

void write(TaskPushNotificationConfig in, v1::TaskPushNotificationConfig& out) {
  if (in.tenant) out.set_tenant(std::move(*in.tenant));
  if (in.id) out.set_id(std::move(*in.id));
  if (in.taskId) out.set_task_id(std::move(*in.taskId));
  out.set_url(std::move(in.url));
  if (in.token) out.set_token(std::move(*in.token));
  if (!in.authentication) return;
  auto& authentication = *out.mutable_authentication();
  authentication.set_scheme(std::move(in.authentication->scheme));
  if (in.authentication->credentials)
    authentication.set_credentials(std::move(*in.authentication->credentials));
}

void write(ListTaskPushNotificationConfigsResponse in,
           v1::ListTaskPushNotificationConfigsResponse& out) {
  for (auto& config : in.configs) write(std::move(config), *out.add_configs());
  out.set_next_page_token(std::move(in.nextPageToken));
}

void write(Message in, v1::Message& out) {
  out.set_message_id(std::move(in.messageId));
  if (in.contextId) out.set_context_id(std::move(*in.contextId));
  if (in.taskId) out.set_task_id(std::move(*in.taskId));
  out.set_role(static_cast<v1::Role>(in.role));
  write_parts(in.parts, out);
  write_metadata(in.metadata, out);
  write_all(in.extensions, out.mutable_extensions());
  write_all(in.referenceTaskIds, out.mutable_reference_task_ids());
}

void write(Artifact in, v1::Artifact& out) {
  out.set_artifact_id(std::move(in.artifactId));
  if (in.name) out.set_name(std::move(*in.name));
  if (in.description) out.set_description(std::move(*in.description));
  write_parts(in.parts, out);
  write_metadata(in.metadata, out);
  write_all(in.extensions, out.mutable_extensions());
}

void write(Task in, v1::Task& out) {
  out.set_id(std::move(in.id));
  if (in.contextId) out.set_context_id(std::move(*in.contextId));
  write_status(std::move(in.status), *out.mutable_status());
  for (Artifact& artifact : in.artifacts) write(std::move(artifact), *out.add_artifacts());
  for (Message& message : in.history) write(std::move(message), *out.add_history());
  write_metadata(in.metadata, out);
}

void write(TaskStatusUpdateEvent in, v1::TaskStatusUpdateEvent& out) {
  out.set_task_id(std::move(in.taskId));
  out.set_context_id(std::move(in.contextId));
  write_status(std::move(in.status), *out.mutable_status());
  write_metadata(in.metadata, out);
}

void write(TaskArtifactUpdateEvent in, v1::TaskArtifactUpdateEvent& out) {
  out.set_task_id(std::move(in.taskId));
  out.set_context_id(std::move(in.contextId));
  write(std::move(in.artifact), *out.mutable_artifact());
  out.set_append(in.append.value_or(false));
  out.set_last_chunk(in.lastChunk.value_or(false));
  write_metadata(in.metadata, out);
}

void write(ListTasksResponse in, v1::ListTasksResponse& out) {
  for (Task& task : in.tasks) write(std::move(task), *out.add_tasks());
  out.set_next_page_token(std::move(in.nextPageToken));
  out.set_page_size(in.pageSize);
  out.set_total_size(in.totalSize);
}

}  // namespace flotilla::a2a::rpc
