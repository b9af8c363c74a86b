#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "async/event.h"
#include "async/task_group.h"
#include "core/reconciler.h"
#include "gateway/mcp/change_hub.h"
#include "gateway/mcp/discovery.h"
#include "gateway/mcp/inventory.h"
#include "gateway/mcp/link.h"
#include "gateway/mcp/metrics.h"
#include "gateway/mcp/partial_handler.h"
#include "gateway/mcp/tool_servers.h"

namespace flotilla::gateway {

/// All tool servers as one part of the catalogue. A server is connected by reconcile(), which also
/// discovers, pins and writes the status; a failure is tried again later and later, and meanwhile
/// calls to this server fail at once while all others go on (fail-open). What it offered stays
/// listed.
///
/// Servers live on the home loop, where reconcile() and start() run; the Handler's functions come
/// from any loop and go there. stop() is awaited before destruction.
class Federation final : public PartialHandler, public ToolServers {
 public:
  struct Services {
    core::Resources& resources;
    db::Database& database;
    Clock& clock;
    Executor home;
    UpstreamServices upstream;
    Connect connect;
    /// Names that are the platform's own.
    std::function<bool(std::string_view)> reserved;
    /// Reconcile the resource again, soon.
    std::function<void(core::ResourceRef)> poke;
    telemetry::Registry* metrics = nullptr;  // null: nothing is counted
  };
  explicit Federation(Services services);
  ~Federation() override;

  /// Of kind ToolServer (core::Reconciler::Function).
  Async<Result<>> reconcile(core::Resource resource);
  void start();
  Async<> stop();
  /// Offers what is quarantined again, as it is now: these tools (as they are shown), or all.
  Async<Result<core::Resource>> approve(std::shared_ptr<const Principal> principal,
                                        core::ResourceRef ref, std::vector<std::string> tools);

  Async<Result<mcp::ListPage>> list(mcp::Caller caller, mcp::ListKind kind,
                                    std::optional<std::string> cursor) override;
  Async<Result<mcp::Reply>> call_tool(mcp::Exchange& exchange, mcp::CallTool request) override;
  Async<std::vector<std::pair<std::string, std::vector<std::string>>>> header_parameters(
      mcp::Caller caller, std::string tool) override;
  Async<Result<mcp::Reply>> read_resource(mcp::Exchange& exchange,
                                          mcp::ReadResource request) override;
  Async<Result<mcp::Reply>> get_prompt(mcp::Exchange& exchange, mcp::GetPrompt request) override;
  Async<Result<json::Object>> complete(mcp::Caller caller, mcp::Complement request) override;
  Async<Result<std::unique_ptr<mcp::ChangeStream>>> changes(mcp::Caller caller,
                                                            mcp::ChangeFilter& filter) override;
  Async<Result<json::Object>> get_task(mcp::Caller caller, std::string id) override;
  Async<Result<>> update_task(mcp::Caller caller, std::string id, json::Object responses) override;
  Async<Result<>> cancel_task(mcp::Caller caller, std::string id) override;

  // ToolServers, for agents; federation_agents.cc.
  [[nodiscard]] InventoryPtr inventory(const core::ResourceRef& server) const override;
  Async<InventoryPtr> await_inventory(core::ResourceRef server, SteadyTime deadline) override;
  Async<Result<mcp::Reply>> call(AgentToolCall call) override;

 private:
  struct Server;
  struct Awaiting;
  using ServerPtr = std::shared_ptr<Server>;  // shared with calls in flight
  using View = std::shared_ptr<const FederatedView>;

  [[nodiscard]] View view() const;
  void publish();
  ServerPtr server_of(const core::Resource& resource);
  Async<> close(LinkPtr link);
  Async<Result<>> remove(core::Resource resource);
  Async<Result<>> connect(Server& server, core::Resource resource, core::ToolServerSpec spec);
  Async<Result<>> refresh(Server& server, core::Resource resource, core::ToolServerSpec spec);
  Async<Result<>> listen(Server& server);
  Async<Result<>> failed(Server& server, core::Resource resource, std::string condition,
                         Error error);
  void changed(const core::ResourceRef& ref, const mcp::Change& change);
  Async<> watch_health();
  /// The live connection, on the home loop.
  [[nodiscard]] Result<LinkPtr> link_of(const Inventory& inventory);
  mcp::CallOptions options_for(const mcp::Caller& caller, const Inventory& inventory) const;
  template <class Request>
  Async<Result<mcp::Reply>> forward(InventoryPtr inventory, mcp::Exchange& exchange,
                                    Request request);
  template <class Request>
  Async<Result<mcp::Reply>> forward_here(InventoryPtr inventory, mcp::Exchange& exchange,
                                         Executor caller, Request request);
  template <class T, class Work>
  Async<Result<T>> at_home(Work work);
  Async<Result<mcp::Reply>> call_here(AgentToolCall call);
  Async<InventoryPtr> next_inventory(core::ResourceRef server);

  Services services_;
  ToolServerMetrics metrics_;
  Pins pins_;
  std::map<core::ResourceRef, ServerPtr> servers_;
  std::vector<LinkPtr> links_;                                      // that are not closed yet
  std::shared_ptr<ChangeHub> hub_ = std::make_shared<ChangeHub>();  // shared with its streams
  mutable std::mutex mutex_;
  View view_;
  std::map<std::uint64_t, OneShot<bool>::Setter> awaiting_;  // the next view
  std::uint64_t next_awaiting_ = 0;
  TaskGroup group_;
};

}  // namespace flotilla::gateway
