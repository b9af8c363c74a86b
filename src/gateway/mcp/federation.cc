#include "gateway/mcp/federation.h"

#include <algorithm>
#include <utility>

#include "async/cancel.h"
#include "async/spawn.h"
#include "auth/access.h"
#include "base/log.h"
#include "gateway/mcp/federation_internal.h"
#include "gateway/mcp/naming.h"

namespace flotilla::gateway {
namespace {

constexpr Log kLog("gateway");

/// A server that says all the time that its lists changed is read this often.
constexpr Duration kRefreshPause = std::chrono::milliseconds(250);
constexpr Duration kHealthPause = std::chrono::seconds(5);
constexpr Duration kPingPause = std::chrono::minutes(1);
constexpr std::size_t kMaxListened = 1000;

core::Condition condition(std::string type, bool holds, std::string reason, std::string message,
                          std::int64_t generation) {
  core::Condition one;
  one.type = std::move(type);
  one.status = holds ? "True" : "False";
  one.reason = std::move(reason);
  one.message = std::move(message);
  one.observedGeneration = generation;
  return one;
}

std::string text_at(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : *text;
}

void describe_server(core::ToolServerStatus& status, const mcp::ServerInfo& server) {
  status.era = mcp::is_modern(server.revision) ? "modern" : "legacy";
  status.protocolVersion = std::string(mcp::to_string(server.revision));
  status.transport = std::string(mcp::to_string(server.transport));
  core::ToolServerInfo info;
  info.name = text_at(server.implementation, "name");
  info.version = text_at(server.implementation, "version");
  if (auto title = text_at(server.implementation, "title"); !title.empty()) info.title = title;
  status.serverInfo = std::move(info);
}

bool same(const mcp::ChangeFilter& a, const mcp::ChangeFilter& b) {
  return a.tools == b.tools && a.prompts == b.prompts && a.resources == b.resources &&
         a.resource_uris == b.resource_uris;
}

/// What clients have to be told of.
std::vector<std::string> differences(const InventoryPtr& before, const Inventory& after) {
  const auto equal = [](const std::vector<Offer>& a, const std::vector<Offer>& b) {
    return std::ranges::equal(a, b, [](const Offer& x, const Offer& y) {
      return x.name == y.name && x.definition == y.definition;
    });
  };
  std::vector<std::string> changed;
  if (!before || !equal(before->tools, after.tools)) changed.emplace_back("tools");
  if (!before || !equal(before->prompts, after.prompts)) changed.emplace_back("prompts");
  if (!before || before->resources != after.resources || before->templates != after.templates)
    changed.emplace_back("resources");
  return changed;
}

}  // namespace

Federation::Federation(Services services)
    : services_(std::move(services)),
      metrics_(services_.metrics),
      pins_(services_.database, services_.clock),
      view_(std::make_shared<FederatedView>(std::vector<InventoryPtr>{}, services_.reserved)),
      group_(services_.home) {}

Federation::~Federation() = default;

Federation::View Federation::view() const {
  const std::lock_guard lock(mutex_);
  return view_;
}

void Federation::publish() {
  std::vector<InventoryPtr> inventories;
  for (const auto& [ref, server] : servers_)
    if (server->inventory) inventories.push_back(server->inventory);
  auto made = std::make_shared<FederatedView>(std::move(inventories), services_.reserved);
  const std::lock_guard lock(mutex_);
  view_ = std::move(made);
  for (auto& [id, waiter] : awaiting_) waiter.set(true);
}

Federation::ServerPtr Federation::server_of(const core::Resource& resource) {
  auto& server = servers_[resource.ref];
  if (!server) server = std::make_shared<Server>();
  if (server->uid != resource.uid) {
    server->ref = resource.ref;
    server->uid = resource.uid;
    server->inventory = nullptr;
    server->stale = true;
  }
  return server;
}

/// Whoever is cancelled before or meanwhile leaves the link to stop().
Async<> Federation::close(LinkPtr link) {
  if (!link) co_return;
  co_await without_cancellation(close_link(link));
  std::erase(links_, link);
}

Async<Result<>> Federation::remove(core::Resource resource) {
  const auto found = servers_.find(resource.ref);
  if (found != servers_.end()) {
    const auto server = found->second;
    servers_.erase(found);
    server->gone = true;
    publish();
    if (server->inventory)
      for (const char* list : {"tools", "prompts", "resources"})
        hub_->tell(resource.ref.name_space,
                   {"notifications/" + std::string(list) + "/list_changed", {}});
    co_await close(std::exchange(server->link, nullptr));
  }
  co_return co_await pins_.remove(resource.uid);
}

Async<Result<>> Federation::failed(Server& server, core::Resource resource, std::string type,
                                   Error error) {
  auto read = core::status_of<core::ToolServerStatus>(resource);
  auto status = read ? std::move(*read) : core::ToolServerStatus{};
  status.observedGeneration = resource.generation;
  if (status.lastError != error.message()) status.lastErrorAt = services_.clock.now();
  status.lastError = error.message();
  auto object = *json::to_value(status).if_object();
  const bool accepted = type != "Accepted";
  core::set_condition(object, condition("Accepted", accepted, accepted ? "Valid" : "Invalid",
                                        accepted ? "" : error.message(), resource.generation));
  core::set_condition(
      object, condition("Ready", false, "Unreachable", error.message(), resource.generation));
  kLog.warn("tool server cannot be used",
            {{"server", resource.ref.to_string()}, {"why", error.message()}});
  co_await close(std::exchange(server.link, nullptr));
  CO_TRY_VOID(
      co_await services_.resources.set_status(resource.ref, resource.uid, std::move(object)));
  co_return fail(std::move(error));
}

void Federation::changed(const core::ResourceRef& ref, const mcp::Change& change) {
  const auto found = servers_.find(ref);
  if (found == servers_.end()) return;
  auto& server = *found->second;
  if (change.method.ends_with("/list_changed")) {
    server.stale = true;
    server.said_changed.insert(change.method);
    services_.poke(ref);
    return;
  }
  if (!server.inventory) return;
  auto told = change;
  rewrite_uris(told.params, server.inventory->prefix);
  if (const auto id = text_at(told.params, "taskId"); !id.empty())
    told.params.set("taskId", public_uri(server.inventory->prefix, id));
  hub_->tell(ref.name_space, told);
}

Async<Result<>> Federation::connect(Server& server, core::Resource resource,
                                    core::ToolServerSpec spec) {
  auto plan = co_await plan_link(services_.upstream, resource, spec);
  if (!plan) co_return co_await failed(server, resource, "Accepted", plan.error());
  if (server.link && server.link->client->alive() && server.link->digest == plan->digest)
    co_return ok();
  co_await close(std::exchange(server.link, nullptr));
  server.timeout = spec.timeout;
  server.retry_unsafe = spec.retryUnsafe;
  server.stale = true;
  server.listening = {};
  const auto ref = resource.ref;
  plan->options.on_change = [this, ref](const mcp::Change& change) { changed(ref, change); };
  auto link = co_await services_.connect(std::move(*plan));
  if (!link) co_return co_await failed(server, resource, "Ready", link.error());
  server.link = std::move(*link);
  links_.push_back(server.link);
  server.checked = services_.clock.steady_now();
  if (server.link->client->server().has("logging"))
    std::ignore = co_await server.link->client->set_level("debug");  // a courtesy of the server
  co_return ok();
}

Async<Result<>> Federation::listen(Server& server) {
  mcp::ChangeFilter wanted;
  wanted.tools = wanted.prompts = wanted.resources = true;
  for (const auto& uri : hub_->watched()) {
    if (wanted.resource_uris.size() >= kMaxListened) break;
    if (auto own = upstream_uri(server.inventory->prefix, uri))
      wanted.resource_uris.push_back(std::move(*own));
  }
  if (same(wanted, server.listening)) co_return ok();
  CO_TRY_VOID(co_await server.link->client->listen(wanted));
  server.listening = std::move(wanted);
  co_return ok();
}

Async<Result<>> Federation::refresh(Server& server, core::Resource resource,
                                    core::ToolServerSpec spec) {
  if (server.refreshed && services_.clock.steady_now() < *server.refreshed + kRefreshPause)
    co_await services_.clock.sleep_until(*server.refreshed + kRefreshPause);
  server.stale = false;
  server.refreshed = services_.clock.steady_now();
  auto& client = *server.link->client;
  auto found = co_await discover(client, spec.timeout);
  if (!found) co_return co_await failed(server, resource, "Ready", found.error());
  CO_TRY(pins, co_await pins_.load(resource.uid));
  auto admitted = admit(resource, spec, std::move(*found), pins);
  CO_TRY_VOID(co_await pins_.set(resource.uid, std::move(admitted.new_pins), "first use"));
  server.offered = std::move(admitted.offered);
  const auto lists = differences(server.inventory, *admitted.inventory);
  server.inventory = std::move(admitted.inventory);
  if (!lists.empty()) publish();
  // What the server said is passed on, though nothing that is offered may have changed.
  auto changes = std::exchange(server.said_changed, {});
  for (const auto& list : lists) changes.insert("notifications/" + list + "/list_changed");
  for (const auto& method : changes) hub_->tell(resource.ref.name_space, {method, {}});

  core::ToolServerStatus status;
  if (auto read = core::status_of<core::ToolServerStatus>(resource))
    status.conditions = std::move(read->conditions);
  status.observedGeneration = resource.generation;
  describe_server(status, client.server());
  status.toolCount = static_cast<std::int64_t>(server.inventory->tools.size());
  status.tools = std::move(admitted.tools);
  status.quarantinedTools = std::move(admitted.quarantined);
  const auto held = status.quarantinedTools.size();
  auto object = *json::to_value(status).if_object();
  const auto generation = resource.generation;
  core::set_condition(object, condition("Accepted", true, "Valid", "", generation));
  core::set_condition(object, condition("Ready", true, "Connected", "", generation));
  core::set_condition(
      object,
      condition("ToolsPinned", held == 0, held == 0 ? "Unchanged" : "Changed",
                held == 0 ? "" : std::to_string(held) + " tools changed; see quarantinedTools",
                generation));
  CO_TRY_VOID(
      co_await services_.resources.set_status(resource.ref, resource.uid, std::move(object)));
  co_return ok();
}

Async<Result<>> Federation::reconcile(core::Resource resource) {
  if (resource.deleted) co_return co_await remove(std::move(resource));
  const auto server = server_of(resource);
  CO_TRY(spec, core::spec_of<core::ToolServerSpec>(resource));
  const auto digest = server->link ? server->link->digest : std::string();
  CO_TRY_VOID(co_await connect(*server, resource, spec));
  if (server->stale || server->link->digest != digest ||
      !core::is_condition_true(resource, "Ready"))
    CO_TRY_VOID(co_await refresh(*server, resource, spec));
  auto listening = co_await listen(*server);
  if (!listening)
    kLog.warn("a tool server does not tell of changes",
              {{"server", resource.ref.to_string()}, {"why", listening.error().message()}});
  co_return ok();
}

Async<> Federation::watch_health() {
  for (;;) {
    co_await services_.clock.sleep_for(kHealthPause);
    const auto now = services_.clock.steady_now();
    std::vector<ServerPtr> due;
    for (const auto& [ref, server] : servers_) {
      if (!server->link) continue;
      if (!server->link->client->alive()) services_.poke(ref);
      if (server->checked && now >= *server->checked + kPingPause) due.push_back(server);
    }
    for (const auto& server : due) {
      const auto link = server->link;
      if (!link || !link->client->alive()) continue;
      server->checked = now;
      auto answered = co_await with_deadline(link->client->ping(), now + std::chrono::seconds(5),
                                             services_.clock);
      if (answered && *answered) continue;
      server->stale = true;  // reading its lists shows what is wrong
      services_.poke(server->ref);
    }
  }
}

void Federation::start() {
  group_.spawn(watch_health());
}

Async<> Federation::stop() {
  group_.cancel();
  co_await without_cancellation(group_.join());
  servers_.clear();
  while (!links_.empty()) co_await close(links_.back());
}

Async<Result<core::Resource>> Federation::approve(std::shared_ptr<const Principal> principal,
                                                  core::ResourceRef ref,
                                                  std::vector<std::string> tools) {
  CO_TRY(resource, co_await services_.resources.get(principal, ref));
  CO_TRY_VOID(auth::require(*principal, Role::operator_));
  CO_TRY(status, core::status_of<core::ToolServerStatus>(resource));
  for (const auto& tool : tools)
    if (std::ranges::find(status.quarantinedTools, tool, &core::QuarantinedTool::name) ==
        status.quarantinedTools.end())
      co_return fail(invalid("/tools", "'" + tool + "' is not quarantined"));
  CO_TRY(pins, co_await pins_.load(resource.uid));
  Pins::Hashes approved;
  for (const auto& held : status.quarantinedTools) {
    if (!tools.empty() && std::ranges::find(tools, held.name) == tools.end()) continue;
    // By what was shown as pinned and offered: what changed since is not approved.
    for (const auto& [original, hash] : pins) {
      const auto identity = ref.name_space + "/" + ref.name + "/" + original;
      CO_TRY(spec, core::spec_of<core::ToolServerSpec>(resource));
      const auto renamed = spec.rename.find(original);
      const auto name =
          public_name(spec.prefix.value_or(ref.name),
                      renamed == spec.rename.end() ? original : renamed->second, identity);
      if (name == held.name && hash == held.pinnedHash.value_or("") && held.offeredHash)
        approved[original] = *held.offeredHash;
    }
  }
  CO_TRY_VOID(co_await pins_.set(resource.uid, std::move(approved), principal->name));
  auto again = [](Federation& self, core::ResourceRef which) -> Async<bool> {
    const auto found = self.servers_.find(which);
    if (found != self.servers_.end()) found->second->stale = true;
    self.services_.poke(which);
    co_return true;
  };
  auto marking = again(*this, ref);
  std::ignore = co_await run_on(services_.home, std::move(marking));
  co_return resource;
}

}  // namespace flotilla::gateway
