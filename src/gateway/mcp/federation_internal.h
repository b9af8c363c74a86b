#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "gateway/mcp/federation.h"

namespace flotilla::gateway {

/// One ToolServer, on the home loop.
struct Federation::Server {
  core::ResourceRef ref;
  std::string uid;
  LinkPtr link;
  InventoryPtr inventory;
  Duration timeout{};
  bool retry_unsafe = false;
  bool stale = true;                   // its lists are to be read again
  std::set<std::string> said_changed;  // methods of its list_changed, not passed on yet
  mcp::ChangeFilter listening;
  std::optional<SteadyTime> refreshed;
  std::optional<SteadyTime> checked;
  Pins::Hashes offered;
  bool gone = false;
};

/// Tells the exchange of a request that lives on another loop.
class RemoteObserver final : public mcp::CallObserver {
 public:
  RemoteObserver(mcp::Exchange& exchange, Executor home, Executor caller, std::string prefix)
      : exchange_(exchange),
        home_(std::move(home)),
        caller_(std::move(caller)),
        prefix_(std::move(prefix)) {}
  Async<> progress(json::Value progress, std::optional<json::Value> total,
                   std::string message) override;
  Async<> log(std::string level, std::string logger, json::Value data) override;
  Async<> notify(std::string method, json::Object params) override;

 private:
  mcp::Exchange& exchange_;
  Executor home_;
  Executor caller_;
  std::string prefix_;
};

/// A server that is down or breaks the protocol: what a model can do about it is a result.
bool is_upstream_fault(const Error& error);

}  // namespace flotilla::gateway
