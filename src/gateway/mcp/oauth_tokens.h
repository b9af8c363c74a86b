#pragma once

#include <memory>
#include <string>

#include "core/resources.h"
#include "core/tool_server.h"
#include "mcp/oauth.h"

namespace flotilla::gateway {

/// Name of the Secret with the tokens of a tool server: `<name>-oauth`.
std::string token_secret_name(std::string_view server);

/// Tokens for one tool server in its Secret, which belongs to it and goes along with it. Whoever
/// logs in elsewhere writes the same Secret.
class SecretTokenStore final : public mcp::TokenStore {
 public:
  SecretTokenStore(core::Resources& resources, core::ResourceRef server)
      : resources_(resources), server_(std::move(server)) {}
  Async<Result<std::optional<mcp::OAuthState>>> load() override;
  Async<Result<>> save(mcp::OAuthState state) override;

 private:
  core::Resources& resources_;
  core::ResourceRef server_;
};

/// The spec's settings with their Secret looked up; a fault names the field.
Async<Result<mcp::OAuthOptions>> plan_oauth(core::Resources& resources, core::Resource server,
                                            core::ToolServerSpec spec);

}  // namespace flotilla::gateway
