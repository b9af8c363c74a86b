#pragma once

#include <optional>
#include <string>

#include "a2a/handler.h"
#include "a2a/types.h"
#include "a2a/wire.h"
#include "base/result.h"
#include "http/message.h"
#include "json/value.h"

/// Reads and checks the parameters of requests of both versions and bindings: lenient about
/// spelling (a2a.md 3.10), strict about meaning. What comes out needs no further check but those
/// that need storage or the agent's card. Errors are invalid_argument with the JSON pointer of the
/// fault.
namespace flotilla::a2a {

// Bodies: params of JSON-RPC (`at` = "/params") or the REST body (`at` = ""). Null is no params.
Result<SendMessageRequest> read_send_message(const Wire& wire, json::Value params,
                                             const std::string& at);
Result<GetTaskRequest> read_get_task(const Wire& wire, json::Value params, const std::string& at);
Result<ListTasksRequest> read_list_tasks(const Wire& wire, json::Value params,
                                         const std::string& at);
Result<CancelTaskRequest> read_cancel_task(const Wire& wire, json::Value params,
                                           const std::string& at);
Result<SubscribeToTaskRequest> read_subscribe(const Wire& wire, json::Value params,
                                              const std::string& at);

/// Create; over REST `config` names what the path says (1.0: taskId; 0.3: id of the task).
Result<TaskPushNotificationConfig> read_create_push_config(const Wire& wire, json::Value params,
                                                           const std::string& at);
Result<TaskPushNotificationConfigRequest> read_get_push_config(const Wire& wire, json::Value params,
                                                               const std::string& at);
Result<TaskPushNotificationConfigRequest> read_delete_push_config(const Wire& wire,
                                                                  json::Value params,
                                                                  const std::string& at);
Result<ListTaskPushNotificationConfigsRequest> read_list_push_configs(const Wire& wire,
                                                                      json::Value params,
                                                                      const std::string& at);

/// Gives the message of a send a fresh messageId where it has none.
void fill_message_id(json::Value& params);

// REST: the task id is in the path, the rest in the query.
Result<TaskPushNotificationConfigRequest> read_push_config_path(const http::Request& request);
Result<ListTaskPushNotificationConfigsRequest> read_list_push_configs_query(
    const http::Request& request);
Result<GetTaskRequest> read_get_task_query(const Wire& wire, const http::Request& request);
Result<ListTasksRequest> read_list_tasks_query(const http::Request& request);

/// not_found unless absent or the namespace of the agent: our HTTP interfaces carry no tenant.
Result<> check_tenant(const std::optional<std::string>& tenant, const AgentRef& agent);

/// CONTENT_TYPE_NOT_SUPPORTED unless absent, application/json or application/a2a+json.
Result<> check_content_type(const http::Request& request);

}  // namespace flotilla::a2a
