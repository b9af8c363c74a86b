#include "app/mcp_service.h"

#include <utility>

#include "agents/approvals/approval_tools.h"
#include "agents/memory/memory_tools.h"
#include "app/version.h"
#include "gateway/mcp/platform_resources.h"
#include "mcp/conformance.h"

namespace flotilla::app {
namespace {

/// Host names of tool servers are resolved here, so that slow name servers hold up nothing else.
constexpr std::size_t kNameThreads = 4;
constexpr std::size_t kNameQueue = 1000;

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

McpService::McpService(const ServeConfig& config, McpNeeds needs)
    : names_("mcp-dns", kNameThreads, kNameQueue),
      eras_(system_clock()),
      catalogue_(description()),
      sessions_(needs.database, system_clock(), needs.home),
      server_({catalogue_, sessions_, needs.sealer, system_clock(), system_random()},
              server_config(config)) {
  auto own = gateway::make_agent_tools(needs.platform);
  auto memory = agents::make_memory_tools(needs.memory);
  auto approvals = agents::make_approval_tools(needs.approvals);
  const gateway::UpstreamServices upstream{needs.resources, system_clock(), names_,
                                           needs.egress,    eras_,          std::string(kVersion)};
  tool_servers_ = std::make_shared<gateway::Federation>(gateway::Federation::Services{
      needs.resources, needs.database, system_clock(), needs.home, upstream,
      gateway::connector(upstream),
      [own, memory, approvals](std::string_view name) {
        return own->has(name) || memory->has(name) || approvals->has(name);
      },
      [&reconciler = needs.reconciler](core::ResourceRef ref) { reconciler.poke(std::move(ref)); },
      &needs.metrics});
  needs.reconciler.add(core::kToolServerKind, [this](core::Resource resource) {
    return tool_servers_->reconcile(std::move(resource));
  });
  if (config.conformance)
    catalogue_.add({"conformance",
                    std::make_shared<mcp::ConformanceHandler>(system_clock(), system_random()),
                    nullptr});
  catalogue_.add(
      {"platform", agents::with_elicitation(own, needs.approvals, needs.platform.tasks), nullptr});
  catalogue_.add({"approvals",
                  agents::with_elicitation(approvals, needs.approvals, needs.platform.tasks),
                  nullptr});
  catalogue_.add({"memory", std::move(memory), nullptr});
  catalogue_.add({"agents", gateway::make_platform_resources(needs.platform), nullptr});
  catalogue_.add({"servers", tool_servers_, nullptr});
}

void McpService::start() {
  sessions_.start();
  tool_servers_->start();
}

Async<> McpService::stop() {
  co_await server_.stop();
  co_await tool_servers_->stop();
  co_await sessions_.stop();
}

}  // namespace flotilla::app
