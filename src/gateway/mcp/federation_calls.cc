#include <boost/asio/this_coro.hpp>
#include <utility>

#include "async/spawn.h"
#include "gateway/mcp/federation.h"
#include "gateway/mcp/federation_internal.h"
#include "gateway/mcp/naming.h"
#include "gateway/tool_source.h"

namespace flotilla::gateway {
namespace {

constexpr std::size_t kPage = 500;
constexpr std::string_view kLogLevel = "io.modelcontextprotocol/logLevel";

Async<Result<mcp::Reply>> ask(mcp::Client& client, mcp::CallTool request,
                              mcp::CallOptions options) {
  return client.call_tool(std::move(request), std::move(options));
}
Async<Result<mcp::Reply>> ask(mcp::Client& client, mcp::ReadResource request,
                              mcp::CallOptions options) {
  return client.read_resource(std::move(request), std::move(options));
}
Async<Result<mcp::Reply>> ask(mcp::Client& client, mcp::GetPrompt request,
                              mcp::CallOptions options) {
  return client.get_prompt(std::move(request), std::move(options));
}

Error named(const Inventory& server, const Error& error) {
  return Error(error.code(), error.reason(),
               "tool server " + server.ref.name + ": " + error.message());
}

bool is_unknown_reply(const mcp::Reply& reply) {
  const auto* rpc = std::get_if<mcp::RpcError>(&reply);
  return rpc != nullptr &&
         (rpc->code == mcp::code::kResourceNotFound || rpc->code == mcp::code::kInvalidParams);
}

}  // namespace

bool is_upstream_fault(const Error& error) {
  switch (error.code()) {
    case Code::unavailable:
    case Code::deadline_exceeded:
    case Code::resource_exhausted:
    case Code::unauthenticated:
    case Code::permission_denied:
      return true;
    default:
      return error.reason() == reason::kInvalidAgentResponse;
  }
}

Async<> RemoteObserver::progress(json::Value progress, std::optional<json::Value> total,
                                 std::string message) {
  auto told = exchange_.progress(std::move(progress), std::move(total), std::move(message));
  if (home_ == caller_)
    co_await std::move(told);
  else
    co_await run_on(caller_, std::move(told));
}

Async<> RemoteObserver::log(std::string level, std::string logger, json::Value data) {
  if (!prefix_.empty()) logger = logger.empty() ? prefix_ : prefix_ + "/" + logger;
  auto told = exchange_.log(std::move(level), std::move(logger), std::move(data));
  if (home_ == caller_)
    co_await std::move(told);
  else
    co_await run_on(caller_, std::move(told));
}

Async<> RemoteObserver::notify(std::string method, json::Object params) {
  rewrite_uris(params, prefix_);
  auto told = exchange_.notify(std::move(method), std::move(params));
  if (home_ == caller_)
    co_await std::move(told);
  else
    co_await run_on(caller_, std::move(told));
}

Result<LinkPtr> Federation::link_of(const Inventory& inventory) {
  const auto found = servers_.find(inventory.ref);
  if (found != servers_.end() && found->second->uid == inventory.uid && found->second->link) {
    if (found->second->link->client->alive()) return found->second->link;
    services_.poke(inventory.ref);
  }
  return fail(Error(Code::unavailable, "is not reachable now; try again later"));
}

mcp::CallOptions Federation::options_for(const mcp::Caller& caller,
                                         const Inventory& inventory) const {
  mcp::CallOptions options;
  options.capabilities = caller.capabilities.raw;
  options.owner = caller.context.principal->name + "/" + caller.session;
  const auto found = servers_.find(inventory.ref);
  if (found != servers_.end()) {
    options.timeout = found->second->timeout;
    options.replayable = found->second->retry_unsafe;
  }
  return options;
}

template <class Request>
Async<Result<mcp::Reply>> Federation::forward_here(InventoryPtr inventory, mcp::Exchange& exchange,
                                                   Executor caller, Request request) {
  auto link = link_of(*inventory);
  if (!link) co_return fail(link.error());
  const auto held = std::move(*link);  // the call keeps its connection
  RemoteObserver observer(exchange, services_.home, std::move(caller), inventory->prefix);
  auto options = options_for(exchange.caller(), *inventory);
  options.observer = &observer;
  options.wants_progress = exchange.wants_progress();
  options.meta = exchange.meta();
  const auto& place = exchange.caller().context.traceparent;
  if (!place.empty() && options.meta.find("traceparent") == nullptr)
    options.meta.set("traceparent", place);
  const auto* level = options.meta.find(kLogLevel);
  if (level != nullptr && level->if_string() != nullptr) options.log_level = *level->if_string();
  if (!mcp::is_modern(exchange.caller().revision)) options.log_level = "debug";
  const auto begin = services_.clock.steady_now();
  auto reply = co_await ask(*held->client, std::move(request), std::move(options));
  metrics_.count(services_.clock.steady_now() - begin, reply);
  if (!reply) co_return fail(reply.error());
  rewrite_reply(*reply, inventory->prefix);
  co_return reply;
}

template <class Request>
Async<Result<mcp::Reply>> Federation::forward(InventoryPtr inventory, mcp::Exchange& exchange,
                                              Request request) {
  auto caller = co_await boost::asio::this_coro::executor;
  auto work = forward_here(inventory, exchange, caller, std::move(request));
  if (caller == services_.home) {
    auto reply = co_await std::move(work);
    if (!reply) co_return fail(named(*inventory, reply.error()));
    co_return reply;
  }
  auto reply = co_await run_on(services_.home, std::move(work));
  if (!reply) co_return fail(named(*inventory, reply.error()));
  co_return reply;
}

template <class T, class Work>
Async<Result<T>> Federation::at_home(Work work) {
  auto caller = co_await boost::asio::this_coro::executor;
  if (caller == services_.home) co_return co_await std::move(work);
  co_return co_await run_on(services_.home, std::move(work));
}

Async<Result<mcp::ListPage>> Federation::list(mcp::Caller caller, mcp::ListKind kind,
                                              std::optional<std::string> cursor) {
  co_return view()->page(*caller.context.principal, kind, cursor, kPage);
}

Async<Result<mcp::Reply>> Federation::call_tool(mcp::Exchange& exchange, mcp::CallTool request) {
  const auto seen = view();
  const auto found = seen->tool(*exchange.caller().context.principal, request.name);
  if (!found) co_return fail(unknown_tool(request.name));
  request.name = found->offer->original;
  auto reply = co_await forward(found->server, exchange, std::move(request));
  if (!reply && is_upstream_fault(reply.error())) co_return error_result(reply.error());
  co_return reply;
}

Async<std::vector<std::pair<std::string, std::vector<std::string>>>> Federation::header_parameters(
    mcp::Caller caller, std::string tool) {
  std::vector<std::pair<std::string, std::vector<std::string>>> none;
  const auto seen = view();
  const auto found = seen->tool(*caller.context.principal, tool);
  if (!found) co_return none;
  co_return mirrored_parameters(found->offer->definition);
}

Async<Result<mcp::Reply>> Federation::read_resource(mcp::Exchange& exchange,
                                                    mcp::ReadResource request) {
  const auto owners = view()->owners(*exchange.caller().context.principal, request.uri);
  Result<mcp::Reply> reply = fail(unknown_resource(request.uri));
  for (const auto& [server, own] : owners) {
    auto copy = request;
    copy.uri = own;
    reply = co_await forward(server, exchange, std::move(copy));
    if (reply && !is_unknown_reply(*reply)) co_return reply;
  }
  // Said as this server says it, with the URI that was asked for.
  if (reply && owners.size() > 0) {
    const auto& rpc = std::get<mcp::RpcError>(*reply);
    if (rpc.code == mcp::code::kResourceNotFound || rpc.data)
      co_return fail(unknown_resource(request.uri));
  }
  co_return reply;
}

Async<Result<mcp::Reply>> Federation::get_prompt(mcp::Exchange& exchange, mcp::GetPrompt request) {
  const auto seen = view();
  const auto found = seen->prompt(*exchange.caller().context.principal, request.name);
  if (!found) co_return fail(unknown_prompt(request.name));
  request.name = found->offer->original;
  co_return co_await forward(found->server, exchange, std::move(request));
}

namespace {

Async<Result<json::Object>> complete_at(LinkPtr link, mcp::Complement request,
                                        mcp::CallOptions options) {
  co_return co_await link->client->complete(std::move(request), std::move(options));
}

Async<Result<json::Object>> get_task_at(LinkPtr link, std::string id, mcp::CallOptions options) {
  co_return co_await link->client->get_task(std::move(id), std::move(options));
}

Async<Result<>> update_task_at(LinkPtr link, std::string id, json::Object responses,
                               mcp::CallOptions options) {
  co_return co_await link->client->update_task(std::move(id), std::move(responses),
                                               std::move(options));
}

Async<Result<>> cancel_task_at(LinkPtr link, std::string id, mcp::CallOptions options) {
  co_return co_await link->client->cancel_task(std::move(id), std::move(options));
}

}  // namespace

Async<Result<json::Object>> Federation::complete(mcp::Caller caller, mcp::Complement request) {
  const auto& principal = *caller.context.principal;
  const auto seen = view();
  InventoryPtr server;
  if (auto* name = request.ref.find("name"); name != nullptr && name->if_string() != nullptr) {
    if (const auto found = seen->prompt(principal, *name->if_string())) {
      server = found->server;
      *name->if_string() = found->offer->original;
    }
  } else if (auto* uri = request.ref.find("uri"); uri != nullptr && uri->if_string() != nullptr) {
    const auto owners = seen->owners(principal, *uri->if_string());
    if (!owners.empty()) {
      server = owners.front().first;
      *uri->if_string() = owners.front().second;
    }
  }
  if (!server) co_return fail(unknown_prompt("of that name"));
  auto work = [](Federation& self, InventoryPtr of, mcp::Caller who,
                 mcp::Complement what) -> Async<Result<json::Object>> {
    CO_TRY(link, self.link_of(*of));
    auto options = self.options_for(who, *of);
    co_return co_await complete_at(link, std::move(what), std::move(options));
  };
  auto asking = work(*this, server, std::move(caller), std::move(request));
  co_return co_await at_home<json::Object>(std::move(asking));
}

Async<Result<std::unique_ptr<mcp::ChangeStream>>> Federation::changes(mcp::Caller caller,
                                                                      mcp::ChangeFilter& filter) {
  const auto principal = caller.context.principal;
  auto may_watch = [this, principal](const std::string& uri) {
    return !view()->owners(*principal, uri).empty();
  };
  auto watched = [this, principal](const std::string& uri) {
    for (const auto& [server, own] : view()->owners(*principal, uri)) services_.poke(server->ref);
  };
  std::erase_if(filter.resource_uris, [&](const std::string& uri) { return !may_watch(uri); });
  std::erase_if(filter.task_ids, [&](const std::string& id) { return !may_watch(id); });
  co_return hub_->open(principal, filter, std::move(may_watch), std::move(watched));
}

Async<Result<json::Object>> Federation::get_task(mcp::Caller caller, std::string id) {
  const auto owners = view()->owners(*caller.context.principal, id);
  for (const auto& [server, own] : owners) {
    auto work = [](Federation& self, InventoryPtr of, mcp::Caller who,
                   std::string task) -> Async<Result<json::Object>> {
      CO_TRY(link, self.link_of(*of));
      auto options = self.options_for(who, *of);
      co_return co_await get_task_at(link, std::move(task), std::move(options));
    };
    auto asking = work(*this, server, caller, own);
    auto task = co_await at_home<json::Object>(std::move(asking));
    if (!task) continue;
    task->set("taskId", id);
    if (auto* result = task->find("result"))
      if (auto* object = result->if_object()) rewrite_uris(*object, server->prefix);
    co_return task;
  }
  co_return fail(unknown_mcp_task(id));
}

Async<Result<>> Federation::update_task(mcp::Caller caller, std::string id,
                                        json::Object responses) {
  Result<> done = fail(unknown_mcp_task(id));
  const auto owners = view()->owners(*caller.context.principal, id);
  for (const auto& [server, own] : owners) {
    auto work = [](Federation& self, InventoryPtr of, mcp::Caller who, std::string task,
                   json::Object answers) -> Async<Result<>> {
      CO_TRY(link, self.link_of(*of));
      auto options = self.options_for(who, *of);
      co_return co_await update_task_at(link, std::move(task), std::move(answers),
                                        std::move(options));
    };
    auto asking = work(*this, server, caller, own, responses);
    done = co_await at_home<void>(std::move(asking));
    if (done) co_return done;
  }
  co_return fail(unknown_mcp_task(id));
}

Async<Result<>> Federation::cancel_task(mcp::Caller caller, std::string id) {
  const auto owners = view()->owners(*caller.context.principal, id);
  for (const auto& [server, own] : owners) {
    auto work = [](Federation& self, InventoryPtr of, mcp::Caller who,
                   std::string task) -> Async<Result<>> {
      CO_TRY(link, self.link_of(*of));
      auto options = self.options_for(who, *of);
      co_return co_await cancel_task_at(link, std::move(task), std::move(options));
    };
    auto asking = work(*this, server, caller, own);
    auto done = co_await at_home<void>(std::move(asking));
    if (done) co_return done;
  }
  co_return fail(unknown_mcp_task(id));
}

}  // namespace flotilla::gateway
