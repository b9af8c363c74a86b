#include <algorithm>
#include <utility>

#include "a2a/limits.h"
#include "a2a/requests.h"
#include "a2a/requests_internal.h"
#include "base/utf8.h"
#include "json/map.h"

// The push notification operations of both versions (specification 1.0 section 3.1.7 to 3.1.10;
// a2a.md 1.3, 1.4, 3.9).
namespace flotilla::a2a {
namespace {

constexpr std::string_view kOldConfig = "/pushNotificationConfig";

template <class T>
Result<T> read_params(json::Value params, const std::string& at) {
  if (params.is_null()) params = json::Value(json::Object());
  json::ReadOptions options;
  options.proto_names = true;
  options.at = at;
  return json::read<T>(std::move(params), options);
}

void drop_empty(std::optional<std::string>& text) {
  if (text && text->empty()) text.reset();
}

bool is_token_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

/// It becomes the value of a header field.
Result<> check_header_value(const std::optional<std::string>& text, std::size_t limit,
                            const std::string& at) {
  if (!text) return ok();
  if (text->size() > limit)
    return fail(invalid(at, "must not be longer than " + std::to_string(limit) + " bytes"));
  const bool plain = std::ranges::all_of(*text, [](char c) { return c >= ' ' && c <= '~'; });
  if (!plain || text->starts_with(' ') || text->ends_with(' '))
    return fail(invalid(at,
                        "is sent in a header: it may hold visible ASCII characters, and spaces "
                        "between them"));
  return ok();
}

Result<> check_scheme(const std::string& scheme, const std::string& at) {
  const bool good = !scheme.empty() && scheme.size() <= kMaxPushSchemeBytes &&
                    std::ranges::all_of(scheme, is_token_char);
  if (good) return ok();
  return fail(invalid(at, "must be an authentication scheme of HTTP such as Bearer"));
}

Result<> check_config_id(const std::string& id, const std::string& at) {
  if (id.size() > kMaxIdBytes) return fail(invalid(at, "must not be longer than 256 bytes"));
  if (!is_utf8(id)) return fail(invalid(at, "is not UTF-8"));
  return ok();
}

Result<> check_named(std::string& task_id, const std::string& at) {
  if (task_id.empty()) return fail(invalid(at, "must not be empty"));
  return check_config_id(task_id, at);
}

Result<v03::PushParams> read_old(json::Value params, const std::string& at) {
  TRY(read, read_params<v03::PushParams>(std::move(params), at));
  TRY_VOID(check_named(read.id, at + "/id"));
  drop_empty(read.pushNotificationConfigId);
  if (read.pushNotificationConfigId)
    TRY_VOID(check_config_id(*read.pushNotificationConfigId, at + "/pushNotificationConfigId"));
  return read;
}

Result<TaskPushNotificationConfigRequest> read_one(const Wire& wire, json::Value params,
                                                   const std::string& at) {
  TaskPushNotificationConfigRequest request;
  if (wire.version == Version::v0_3) {
    TRY(old, read_old(std::move(params), at));
    request.taskId = std::move(old.id);
    request.id = std::move(old.pushNotificationConfigId).value_or("");
    return request;
  }
  TRY(read, read_params<TaskPushNotificationConfigRequest>(std::move(params), at));
  drop_empty(read.tenant);
  TRY_VOID(check_named(read.taskId, at + "/taskId"));
  TRY_VOID(check_named(read.id, at + "/id"));
  return read;
}

/// 0.3 over HTTP+JSON: the config, the create request around it, or the bare inner object.
json::Value unwrap_rest(json::Value params) {
  json::Object* object = params.if_object();
  if (object == nullptr) return params;
  if (json::Value* inner = object->find("config"); inner && inner->if_object()) {
    json::Value taken = std::move(*inner);
    params = std::move(taken);
    object = params.if_object();
  }
  if (object->find("pushNotificationConfig") || !object->find("url")) return params;
  json::Object outer;
  outer.set("pushNotificationConfig", std::move(params));
  return json::Value(std::move(outer));
}

/// The member, when it is a string.
std::optional<std::string> text_of(const json::Value& params, std::string_view member) {
  const json::Object* object = params.if_object();
  const json::Value* value = object ? object->find(member) : nullptr;
  const std::string* text = value ? value->if_string() : nullptr;
  if (text == nullptr) return std::nullopt;
  return *text;
}

Result<TaskPushNotificationConfig> read_old_config(const Wire& wire, json::Value params,
                                                   const std::string& at) {
  std::optional<std::string> task;
  if (wire.binding == Binding::rest) {
    task = text_of(params, "taskId");
    params = unwrap_rest(std::move(params));
  }
  TRY(old, read_params<v03::TaskPushConfig>(std::move(params), at));
  drop_empty(old.pushNotificationConfig.id);
  if (old.name && !old.pushNotificationConfig.id) {
    const auto slash = old.name->rfind("/pushNotificationConfigs/");
    if (slash != std::string::npos)
      old.pushNotificationConfig.id = old.name->substr(old.name->rfind('/') + 1);
  }
  if (task) old.taskId = std::move(task);
  return v03::from_v03(std::move(old), at);
}

}  // namespace

Result<> check(TaskPushNotificationConfig& config, const std::string& at) {
  drop_empty(config.tenant);
  drop_empty(config.id);
  drop_empty(config.taskId);
  drop_empty(config.token);
  if (config.id) TRY_VOID(check_config_id(*config.id, at + "/id"));
  if (config.url.empty()) return fail(invalid(at + "/url", "must not be empty"));
  TRY_VOID(check_header_value(config.token, kMaxPushTokenBytes, at + "/token"));
  if (!config.authentication) return ok();
  const std::string where = at + "/authentication";
  drop_empty(config.authentication->credentials);
  TRY_VOID(check_scheme(config.authentication->scheme,
                        where + (config.legacy ? "/schemes/0" : "/scheme")));
  return check_header_value(config.authentication->credentials, kMaxPushCredentialsBytes,
                            where + "/credentials");
}

Result<TaskPushNotificationConfig> read_create_push_config(const Wire& wire, json::Value params,
                                                           const std::string& at) {
  TaskPushNotificationConfig config;
  if (wire.version == Version::v0_3) {
    TRY(read, read_old_config(wire, std::move(params), at));
    config = std::move(read);
    TRY_VOID(check(config, at + std::string(kOldConfig)));
  } else {
    TRY(read, read_params<TaskPushNotificationConfig>(std::move(params), at));
    config = std::move(read);
    TRY_VOID(check(config, at));
  }
  if (!config.taskId) return fail(invalid(at + "/taskId", "must not be empty"));
  TRY_VOID(check_config_id(*config.taskId, at + "/taskId"));
  return config;
}

Result<TaskPushNotificationConfigRequest> read_get_push_config(const Wire& wire, json::Value params,
                                                               const std::string& at) {
  return read_one(wire, std::move(params), at);
}

Result<TaskPushNotificationConfigRequest> read_delete_push_config(const Wire& wire,
                                                                  json::Value params,
                                                                  const std::string& at) {
  TRY(request, read_one(wire, std::move(params), at));
  if (request.id.empty())
    return fail(invalid(at + "/pushNotificationConfigId", "must not be empty"));
  return request;
}

Result<ListTaskPushNotificationConfigsRequest> read_list_push_configs(const Wire& wire,
                                                                      json::Value params,
                                                                      const std::string& at) {
  if (wire.version == Version::v0_3 && wire.binding == Binding::jsonrpc) {
    TRY(old, read_old(std::move(params), at));
    ListTaskPushNotificationConfigsRequest request;
    request.taskId = std::move(old.id);
    return request;
  }
  TRY(read, read_params<ListTaskPushNotificationConfigsRequest>(std::move(params), at));
  drop_empty(read.tenant);
  drop_empty(read.pageToken);
  TRY_VOID(check_named(read.taskId, at + "/taskId"));
  if (read.pageSize == 0) read.pageSize.reset();  // ProtoJSON's unset
  if (read.pageSize && (*read.pageSize < kMinPageSize || *read.pageSize > kMaxPageSize))
    return fail(invalid(at + "/pageSize", "must be from 1 to 100"));
  if (read.pageToken && read.pageToken->size() > kMaxPageTokenBytes)
    return fail(invalid(at + "/pageToken", "is not a token of this server"));
  return read;
}

Result<TaskPushNotificationConfigRequest> read_push_config_path(const http::Request& request) {
  TaskPushNotificationConfigRequest out;
  out.taskId = std::string(request.param("id"));
  out.id = std::string(request.param("configId"));
  if (auto tenant = request.query_value("tenant"); tenant && !tenant->empty())
    out.tenant = std::move(*tenant);
  TRY_VOID(check_named(out.taskId, "/taskId"));
  TRY_VOID(check_named(out.id, "/id"));
  return out;
}

Result<ListTaskPushNotificationConfigsRequest> read_list_push_configs_query(
    const http::Request& request) {
  json::Object params;
  for (auto& [name, value] : request.query_values()) {
    if (value.empty()) continue;
    if (!is_utf8(value)) return fail(invalid("/" + name.substr(0, 64), "is not UTF-8"));
    const bool number = name == "pageSize" || name == "page_size";
    if (!number) {
      params.set(name, json::Value(value));
      continue;
    }
    const auto size = json::Value(json::Number{value}).as_int64();
    if (!size || value.find_first_not_of("-0123456789") != std::string::npos)
      return fail(invalid("/pageSize", "expected a 32-bit integer"));
    params.set("pageSize", json::Value(json::Number{value}));
  }
  params.set("taskId", json::Value(request.param("id")));
  Wire wire;  // both versions say it alike
  wire.binding = Binding::rest;
  return read_list_push_configs(wire, json::Value(std::move(params)), "");
}

}  // namespace flotilla::a2a
