#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "async/clock.h"
#include "gateway/mcp/tool_servers.h"
#include "json/json.h"
#include "llm/model.h"

/// A model and a tool server inside the process, for tests and benchmarks of whole runs.
namespace flotilla::agents::testing {

/// Says what the function says of the request.
class SayingModel final : public llm::Model {
 public:
  using Say = std::function<llm::Answer(const llm::Request&)>;
  explicit SayingModel(Say say) : say_(std::move(say)) {}
  Async<Result<llm::Answer>> generate(const llm::Request& request, llm::DeltaSink* /*sink*/,
                                      const llm::CallOptions& /*options*/) override {
    ++asked;
    co_return say_(request);
  }
  [[nodiscard]] const std::string& provider() const override { return name_; }
  [[nodiscard]] const std::string& name() const override { return name_; }
  int asked = 0;

 private:
  Say say_;
  std::string name_ = "saying";
};

inline llm::Answer says(std::string text) {
  llm::Answer answer;
  answer.message = llm::text_message(llm::MessageRole::assistant, std::move(text));
  answer.usage.inputTokens = 7;
  answer.usage.outputTokens = 3;
  return answer;
}

inline llm::Answer calls(std::string tool, std::string id) {
  llm::Answer answer;
  answer.message.role = llm::MessageRole::assistant;
  answer.message.parts.emplace_back();
  answer.message.parts.front().toolCall = llm::ToolCall{std::move(id), std::move(tool), "{}", {}};
  answer.finish = llm::FinishReason::tool_calls;
  return answer;
}

/// One server `counter` with the tools `bump`, which is not to be called twice, and `look`. What is
/// called outlives the process that calls.
class CountingTools final : public gateway::ToolServers {
 public:
  CountingTools() {
    auto server = std::make_shared<gateway::Inventory>();
    server->ref = {"ToolServer", "default", "counter"};
    for (const char* name : {"bump", "look"}) {
      gateway::Offer offer;
      offer.name = offer.original = offer.unique = name;
      offer.definition.set("name", json::Value(name));
      offer.definition.set("inputSchema", *json::parse(R"({"type":"object"})"));
      offer.repeatable = offer.name == "look";
      server->tools.push_back(std::move(offer));
    }
    server_ = std::move(server);
  }
  [[nodiscard]] gateway::InventoryPtr inventory(
      const core::ResourceRef& /*server*/) const override {
    return server_;
  }
  Async<gateway::InventoryPtr> await_inventory(core::ResourceRef /*server*/,
                                               SteadyTime /*deadline*/) override {
    co_return server_;
  }
  Async<Result<mcp::Reply>> call(gateway::AgentToolCall call) override {
    called.push_back(call.tool);
    const auto number = called.size();
    if (clock != nullptr && call.tool == held) co_await clock->sleep_for(std::chrono::minutes(2));
    mcp::Complete done;
    done.result = *json::parse(R"({"content":[{"type":"text","text":"number )" +
                               std::to_string(number) + R"("}]})")
                       ->if_object();
    co_return mcp::Reply(std::move(done));
  }
  std::vector<std::string> called;
  /// Calls of this tool take effect at once, and two minutes of this clock until they answer.
  std::string held;
  Clock* clock = nullptr;

 private:
  gateway::InventoryPtr server_;
};

}  // namespace flotilla::agents::testing
