#include <utility>

#include "a2a/grpc/v1_map.h"
#include "a2a/grpc/value_map.h"
#include "a2a/limits.h"
#include "a2a/requests_internal.h"

// From lf.a2a.v1 to the model: an empty string is an absent one, but for a part's content.
namespace flotilla::a2a::rpc {
namespace {

/// How deep `params.message` and a part of it lie in JSON-RPC, which nests the most.
constexpr std::size_t kMessageDepth = 3;
constexpr std::size_t kPartDepth = 5;
constexpr std::size_t kRequestDepth = 2;

std::optional<std::string> optional_text(std::string* text) {
  if (text->empty()) return std::nullopt;
  return std::move(*text);
}

std::vector<std::string> take_all(google::protobuf::RepeatedPtrField<std::string>* in) {
  std::vector<std::string> out;
  out.reserve(static_cast<std::size_t>(in->size()));
  for (std::string& text : *in) out.push_back(std::move(text));
  return out;
}

class Reader {
 public:
  explicit Reader(const json::ParseLimits& limits) : values_(limits) {}

  template <class T>
  Result<json::Object> metadata(T& in, std::size_t depth, const std::string& at) {
    if (!in.has_metadata()) return json::Object();
    return values_.object(*in.mutable_metadata(), depth, at + "/metadata");
  }

  Result<Part> part(v1::Part& in, const std::string& at) {
    Part out;
    switch (in.content_case()) {
      case v1::Part::kText:
        out.text = std::move(*in.mutable_text());
        break;
      case v1::Part::kRaw:
        out.raw = json::Base64{std::move(*in.mutable_raw())};
        break;
      case v1::Part::kUrl:
        out.url = std::move(*in.mutable_url());
        break;
      case v1::Part::kData: {
        TRY(data, values_.value(*in.mutable_data(), kPartDepth, at + "/data"));
        out.data = std::move(data);
        break;
      }
      case v1::Part::CONTENT_NOT_SET:
        break;  // validate() names the part
    }
    TRY(metadata, this->metadata(in, kPartDepth, at));
    out.metadata = std::move(metadata);
    out.filename = optional_text(in.mutable_filename());
    out.mediaType = optional_text(in.mutable_media_type());
    return out;
  }

  Result<Message> message(v1::Message& in, const std::string& at) {
    Message out;
    out.messageId = std::move(*in.mutable_message_id());
    out.contextId = optional_text(in.mutable_context_id());
    out.taskId = optional_text(in.mutable_task_id());
    if (in.role() < v1::ROLE_UNSPECIFIED || in.role() > v1::ROLE_AGENT)
      return fail(invalid(at + "/role", "must be ROLE_USER or ROLE_AGENT"));
    out.role = static_cast<MessageRole>(in.role());
    out.parts.reserve(static_cast<std::size_t>(in.parts_size()));
    for (v1::Part& each : *in.mutable_parts()) {
      TRY(read, part(each, at + "/parts/" + std::to_string(out.parts.size())));
      out.parts.push_back(std::move(read));
    }
    TRY(metadata, this->metadata(in, kMessageDepth, at));
    out.metadata = std::move(metadata);
    out.extensions = take_all(in.mutable_extensions());
    out.referenceTaskIds = take_all(in.mutable_reference_task_ids());
    return out;
  }

 private:
  ValueReader values_;
};

TaskPushNotificationConfig push_config(v1::TaskPushNotificationConfig& in) {
  TaskPushNotificationConfig out;
  out.tenant = optional_text(in.mutable_tenant());
  out.id = optional_text(in.mutable_id());
  out.taskId = optional_text(in.mutable_task_id());
  out.url = std::move(*in.mutable_url());
  out.token = optional_text(in.mutable_token());
  if (in.has_authentication()) {
    AuthenticationInfo info;
    info.scheme = std::move(*in.mutable_authentication()->mutable_scheme());
    info.credentials = optional_text(in.mutable_authentication()->mutable_credentials());
    out.authentication = std::move(info);
  }
  return out;
}

Result<> check_config_task(const std::string& id, const std::string& at) {
  if (!id.empty() && id.size() <= kMaxIdBytes) return ok();
  return fail(invalid(at, "must be an id of 1 to 256 bytes"));
}

/// Get and delete name a config alike.
template <class T>
Result<TaskPushNotificationConfigRequest> config_request(T& in) {
  TaskPushNotificationConfigRequest out;
  out.tenant = optional_text(in.mutable_tenant());
  out.taskId = std::move(*in.mutable_task_id());
  out.id = std::move(*in.mutable_id());
  TRY_VOID(check_config_task(out.taskId, "/taskId"));
  TRY_VOID(check_config_task(out.id, "/id"));
  return out;
}

SendMessageConfiguration configuration(v1::SendMessageConfiguration& in) {
  SendMessageConfiguration out;
  out.acceptedOutputModes = take_all(in.mutable_accepted_output_modes());
  if (in.has_task_push_notification_config())
    out.taskPushNotificationConfig = push_config(*in.mutable_task_push_notification_config());
  if (in.has_history_length()) out.historyLength = in.history_length();
  out.returnImmediately = in.return_immediately();
  return out;
}

}  // namespace

Result<SendMessageRequest> read(v1::SendMessageRequest& in, const json::ParseLimits& limits) {
  Reader reader(limits);
  SendMessageRequest out;
  out.tenant = optional_text(in.mutable_tenant());
  if (!in.has_message()) return fail(invalid("/message", "missing"));
  TRY(message, reader.message(*in.mutable_message(), "/message"));
  out.message = std::move(message);
  if (in.has_configuration()) out.configuration = configuration(*in.mutable_configuration());
  TRY(metadata, reader.metadata(in, kRequestDepth, ""));
  out.metadata = std::move(metadata);
  TRY_VOID(check(out, ""));
  return out;
}

Result<GetTaskRequest> read(v1::GetTaskRequest& in, const json::ParseLimits&) {
  GetTaskRequest out;
  out.tenant = optional_text(in.mutable_tenant());
  out.id = std::move(*in.mutable_id());
  if (in.has_history_length()) out.historyLength = in.history_length();
  TRY_VOID(check(out, ""));
  return out;
}

Result<ListTasksRequest> read(v1::ListTasksRequest& in, const json::ParseLimits&) {
  ListTasksRequest out;
  out.tenant = optional_text(in.mutable_tenant());
  out.contextId = optional_text(in.mutable_context_id());
  if (in.status() < v1::TASK_STATE_UNSPECIFIED || in.status() > v1::TASK_STATE_AUTH_REQUIRED)
    return fail(invalid("/status", "is no task state"));
  if (in.status() != v1::TASK_STATE_UNSPECIFIED) out.status = static_cast<TaskState>(in.status());
  if (in.has_page_size()) out.pageSize = in.page_size();
  out.pageToken = optional_text(in.mutable_page_token());
  if (in.has_history_length()) out.historyLength = in.history_length();
  if (in.has_status_timestamp_after()) {
    TRY(after, read_time(in.status_timestamp_after(), "/statusTimestampAfter"));
    out.statusTimestampAfter = after;
  }
  if (in.has_include_artifacts()) out.includeArtifacts = in.include_artifacts();
  TRY_VOID(check(out, ""));
  return out;
}

Result<CancelTaskRequest> read(v1::CancelTaskRequest& in, const json::ParseLimits& limits) {
  CancelTaskRequest out;
  out.tenant = optional_text(in.mutable_tenant());
  out.id = std::move(*in.mutable_id());
  TRY(metadata, Reader(limits).metadata(in, kRequestDepth, ""));
  out.metadata = std::move(metadata);
  TRY_VOID(check_task_id(out.id, ""));
  return out;
}

Result<SubscribeToTaskRequest> read(v1::SubscribeToTaskRequest& in, const json::ParseLimits&) {
  SubscribeToTaskRequest out;
  out.tenant = optional_text(in.mutable_tenant());
  out.id = std::move(*in.mutable_id());
  TRY_VOID(check_task_id(out.id, ""));
  return out;
}

Result<TaskPushNotificationConfig> read(v1::TaskPushNotificationConfig& in,
                                        const json::ParseLimits&) {
  TaskPushNotificationConfig out = push_config(in);
  TRY_VOID(check_config_task(out.taskId.value_or(""), "/taskId"));
  TRY_VOID(check(out, ""));
  return out;
}

Result<TaskPushNotificationConfigRequest> read(v1::GetTaskPushNotificationConfigRequest& in,
                                               const json::ParseLimits&) {
  return config_request(in);
}

Result<TaskPushNotificationConfigRequest> read(v1::DeleteTaskPushNotificationConfigRequest& in,
                                               const json::ParseLimits&) {
  return config_request(in);
}

Result<ListTaskPushNotificationConfigsRequest> read(v1::ListTaskPushNotificationConfigsRequest& in,
                                                    const json::ParseLimits&) {
  ListTaskPushNotificationConfigsRequest out;
  out.tenant = optional_text(in.mutable_tenant());
  out.taskId = std::move(*in.mutable_task_id());
  TRY_VOID(check_config_task(out.taskId, "/taskId"));
  if (in.page_size() != 0) out.pageSize = in.page_size();
  out.pageToken = optional_text(in.mutable_page_token());
  return out;
}

}  // namespace flotilla::a2a::rpc
