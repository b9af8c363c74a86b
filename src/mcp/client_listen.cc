#include <algorithm>

#include "base/log.h"
#include "mcp/client_core_internal.h"

/// What changes at the server beside the calls (mcp.md 3.11).
namespace flotilla::mcp {
namespace {

constexpr Log kLog("mcp");
constexpr Duration kFirstPause = std::chrono::seconds(1);
constexpr Duration kLongestPause = std::chrono::seconds(30);
constexpr Duration kWithoutEnd = std::chrono::hours(24 * 365);

json::Array to_array(const std::vector<std::string>& texts) {
  json::Array array;
  for (const auto& text : texts) array.emplace_back(text);
  return array;
}

json::Object to_wire(const ChangeFilter& filter) {
  json::Object out;
  if (filter.tools) out.set("toolsListChanged", true);
  if (filter.prompts) out.set("promptsListChanged", true);
  if (filter.resources) out.set("resourcesListChanged", true);
  if (!filter.resource_uris.empty())
    out.set("resourceSubscriptions", to_array(filter.resource_uris));
  if (!filter.task_ids.empty()) out.set("taskIds", to_array(filter.task_ids));
  return out;
}

std::vector<std::string> missing_in(const std::vector<std::string>& all,
                                    const std::vector<std::string>& some) {
  std::vector<std::string> out;
  for (const auto& one : some) {
    if (std::ranges::find(all, one) == all.end()) out.push_back(one);
  }
  return out;
}

}  // namespace

Async<Result<>> ClientCore::listen(ChangeFilter filter) {
  if (closed_) co_return fail(gone());
  const auto guard = co_await listening_.lock();
  auto before = std::exchange(filter_, filter);
  if (!modern()) {
    auto added = missing_in(before.resource_uris, filter.resource_uris);
    auto removed = missing_in(filter.resource_uris, before.resource_uris);
    CO_TRY_VOID(co_await subscribe_to(std::move(removed), "resources/unsubscribe"));
    co_return co_await subscribe_to(std::move(added), "resources/subscribe");
  }
  if (listener_) group_.cancel(*std::exchange(listener_, std::nullopt));
  if (!to_wire(filter).empty()) listener_ = group_.spawn(keep_listening(std::move(filter)));
  co_return ok();
}

Async<Result<>> ClientCore::subscribe_to(std::vector<std::string> uris, std::string method) {
  const auto* resources = info_.capabilities.find("resources");
  const auto* members = resources == nullptr ? nullptr : resources->if_object();
  const auto* offered = members == nullptr ? nullptr : members->find("subscribe");
  if (offered == nullptr || offered->if_bool() == nullptr || !*offered->if_bool()) co_return ok();
  for (const auto& uri : uris) {
    Call call;
    call.method = method;
    call.params.set("uri", uri);
    CallOptions options;
    PendingPtr pending;
    auto answer = co_await attempt(pending, call, options);
    if (!answer) co_return fail(answer.error());
    // One resource that cannot be watched is no reason to lose the others.
    if (const auto* error = std::get_if<RpcError>(&**answer))
      kLog.debug("a resource cannot be watched", {{"fault", shown(error->message)}});
  }
  co_return ok();
}

Async<> ClientCore::keep_listening(ChangeFilter filter) {
  Duration pause = kFirstPause;
  for (;;) {
    Call call;
    call.method = "subscriptions/listen";
    call.params.set("notifications", to_wire(filter));
    CallOptions options;
    options.timeout = kWithoutEnd;
    const auto begun = clock_.steady_now();
    PendingPtr pending;
    auto answer = co_await attempt(pending, call, options);
    if (closed_) co_return;
    if (answer && std::holds_alternative<RpcError>(**answer)) {
      kLog.info("a tool server does not tell of changes",
                {{"fault", shown(std::get<RpcError>(**answer).message)}});
      co_return;
    }
    if (clock_.steady_now() - begun > kLongestPause) pause = kFirstPause;
    co_await clock_.sleep_for(pause);
    pause = std::min(pause * 2, kLongestPause);
    missed_changes();
  }
}

void ClientCore::missed_changes() {
  if (filter_.tools) tell_change("notifications/tools/list_changed", {});
  if (filter_.prompts) tell_change("notifications/prompts/list_changed", {});
  if (filter_.resources) tell_change("notifications/resources/list_changed", {});
  for (const auto& uri : filter_.resource_uris) {
    json::Object params;
    params.set("uri", uri);
    tell_change("notifications/resources/updated", std::move(params));
  }
}

void ClientCore::tell_change(std::string method, json::Object params) {
  if (!options_.on_change) return;
  if (auto* meta = params.find("_meta"); meta != nullptr && meta->if_object() != nullptr) {
    meta->if_object()->erase(std::string(kMetaPrefix) + "subscriptionId");
    if (meta->if_object()->empty()) params.erase("_meta");
  }
  Change change;
  change.method = std::move(method);
  change.params = std::move(params);
  options_.on_change(change);
}

}  // namespace flotilla::mcp
