#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agents/declarative/declarative.h"
#include "agents/declarative/steps.h"
#include "gateway/testing.h"
#include "json/map.h"

/// A model, tool servers and agents for tests of the loop.
namespace flotilla::agents::loop_testing {

using core::testing::advance_until;
using core::testing::kOnDisk;
using core::testing::World;
using gateway::testing::alice;
using gateway::testing::Desk;
using gateway::testing::request_of;
using gateway::testing::to_task;
using gateway::testing::until;

inline llm::ToolCall call_of(std::string id, std::string name, std::string arguments = "{}") {
  llm::ToolCall call;
  call.id = std::move(id);
  call.name = std::move(name);
  call.arguments = std::move(arguments);
  return call;
}

/// What the model does when it is asked.
struct Line {
  std::vector<std::string> pieces;  // streamed one by one
  std::vector<llm::ToolCall> calls;
  std::optional<Error> error;
  Duration pause{};       // before each piece after the first, and before the end
  bool hangs = false;     // answers never
  bool restarts = false;  // sends the pieces, takes them back, sends them again
  llm::FinishReason finish = llm::FinishReason::stop;
  llm::Usage usage;
};
inline Line says(std::string text) {
  Line line;
  line.pieces.push_back(std::move(text));
  return line;
}
inline Line calls(std::vector<llm::ToolCall> all) {
  Line line;
  line.calls = std::move(all);
  return line;
}

/// Says one line for each request; at the end the last one again. One loop.
class FakeModel final : public llm::Model {
 public:
  explicit FakeModel(Clock& clock) : clock_(clock) {}
  Async<Result<llm::Answer>> generate(const llm::Request& request, llm::DeltaSink* sink,
                                      const llm::CallOptions& options) override {
    requests.push_back(request);
    keys.push_back(options.api_key ? options.api_key->reveal() : "");
    Line line = lines.empty() ? says("?") : lines.front();
    if (lines.size() > 1) lines.pop_front();
    if (respond) line = respond(request);
    while (line.hangs) co_await clock_.sleep_for(std::chrono::hours(1));
    for (int round = line.restarts ? 0 : 1; round < 2; ++round) {
      CO_TRY_VOID(co_await send(line, sink));
      if (round == 0 && sink != nullptr) CO_TRY_VOID(co_await sink->restart());
    }
    if (line.error) co_return fail(*line.error);
    co_return answer_of(line);
  }
  [[nodiscard]] const std::string& provider() const override { return provider_; }
  [[nodiscard]] const std::string& name() const override { return name_; }

  std::deque<Line> lines;
  std::function<Line(const llm::Request&)> respond;  // instead of lines
  std::vector<std::string> keys;                     // of callers, one for each request
  std::vector<llm::Request> requests;

 private:
  Async<Result<>> send(Line line, llm::DeltaSink* sink) {
    for (std::size_t i = 0; i < line.pieces.size(); ++i) {
      if (i > 0 && line.pause > Duration::zero()) co_await clock_.sleep_for(line.pause);
      if (sink == nullptr) continue;
      llm::Delta delta;
      delta.text = line.pieces[i];
      CO_TRY_VOID(co_await sink->receive(std::move(delta)));
    }
    if (line.pause > Duration::zero()) co_await clock_.sleep_for(line.pause);
    co_return ok();
  }
  static llm::Answer answer_of(const Line& line) {
    llm::Answer answer;
    answer.message.role = llm::MessageRole::assistant;
    std::string text;
    for (const auto& piece : line.pieces) text += piece;
    if (!text.empty()) answer.message.parts.emplace_back().text = text;
    for (const auto& call : line.calls) answer.message.parts.emplace_back().toolCall = call;
    answer.finish = line.calls.empty() ? line.finish : llm::FinishReason::tool_calls;
    answer.usage = line.usage;
    answer.model = "fake-1";
    return answer;
  }

  Clock& clock_;
  std::string provider_ = "fake";
  std::string name_ = "fake-1";
};

/// What a tool does: answers, hangs, fails. Shared by the servers of a test.
struct FakeTool {
  std::string text = "done";
  bool is_error = false;
  bool repeatable = false;
  bool hangs = false;
  Duration takes{};
  std::optional<Error> error;
  std::string schema = R"({"type":"object"})";
};

inline FakeTool answers(std::string text) {
  FakeTool tool;
  tool.text = std::move(text);
  return tool;
}

class FakeServers final : public gateway::ToolServers {
 public:
  explicit FakeServers(Clock& clock) : clock_(clock) {}
  void add(const std::string& server, std::map<std::string, FakeTool> tools) {
    auto inventory = std::make_shared<gateway::Inventory>();
    inventory->ref = {"ToolServer", "default", server};
    inventory->prefix = server;
    for (const auto& [name, tool] : tools) {
      gateway::Offer offer;
      offer.original = name;
      offer.name = server + "_" + name;
      offer.unique = offer.name + "_1";
      offer.repeatable = tool.repeatable;
      offer.definition.set("name", name);
      offer.definition.set("description", "Does " + name + ".");
      offer.definition.set("inputSchema", *json::parse(tool.schema));
      inventory->tools.push_back(std::move(offer));
    }
    inventories_[server] = std::move(inventory);
    tools_[server] = std::move(tools);
  }
  FakeTool& tool(const std::string& server, const std::string& name) {
    return tools_[server][name];
  }
  [[nodiscard]] gateway::InventoryPtr inventory(const core::ResourceRef& server) const override {
    const auto found = inventories_.find(server.name);
    return found == inventories_.end() ? nullptr : found->second;
  }
  Async<gateway::InventoryPtr> await_inventory(core::ResourceRef server, SteadyTime) override {
    ++waits;
    co_return inventory(server);
  }
  Async<Result<mcp::Reply>> call(gateway::AgentToolCall call) override {
    const auto tool = tools_[call.server->ref.name][call.tool];
    called.push_back(call.tool + json::to_string(json::Value(call.arguments)));
    ++active;
    most_active = std::max(most_active, active);
    Leave leave{active};
    while (tool.hangs) co_await clock_.sleep_for(std::chrono::hours(1));
    if (tool.takes > Duration::zero()) co_await clock_.sleep_for(tool.takes);
    if (tool.error) co_return fail(*tool.error);
    json::Array blocks;
    blocks.emplace_back(json::Object{{"type", "text"}, {"text", tool.text}});
    mcp::Complete done;
    done.result.set("content", std::move(blocks));
    if (tool.is_error) done.result.set("isError", true);
    co_return mcp::Reply(std::move(done));
  }

  std::vector<std::string> called;  // `name{arguments}`
  int active = 0;
  int most_active = 0;
  int waits = 0;

 private:
  struct Leave {
    int& active;
    ~Leave() { --active; }
  };
  Clock& clock_;
  std::map<std::string, gateway::InventoryPtr> inventories_;
  std::map<std::string, std::map<std::string, FakeTool>> tools_;
};

/// The loop over one process of a world: models and tools may be shared with another one.
struct House : Desk {
  House(World& world, core::testing::Process& at,
        std::map<std::string, std::shared_ptr<FakeModel>>& of, FakeServers& with)
      : Desk(at),
        models(of),
        services{*world.database, world.clock, world.random, at.agents, at.tasks, at.messaging} {
    services.find_model = [this](std::string, std::string name) { return find(std::move(name)); };
    services.tool_servers = &with;
  }
  Async<Result<ModelUse>> find(std::string name) {
    const auto found = models.find(name);
    if (found == models.end())
      co_return fail(Error(Code::not_found, "there is no ModelConfig default/" + name));
    ModelUse use;
    use.model = found->second;
    use.config = name;
    co_return use;
  }
  void add(std::string name, core::DeclarativeAgent spec = {}, std::string system = "Be helpful.") {
    core::AgentInfo info;
    info.name_space = "default";
    info.name = name;
    info.type = "declarative";
    info.summary = "Helps as " + name + ".";
    info.runner = make_declarative(
        services, {"default", std::move(name), std::move(spec), std::move(system)});
    process.agents.put(std::move(info));
  }
  /// The state, then the artifacts' text, then the status message's.
  Async<std::string> ask(std::string agent, std::string text, std::string context = "") {
    auto request = request_of(std::move(text), "m-" + std::to_string(++asked));
    if (!context.empty()) request.message.contextId = std::move(context);
    auto task = co_await send(std::move(agent), std::move(request));
    if (!task) co_return "error: " + task.error().message();
    last = std::move(*task);
    co_return said(last);
  }
  static std::string said(const a2a::Task& task) {
    std::string text(wire_name(task.status.state).substr(std::string("TASK_STATE_").size()));
    for (const auto& artifact : task.artifacts) text += "|" + a2a::text_of(artifact.parts);
    if (task.status.message) text += "|" + a2a::text_of(task.status.message->parts);
    return text;
  }
  /// `model 1`, `tool 1 intent search`, … of a task's journal.
  Async<std::vector<std::string>> steps(std::string task) {
    core::Visibility visibility;
    visibility.principal = alice();
    auto log = co_await process.tasks.find(std::move(task), std::move(visibility));
    std::vector<std::string> lines;
    if (!log) co_return lines;
    auto events = co_await core::testing::journal_of(*log);
    for (const auto& event : *events) {
      if (event->kind != core::EventKind::step) continue;
      auto step = read_step(*event->payload);
      if (!step || !*step) continue;
      std::string line = to_string((*step)->type) + " " + std::to_string((*step)->number);
      if ((*step)->phase == StepPhase::intent) line += " intent";
      if ((*step)->name) line += " " + *(*step)->name;
      lines.push_back(std::move(line));
    }
    co_return lines;
  }

  static std::string to_string(StepType type) {
    switch (type) {
      case StepType::model:
        return "model";
      case StepType::tool:
        return "tool";
      case StepType::agent:
        return "agent";
      case StepType::compaction:
        return "compaction";
    }
    return "?";
  }

  std::map<std::string, std::shared_ptr<FakeModel>>& models;
  DeclarativeServices services;
  a2a::Task last;
  int asked = 0;
};

/// One process with one model, `default`.
struct Single {
  explicit Single(World& world)
      : servers(world.clock), model(std::make_shared<FakeModel>(world.clock)) {
    models["default"] = model;
    house = std::make_unique<House>(world, world.process(), models, servers);
  }
  FakeServers servers;
  std::shared_ptr<FakeModel> model;
  std::map<std::string, std::shared_ptr<FakeModel>> models;
  std::unique_ptr<House> house;
};

inline core::DeclarativeAgent with_server(std::string server) {
  core::DeclarativeAgent spec;
  core::ToolServerUse use;
  use.name = std::move(server);
  spec.tools.emplace_back().toolServer = std::move(use);
  return spec;
}
inline core::DeclarativeAgent with_agent(std::string agent, bool isolated = false) {
  core::DeclarativeAgent spec;
  core::AgentUse use;
  use.name = std::move(agent);
  use.isolateSessions = isolated;
  spec.tools.emplace_back().agent = std::move(use);
  return spec;
}

/// `user:hi assistant:hello tool:done`, calls as `name!`.
inline std::string prompt_of(const llm::Request& request) {
  std::string text;
  for (const auto& message : request.messages) {
    if (!text.empty()) text += ' ';
    text += message.role == llm::MessageRole::user        ? "user:"
            : message.role == llm::MessageRole::assistant ? "assistant:"
                                                          : "tool:";
    std::string parts;
    for (const auto& part : message.parts) {
      if (!parts.empty()) parts += '+';
      if (part.text) parts += *part.text;
      if (part.toolCall) parts += part.toolCall->name + "!";
      if (part.toolResult) parts += part.toolResult->text;
    }
    text += parts;
  }
  return text;
}

}  // namespace flotilla::agents::loop_testing
