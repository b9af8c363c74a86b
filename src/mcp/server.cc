#include "mcp/server.h"

#include <utility>

#include "mcp/error.h"
#include "mcp/header_check.h"
#include "mcp/legacy_server.h"
#include "mcp/modern_server.h"
#include "mcp/rpc_message.h"
#include "mcp/sse_server.h"

namespace flotilla::mcp {
namespace {

constexpr std::string_view kPath = "/mcp";

http::Response refuse(int status, std::string_view id, const RpcError& error) {
  return http::Response::json(status, write_error(id, error));
}

http::Response accepted() {
  http::Response response;
  response.status = 202;
  return response;
}

RpcError without_meta() {
  return bad_param("_meta",
                   "MCP-Protocol-Version names a revision that has its metadata in each request");
}

}  // namespace

struct Server::State {
  State(ServerServices with, ServerConfig given)
      : config(std::move(given)),
        modern(with, config, groups),
        legacy(with, config, groups),
        sse(with, config, groups) {}

  const ServerConfig config;
  LoopGroups groups;
  ModernServer modern;
  LegacyServer legacy;
  SseServer sse;

  Async<http::Response> post(http::Request& request);
  Async<http::Response> post_message(http::Request& request, RpcMessage message);
};

/// Which era a message belongs to (mcp.md 1.5).
Async<http::Response> Server::State::post(http::Request& request) {
  if (auto refused = check_media_types(request)) co_return std::move(*refused);
  auto body = parse_body(request.body, config.limits);
  if (!body) co_return refuse(400, "", body.error());
  if (json::Array* batch = body->if_array()) {
    if (names_modern(request.headers))
      co_return refuse(400, "", rpc_error(code::kInvalidRequest, "batches are not part of MCP"));
    co_return co_await legacy.post_batch(request, std::move(*batch));
  }
  co_return co_await post_message(request, read_message(std::move(*body)));
}

Async<http::Response> Server::State::post_message(http::Request& request, RpcMessage message) {
  if (const auto* bad = std::get_if<BadMessage>(&message))
    co_return refuse(400, bad->id, bad->error);
  const bool named = names_modern(request.headers);
  if (auto* rpc = std::get_if<RpcRequest>(&message)) {
    if (claims_modern(rpc->params)) co_return co_await modern.handle(request, std::move(*rpc));
    if (named && rpc->method != "initialize") co_return refuse(400, rpc->id, without_meta());
  }
  if (const auto* notification = std::get_if<RpcNotification>(&message))
    if (named || claims_modern(notification->params)) co_return accepted();
  if (named && std::holds_alternative<RpcResponse>(message))
    co_return refuse(400, "",
                     rpc_error(code::kInvalidRequest, "this revision has no responses of clients"));
  co_return co_await legacy.post(request, std::move(message));
}

Server::Server(ServerServices services, ServerConfig config)
    : state_(std::make_unique<State>(services, std::move(config))) {}

Server::~Server() = default;

void Server::add_routes(http::Router& router) {
  State* const state = state_.get();
  router.add(http::Method::post, kPath,
             [state](http::Request& request) { return state->post(request); });
  router.add(http::Method::get, kPath,
             [state](http::Request& request) { return state->legacy.get(request); });
  router.add(http::Method::delete_, kPath,
             [state](http::Request& request) { return state->legacy.end_session(request); });
  router.add(http::Method::get, "/mcp/sse",
             [state](http::Request& request) { return state->sse.open(request); });
  router.add(http::Method::post, "/mcp/messages",
             [state](http::Request& request) { return state->sse.post(request); });
}

Async<> Server::stop() {
  co_await state_->groups.stop();
}

}  // namespace flotilla::mcp
