#include "gateway/mcp/catalogue.h"

#include <algorithm>

#include "gateway/mcp/merged_changes.h"
#include "gateway/mcp/partial_handler.h"
#include "gateway/mcp/search_profile.h"

namespace flotilla::gateway {
namespace {

/// A page is closed once it has so many items; a part's own page is never cut.
constexpr std::size_t kPage = 500;
/// Parts with endless cursors must not hold all_tools() for ever.
constexpr std::size_t kMaxPages = 1000;

std::string cursor_of(const std::string& part, const std::optional<std::string>& inner) {
  return inner ? part + ":" + *inner : part;
}

}  // namespace

Catalogue::Catalogue(mcp::ServerDescription description) : description_(std::move(description)) {}

void Catalogue::add(CataloguePart part) {
  parts_.push_back(std::move(part));
}

bool Catalogue::shows(const CataloguePart& part, const mcp::Caller& caller) const {
  return !part.visible || part.visible(*caller.context.principal);
}

mcp::ServerDescription Catalogue::describe(const mcp::Caller&) const {
  return description_;
}

Result<Catalogue::Place> Catalogue::place_of(const std::optional<std::string>& cursor) const {
  Place place;
  if (!cursor) return place;
  const auto colon = std::min(cursor->find(':'), cursor->size());
  const auto found = std::ranges::find(parts_, cursor->substr(0, colon), &CataloguePart::id);
  if (found == parts_.end()) return fail(invalid("cursor", "is none of this list"));
  place.part = static_cast<std::size_t>(found - parts_.begin());
  if (colon < cursor->size()) place.inner = cursor->substr(colon + 1);
  return place;
}

Async<Result<mcp::ListPage>> Catalogue::list(mcp::Caller caller, mcp::ListKind kind,
                                             std::optional<std::string> cursor) {
  if (kind == mcp::ListKind::tools && caller.profile == kSearchProfile) {
    if (cursor) co_return fail(invalid("cursor", "is none of this list"));
    co_return search_tools_page();
  }
  CO_TRY(place, place_of(cursor));
  mcp::ListPage page;
  page.ttl_ms = 60'000;
  page.shared = true;
  while (place.part < parts_.size()) {
    const auto& part = parts_[place.part];
    if (!page.items.empty() && page.items.size() >= kPage) break;
    if (!shows(part, caller)) {
      ++place.part;
      place.inner.reset();
      continue;
    }
    CO_TRY(more, co_await part.handler->list(caller, kind, std::move(place.inner)));
    page.ttl_ms = std::min(page.ttl_ms, more.ttl_ms);
    page.shared = page.shared && more.shared;
    std::ranges::move(more.items, std::back_inserter(page.items));
    place.inner = std::move(more.next_cursor);
    if (!place.inner) ++place.part;
  }
  // Which parts there are depends on who asks.
  page.shared = page.shared && !std::ranges::any_of(parts_, [](const CataloguePart& part) {
                  return part.visible != nullptr;
                });
  if (place.part < parts_.size()) page.next_cursor = cursor_of(parts_[place.part].id, place.inner);
  co_return page;
}

Async<Result<json::Array>> Catalogue::all_tools(mcp::Caller caller) {
  caller.profile.clear();
  json::Array tools;
  std::optional<std::string> cursor;
  for (std::size_t pages = 0; pages < kMaxPages; ++pages) {
    CO_TRY(page, co_await list(caller, mcp::ListKind::tools, std::move(cursor)));
    std::ranges::move(page.items, std::back_inserter(tools));
    cursor = std::move(page.next_cursor);
    if (!cursor) break;
  }
  co_return tools;
}

Async<Result<mcp::Reply>> Catalogue::call_any(mcp::Exchange& exchange, mcp::CallTool request) {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (!shows(parts_[i], exchange.caller())) continue;
    auto copy = request;
    auto reply = co_await parts_[i].handler->call_tool(exchange, std::move(copy));
    if (reply || !is_unknown(reply.error())) co_return reply;
  }
  co_return fail(unknown_tool(request.name));
}

Async<Result<mcp::Reply>> Catalogue::call_tool(mcp::Exchange& exchange, mcp::CallTool request) {
  if (exchange.caller().profile == kSearchProfile)
    co_return co_await search(exchange, std::move(request));
  co_return co_await call_any(exchange, std::move(request));
}

/// What find_tools found may be called by its own name, too.
Async<Result<mcp::Reply>> Catalogue::search(mcp::Exchange& exchange, mcp::CallTool request) {
  if (request.name == kFindTools) {
    CO_TRY(tools, co_await all_tools(exchange.caller()));
    co_return find_tools(tools, request.arguments);
  }
  if (request.name == kCallTool) {
    CO_TRY(inner, call_tool_request(std::move(request)));
    if (auto* refused = std::get_if<mcp::Reply>(&inner)) co_return std::move(*refused);
    request = std::get<mcp::CallTool>(std::move(inner));
  }
  co_return co_await call_any(exchange, std::move(request));
}

Async<std::vector<std::pair<std::string, std::vector<std::string>>>> Catalogue::header_parameters(
    mcp::Caller caller, std::string tool) {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (!shows(parts_[i], caller)) continue;
    auto found = co_await parts_[i].handler->header_parameters(caller, tool);
    if (!found.empty()) co_return found;
  }
  co_return std::vector<std::pair<std::string, std::vector<std::string>>>{};
}

Async<Result<mcp::Reply>> Catalogue::read_resource(mcp::Exchange& exchange,
                                                   mcp::ReadResource request) {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (!shows(parts_[i], exchange.caller())) continue;
    auto copy = request;
    auto reply = co_await parts_[i].handler->read_resource(exchange, std::move(copy));
    if (reply || !is_unknown(reply.error())) co_return reply;
  }
  co_return fail(unknown_resource(request.uri));
}

Async<Result<mcp::Reply>> Catalogue::get_prompt(mcp::Exchange& exchange, mcp::GetPrompt request) {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (!shows(parts_[i], exchange.caller())) continue;
    auto copy = request;
    auto reply = co_await parts_[i].handler->get_prompt(exchange, std::move(copy));
    if (reply || !is_unknown(reply.error())) co_return reply;
  }
  co_return fail(unknown_prompt(request.name));
}

Async<Result<json::Object>> Catalogue::complete(mcp::Caller caller, mcp::Complement request) {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (!shows(parts_[i], caller)) continue;
    auto copy = request;
    auto found = co_await parts_[i].handler->complete(caller, std::move(copy));
    if (found || !is_unknown(found.error())) co_return found;
  }
  co_return fail(Error(Code::invalid_argument, reason::kNotFound,
                       "ref names neither a prompt nor a resource template"));
}

Async<Result<std::unique_ptr<mcp::ChangeStream>>> Catalogue::changes(mcp::Caller caller,
                                                                     mcp::ChangeFilter& filter) {
  MergedChanges::Parts streams;
  mcp::ChangeFilter honoured;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (!shows(parts_[i], caller)) continue;
    auto wanted = filter;
    CO_TRY(stream, co_await parts_[i].handler->changes(caller, wanted));
    if (!stream) continue;
    streams.push_back(std::move(stream));
    std::ranges::move(wanted.resource_uris, std::back_inserter(honoured.resource_uris));
    std::ranges::move(wanted.task_ids, std::back_inserter(honoured.task_ids));
  }
  filter.resource_uris = std::move(honoured.resource_uris);
  filter.task_ids = std::move(honoured.task_ids);
  co_return std::make_unique<MergedChanges>(std::move(streams));
}

Async<Result<json::Object>> Catalogue::get_task(mcp::Caller caller, std::string id) {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (!shows(parts_[i], caller)) continue;
    auto found = co_await parts_[i].handler->get_task(caller, id);
    if (found || !is_unknown(found.error())) co_return found;
  }
  co_return fail(unknown_mcp_task(id));
}

Async<Result<>> Catalogue::update_task(mcp::Caller caller, std::string id, json::Object responses) {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (!shows(parts_[i], caller)) continue;
    auto done = co_await parts_[i].handler->update_task(caller, id, responses);
    if (done || !is_unknown(done.error())) co_return done;
  }
  co_return fail(unknown_mcp_task(id));
}

Async<Result<>> Catalogue::cancel_task(mcp::Caller caller, std::string id) {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (!shows(parts_[i], caller)) continue;
    auto done = co_await parts_[i].handler->cancel_task(caller, id);
    if (done || !is_unknown(done.error())) co_return done;
  }
  co_return fail(unknown_mcp_task(id));
}

}  // namespace flotilla::gateway
