#include "a2a/calls.h"

#include <utility>

#include "a2a/extensions.h"
#include "a2a/limits.h"
#include "a2a/requests.h"
#include "a2a/stream_server.h"

namespace flotilla::a2a {
namespace {

/// A handler names fields of the request message: over JSON-RPC that is what `params` holds.
http::Response answer_fault(const Exchange& exchange, const Error& error) {
  if (exchange.wire.binding != Binding::jsonrpc || error.violations().empty())
    return answer_error(exchange, error);
  std::string message = error.message();
  if (message.starts_with('/')) message.insert(0, "/params");
  Error placed(error.code(), error.reason(), std::move(message));
  for (const FieldViolation& fault : error.violations())
    placed = std::move(placed).with_field("/params" + fault.field, fault.description);
  for (const auto& [name, value] : error.metadata())
    placed = std::move(placed).with_metadata(name, value);
  return answer_error(exchange, placed);
}

/// A message keeps what was activated with it: whoever runs the turn, now or after a crash, acts by
/// it.
void keep_extensions(const Exchange& exchange, Message& message) {
  for (const auto& uri : exchange.wire.extensions)
    if (!is_active(message.extensions, uri)) message.extensions.push_back(uri);
}

}  // namespace

Result<> Calls::activate_extensions(Exchange& exchange) const {
  TRY(requested, requested_extensions(exchange.http));
  const auto known = handler_.extensions(exchange.agent);
  TRY_VOID(check_required(known, requested));
  exchange.wire.extensions = activated_extensions(known, requested);
  return ok();
}

Result<> Calls::push_allowed() const {
  if (!config_.push_notifications) return fail(push_notifications_not_supported());
  return ok();
}

Result<> Calls::allowed(const Exchange& exchange, const SendMessageRequest& request) const {
  if (request.configuration && request.configuration->taskPushNotificationConfig)
    TRY_VOID(push_allowed());
  return check_tenant(request.tenant, exchange.agent);
}

Async<http::Response> Calls::send_message(Exchange exchange, SendMessageRequest request) const {
  const auto may = allowed(exchange, request);
  if (!may) co_return answer_error(exchange, may.error());
  keep_extensions(exchange, request.message);
  auto outcome =
      co_await handler_.send_message(exchange.http.context, exchange.agent, std::move(request));
  if (!outcome) co_return answer_fault(exchange, outcome.error());
  co_return answer_send(exchange, std::move(*outcome));
}

Async<http::Response> Calls::send_streaming_message(Exchange exchange,
                                                    SendMessageRequest request) const {
  const auto may = allowed(exchange, request);
  if (!may) co_return answer_error(exchange, may.error());
  keep_extensions(exchange, request.message);
  auto stream = co_await handler_.send_streaming_message(exchange.http.context, exchange.agent,
                                                         std::move(request));
  if (!stream) co_return answer_fault(exchange, stream.error());
  co_return co_await answer_stream(std::move(exchange), std::move(*stream), config_.heartbeat);
}

Async<http::Response> Calls::get_task(Exchange exchange, GetTaskRequest request) const {
  const auto allowed = check_tenant(request.tenant, exchange.agent);
  if (!allowed) co_return answer_error(exchange, allowed.error());
  auto task = co_await handler_.get_task(exchange.http.context, exchange.agent, std::move(request));
  if (!task) co_return answer_fault(exchange, task.error());
  co_return answer_task(exchange, std::move(*task));
}

Async<http::Response> Calls::list_tasks(Exchange exchange, ListTasksRequest request) const {
  const auto allowed = check_tenant(request.tenant, exchange.agent);
  if (!allowed) co_return answer_error(exchange, allowed.error());
  auto page =
      co_await handler_.list_tasks(exchange.http.context, exchange.agent, std::move(request));
  if (!page) co_return answer_fault(exchange, page.error());
  co_return answer_list(exchange, *page);
}

Async<http::Response> Calls::cancel_task(Exchange exchange, CancelTaskRequest request) const {
  const auto allowed = check_tenant(request.tenant, exchange.agent);
  if (!allowed) co_return answer_error(exchange, allowed.error());
  auto task =
      co_await handler_.cancel_task(exchange.http.context, exchange.agent, std::move(request));
  if (!task) co_return answer_fault(exchange, task.error());
  co_return answer_task(exchange, std::move(*task));
}

Async<http::Response> Calls::subscribe(Exchange exchange, SubscribeToTaskRequest request) const {
  const auto allowed = check_tenant(request.tenant, exchange.agent);
  if (!allowed) co_return answer_error(exchange, allowed.error());
  std::optional<std::string> after;
  if (const auto header = exchange.http.headers.find("Last-Event-ID"); header && !header->empty())
    after = std::string(header->substr(0, kMaxCursorBytes));
  auto stream = co_await handler_.subscribe_to_task(exchange.http.context, exchange.agent,
                                                    std::move(request), std::move(after));
  if (!stream) co_return answer_fault(exchange, stream.error());
  co_return co_await answer_stream(std::move(exchange), std::move(*stream), config_.heartbeat);
}

Async<http::Response> Calls::create_push_config(Exchange exchange,
                                                TaskPushNotificationConfig config) const {
  const auto allowed = check_tenant(config.tenant, exchange.agent);
  if (!allowed) co_return answer_error(exchange, allowed.error());
  auto made = co_await handler_.create_push_config(exchange.http.context, exchange.agent,
                                                   std::move(config));
  if (!made) co_return answer_fault(exchange, made.error());
  co_return answer_push_config(exchange, std::move(*made));
}

Async<http::Response> Calls::get_push_config(Exchange exchange,
                                             TaskPushNotificationConfigRequest request) const {
  const auto allowed = check_tenant(request.tenant, exchange.agent);
  if (!allowed) co_return answer_error(exchange, allowed.error());
  auto found =
      co_await handler_.get_push_config(exchange.http.context, exchange.agent, std::move(request));
  if (!found) co_return answer_fault(exchange, found.error());
  co_return answer_push_config(exchange, std::move(*found));
}

Async<http::Response> Calls::list_push_configs(
    Exchange exchange, ListTaskPushNotificationConfigsRequest request) const {
  const auto allowed = check_tenant(request.tenant, exchange.agent);
  if (!allowed) co_return answer_error(exchange, allowed.error());
  auto page = co_await handler_.list_push_configs(exchange.http.context, exchange.agent,
                                                  std::move(request));
  if (!page) co_return answer_fault(exchange, page.error());
  co_return answer_push_configs(exchange, std::move(*page));
}

Async<http::Response> Calls::delete_push_config(Exchange exchange,
                                                TaskPushNotificationConfigRequest request) const {
  const auto allowed = check_tenant(request.tenant, exchange.agent);
  if (!allowed) co_return answer_error(exchange, allowed.error());
  auto done = co_await handler_.delete_push_config(exchange.http.context, exchange.agent,
                                                   std::move(request));
  if (!done) co_return answer_fault(exchange, done.error());
  co_return answer_deleted(exchange);
}

}  // namespace flotilla::a2a
