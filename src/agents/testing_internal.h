#pragma once

#include <string>
#include <utility>

#include "agents/builtin.h"
#include "agents/memory/memory.h"
#include "agents/memory/sql_memory_store.h"
#include "gateway/testing.h"

namespace flotilla::agents::testing {

using core::testing::advance_until;
using core::testing::kOnDisk;
using core::testing::World;
using gateway::testing::alice;
using gateway::testing::bob;
using gateway::testing::Desk;
using gateway::testing::outline;
using gateway::testing::read_all;
using gateway::testing::request_of;
using gateway::testing::to_task;
using gateway::testing::until;

/// A process with the built-in agents behind the handler.
struct House : Desk {
  explicit House(World& world) : House(world, world.process()) {}
  House(World& world, core::testing::Process& at)
      : Desk(at), memory(make_sql_memory_store(*world.database, world.clock)) {
    register_builtin({*world.database, world.clock, world.random, at.agents, at.messaging}, memory);
  }
  /// Asks with a message of its own; the text of the answer: its artifacts, else its status
  /// message, after the state.
  Async<std::string> ask(std::string agent, std::string text,
                         std::shared_ptr<const Principal> who = alice()) {
    auto request = request_of(std::move(text), "m-" + std::to_string(++asked_));
    auto task = co_await send(std::move(agent), std::move(request), std::move(who));
    if (!task) co_return "error: " + task.error().message();
    co_return said(*task);
  }
  static std::string said(const a2a::Task& task) {
    std::string text(wire_name(task.status.state).substr(std::string("TASK_STATE_").size()));
    for (const auto& artifact : task.artifacts) text += "|" + a2a::text_of(artifact.parts);
    if (task.status.message) text += "|" + a2a::text_of(task.status.message->parts);
    return text;
  }

  Memory memory;

 private:
  int asked_ = 0;
};

}  // namespace flotilla::agents::testing
