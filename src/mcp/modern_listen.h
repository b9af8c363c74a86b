#pragma once

#include "http/message.h"
#include "mcp/modern_request.h"
#include "mcp/quota.h"
#include "mcp/server_config.h"

namespace flotilla::mcp {

/// What a listen stream tells first, and how each of its messages is tagged (mcp.md 3.11).
json::Object honored(const ChangeFilter& filter);
std::string listen_acknowledged(const std::string& id, const ChangeFilter& filter);
std::string listen_change(const std::string& id, Change change);
std::string listen_ended(const std::string& id);

/// subscriptions/listen over HTTP. Any loop.
class ModernListener {
 public:
  ModernListener(Handler& handler, const ServerConfig& config)
      : handler_(handler), heartbeat_(config.heartbeat), quota_(config.listens_per_principal) {}
  Async<http::Response> listen(ModernRequest request);

 private:
  Handler& handler_;
  Duration heartbeat_;
  Quota quota_;
};

}  // namespace flotilla::mcp
