#pragma once

#include "a2a/handler.h"
#include "a2a/server_config.h"
#include "a2a/wire.h"

namespace flotilla::a2a {

/// One checked request in, one HTTP response out, for both bindings and versions. Stateless but for
/// its references; any loop.
class Calls {
 public:
  Calls(Handler& handler, const ServerConfig& config) : handler_(handler), config_(config) {}

  Async<http::Response> send_message(Exchange exchange, SendMessageRequest request) const;
  Async<http::Response> send_streaming_message(Exchange exchange, SendMessageRequest request) const;
  Async<http::Response> get_task(Exchange exchange, GetTaskRequest request) const;
  Async<http::Response> list_tasks(Exchange exchange, ListTasksRequest request) const;
  Async<http::Response> cancel_task(Exchange exchange, CancelTaskRequest request) const;
  /// The header Last-Event-ID is the cursor to go on after.
  Async<http::Response> subscribe(Exchange exchange, SubscribeToTaskRequest request) const;

  Async<http::Response> create_push_config(Exchange exchange,
                                           TaskPushNotificationConfig config) const;
  Async<http::Response> get_push_config(Exchange exchange,
                                        TaskPushNotificationConfigRequest request) const;
  Async<http::Response> list_push_configs(Exchange exchange,
                                          ListTaskPushNotificationConfigsRequest request) const;
  Async<http::Response> delete_push_config(Exchange exchange,
                                           TaskPushNotificationConfigRequest request) const;
  /// Activates what the request names; EXTENSION_SUPPORT_REQUIRED when the agent asks for more.
  Result<> activate_extensions(Exchange& exchange) const;
  /// Whether the push operations are served, else why not.
  [[nodiscard]] Result<> push_allowed() const;

  /// Calls `method` with what was read, or answers why it could not be read.
  template <class Request>
  Async<http::Response> run(Exchange exchange, Result<Request> request,
                            Async<http::Response> (Calls::*method)(Exchange, Request) const) const {
    if (!request) return refuse(exchange, request.error());
    return (this->*method)(std::move(exchange), std::move(*request));
  }

 private:
  [[nodiscard]] Result<> allowed(const Exchange& exchange, const SendMessageRequest& request) const;

  Handler& handler_;
  const ServerConfig& config_;
};

}  // namespace flotilla::a2a
