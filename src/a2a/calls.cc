#include "a2a/calls.h"

#include <utility>

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

}  // namespace

Async<http::Response> Calls::send_message(Exchange exchange, SendMessageRequest request) const {
  const auto allowed = check_tenant(request.tenant, exchange.agent);
  if (!allowed) co_return answer_error(exchange, allowed.error());
  auto outcome =
      co_await handler_.send_message(exchange.http.context, exchange.agent, std::move(request));
  if (!outcome) co_return answer_fault(exchange, outcome.error());
  co_return answer_send(exchange, std::move(*outcome));
}

Async<http::Response> Calls::send_streaming_message(Exchange exchange,
                                                    SendMessageRequest request) const {
  const auto allowed = check_tenant(request.tenant, exchange.agent);
  if (!allowed) co_return answer_error(exchange, allowed.error());
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

}  // namespace flotilla::a2a
