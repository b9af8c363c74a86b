#include "a2a/routes.h"

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "a2a/calls.h"
#include "a2a/card_server.h"
#include "a2a/jsonrpc_server.h"
#include "a2a/rest_server.h"

namespace flotilla::a2a {
namespace {

constexpr std::string_view kAgentPath = "/a2a/{namespace}/{name}";
constexpr std::string_view kTenantPath = "/a2a/{namespace}/{name}/{tenant}";
/// The second one is where versions before 0.3 looked.
constexpr std::array<std::string_view, 2> kCardPaths{"/.well-known/agent-card.json",
                                                     "/.well-known/agent.json"};

/// All adapters; they refer to one another, so that it never moves.
struct Server {
  Server(Handler& handler, const ServerConfig& given)
      : config(given),
        calls(handler, config),
        cards(handler, config),
        jsonrpc(calls, cards, config),
        rest(calls, cards, config) {}
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const ServerConfig config;
  const Calls calls;
  const CardServer cards;
  const JsonRpcServer jsonrpc;
  const RestServer rest;
};
/// Shared by the routes, which the router copies.
using ServerPtr = std::shared_ptr<const Server>;

AgentRef agent_of(const http::Request& request, const ServerConfig& config) {
  const auto name = request.param("name");
  if (name.empty()) return config.front_desk;
  return AgentRef{std::string(request.param("namespace")), std::string(name)};
}

void add_jsonrpc(http::Router& router, const ServerPtr& server, std::string_view pattern) {
  router.add(http::Method::post, pattern, [server](http::Request& request) {
    return server->jsonrpc.handle(request, agent_of(request, server->config));
  });
}

void add_rest(http::Router& router, const ServerPtr& server, std::string_view prefix,
              Version version) {
  for (const RestRoute& route : rest_routes(version)) {
    const Operation operation = route.operation;
    router.add(route.method, std::string(prefix) + std::string(route.path),
               [server, version, operation](http::Request& request) {
                 return server->rest.handle(request, agent_of(request, server->config), version,
                                            operation);
               });
  }
}

void add_cards(http::Router& router, const ServerPtr& server, std::string_view prefix) {
  for (const std::string_view path : kCardPaths) {
    router.add(http::Method::get, std::string(prefix) + std::string(path),
               [server](http::Request& request) {
                 return server->cards.handle(request, agent_of(request, server->config),
                                             base_path_of(request));
               });
  }
}

void add_jwks(http::Router& router, const ServerPtr& server) {
  router.add(http::Method::get, "/.well-known/jwks.json",
             [server](http::Request&) { return ready(server->cards.jwks()); });
}

}  // namespace

void add_routes(http::Router& router, Handler& handler, const ServerConfig& config) {
  const ServerPtr server = std::make_shared<const Server>(handler, config);
  add_jsonrpc(router, server, "/");
  add_jwks(router, server);
  add_jsonrpc(router, server, kAgentPath);
  for (const std::string_view prefix : {std::string_view(), kAgentPath}) {
    add_rest(router, server, prefix, Version::v1_0);
    add_rest(router, server, prefix, Version::v0_3);
    add_cards(router, server, prefix);
  }
  // Clients whose card named a tenant put it before the route (1.0 only).
  add_rest(router, server, kTenantPath, Version::v1_0);
}

}  // namespace flotilla::a2a
