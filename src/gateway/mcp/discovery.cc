#include "gateway/mcp/discovery.h"

#include <algorithm>
#include <array>
#include <utility>

#include "gateway/mcp/naming.h"

namespace flotilla::gateway {
namespace {

/// The status is for people and programs that look; the catalogue has all.
constexpr std::size_t kMaxStatusTools = 1000;
constexpr std::size_t kMaxStatusText = 120;

Async<Result<json::Array>> items_of(mcp::Client& client, mcp::ListKind kind, Duration timeout) {
  mcp::CallOptions options;
  options.timeout = timeout;
  CO_TRY(listing, co_await client.list(kind, std::move(options)));
  co_return std::move(listing.items);
}

std::string text_at(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : *text;
}

bool allowed(const core::ToolServerSpec& spec, const std::string& name) {
  return spec.allowedTools.empty() ||
         std::ranges::any_of(spec.allowedTools, [&name](const std::string& pattern) {
           return matches_glob(pattern, name);
         });
}

std::string shortened(std::string text) {
  if (text.size() <= kMaxStatusText) return text;
  std::size_t end = kMaxStatusText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text + "…";
}

Offer offer_of(const core::Resource& resource, const std::string& prefix, const std::string& shown,
               json::Object definition) {
  Offer offer;
  offer.original = text_at(definition, "name");
  const auto identity = resource.ref.name_space + "/" + resource.ref.name + "/" + offer.original;
  offer.name = public_name(prefix, shown, identity);
  offer.unique = unique_name(offer.name, identity);
  rewrite_uris(definition, prefix);
  offer.definition = std::move(definition);
  return offer;
}

/// What the server says of its tool counts only where it is trusted.
bool is_repeatable(const core::ToolServerSpec& spec, const json::Object& definition) {
  if (spec.retryUnsafe) return true;
  const auto* annotations = definition.find("annotations");
  const auto* hints = annotations == nullptr ? nullptr : annotations->if_object();
  if (hints == nullptr || !spec.trustAnnotations) return false;
  return std::ranges::any_of(std::array{"readOnlyHint", "idempotentHint"}, [&](const char* name) {
    const auto* value = hints->find(name);
    const auto* holds = value == nullptr ? nullptr : value->if_bool();
    return holds != nullptr && *holds;
  });
}

/// Decides whether a tool is offered as the server now describes it.
bool is_quarantined(const core::ToolServerSpec& spec, const Offer& offer, const std::string& hash,
                    const Pins::Hashes& pins, Admitted& out) {
  const auto pinned = pins.find(offer.original);
  if (pinned == pins.end()) {
    out.new_pins[offer.original] = hash;
    return false;
  }
  if (pinned->second == hash || spec.toolPinning == core::ToolPinning::off) return false;
  core::QuarantinedTool tool;
  tool.name = offer.name;
  tool.reason = spec.toolPinning == core::ToolPinning::warn
                    ? "its description or schema changed; it is offered all the same"
                    : "its description or schema changed; approve it to offer it again";
  tool.pinnedHash = pinned->second;
  tool.offeredHash = hash;
  out.quarantined.push_back(std::move(tool));
  return spec.toolPinning == core::ToolPinning::quarantine;
}

void admit_tool(const core::Resource& resource, const core::ToolServerSpec& spec,
                json::Object definition, const Pins::Hashes& pins, Inventory& inventory,
                Admitted& out) {
  const auto name = text_at(definition, "name");
  if (name.empty() || !allowed(spec, name)) return;
  const auto renamed = spec.rename.find(name);
  const auto& shown = renamed == spec.rename.end() ? name : renamed->second;
  const auto hash = tool_hash(definition);
  const bool repeatable = is_repeatable(spec, definition);
  auto offer = offer_of(resource, inventory.prefix, shown, std::move(definition));
  offer.repeatable = repeatable;
  out.offered[name] = hash;
  if (is_quarantined(spec, offer, hash, pins, out)) return;
  if (out.tools.size() < kMaxStatusTools) {
    core::ToolServerTool tool;
    tool.name = offer.name;
    if (offer.original != offer.name) tool.original = offer.original;
    if (auto text = text_at(offer.definition, "description"); !text.empty())
      tool.description = shortened(std::move(text));
    tool.hash = hash;
    out.tools.push_back(std::move(tool));
  }
  inventory.tools.push_back(std::move(offer));
}

}  // namespace

Async<Result<Discovered>> discover(mcp::Client& client, Duration timeout) {
  Discovered found;
  CO_TRY(tools, co_await items_of(client, mcp::ListKind::tools, timeout));
  found.tools = std::move(tools);
  CO_TRY(prompts, co_await items_of(client, mcp::ListKind::prompts, timeout));
  found.prompts = std::move(prompts);
  CO_TRY(resources, co_await items_of(client, mcp::ListKind::resources, timeout));
  found.resources = std::move(resources);
  CO_TRY(templates, co_await items_of(client, mcp::ListKind::resource_templates, timeout));
  found.templates = std::move(templates);
  co_return found;
}

Admitted admit(const core::Resource& resource, const core::ToolServerSpec& spec,
               Discovered discovered, const Pins::Hashes& pins) {
  Admitted out;
  auto inventory = std::make_shared<Inventory>();
  inventory->ref = resource.ref;
  inventory->uid = resource.uid;
  inventory->created_at = resource.created_at;
  inventory->prefix = spec.prefix.value_or(resource.ref.name);
  for (auto& tool : discovered.tools)
    if (auto* definition = tool.if_object())
      admit_tool(resource, spec, std::move(*definition), pins, *inventory, out);
  for (auto& prompt : discovered.prompts) {
    auto* definition = prompt.if_object();
    if (definition == nullptr || text_at(*definition, "name").empty()) continue;
    const auto name = text_at(*definition, "name");
    inventory->prompts.push_back(
        offer_of(resource, inventory->prefix, name, std::move(*definition)));
  }
  for (auto* list : {&discovered.resources, &discovered.templates})
    for (auto& item : *list)
      if (auto* definition = item.if_object()) rewrite_uris(*definition, inventory->prefix);
  inventory->resources = std::move(discovered.resources);
  inventory->templates = std::move(discovered.templates);
  out.inventory = std::move(inventory);
  return out;
}

}  // namespace flotilla::gateway
