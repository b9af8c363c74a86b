#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mcp/handler.h"

namespace flotilla::gateway {

/// A part of the catalogue: the platform's own tools, its resources, the tool servers.
struct CataloguePart {
  std::string id;  // in cursors: a part keeps its id
  std::shared_ptr<mcp::Handler> handler;
  /// For whom it is there at all; null: everybody.
  std::function<bool(const Principal&)> visible;
};

/// All that `/mcp` offers, as one server: its parts side by side. Lists go through the parts in
/// order, each with pages of its own, under a cursor that names part and place. A request goes to
/// the first part that knows what it names; what no part knows and what the caller may not see are
/// answered alike. `?profile=search` shows two tools in place of all (tool_search.h).
///
/// Filled before it is shared; then thread-safe.
class Catalogue final : public mcp::Handler {
 public:
  explicit Catalogue(mcp::ServerDescription description);
  void add(CataloguePart part);

  [[nodiscard]] mcp::ServerDescription describe(const mcp::Caller& caller) const override;
  Async<Result<mcp::ListPage>> list(mcp::Caller caller, mcp::ListKind kind,
                                    std::optional<std::string> cursor) override;
  Async<Result<mcp::Reply>> call_tool(mcp::Exchange& exchange, mcp::CallTool request) override;
  Async<std::vector<std::pair<std::string, std::vector<std::string>>>> header_parameters(
      mcp::Caller caller, std::string tool) override;
  Async<Result<mcp::Reply>> read_resource(mcp::Exchange& exchange,
                                          mcp::ReadResource request) override;
  Async<Result<mcp::Reply>> get_prompt(mcp::Exchange& exchange, mcp::GetPrompt request) override;
  Async<Result<json::Object>> complete(mcp::Caller caller, mcp::Complement request) override;
  Async<Result<std::unique_ptr<mcp::ChangeStream>>> changes(mcp::Caller caller,
                                                            mcp::ChangeFilter& filter) override;
  Async<Result<json::Object>> get_task(mcp::Caller caller, std::string id) override;
  Async<Result<>> update_task(mcp::Caller caller, std::string id, json::Object responses) override;
  Async<Result<>> cancel_task(mcp::Caller caller, std::string id) override;

  /// Every tool that the caller may see, whatever its profile.
  Async<Result<json::Array>> all_tools(mcp::Caller caller);

 private:
  struct Place {
    std::size_t part = 0;
    std::optional<std::string> inner;
  };
  [[nodiscard]] Result<Place> place_of(const std::optional<std::string>& cursor) const;
  [[nodiscard]] bool shows(const CataloguePart& part, const mcp::Caller& caller) const;
  Async<Result<mcp::Reply>> call_any(mcp::Exchange& exchange, mcp::CallTool request);
  Async<Result<mcp::Reply>> search(mcp::Exchange& exchange, mcp::CallTool request);

  mcp::ServerDescription description_;
  std::vector<CataloguePart> parts_;
};

}  // namespace flotilla::gateway
