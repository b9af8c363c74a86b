#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "async/cancel.h"
#include "async/spawn.h"
#include "gateway/mcp/federation.h"
#include "gateway/mcp/federation_internal.h"

// Tool servers as agents of this house use them.

namespace flotilla::gateway {

InventoryPtr Federation::inventory(const core::ResourceRef& server) const {
  const auto seen = view();
  const auto& servers = seen->servers();
  // By namespace and name, which are labels: as sorted as their text with a slash between.
  const auto place = server.name_space + "/" + server.name;
  const auto found = std::ranges::lower_bound(servers, place, {}, [](const InventoryPtr& one) {
    return one->ref.name_space + "/" + one->ref.name;
  });
  if (found == servers.end() || (*found)->ref != server) return nullptr;
  return *found;
}

/// Hears of the next view once; gone with who waits.
struct Federation::Awaiting {
  explicit Awaiting(Federation& at) : federation(at) {
    const std::lock_guard lock(federation.mutex_);
    id = ++federation.next_awaiting_;
    federation.awaiting_.emplace(id, changed.setter());
  }
  Awaiting(const Awaiting&) = delete;
  Awaiting& operator=(const Awaiting&) = delete;
  ~Awaiting() {
    const std::lock_guard lock(federation.mutex_);
    federation.awaiting_.erase(id);
  }
  Federation& federation;
  OneShot<bool> changed;
  std::uint64_t id = 0;
};

Async<InventoryPtr> Federation::next_inventory(core::ResourceRef server) {
  for (;;) {
    Awaiting awaiting(*this);
    // What was published before is seen here.
    if (auto found = inventory(server)) co_return found;
    co_await awaiting.changed.wait();
  }
}

Async<InventoryPtr> Federation::await_inventory(core::ResourceRef server, SteadyTime deadline) {
  if (auto found = inventory(server)) co_return found;
  auto waiting = next_inventory(std::move(server));
  auto found = co_await with_deadline(std::move(waiting), deadline, services_.clock);
  co_return found.value_or(nullptr);
}

Async<Result<mcp::Reply>> Federation::call_here(AgentToolCall call) {
  CO_TRY(link, link_of(*call.server));
  mcp::CallOptions options;
  options.capabilities = json::Object{};  // nobody is there who could be asked
  options.owner = call.caller;
  options.meta = std::move(call.meta);
  options.replayable = call.repeatable;
  options.timeout = call.timeout;
  options.headers = std::move(call.headers);
  const auto found = servers_.find(call.server->ref);
  if (!options.timeout && found != servers_.end()) options.timeout = found->second->timeout;
  mcp::CallTool request;
  request.name = std::move(call.tool);
  request.arguments = std::move(call.arguments);
  const auto begin = services_.clock.steady_now();
  auto reply = co_await link->client->call_tool(std::move(request), std::move(options));
  metrics_.count(services_.clock.steady_now() - begin, reply);
  co_return reply;
}

Async<Result<mcp::Reply>> Federation::call(AgentToolCall call) {
  const auto server = call.server;
  auto caller = co_await boost::asio::this_coro::executor;
  auto work = call_here(std::move(call));
  Result<mcp::Reply> reply = fail(Error(Code::internal, "no reply"));
  if (caller == services_.home)
    reply = co_await std::move(work);
  else
    reply = co_await run_on(services_.home, std::move(work));
  if (!reply)
    co_return fail(Error(reply.error().code(), reply.error().reason(),
                         "tool server " + server->ref.name + ": " + reply.error().message()));
  if (std::holds_alternative<mcp::InputRequired>(*reply) ||
      std::holds_alternative<mcp::TaskCreated>(*reply))
    co_return fail(Error(Code::failed_precondition,
                         "tool server " + server->ref.name +
                             ": wants to ask a person first, which an agent cannot answer"));
  co_return reply;
}

}  // namespace flotilla::gateway
