#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/log.h"
#include "mcp/client_core_internal.h"

namespace flotilla::mcp {
namespace {

constexpr Log kLog("mcp");

struct ListMethod {
  std::string_view method;
  std::string_view items;
  std::string_view capability;
};
constexpr std::array<ListMethod, 4> kLists{{
    {"tools/list", "tools", "tools"},
    {"resources/list", "resources", "resources"},
    {"resources/templates/list", "resourceTemplates", "resources"},
    {"prompts/list", "prompts", "prompts"},
}};

const ListMethod& list_method(ListKind kind) {
  return kLists[static_cast<std::size_t>(kind)];
}

Call make_call(std::string_view method, json::Object params) {
  Call call;
  call.method = method;
  call.params = std::move(params);
  return call;
}

json::Object with(std::string name, json::Value value) {
  json::Object params;
  params.set(std::move(name), std::move(value));
  return params;
}

void read_hints(const json::Object& page, bool first, Listing& listing) {
  const auto* ttl = page.find("ttlMs");
  const auto* scope = page.find("cacheScope");
  const auto told = ttl == nullptr ? std::nullopt : ttl->as_int64();
  const std::int64_t life = std::max<std::int64_t>(told.value_or(0), 0);
  listing.ttl_ms = first ? life : std::min(listing.ttl_ms, life);
  const bool shared =
      scope != nullptr && scope->if_string() != nullptr && *scope->if_string() == "public";
  listing.shared = shared && (first || listing.shared);
}

}  // namespace

Async<Result<Listing>> ClientCore::list(ListKind kind, CallOptions options) {
  Listing listing;
  if (!info_.has(list_method(kind).capability)) co_return listing;
  std::set<std::string> seen;
  std::string cursor;
  bool more = false;
  for (std::size_t pages = 0; pages == 0 || more; ++pages) {
    if (pages == options_.limits.list_pages || !seen.insert(more ? "+" + cursor : "").second) {
      co_return fail(broken_protocol(fmt::format("{} does not end: {} pages, the last cursor {}",
                                                 list_method(kind).method, pages, shown(cursor))));
    }
    CO_TRY_VOID(co_await read_page(kind, options, cursor, more, listing));
    if (listing.items.size() > options_.limits.list_items) {
      co_return fail(Error(Code::resource_exhausted, reason::kLimitExceeded,
                           fmt::format("{} brings more than {} definitions",
                                       list_method(kind).method, options_.limits.list_items)));
    }
  }
  co_return listing;
}

Async<Result<>> ClientCore::read_page(ListKind kind, const CallOptions& options,
                                      std::string& cursor, bool& more, Listing& listing) {
  const auto& names = list_method(kind);
  json::Object params;
  if (more) params.set("cursor", cursor);
  const bool first = !more;
  auto call = make_call(names.method, std::move(params));
  call.idempotent = true;
  CO_TRY(page, co_await perform_plain(std::move(call), options));
  auto* items = page.find(names.items);
  if (items == nullptr || items->if_array() == nullptr)
    co_return fail(broken_protocol(fmt::format("/result/{}: expected array", names.items)));
  read_hints(page, first, listing);
  if (kind == ListKind::tools) {
    take_tools(std::move(*items->if_array()), listing);
  } else {
    std::ranges::move(*items->if_array(), std::back_inserter(listing.items));
  }
  // An empty string is a cursor too.
  const auto* next = page.find("nextCursor");
  more = next != nullptr && next->if_string() != nullptr;
  cursor = more ? *next->if_string() : "";
  co_return ok();
}

/// Keeps the tools that can be called (mcp.md 2.3).
void ClientCore::take_tools(json::Array items, Listing& listing) {
  const bool mirrors = modern() && info_.transport != ClientTransport::stdio;
  for (auto& item : items) {
    const auto* tool = item.if_object();
    const auto* name = tool == nullptr ? nullptr : tool->find("name");
    if (name == nullptr || name->if_string() == nullptr) {
      ++listing.dropped;
      kLog.warn("a tool without a name was left out", {});
      continue;
    }
    const auto* schema = tool->find("inputSchema");
    if (mirrors && schema != nullptr && schema->if_object() != nullptr) {
      auto headers = header_parameters_of(*schema->if_object());
      if (!headers) {
        ++listing.dropped;
        kLog.warn("a tool was left out",
                  {{"tool", shown(*name->if_string())}, {"fault", headers.error().message()}});
        continue;
      }
      tool_headers_.erase(*name->if_string());
      if (tool_headers_.size() >= options_.limits.list_items) tool_headers_.clear();
      if (!headers->empty()) tool_headers_.emplace(*name->if_string(), std::move(*headers));
    }
    note_task_support(*name->if_string(), *tool);
    listing.items.push_back(std::move(item));
  }
}

void ClientCore::note_task_support(const std::string& name, const json::Object& tool) {
  const auto* execution = tool.find("execution");
  const auto* members = execution == nullptr ? nullptr : execution->if_object();
  const auto* support = members == nullptr ? nullptr : members->find("taskSupport");
  if (support == nullptr || *support != json::Value("required")) {
    task_tools_.erase(name);
  } else if (task_tools_.size() < options_.limits.list_items) {
    task_tools_.insert(name);
  }
}

Async<Result<Reply>> ClientCore::call_tool(CallTool request, CallOptions options) {
  auto call = make_call("tools/call", with("name", request.name));
  call.params.set("arguments", std::move(request.arguments));
  call.name = std::move(request.name);
  call.may_ask = true;
  co_return co_await perform_rounds(std::move(call), std::move(options), std::move(request.rounds));
}

Async<Result<Reply>> ClientCore::read_resource(ReadResource request, CallOptions options) {
  auto call = make_call("resources/read", with("uri", request.uri));
  call.name = std::move(request.uri);
  call.may_ask = true;
  call.idempotent = true;
  CO_TRY(reply,
         co_await perform_rounds(std::move(call), std::move(options), std::move(request.rounds)));
  if (auto* complete = std::get_if<Complete>(&reply); complete != nullptr && modern()) {
    complete->result.erase("ttlMs");
    complete->result.erase("cacheScope");
  }
  co_return reply;
}

Async<Result<Reply>> ClientCore::get_prompt(GetPrompt request, CallOptions options) {
  auto call = make_call("prompts/get", with("name", request.name));
  if (!request.arguments.empty()) call.params.set("arguments", std::move(request.arguments));
  call.name = std::move(request.name);
  call.may_ask = true;
  call.idempotent = true;
  co_return co_await perform_rounds(std::move(call), std::move(options), std::move(request.rounds));
}

Async<Result<json::Object>> ClientCore::complete(Complement request, CallOptions options) {
  auto call = make_call("completion/complete", with("ref", std::move(request.ref)));
  auto argument = with("name", std::move(request.argument));
  argument.set("value", std::move(request.value));
  call.params.set("argument", std::move(argument));
  if (!request.context.empty() && info_.revision >= Revision::v2025_06_18)
    call.params.set("context", with("arguments", std::move(request.context)));
  call.idempotent = true;
  CO_TRY(result, co_await perform_plain(std::move(call), std::move(options)));
  auto* completion = result.find("completion");
  if (completion == nullptr || completion->if_object() == nullptr)
    co_return fail(broken_protocol("/result/completion: expected object"));
  co_return std::move(*completion->if_object());
}

Async<Result<>> ClientCore::set_level(std::string level) {
  if (modern() || !info_.has("logging")) co_return ok();
  auto call = make_call("logging/setLevel", with("level", std::move(level)));
  call.idempotent = true;
  CallOptions options;
  CO_TRY(result, co_await perform_plain(std::move(call), std::move(options)));
  co_return ok();
}

Async<Result<>> ClientCore::ping() {
  json::Object none;
  auto call = make_call(modern() ? "server/discover" : "ping", std::move(none));
  call.idempotent = true;
  CallOptions options;
  options.timeout = options_.connect_timeout;
  CO_TRY(result, co_await perform_plain(std::move(call), std::move(options)));
  co_return ok();
}

Async<Result<json::Object>> ClientCore::get_task(std::string id, CallOptions options) {
  auto call = make_call("tasks/get", with("taskId", id));
  call.name = std::move(id);
  call.idempotent = true;
  co_return co_await perform_plain(std::move(call), std::move(options));
}

Async<Result<>> ClientCore::update_task(std::string id, json::Object responses,
                                        CallOptions options) {
  auto call = make_call("tasks/update", with("taskId", id));
  call.params.set("inputResponses", std::move(responses));
  call.name = std::move(id);
  CO_TRY(result, co_await perform_plain(std::move(call), std::move(options)));
  co_return ok();
}

Async<Result<>> ClientCore::cancel_task(std::string id, CallOptions options) {
  auto call = make_call("tasks/cancel", with("taskId", id));
  call.name = std::move(id);
  call.idempotent = true;
  CO_TRY(result, co_await perform_plain(std::move(call), std::move(options)));
  co_return ok();
}

Async<Result<Reply>> ClientCore::request(std::string method, json::Object params,
                                         CallOptions options) {
  auto call = make_call(method, std::move(params));
  co_return co_await perform(std::move(call), std::move(options));
}

}  // namespace flotilla::mcp
