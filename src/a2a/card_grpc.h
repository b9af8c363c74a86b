#pragma once

#include "a2a/card.h"
#include "a2a/server_config.h"
#include "http/message.h"

namespace flotilla::a2a {

/// Host name (IPv6 in brackets) under which the caller reaches this server: of the public URL, else
/// of the request's Host.
std::string host_name_of(const http::Request& request, const ServerConfig& config);

/// Lists the gRPC interfaces after the others, where gRPC is served: `host:port`, 1.0 with the
/// tenant that names the agent, none for the front desk; 0.3 has no tenant and reaches only that.
void add_grpc_interfaces(AgentCard& card, const http::Request& request, const AgentRef& agent,
                         const ServerConfig& config);

}  // namespace flotilla::a2a
