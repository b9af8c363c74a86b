#include "gateway/push.h"

#include <utility>

#include "a2a/error.h"
#include "a2a/limits.h"
#include "auth/access.h"
#include "base/hash.h"
#include "gateway/a2a_handler.h"
#include "json/map.h"

namespace flotilla::gateway {

using core::AgentRegistry;

namespace {

Error no_such_config(const std::string& task, const std::string& id) {
  return Error(Code::not_found, reason::kTaskNotFound,
               "task " + task + " has no push notification config " + id)
      .with_metadata("taskId", task);
}

std::string pointer_of(const a2a::TaskPushNotificationConfig& config, bool in_message) {
  if (in_message)
    return config.legacy ? "/configuration/pushNotificationConfig"
                         : "/configuration/taskPushNotificationConfig";
  return config.legacy ? "/pushNotificationConfig" : "";
}

}  // namespace

Async<Result<core::PushConfig>> Push::accept(a2a::TaskPushNotificationConfig config,
                                             std::string at) {
  CO_TRY_VOID(co_await sender_.check(config.url, at + "/url"));
  core::PushConfig out;
  out.id = std::move(config.id).value_or("");
  out.url = std::move(config.url);
  out.legacy = config.legacy;
  out.token = Secret(std::move(config.token).value_or(""));
  if (config.authentication) {
    out.scheme = std::move(config.authentication->scheme);
    out.credentials = Secret(std::move(config.authentication->credentials).value_or(""));
  }
  co_return out;
}

a2a::TaskPushNotificationConfig Push::to_wire(const core::PushRow& row, const Principal& reader) {
  const auto& config = row.config;
  const bool own = row.owner == reader.name;
  a2a::TaskPushNotificationConfig out;
  out.id = config.id;
  out.taskId = row.task.to_string();
  out.url = config.url;
  out.legacy = config.legacy;
  if (own && !config.token.empty()) out.token = config.token.reveal();
  if (!config.scheme.empty()) {
    out.authentication.emplace();
    out.authentication->scheme = config.scheme;
    if (own && !config.credentials.empty())
      out.authentication->credentials = config.credentials.reveal();
  }
  return out;
}

Result<> A2aHandler::allow_push(const core::AgentInfo& agent) const {
  const auto card = json::from_text<a2a::AgentCard>(agent.card);
  const bool offered = card && card->capabilities.pushNotifications.value_or(false);
  if (push_ == nullptr || !offered) return fail(a2a::push_notifications_not_supported());
  return ok();
}

Async<Result<core::PushConfig>> A2aHandler::inline_push(AgentRegistry::Ptr agent,
                                                        a2a::SendMessageRequest& request) {
  CO_TRY_VOID(allow_push(*agent));
  auto& wire = *request.configuration->taskPushNotificationConfig;
  const auto at = pointer_of(wire, true);
  co_return co_await push_->accept(std::move(wire), at);
}

Async<Result<a2a::TaskPushNotificationConfig>> A2aHandler::create_push_config(
    Context context, a2a::AgentRef ref, a2a::TaskPushNotificationConfig config) {
  CO_TRY_VOID(auth::require(*context.principal, Role::operator_));
  CO_TRY(agent, agent_of(context, ref));
  CO_TRY_VOID(allow_push(*agent));
  CO_TRY(log, co_await find(context, agent, config.taskId.value_or("")));
  const auto at = pointer_of(config, false);
  CO_TRY(accepted, co_await push_->accept(std::move(config), at));
  const auto row = log->committed();
  CO_TRY(id, co_await push_->outbox().create(row, std::move(accepted)));
  CO_TRY(stored, co_await push_->outbox().configs().find(row.id, id));
  if (!stored) co_return fail(no_such_config(row.id.to_string(), id));  // deleted already
  co_return Push::to_wire(*stored, *context.principal);
}

Async<Result<a2a::TaskPushNotificationConfig>> A2aHandler::get_push_config(
    Context context, a2a::AgentRef ref, a2a::TaskPushNotificationConfigRequest request) {
  CO_TRY(agent, agent_of(context, ref));
  CO_TRY_VOID(allow_push(*agent));
  CO_TRY(log, co_await find(context, agent, request.taskId));
  const auto task = log->committed().id;
  CO_TRY(row, co_await push_->outbox().configs().find(task, request.id));
  if (!row) co_return fail(no_such_config(request.taskId, request.id));
  co_return Push::to_wire(*row, *context.principal);
}

Async<Result<a2a::ListTaskPushNotificationConfigsResponse>> A2aHandler::list_push_configs(
    Context context, a2a::AgentRef ref, a2a::ListTaskPushNotificationConfigsRequest request) {
  CO_TRY(agent, agent_of(context, ref));
  CO_TRY_VOID(allow_push(*agent));
  CO_TRY(log, co_await find(context, agent, request.taskId));
  const auto limit = static_cast<std::size_t>(request.pageSize.value_or(a2a::kMaxPageSize));
  std::string after;
  if (request.pageToken) {
    auto text = decode_base64(*request.pageToken);
    if (!text || text->empty())
      co_return fail(invalid("/pageToken", "is not a nextPageToken of this server"));
    after = std::move(*text);
  }
  const auto task = log->committed().id;
  CO_TRY(rows, co_await push_->outbox().configs().list(task, std::move(after), limit + 1));
  a2a::ListTaskPushNotificationConfigsResponse page;
  if (rows.size() > limit) {
    rows.resize(limit);
    page.nextPageToken = base64url(rows.back().config.id);
  }
  for (const auto& row : rows) page.configs.push_back(Push::to_wire(row, *context.principal));
  co_return page;
}

Async<Result<>> A2aHandler::delete_push_config(Context context, a2a::AgentRef ref,
                                               a2a::TaskPushNotificationConfigRequest request) {
  CO_TRY_VOID(auth::require(*context.principal, Role::operator_));
  CO_TRY(agent, agent_of(context, ref));
  CO_TRY_VOID(allow_push(*agent));
  CO_TRY(log, co_await find(context, agent, request.taskId));
  co_return co_await push_->outbox().remove(log->committed().id, std::move(request.id));
}

}  // namespace flotilla::gateway
