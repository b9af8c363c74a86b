#include "app/mcp_service.h"

#include <utility>

#include "app/version.h"
#include "gateway/mcp/platform_resources.h"
#include "mcp/conformance.h"

namespace flotilla::app {
namespace {

mcp::ServerDescription description() {
  mcp::ServerDescription server;
  server.name = "flotilla";
  server.title = "Flotilla";
  server.version = std::string(kVersion);
  server.instructions =
      "Agents and tools of this Flotilla server. list_agents shows who can do what; send_message "
      "gives an agent work.";
  return server;
}

mcp::ServerConfig server_config(const ServeConfig& config) {
  mcp::ServerConfig out;
  out.limits.size = config.body_limit.count;
  return out;
}

}  // namespace

McpService::McpService(const ServeConfig& config, gateway::PlatformServices platform,
                       db::Database& database, const auth::Sealer& sealer, const Executor& home)
    : catalogue_(description()),
      sessions_(database, system_clock(), home),
      server_({catalogue_, sessions_, sealer, system_clock(), system_random()},
              server_config(config)) {
  if (config.conformance)
    catalogue_.add({"conformance",
                    std::make_shared<mcp::ConformanceHandler>(system_clock(), system_random()),
                    nullptr});
  catalogue_.add({"platform", gateway::make_agent_tools(platform), nullptr});
  catalogue_.add({"agents", gateway::make_platform_resources(platform), nullptr});
}

Async<> McpService::stop() {
  co_await server_.stop();
  co_await sessions_.stop();
}

}  // namespace flotilla::app
