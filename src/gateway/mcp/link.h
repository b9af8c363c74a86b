#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/async.h"
#include "async/blocking_pool.h"
#include "async/clock.h"
#include "base/result.h"
#include "core/resources.h"
#include "core/tool_server.h"
#include "http/client.h"
#include "http/egress.h"
#include "mcp/client.h"
#include "mcp/oauth.h"

namespace flotilla::gateway {

/// What connections to tool servers are made with; outlives them.
struct UpstreamServices {
  core::Resources& resources;
  Clock& clock;
  BlockingPool& names;  // resolves their host names
  const http::EgressPolicy& egress;
  mcp::EraCache& eras;
  std::string version;  // of ours, for clientInfo
};

/// How a ToolServer is to be reached: the spec with its Secrets and ConfigMaps looked up.
struct LinkPlan {
  mcp::ClientOptions options;
  std::optional<mcp::OAuthOptions> oauth;
  core::ResourceRef server;
  http::ClientTlsPtr others;  // of servers that it leads to (OAuth); null: the system's roots
  /// Of everything in it: another digest needs another connection.
  std::string digest;
};
/// A fault names the field that cannot be used.
Async<Result<LinkPlan>> plan_link(UpstreamServices services, core::Resource resource,
                                  core::ToolServerSpec spec);

/// A connection to one tool server; on the home loop. Calls in flight share it. close() is awaited
/// before the last reference goes.
struct Link {
  std::unique_ptr<http::Client> http;  // null for a command
  std::unique_ptr<mcp::TokenStore> tokens;
  std::unique_ptr<mcp::OAuthClient> auth;  // null without spec.oauth
  std::unique_ptr<mcp::Client> client;
  std::string digest;
  bool closed = false;
};
using LinkPtr = std::shared_ptr<Link>;

/// Seam for tests.
using Connect = std::function<Async<Result<LinkPtr>>(LinkPlan plan)>;
Connect connector(UpstreamServices services);
Async<> close_link(LinkPtr link);

}  // namespace flotilla::gateway
