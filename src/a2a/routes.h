#pragma once

#include "a2a/handler.h"
#include "a2a/server_config.h"
#include "http/router.h"

namespace flotilla::a2a {

/// Adds the A2A surface of docs/architecture.md section 4: the front desk at the root and every
/// agent at /a2a/{namespace}/{name}, JSON-RPC and HTTP+JSON, 1.0 and 0.3, and the cards. `handler`
/// must outlive the router; `config` is copied. Authentication is the business of a filter before
/// the router, which sets request.context.principal; card paths must pass it without credentials.
void add_routes(http::Router& router, Handler& handler, const ServerConfig& config);

}  // namespace flotilla::a2a
