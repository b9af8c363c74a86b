#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "async/async.h"
#include "base/context.h"
#include "base/result.h"
#include "base/time.h"
#include "core/resource.h"
#include "gateway/mcp/inventory.h"
#include "json/value.h"
#include "mcp/handler.h"

namespace flotilla::gateway {

/// A call of one server's tool on behalf of an agent of ours.
struct AgentToolCall {
  AgentToolCall() = default;  // so that it may stand beside co_await
  InventoryPtr server;
  std::string tool;  // as the server itself calls it
  json::Object arguments;
  json::Object meta;  // `_meta` of the call: traceparent, …
  /// For whom: in answers of servers that ask back, questions of two callers are never mixed up.
  std::string caller;
  bool repeatable = false;
  /// Of this call, instead of the ToolServer's of the same name; not for local commands.
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<Duration> timeout;  // absent: the ToolServer's
};

/// The tool servers as agents use them: by server, not by the catalogue's names. Thread-safe.
class ToolServers {
 public:
  virtual ~ToolServers() = default;
  /// What the server offers now; null while it was never connected, or is gone.
  [[nodiscard]] virtual InventoryPtr inventory(const core::ResourceRef& server) const = 0;
  /// The same, after waiting until `deadline` for its first connection.
  virtual Async<InventoryPtr> await_inventory(core::ResourceRef server, SteadyTime deadline) = 0;
  /// Complete or RpcError; cancelling tells the server. Errors are those of mcp::Client, with the
  /// server's name before them. A server that asks back gets no answer: failed_precondition.
  virtual Async<Result<mcp::Reply>> call(AgentToolCall call) = 0;
};

}  // namespace flotilla::gateway
