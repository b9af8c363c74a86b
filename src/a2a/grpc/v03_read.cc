#include <utility>

#include "a2a/grpc/v03_map.h"
#include "a2a/grpc/value_map.h"
#include "a2a/limits.h"
#include "a2a/requests_internal.h"

// From a2a.v1 (0.3) to the model.
namespace flotilla::a2a::rpc {
namespace {

constexpr std::size_t kRequestDepth = 2;
constexpr std::size_t kMessageDepth = 3;
constexpr std::size_t kPartDepth = 5;

std::optional<std::string> optional_text(std::string* text) {
  if (text->empty()) return std::nullopt;
  return std::move(*text);
}

v03::File file(v03pb::FilePart& in) {
  v03::File out;
  if (in.file_case() == v03pb::FilePart::kFileWithUri)
    out.fileWithUri = std::move(*in.mutable_file_with_uri());
  if (in.file_case() == v03pb::FilePart::kFileWithBytes)
    out.fileWithBytes = json::Base64{std::move(*in.mutable_file_with_bytes())};
  out.mimeType = optional_text(in.mutable_mime_type());
  out.name = optional_text(in.mutable_name());
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

  Result<v03::Part> part(v03pb::Part& in, const std::string& at) {
    v03::Part out;
    if (in.part_case() == v03pb::Part::kText) out.text = std::move(*in.mutable_text());
    if (in.part_case() == v03pb::Part::kFile) out.file = file(*in.mutable_file());
    if (in.part_case() == v03pb::Part::kData) {
      TRY(data, values_.object(*in.mutable_data()->mutable_data(), kPartDepth, at + "/data"));
      json::Object wrapped;
      wrapped.append("data", json::Value(std::move(data)));
      out.data = json::Value(std::move(wrapped));
    }
    TRY(metadata, this->metadata(in, kPartDepth, at));
    out.metadata = std::move(metadata);
    return out;
  }

  Result<v03::Message> message(v03pb::Message& in, const std::string& at) {
    v03::Message out;
    out.messageId = std::move(*in.mutable_message_id());
    out.contextId = optional_text(in.mutable_context_id());
    out.taskId = optional_text(in.mutable_task_id());
    out.role = v03pb::Role_Name(in.role());  // empty for an unknown number, which is refused
    for (v03pb::Part& each : *in.mutable_content()) {
      TRY(read, part(each, at + "/content/" + std::to_string(out.content.size())));
      out.content.push_back(std::move(read));
    }
    TRY(metadata, this->metadata(in, kMessageDepth, at));
    out.metadata = std::move(metadata);
    for (std::string& uri : *in.mutable_extensions()) out.extensions.push_back(std::move(uri));
    return out;
  }

 private:
  ValueReader values_;
};

v03::PushConfig push_config(v03pb::PushNotificationConfig& in) {
  v03::PushConfig out;
  out.id = optional_text(in.mutable_id());
  out.url = std::move(*in.mutable_url());
  out.token = optional_text(in.mutable_token());
  if (in.has_authentication()) {
    v03::PushAuthentication authentication;
    for (std::string& scheme : *in.mutable_authentication()->mutable_schemes())
      authentication.schemes.push_back(std::move(scheme));
    authentication.credentials = optional_text(in.mutable_authentication()->mutable_credentials());
    out.authentication = std::move(authentication);
  }
  return out;
}

v03::SendConfiguration configuration(v03pb::SendMessageConfiguration& in) {
  v03::SendConfiguration out;
  for (std::string& mode : *in.mutable_accepted_output_modes())
    out.acceptedOutputModes.push_back(std::move(mode));
  if (in.has_push_notification())
    out.pushNotification = push_config(*in.mutable_push_notification());
  out.historyLength = in.history_length();
  out.blocking = in.blocking();
  return out;
}

/// `tasks/ID`.
Result<std::string> task_id(std::string_view name, const std::string& at) {
  constexpr std::string_view kPrefix = "tasks/";
  std::string id(name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : "");
  if (!id.empty() && id.size() <= kMaxIdBytes) return id;
  return fail(invalid(at, "must be tasks/ID with an id of 1 to 256 bytes"));
}

Result<TaskPushNotificationConfigRequest> config_name(std::string_view name) {
  constexpr std::string_view kInfix = "/pushNotificationConfigs/";
  const auto infix = name.find(kInfix);
  const bool there = infix != std::string_view::npos;
  TRY(task, task_id(name.substr(0, infix), "/name"));
  TaskPushNotificationConfigRequest out;
  out.taskId = std::move(task);
  out.id = there ? name.substr(infix + kInfix.size()) : "";
  if (!out.id.empty() && out.id.size() <= kMaxIdBytes) return out;
  return fail(invalid("/name", "must be tasks/ID/pushNotificationConfigs/ID"));
}

}  // namespace

Result<SendMessageRequest> read(v03pb::SendMessageRequest& in, const json::ParseLimits& limits) {
  Reader reader(limits);
  v03::SendParams params;
  if (!in.has_request()) return fail(invalid("/request", "missing"));
  TRY(message, reader.message(*in.mutable_request(), "/request"));
  params.request = std::move(message);
  if (in.has_configuration()) params.configuration = configuration(*in.mutable_configuration());
  TRY(metadata, reader.metadata(in, kRequestDepth, ""));
  params.metadata = std::move(metadata);
  TRY(out, v03::from_v03(std::move(params), v03::Form::rest, ""));
  TRY_VOID(check(out, ""));
  return out;
}

Result<GetTaskRequest> read(v03pb::GetTaskRequest& in, const json::ParseLimits&) {
  GetTaskRequest out;
  TRY(id, task_id(in.name(), "/name"));
  out.id = std::move(id);
  if (in.history_length() != 0) out.historyLength = in.history_length();
  TRY_VOID(check(out, ""));
  return out;
}

Result<CancelTaskRequest> read(v03pb::CancelTaskRequest& in, const json::ParseLimits&) {
  CancelTaskRequest out;
  TRY(id, task_id(in.name(), "/name"));
  out.id = std::move(id);
  return out;
}

Result<SubscribeToTaskRequest> read(v03pb::TaskSubscriptionRequest& in, const json::ParseLimits&) {
  SubscribeToTaskRequest out;
  TRY(id, task_id(in.name(), "/name"));
  out.id = std::move(id);
  return out;
}

Result<TaskPushNotificationConfig> read(v03pb::CreateTaskPushNotificationConfigRequest& in,
                                        const json::ParseLimits&) {
  TRY(task, task_id(in.parent(), "/parent"));
  v03::TaskPushConfig config;
  config.taskId = std::move(task);
  config.pushNotificationConfig =
      push_config(*in.mutable_config()->mutable_push_notification_config());
  if (!in.config_id().empty()) config.pushNotificationConfig.id = in.config_id();
  TRY(out, v03::from_v03(std::move(config), "/config"));
  out.legacy = true;
  TRY_VOID(check(out, "/config/pushNotificationConfig"));
  return out;
}

Result<TaskPushNotificationConfigRequest> read(v03pb::GetTaskPushNotificationConfigRequest& in,
                                               const json::ParseLimits&) {
  return config_name(in.name());
}

Result<TaskPushNotificationConfigRequest> read(v03pb::DeleteTaskPushNotificationConfigRequest& in,
                                               const json::ParseLimits&) {
  return config_name(in.name());
}

Result<ListTaskPushNotificationConfigsRequest> read(
    v03pb::ListTaskPushNotificationConfigRequest& in, const json::ParseLimits&) {
  ListTaskPushNotificationConfigsRequest out;
  TRY(task, task_id(in.parent(), "/parent"));
  out.taskId = std::move(task);
  if (in.page_size() != 0) out.pageSize = in.page_size();
  out.pageToken = optional_text(in.mutable_page_token());
  return out;
}

}  // namespace flotilla::a2a::rpc
