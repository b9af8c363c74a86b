#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mcp/handler.h"

namespace flotilla::gateway {

/// Nobody can tell these from things that the caller may not see (I5).
Error unknown_tool(const std::string& name);
Error unknown_prompt(const std::string& name);
Error unknown_resource(const std::string& uri);
Error unknown_mcp_task(const std::string& id);
/// Whether an answer means "not mine": the catalogue asks the next part.
bool is_unknown(const Error& error);

/// A server that has nothing. Parts of a catalogue derive from it and override what they have;
/// changes() of null means that nothing ever changes.
class PartialHandler : public mcp::Handler {
 public:
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
};

}  // namespace flotilla::gateway
