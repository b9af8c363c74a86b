#include "a2a/jsonrpc_server.h"

#include <utility>

#include "a2a/requests.h"
#include "a2a/rpc_request.h"

namespace flotilla::a2a {
namespace {

constexpr const char* kParams = "/params";

}  // namespace

Async<http::Response> JsonRpcServer::handle(http::Request& request, AgentRef agent) const {
  Exchange exchange{request, std::move(agent), {}};
  exchange.wire.binding = Binding::jsonrpc;
  exchange.wire.profile = config_.profile;
  if (const auto type = check_content_type(request); !type) return refuse(exchange, type.error());
  RpcRequest rpc = parse_rpc(request.body, config_.limits);
  exchange.wire.id = std::move(rpc.id);
  if (rpc.fault) return refuse(exchange, *rpc.fault);
  const auto version = version_of(request, rpc.method);
  if (!version) return refuse(exchange, version.error());
  exchange.wire.version = *version;
  const auto operation = operation_of(*version, rpc.method);
  if (!operation) return refuse(exchange, operation.error());
  if (const auto active = calls_.activate_extensions(exchange); !active)
    return refuse(exchange, active.error());
  return dispatch(std::move(exchange), *operation, std::move(rpc.params));
}

Result<Version> JsonRpcServer::version_of(const http::Request& request,
                                          std::string_view method) const {
  TRY(requested, requested_version(request));
  const bool by_grammar = config_.lenient_version && !requested.stated;
  if (by_grammar && find_operation(Version::v1_0, method)) return Version::v1_0;
  return requested.version;
}

Async<http::Response> JsonRpcServer::dispatch(Exchange exchange, Operation operation,
                                              json::Value params) const {
  // Read before `exchange` moves into the call.
  const Wire wire = exchange.wire;
  const bool sends =
      operation == Operation::send_message || operation == Operation::send_streaming_message;
  if (sends && makes_message_ids(config_, exchange.agent, wire.version)) fill_message_id(params);
  switch (operation) {
    case Operation::send_message:
      return calls_.run(std::move(exchange), read_send_message(wire, std::move(params), kParams),
                        &Calls::send_message);
    case Operation::send_streaming_message:
      return calls_.run(std::move(exchange), read_send_message(wire, std::move(params), kParams),
                        &Calls::send_streaming_message);
    case Operation::get_task:
      return calls_.run(std::move(exchange), read_get_task(wire, std::move(params), kParams),
                        &Calls::get_task);
    case Operation::list_tasks:
      return calls_.run(std::move(exchange), read_list_tasks(wire, std::move(params), kParams),
                        &Calls::list_tasks);
    case Operation::cancel_task:
      return calls_.run(std::move(exchange), read_cancel_task(wire, std::move(params), kParams),
                        &Calls::cancel_task);
    case Operation::subscribe_to_task:
      return calls_.run(std::move(exchange), read_subscribe(wire, std::move(params), kParams),
                        &Calls::subscribe);
    case Operation::get_extended_card:
      return cards_.extended(std::move(exchange));
    case Operation::create_push_config:
    case Operation::get_push_config:
    case Operation::list_push_configs:
    case Operation::delete_push_config:
      break;
  }
  return dispatch_push(std::move(exchange), operation, std::move(params));
}

Async<http::Response> JsonRpcServer::dispatch_push(Exchange exchange, Operation operation,
                                                   json::Value params) const {
  if (const auto allowed = calls_.push_allowed(); !allowed)
    return refuse(exchange, allowed.error());
  const Wire wire = exchange.wire;
  if (operation == Operation::create_push_config)
    return calls_.run(std::move(exchange),
                      read_create_push_config(wire, std::move(params), kParams),
                      &Calls::create_push_config);
  if (operation == Operation::list_push_configs)
    return calls_.run(std::move(exchange), read_list_push_configs(wire, std::move(params), kParams),
                      &Calls::list_push_configs);
  if (operation == Operation::get_push_config)
    return calls_.run(std::move(exchange), read_get_push_config(wire, std::move(params), kParams),
                      &Calls::get_push_config);
  return calls_.run(std::move(exchange), read_delete_push_config(wire, std::move(params), kParams),
                    &Calls::delete_push_config);
}

}  // namespace flotilla::a2a
