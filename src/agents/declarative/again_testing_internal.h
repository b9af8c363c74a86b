#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agents/declarative/again.h"
#include "agents/declarative/declarative.h"
#include "agents/declarative/run_fakes_internal.h"
#include "agents/declarative/steps.h"
#include "gateway/testing.h"

namespace flotilla::agents::testing {

using core::testing::Process;
using core::testing::World;
using gateway::testing::alice;

/// What a runner needs for as long as one of its runs goes on.
struct Kept {
  explicit Kept(DeclarativeServices with) : services(std::move(with)) {}
  DeclarativeServices services;
  std::shared_ptr<core::Runner> runner;
};

/// A process with one declarative agent `guide` that may use the counter. Its runs may outlive it.
struct Runs : gateway::testing::Desk {
  Runs(World& world, Process& at, SayingModel::Say say, CountingTools& tools)
      : Desk(at),
        model(std::make_shared<SayingModel>(std::move(say))),
        kept(std::make_shared<Kept>(DeclarativeServices(*world.database, world.clock, world.random,
                                                        at.agents, at.tasks, at.messaging))) {
    kept->services.find_model = [used = model](std::string, std::string name) {
      return found(used, std::move(name));
    };
    kept->services.tool_servers = &tools;
    DeclarativeDefinition definition;
    definition.name_space = "default";
    definition.name = "guide";
    core::AgentTool use;
    use.toolServer.emplace();
    use.toolServer->name = "counter";
    definition.spec.tools.push_back(std::move(use));
    kept->runner = make_declarative(kept->services, std::move(definition));
    core::AgentInfo info;
    info.name_space = "default";
    info.name = "guide";
    info.runner = std::shared_ptr<core::Runner>(kept, kept->runner.get());
    at.agents.put(std::move(info));
  }
  static Async<Result<ModelUse>> found(std::shared_ptr<SayingModel> used, std::string name) {
    ModelUse use;
    use.model = std::move(used);
    use.config = std::move(name);
    co_return use;
  }
  AgainServices again() {
    return {process.tasks, process.agents, kept->services.clock, kept->services.random};
  }
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
  std::shared_ptr<Kept> kept;  // shared with the agent

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
