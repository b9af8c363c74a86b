#include "agents/declarative/recorded_tools.h"

#include <boost/describe.hpp>
#include <map>
#include <mutex>

#include "json/map.h"

namespace flotilla::agents {

namespace {

constexpr std::string_view kOffers = "tools";
constexpr std::string_view kCall = "tool";

struct StoredOffer {
  std::string name;
  std::string original;
  json::Object definition;
  bool repeatable = false;
};
BOOST_DESCRIBE_STRUCT(StoredOffer, (), (name, original, definition, repeatable))

struct StoredFault {
  std::int64_t code = 0;
  std::string message;
  std::optional<json::Value> data;
};
BOOST_DESCRIBE_STRUCT(StoredFault, (), (code, message, data))

/// Exactly one of the two.
struct StoredReply {
  std::optional<json::Object> result;
  std::optional<StoredFault> fault;
};
BOOST_DESCRIBE_STRUCT(StoredReply, (), (result, fault))

json::Value server_value(const core::ResourceRef& server) {
  return json::Value(server.name_space + "/" + server.name);
}

json::Value offers_request(const core::ResourceRef& server) {
  json::Object request;
  request.set("server", server_value(server));
  return json::Value(std::move(request));
}

json::Value call_request(const gateway::AgentToolCall& call) {
  json::Object request;
  request.set("server", server_value(call.server->ref));
  request.set("tool", json::Value(call.tool));
  request.set("arguments", json::Value(call.arguments));
  return json::Value(std::move(request));
}

Error unrecordable() {
  return {Code::failed_precondition, "the tool server asked back, which no agent can answer"};
}

class Recording final : public gateway::ToolServers {
 public:
  Recording(llm::Cassette& cassette, gateway::ToolServers& servers)
      : cassette_(cassette), servers_(servers) {}

  [[nodiscard]] gateway::InventoryPtr inventory(const core::ResourceRef& server) const override {
    auto found = servers_.inventory(server);
    const std::lock_guard lock(mutex_);
    // Not as long as it is not in the cassette: then it comes by await_inventory.
    const auto known = recorded_.find(server);
    return known != recorded_.end() && known->second == found ? found : nullptr;
  }
  Async<gateway::InventoryPtr> await_inventory(core::ResourceRef server,
                                               SteadyTime deadline) override {
    auto found = co_await servers_.await_inventory(server, deadline);
    if (!found) co_return found;
    std::vector<StoredOffer> offers;
    for (const auto& offer : found->tools)
      offers.push_back({offer.name, offer.original, offer.definition, offer.repeatable});
    llm::Cassette::Exchange exchange{json::to_value(offers), {}};
    // Whether it was written is told by the calls that follow.
    std::ignore =
        co_await cassette_.add(std::string(kOffers), offers_request(server), std::move(exchange));
    const std::lock_guard lock(mutex_);
    recorded_[std::move(server)] = found;
    co_return found;
  }
  Async<Result<mcp::Reply>> call(gateway::AgentToolCall call) override {
    auto request = call_request(call);
    auto reply = co_await servers_.call(std::move(call));
    llm::Cassette::Exchange exchange{json::Value(), {}};
    if (reply)
      exchange.answer = stored(*reply);
    else
      exchange.answer = fail(reply.error());
    CO_TRY_VOID(
        co_await cassette_.add(std::string(kCall), std::move(request), std::move(exchange)));
    co_return reply;
  }

 private:
  static Result<json::Value> stored(const mcp::Reply& reply) {
    StoredReply out;
    if (const auto* done = std::get_if<mcp::Complete>(&reply))
      out.result = done->result;
    else if (const auto* fault = std::get_if<mcp::RpcError>(&reply))
      out.fault = StoredFault{fault->code, fault->message, fault->data};
    else
      return fail(unrecordable());
    return json::to_value(out);
  }

  llm::Cassette& cassette_;
  gateway::ToolServers& servers_;
  mutable std::mutex mutex_;
  std::map<core::ResourceRef, gateway::InventoryPtr> recorded_;
};

class Replaying final : public gateway::ToolServers {
 public:
  explicit Replaying(llm::Cassette& cassette) : cassette_(cassette) {}

  [[nodiscard]] gateway::InventoryPtr inventory(const core::ResourceRef& server) const override {
    const std::lock_guard lock(mutex_);
    auto& known = inventories_[server];
    if (known) return known;
    // The first that was recorded: agents of one cassette see one state of their tools.
    auto found = cassette_.find(kOffers, offers_request(server));
    if (!found || !found->answer) return nullptr;
    auto offers = json::read<std::vector<StoredOffer>>(*found->answer);
    if (!offers) return nullptr;
    auto made = std::make_shared<gateway::Inventory>();
    made->ref = server;
    made->uid = server.name;
    for (auto& stored : *offers) {
      gateway::Offer offer;
      offer.name = offer.unique = std::move(stored.name);
      offer.original = std::move(stored.original);
      offer.definition = std::move(stored.definition);
      offer.repeatable = stored.repeatable;
      made->tools.push_back(std::move(offer));
    }
    known = std::move(made);
    return known;
  }
  Async<gateway::InventoryPtr> await_inventory(core::ResourceRef server,
                                               SteadyTime /*deadline*/) override {
    co_return inventory(server);
  }
  Async<Result<mcp::Reply>> call(gateway::AgentToolCall call) override {
    CO_TRY(exchange, cassette_.find(kCall, call_request(call)));
    if (!exchange.answer) co_return fail(exchange.answer.error());
    CO_TRY(stored, json::read<StoredReply>(*exchange.answer));
    if (stored.fault)
      co_return mcp::Reply(mcp::RpcError{static_cast<int>(stored.fault->code),
                                         std::move(stored.fault->message),
                                         std::move(stored.fault->data)});
    mcp::Complete done;
    if (stored.result) done.result = std::move(*stored.result);
    co_return mcp::Reply(std::move(done));
  }

 private:
  llm::Cassette& cassette_;
  mutable std::mutex mutex_;
  mutable std::map<core::ResourceRef, gateway::InventoryPtr> inventories_;
};

}  // namespace

std::unique_ptr<gateway::ToolServers> make_recorded_tools(llm::Cassette& cassette,
                                                          gateway::ToolServers& servers) {
  if (cassette.mode() == llm::Cassette::Mode::replay) return std::make_unique<Replaying>(cassette);
  return std::make_unique<Recording>(cassette, servers);
}

}  // namespace flotilla::agents
