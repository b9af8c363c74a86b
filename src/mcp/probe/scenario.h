#pragma once

#include <memory>
#include <string>

#include "http/client.h"
#include "mcp/client.h"
#include "mcp/oauth.h"

/// What the official suite asks of a client under test (mcp.md 6.5), scenario by scenario.
namespace flotilla::mcp::probe {

struct Scenario {
  std::string name;
  std::string url;
  std::optional<Revision> revision;  // none: found out
  json::Object context;              // MCP_CONFORMANCE_CONTEXT
};

/// Runs the scenario's calls on a connected client.
Async<Result<>> run_calls(Client& client, const Scenario& scenario);

/// The OAuth options that the scenario's context asks for.
Result<OAuthOptions> oauth_options(const Scenario& scenario);

/// The mock's authorization page answers with a redirect at once.
class FollowRedirect final : public Authorizer {
 public:
  explicit FollowRedirect(http::Client& http) : http_(http) {}
  [[nodiscard]] std::string redirect_uri() const override {
    return "http://localhost:3000/callback";
  }
  Async<Result<std::string>> authorize(std::string url) override;

 private:
  http::Client& http_;
};

}  // namespace flotilla::mcp::probe
