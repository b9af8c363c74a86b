#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agents/declarative/again.h"
#include "agents/declarative/declarative.h"
#include "agents/declarative/steps.h"
#include "gateway/testing.h"

namespace flotilla::agents::testing {

using core::testing::Process;
using core::testing::World;
using gateway::testing::alice;

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
    mcp::Complete done;
    done.result = *json::parse(R"({"content":[{"type":"text","text":"number )" +
                               std::to_string(called.size()) + R"("}]})")
                       ->if_object();
    co_return mcp::Reply(std::move(done));
  }
  std::vector<std::string> called;

 private:
  gateway::InventoryPtr server_;
};

/// A process with one declarative agent `guide` that may use the counter.
struct Runs : gateway::testing::Desk {
  Runs(World& world, Process& at, SayingModel::Say say, CountingTools& tools)
      : Desk(at),
        model(std::make_shared<SayingModel>(std::move(say))),
        services{.database = *world.database,
                 .clock = world.clock,
                 .random = world.random,
                 .agents = at.agents,
                 .tasks = at.tasks,
                 .messaging = at.messaging,
                 .find_model = [this](std::string, std::string name) { return found(name); },
                 .tool_servers = &tools} {
    DeclarativeDefinition definition;
    definition.name_space = "default";
    definition.name = "guide";
    core::AgentTool use;
    use.toolServer.emplace();
    use.toolServer->name = "counter";
    definition.spec.tools.push_back(std::move(use));
    core::AgentInfo info;
    info.name_space = "default";
    info.name = "guide";
    info.runner = make_declarative(services, std::move(definition));
    at.agents.put(std::move(info));
  }
  Async<Result<ModelUse>> found(std::string name) {
    ModelUse use;
    use.model = model;
    use.config = std::move(name);
    co_return use;
  }
  AgainServices again() { return {process.tasks, process.agents, services.clock, services.random}; }
  static AgainRequest of(std::string task, std::shared_ptr<const Principal> who = alice()) {
    AgainRequest request;
    request.principal = std::move(who);
    request.task = std::move(task);
    return request;
  }
  Async<a2a::Task> ask(std::string text) {
    auto task = co_await send(
        "guide", gateway::testing::request_of(std::move(text), "m" + std::to_string(++asked_)));
    if (task) co_return std::move(*task);
    ADD_FAILURE() << task.error().message();
    co_return a2a::Task();
  }
  /// The task as it is when its turn ends.
  Async<a2a::Task> settled(core::TaskLog::Ptr log) {
    auto done = co_await core::TaskLog::settled(log);
    EXPECT_TRUE(done) << done.error().message();
    auto loaded = co_await core::TaskLog::load(log);
    if (!loaded) co_return a2a::Task();
    co_return std::move(loaded->first);
  }

  std::shared_ptr<SayingModel> model;
  DeclarativeServices services;

 private:
  int asked_ = 0;
};

inline std::string answer_of(const a2a::Task& task) {
  std::string text(wire_name(task.status.state).substr(std::string("TASK_STATE_").size()));
  for (const auto& artifact : task.artifacts) text += "|" + a2a::text_of(artifact.parts);
  if (task.status.message) text += "|" + a2a::text_of(task.status.message->parts);
  return text;
}

}  // namespace flotilla::agents::testing
