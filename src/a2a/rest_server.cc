#include "a2a/rest_server.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "a2a/requests.h"
#include "json/json.h"

namespace flotilla::a2a {
namespace {

using http::Method;

constexpr std::array<RestRoute, 12> kRoutes{{
    {Method::post, "/message:send", Operation::send_message},
    {Method::post, "/message:stream", Operation::send_streaming_message},
    {Method::get, "/tasks", Operation::list_tasks},
    {Method::get, "/tasks/{id}", Operation::get_task},
    {Method::post, "/tasks/{id}:cancel", Operation::cancel_task},
    {Method::get, "/tasks/{id}:subscribe", Operation::subscribe_to_task},
    {Method::post, "/tasks/{id}:subscribe", Operation::subscribe_to_task},
    {Method::post, "/tasks/{id}/pushNotificationConfigs", Operation::create_push_config},
    {Method::get, "/tasks/{id}/pushNotificationConfigs", Operation::list_push_configs},
    {Method::get, "/tasks/{id}/pushNotificationConfigs/{configId}", Operation::get_push_config},
    {Method::delete_, "/tasks/{id}/pushNotificationConfigs/{configId}",
     Operation::delete_push_config},
    {Method::get, "/extendedAgentCard", Operation::get_extended_card},
}};
constexpr std::array<RestRoute, 12> kOldRoutes{{
    {Method::post, "/v1/message:send", Operation::send_message},
    {Method::post, "/v1/message:stream", Operation::send_streaming_message},
    {Method::get, "/v1/tasks", Operation::list_tasks},
    {Method::get, "/v1/tasks/{id}", Operation::get_task},
    {Method::post, "/v1/tasks/{id}:cancel", Operation::cancel_task},
    {Method::get, "/v1/tasks/{id}:subscribe", Operation::subscribe_to_task},
    {Method::post, "/v1/tasks/{id}:subscribe", Operation::subscribe_to_task},
    {Method::post, "/v1/tasks/{id}/pushNotificationConfigs", Operation::create_push_config},
    {Method::get, "/v1/tasks/{id}/pushNotificationConfigs", Operation::list_push_configs},
    {Method::get, "/v1/tasks/{id}/pushNotificationConfigs/{configId}", Operation::get_push_config},
    {Method::delete_, "/v1/tasks/{id}/pushNotificationConfigs/{configId}",
     Operation::delete_push_config},
    {Method::get, "/v1/card", Operation::get_extended_card},
}};

/// The path says which version this is: without a header it is that one.
Result<> check_version(const http::Request& request, Version served) {
  TRY(requested, requested_version(request));
  if (!requested.stated || requested.version == served) return ok();
  const std::string_view where =
      served == Version::v1_0 ? "is served below /v1" : "is served without /v1 in the path";
  return fail(
      Error(Code::unimplemented, reason::kVersionNotSupported,
            fmt::format("A2A-Version {} over HTTP+JSON {}", wire_name(requested.version), where))
          .with_metadata("supportedVersions", "1.0,0.3"));
}

/// 1.0.1 has a media type of its own; who asks for application/json alone, or for the older
/// edition, gets that.
bool wants_plain_json(const http::Request& request, Profile profile) {
  if (profile == Profile::v1_0_0) return true;
  const auto accept = request.headers.find("Accept");
  if (!accept) return false;
  return accept->find("application/json") != std::string_view::npos &&
         accept->find("application/a2a+json") == std::string_view::npos &&
         accept->find("*/*") == std::string_view::npos;
}

Result<json::Value> parse_body(const http::Request& request, const json::ParseLimits& limits) {
  TRY_VOID(check_content_type(request));
  TRY(value, json::parse(request.body, limits));
  return value;
}

/// Bodies that may be left out: absent, `null` or an object.
Result<json::Object> parse_optional_body(const http::Request& request,
                                         const json::ParseLimits& limits) {
  if (request.body.empty()) return json::Object();
  TRY(value, parse_body(request, limits));
  if (value.is_null()) return json::Object();
  json::Object* object = value.if_object();
  if (object == nullptr) return fail(invalid("", "expected object"));
  return std::move(*object);
}

/// What the path names wins over the body.
void set_from_path(const http::Request& request, json::Object& params) {
  params.set("id", json::Value(request.param("id")));
  if (const auto tenant = request.param("tenant"); !tenant.empty())
    params.set("tenant", json::Value(tenant));
}

/// A push config names its task as the path does.
json::Value with_task(const http::Request& request, json::Value body) {
  if (json::Object* object = body.if_object()) {
    object->erase("task_id");
    object->set("taskId", json::Value(request.param("id")));
  }
  return body;
}

template <class Request>
void set_tenant(const http::Request& incoming, Result<Request>& request) {
  if (const auto tenant = incoming.param("tenant"); request && !tenant.empty())
    request->tenant = std::string(tenant);
}

}  // namespace

std::span<const RestRoute> rest_routes(Version version) {
  if (version == Version::v1_0) return kRoutes;
  return kOldRoutes;
}

Async<http::Response> RestServer::handle(http::Request& request, AgentRef agent, Version version,
                                         Operation operation) const {
  Exchange exchange{request, std::move(agent), {}};
  exchange.wire.binding = Binding::rest;
  exchange.wire.version = version;
  exchange.wire.profile = config_.profile;
  exchange.wire.plain_json = wants_plain_json(request, config_.profile);
  if (const auto allowed = check_version(request, version); !allowed)
    return refuse(exchange, allowed.error());
  if (const auto active = calls_.activate_extensions(exchange); !active)
    return refuse(exchange, active.error());
  if (is_push_config(operation)) return on_push_config(std::move(exchange), operation);
  if (operation == Operation::get_extended_card) return cards_.extended(std::move(exchange));
  if (operation == Operation::send_message || operation == Operation::send_streaming_message)
    return send(std::move(exchange), operation);
  return on_task(std::move(exchange), operation);
}

Async<http::Response> RestServer::send(Exchange exchange, Operation operation) const {
  const http::Request& incoming = exchange.http;
  auto body = parse_body(incoming, config_.limits);
  if (!body) return refuse(exchange, body.error());
  if (makes_message_ids(config_, exchange.agent, exchange.wire.version)) fill_message_id(*body);
  auto request = read_send_message(exchange.wire, std::move(*body), "");
  set_tenant(incoming, request);
  const auto method =
      operation == Operation::send_message ? &Calls::send_message : &Calls::send_streaming_message;
  return calls_.run(std::move(exchange), std::move(request), method);
}

Async<http::Response> RestServer::on_task(Exchange exchange, Operation operation) const {
  const http::Request& incoming = exchange.http;
  if (operation == Operation::get_task) {
    auto request = read_get_task_query(exchange.wire, incoming);
    set_tenant(incoming, request);
    return calls_.run(std::move(exchange), std::move(request), &Calls::get_task);
  }
  if (operation == Operation::list_tasks) {
    if (exchange.wire.version == Version::v0_3) {
      return refuse(exchange, Error(Code::unimplemented, reason::kUnsupportedOperation,
                                    "A2A 0.3 cannot list tasks: use A2A 1.0"));
    }
    auto request = read_list_tasks_query(incoming);
    set_tenant(incoming, request);
    return calls_.run(std::move(exchange), std::move(request), &Calls::list_tasks);
  }
  auto body = parse_optional_body(incoming, config_.limits);
  if (!body) return refuse(exchange, body.error());
  set_from_path(incoming, *body);
  const Wire wire = exchange.wire;
  json::Value params(std::move(*body));
  if (operation == Operation::cancel_task)
    return calls_.run(std::move(exchange), read_cancel_task(wire, std::move(params), ""),
                      &Calls::cancel_task);
  return calls_.run(std::move(exchange), read_subscribe(wire, std::move(params), ""),
                    &Calls::subscribe);
}

Async<http::Response> RestServer::on_push_config(Exchange exchange, Operation operation) const {
  if (const auto allowed = calls_.push_allowed(); !allowed)
    return refuse(exchange, allowed.error());
  const http::Request& incoming = exchange.http;
  if (operation == Operation::create_push_config) {
    auto body = parse_body(incoming, config_.limits);
    if (!body) return refuse(exchange, body.error());
    auto config = read_create_push_config(exchange.wire, with_task(incoming, std::move(*body)), "");
    set_tenant(incoming, config);
    return calls_.run(std::move(exchange), std::move(config), &Calls::create_push_config);
  }
  if (operation == Operation::list_push_configs) {
    auto request = read_list_push_configs_query(incoming);
    set_tenant(incoming, request);
    return calls_.run(std::move(exchange), std::move(request), &Calls::list_push_configs);
  }
  auto request = read_push_config_path(incoming);
  set_tenant(incoming, request);
  const auto method = operation == Operation::get_push_config ? &Calls::get_push_config
                                                              : &Calls::delete_push_config;
  return calls_.run(std::move(exchange), std::move(request), method);
}

}  // namespace flotilla::a2a
