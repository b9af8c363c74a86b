#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/context.h"
#include "base/result.h"
#include "base/time.h"
#include "core/resource.h"
#include "mcp/handler.h"

namespace flotilla::gateway {

/// A tool or prompt of a tool server.
struct Offer {
  std::string name;      // as it is shown
  std::string unique;    // as it is shown to who sees an older server's by the same name
  std::string original;  // the server's own name
  json::Object definition;
  bool repeatable = false;  // of a tool: our ToolServer says that a call may be made again
};

/// What one tool server offers. Immutable: a change makes a new one.
struct Inventory {
  core::ResourceRef ref;
  std::string uid;
  Time created_at;
  std::string prefix;
  std::vector<Offer> tools;
  std::vector<Offer> prompts;
  json::Array resources;  // URIs as they are shown
  json::Array templates;
};
using InventoryPtr = std::shared_ptr<const Inventory>;

/// What the tool servers offer together. Equal names: the older server's has the name, the other
/// one its unique name; whose servers a caller may not see do not count. Immutable; shared between
/// threads.
class FederatedView {
 public:
  /// `reserved`: names that are the platform's own.
  FederatedView(std::vector<InventoryPtr> servers,
                const std::function<bool(std::string_view)>& reserved);

  struct Found {
    InventoryPtr server;
    const Offer* offer = nullptr;  // of the server
  };
  [[nodiscard]] std::optional<Found> tool(const Principal& principal, std::string_view name) const;
  [[nodiscard]] std::optional<Found> prompt(const Principal& principal,
                                            std::string_view name) const;
  /// Servers that a URI of ours (or the id of a task, which is spelled alike) may belong to, with
  /// what they call it.
  [[nodiscard]] std::vector<std::pair<InventoryPtr, std::string>> owners(
      const Principal& principal, std::string_view uri) const;
  /// At most `limit` items after the cursor `namespace/name:offset`; a server that is gone is
  /// passed over.
  [[nodiscard]] Result<mcp::ListPage> page(const Principal& principal, mcp::ListKind kind,
                                           const std::optional<std::string>& cursor,
                                           std::size_t limit) const;
  [[nodiscard]] const std::vector<InventoryPtr>& servers() const { return servers_; }

 private:
  struct Entry {
    std::uint32_t server = 0;
    std::uint32_t offer = 0;
  };
  using Index = std::unordered_map<std::string_view, std::vector<Entry>>;
  struct Names {
    Index by_name;  // oldest first
    Index by_unique;
  };
  void index(Names& names, std::vector<Offer> Inventory::* offers,
             const std::function<bool(std::string_view)>& reserved);
  [[nodiscard]] std::optional<Found> find(const Names& names,
                                          std::vector<Offer> Inventory::* offers,
                                          const Principal& principal, std::string_view name) const;
  [[nodiscard]] const std::string& shown(const Names& names, std::vector<Offer> Inventory::* offers,
                                         const Principal& principal, const Offer& offer) const;
  void append(mcp::ListPage& page, const Principal& principal, mcp::ListKind kind,
              std::uint32_t server, std::size_t& offset, std::size_t limit) const;

  std::vector<InventoryPtr> servers_;  // by namespace and name
  std::vector<std::uint32_t> by_age_;
  Names tools_;
  Names prompts_;
};

}  // namespace flotilla::gateway
