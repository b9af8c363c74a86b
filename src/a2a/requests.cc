#include "a2a/requests.h"

#include <fmt/format.h>

#include <utility>

#include "a2a/limits.h"
#include "a2a/requests_internal.h"
#include "async/clock.h"
#include "base/id.h"
#include "base/utf8.h"
#include "json/map.h"

namespace flotilla::a2a {
namespace {

/// ProtoJSON writers say unset strings as empty ones.
void drop_empty(std::optional<std::string>& text) {
  if (text && text->empty()) text.reset();
}

json::ReadOptions options_at(const std::string& at) {
  json::ReadOptions options;
  options.proto_names = true;
  options.at = at;
  return options;
}

template <class T>
Result<T> read_params(json::Value params, const std::string& at) {
  if (params.is_null()) params = json::Value(json::Object());
  return json::read<T>(std::move(params), options_at(at));
}

Result<> check_history(std::optional<std::int32_t> length, const std::string& at) {
  if (length && *length < 0) return fail(invalid(at + "/historyLength", "must not be negative"));
  return ok();
}

Result<> check(SendMessageConfiguration& configuration, const std::string& at) {
  TRY_VOID(check_history(configuration.historyLength, at));
  if (configuration.acceptedOutputModes.size() > kMaxOutputModes)
    return fail(invalid(at + "/acceptedOutputModes", "must not have more than 100 elements"));
  auto& push = configuration.taskPushNotificationConfig;
  if (!push) return ok();
  return check(*push,
               at + (push->legacy ? "/pushNotificationConfig" : "/taskPushNotificationConfig"));
}

/// An unknown filter value that JavaScript writers send for an unset one.
void drop_unrecognized_status(json::Value& params) {
  json::Object* object = params.if_object();
  if (object == nullptr) return;
  const json::Value* status = object->find("status");
  const std::string* name = status ? status->if_string() : nullptr;
  if (name && (name->empty() || *name == "UNRECOGNIZED")) object->erase("status");
}

/// 0.3 has one shape for everything that names a task.
Result<v03::TaskParams> read_v03_task(json::Value params, const std::string& at) {
  TRY(task, read_params<v03::TaskParams>(std::move(params), at));
  TRY_VOID(check_task_id(task.id, at));
  TRY_VOID(check_history(task.historyLength, at));
  if (task.historyLength == 0) task.historyLength.reset();  // no limit there
  return task;
}

}  // namespace

Result<> check_task_id(const std::string& id, const std::string& at) {
  if (id.empty()) return fail(invalid(at + "/id", "must not be empty"));
  if (id.size() > kMaxIdBytes)
    return fail(invalid(at + "/id", "must not be longer than 256 bytes"));
  if (!is_utf8(id)) return fail(invalid(at + "/id", "is not UTF-8"));  // from a path
  return ok();
}

Result<> check(SendMessageRequest& request, const std::string& at) {
  drop_empty(request.tenant);
  drop_empty(request.message.contextId);
  drop_empty(request.message.taskId);
  TRY_VOID(validate(request.message, at + "/message"));
  if (request.configuration) return check(*request.configuration, at + "/configuration");
  return ok();
}

Result<> check(GetTaskRequest& request, const std::string& at) {
  drop_empty(request.tenant);
  TRY_VOID(check_task_id(request.id, at));
  return check_history(request.historyLength, at);
}

Result<> check(ListTasksRequest& request, const std::string& at) {
  drop_empty(request.tenant);
  drop_empty(request.contextId);
  drop_empty(request.pageToken);
  if (request.status == TaskState::unspecified) request.status.reset();
  if (request.contextId && request.contextId->size() > kMaxIdBytes)
    return fail(invalid(at + "/contextId", "must not be longer than 256 bytes"));
  if (request.pageToken && request.pageToken->size() > kMaxPageTokenBytes)
    return fail(invalid(at + "/pageToken", "is not a token of this server"));
  const bool in_range =
      !request.pageSize || (*request.pageSize >= kMinPageSize && *request.pageSize <= kMaxPageSize);
  if (!in_range) {
    return fail(invalid(at + "/pageSize",
                        fmt::format("must be from {} to {}", kMinPageSize, kMaxPageSize)));
  }
  return check_history(request.historyLength, at);
}

Result<SendMessageRequest> read_send_message(const Wire& wire, json::Value params,
                                             const std::string& at) {
  if (wire.version == Version::v1_0) {
    TRY(request, read_params<SendMessageRequest>(std::move(params), at));
    TRY_VOID(check(request, at));
    return request;
  }
  TRY(old, read_params<v03::SendParams>(std::move(params), at));
  TRY(request, v03::from_v03(std::move(old), form_of(wire), at));
  TRY_VOID(check(request, at));
  return request;
}

void fill_message_id(json::Value& params) {
  json::Object* object = params.if_object();
  json::Value* message = object != nullptr ? object->find("message") : nullptr;
  json::Object* fields = message != nullptr ? message->if_object() : nullptr;
  if (fields == nullptr) return;
  for (const std::string_view name : {"messageId", "message_id"}) {
    const json::Value* id = fields->find(name);
    if (id == nullptr) continue;
    const std::string* text = id->if_string();
    if (!id->is_null() && (text == nullptr || !text->empty())) return;
    fields->erase(name);
  }
  fields->set("messageId",
              json::Value(make_uuid_v7(system_clock().now(), system_random()).to_string()));
}

Result<GetTaskRequest> read_get_task(const Wire& wire, json::Value params, const std::string& at) {
  if (wire.version == Version::v1_0) {
    TRY(request, read_params<GetTaskRequest>(std::move(params), at));
    TRY_VOID(check(request, at));
    return request;
  }
  TRY(old, read_v03_task(std::move(params), at));
  GetTaskRequest request;
  request.id = std::move(old.id);
  request.historyLength = old.historyLength;
  return request;
}

Result<ListTasksRequest> read_list_tasks(const Wire&, json::Value params, const std::string& at) {
  drop_unrecognized_status(params);
  TRY(request, read_params<ListTasksRequest>(std::move(params), at));
  TRY_VOID(check(request, at));
  return request;
}

Result<CancelTaskRequest> read_cancel_task(const Wire& wire, json::Value params,
                                           const std::string& at) {
  CancelTaskRequest request;
  if (wire.version == Version::v1_0) {
    TRY(read, read_params<CancelTaskRequest>(std::move(params), at));
    request = std::move(read);
  } else {
    TRY(old, read_v03_task(std::move(params), at));
    request.id = std::move(old.id);
    request.metadata = std::move(old.metadata);
  }
  drop_empty(request.tenant);
  TRY_VOID(check_task_id(request.id, at));
  return request;
}

Result<SubscribeToTaskRequest> read_subscribe(const Wire& wire, json::Value params,
                                              const std::string& at) {
  SubscribeToTaskRequest request;
  if (wire.version == Version::v1_0) {
    TRY(read, read_params<SubscribeToTaskRequest>(std::move(params), at));
    request = std::move(read);
  } else {
    TRY(old, read_v03_task(std::move(params), at));
    request.id = std::move(old.id);
  }
  drop_empty(request.tenant);
  TRY_VOID(check_task_id(request.id, at));
  return request;
}

Result<> check_tenant(const std::optional<std::string>& tenant, const AgentRef& agent) {
  if (!tenant || *tenant == agent.name_space) return ok();
  return fail(
      Error(Code::not_found, "no such agent: this URL serves no other tenant; leave 'tenant' out"));
}

Result<> check_content_type(const http::Request& request) {
  const auto header = request.headers.find("Content-Type");
  if (!header) return ok();
  std::string_view type = header->substr(0, header->find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  if (type.empty() || http::iequals(type, "application/json") ||
      http::iequals(type, "application/a2a+json"))
    return ok();
  return fail(content_type_not_supported(type.substr(0, 100), "application/json"));
}

}  // namespace flotilla::a2a
