#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "async/clock.h"
#include "base/id.h"
#include "mcp/conformance_tasks_internal.h"
#include "mcp/handler.h"

namespace flotilla::mcp {

/// The tools, prompts and resources that the official MCP conformance suite asks of a server under
/// test (mcp.md 6.4). For test servers only. Thread-safe.
class ConformanceHandler final : public Handler {
 public:
  ConformanceHandler(Clock& clock, Random& random);
  ~ConformanceHandler() override;

  [[nodiscard]] ServerDescription describe(const Caller& caller) const override;
  Async<Result<ListPage>> list(Caller caller, ListKind kind,
                               std::optional<std::string> cursor) override;
  Async<Result<Reply>> call_tool(Exchange& exchange, CallTool request) override;
  Async<std::vector<std::pair<std::string, std::vector<std::string>>>> header_parameters(
      Caller caller, std::string tool) override;
  Async<Result<Reply>> read_resource(Exchange& exchange, ReadResource request) override;
  Async<Result<Reply>> get_prompt(Exchange& exchange, GetPrompt request) override;
  Async<Result<json::Object>> complete(Caller caller, Complement request) override;
  Async<Result<std::unique_ptr<ChangeStream>>> changes(Caller caller,
                                                       ChangeFilter& filter) override;
  Async<Result<json::Object>> get_task(Caller caller, std::string id) override;
  Async<Result<>> update_task(Caller caller, std::string id, json::Object responses) override;
  Async<Result<>> cancel_task(Caller caller, std::string id) override;

 private:
  struct Definitions;
  class Listeners;

  Clock& clock_;
  std::unique_ptr<const Definitions> definitions_;
  ConformanceTasks tasks_;
  std::shared_ptr<Listeners> listeners_;  // shared with the streams of changes
};

}  // namespace flotilla::mcp
