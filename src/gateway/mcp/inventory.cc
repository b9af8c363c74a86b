#include "gateway/mcp/inventory.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "gateway/mcp/naming.h"

namespace flotilla::gateway {
namespace {

std::string place_of(const core::ResourceRef& ref) {
  return ref.name_space + "/" + ref.name;
}

std::size_t count_of(const Inventory& server, mcp::ListKind kind) {
  switch (kind) {
    case mcp::ListKind::tools:
      return server.tools.size();
    case mcp::ListKind::prompts:
      return server.prompts.size();
    case mcp::ListKind::resources:
      return server.resources.size();
    case mcp::ListKind::resource_templates:
      return server.templates.size();
  }
  return 0;
}

json::Value named(const Offer& offer, const std::string& name) {
  json::Object definition = offer.definition;
  definition.set("name", name);
  return definition;
}

}  // namespace

FederatedView::FederatedView(std::vector<InventoryPtr> servers,
                             const std::function<bool(std::string_view)>& reserved)
    : servers_(std::move(servers)), by_age_(servers_.size()) {
  std::ranges::sort(servers_, {}, [](const InventoryPtr& one) { return place_of(one->ref); });
  std::iota(by_age_.begin(), by_age_.end(), 0U);
  std::ranges::sort(by_age_, {}, [this](std::uint32_t i) {
    return std::pair(servers_[i]->created_at, servers_[i]->uid);
  });
  index(tools_, &Inventory::tools, reserved);
  index(prompts_, &Inventory::prompts, [](std::string_view) { return false; });
}

void FederatedView::index(Names& names, std::vector<Offer> Inventory::* offers,
                          const std::function<bool(std::string_view)>& reserved) {
  for (const auto server : by_age_) {
    const auto& list = *servers_[server].*offers;
    for (std::uint32_t i = 0; i < list.size(); ++i) {
      if (!reserved(list[i].name)) names.by_name[list[i].name].push_back({server, i});
      names.by_unique[list[i].unique].push_back({server, i});
    }
  }
}

std::optional<FederatedView::Found> FederatedView::find(const Names& names,
                                                        std::vector<Offer> Inventory::* offers,
                                                        const Principal& principal,
                                                        std::string_view name) const {
  for (const auto* index : {&names.by_name, &names.by_unique}) {
    const auto bucket = index->find(name);
    if (bucket == index->end()) continue;
    for (const auto& entry : bucket->second) {
      const auto& server = servers_[entry.server];
      if (principal.may_enter(server->ref.name_space))
        return Found{server, &(*server.*offers)[entry.offer]};
    }
  }
  return std::nullopt;
}

std::optional<FederatedView::Found> FederatedView::tool(const Principal& principal,
                                                        std::string_view name) const {
  return find(tools_, &Inventory::tools, principal, name);
}

std::optional<FederatedView::Found> FederatedView::prompt(const Principal& principal,
                                                          std::string_view name) const {
  return find(prompts_, &Inventory::prompts, principal, name);
}

std::vector<std::pair<InventoryPtr, std::string>> FederatedView::owners(
    const Principal& principal, std::string_view uri) const {
  std::vector<std::pair<InventoryPtr, std::string>> found;
  // A server without a prefix may own anything, so it comes last.
  for (const bool prefixed : {true, false}) {
    for (const auto server : by_age_) {
      const auto& one = servers_[server];
      if (one->prefix.empty() == prefixed || !principal.may_enter(one->ref.name_space)) continue;
      if (auto own = upstream_uri(one->prefix, uri)) found.emplace_back(one, std::move(*own));
    }
  }
  return found;
}

const std::string& FederatedView::shown(const Names& names, std::vector<Offer> Inventory::* offers,
                                        const Principal& principal, const Offer& offer) const {
  const auto named = find(names, offers, principal, offer.name);
  return named && named->offer == &offer ? offer.name : offer.unique;
}

void FederatedView::append(mcp::ListPage& page, const Principal& principal, mcp::ListKind kind,
                           std::uint32_t server, std::size_t& offset, std::size_t limit) const {
  const auto& one = *servers_[server];
  const auto end = std::min(count_of(one, kind), offset + limit - page.items.size());
  for (; offset < end; ++offset) {
    if (kind == mcp::ListKind::tools) {
      const auto& offer = one.tools[offset];
      page.items.push_back(named(offer, shown(tools_, &Inventory::tools, principal, offer)));
    } else if (kind == mcp::ListKind::prompts) {
      const auto& offer = one.prompts[offset];
      page.items.push_back(named(offer, shown(prompts_, &Inventory::prompts, principal, offer)));
    } else {
      const bool plain = kind == mcp::ListKind::resources;
      page.items.push_back(plain ? one.resources[offset] : one.templates[offset]);
    }
  }
}

Result<mcp::ListPage> FederatedView::page(const Principal& principal, mcp::ListKind kind,
                                          const std::optional<std::string>& cursor,
                                          std::size_t limit) const {
  mcp::ListPage page;
  std::size_t offset = 0;
  auto at = servers_.begin();
  if (cursor) {
    const auto colon = cursor->rfind(':');
    if (colon == std::string::npos || !cursor->contains('/'))
      return fail(invalid("cursor", "is none of this list"));
    const char* end = cursor->data() + cursor->size();
    const auto read = std::from_chars(cursor->data() + colon + 1, end, offset);
    if (read.ec != std::errc() || read.ptr != end)
      return fail(invalid("cursor", "is none of this list"));
    const auto place = cursor->substr(0, colon);
    at = std::ranges::lower_bound(servers_, place, {},
                                  [](const InventoryPtr& one) { return place_of(one->ref); });
    if (at == servers_.end() || place_of((*at)->ref) != place) offset = 0;
  }
  for (; at != servers_.end(); ++at, offset = 0) {
    if (!principal.may_enter((*at)->ref.name_space)) continue;
    if (page.items.size() < limit)
      append(page, principal, kind, static_cast<std::uint32_t>(at - servers_.begin()), offset,
             limit);
    if (offset >= count_of(**at, kind)) continue;
    page.next_cursor = place_of((*at)->ref) + ":" + std::to_string(offset);
    break;
  }
  return page;
}

}  // namespace flotilla::gateway
