#include "gateway/remote_agent.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "a2a/routes.h"
#include "async/blocking_pool.h"
#include "gateway/testing.h"
#include "http/egress.h"
#include "http/router.h"
#include "http/server.h"

// Two of our own processes, one of which is the agent elsewhere of the other.
namespace flotilla::gateway {
namespace {

using namespace testing;
using core::testing::alice;
using core::testing::ask_once;
using core::testing::texts_of;

/// The other side: a process of the world, served over a socket by a thread of its own.
struct Far {
  explicit Far(World& world) : process(world.add_process("far")), desk(process) {
    a2a::add_routes(router, desk.handler, a2a::ServerConfig{});
    auto bound = server.start();
    if (!bound) ADD_FAILURE() << bound.error().message();
    url = fmt::format("http://127.0.0.1:{}/a2a/default/", bound.value_or(std::uint16_t{0}));
    loops.start();
  }
  Far(const Far&) = delete;
  Far& operator=(const Far&) = delete;
  ~Far() { loops.stop(); }
  static http::ServerOptions options() {
    http::ServerOptions made;
    made.port = 0;
    return made;
  }
  Async<http::Response> answer(http::Request& request) {
    request.context.principal = alice();
    authorization = request.headers.find("Authorization").value_or("-");
    return router.route(request);
  }

  Process& process;
  Desk desk;
  http::Router router;
  std::string authorization;
  telemetry::Registry metrics;
  Loops loops{1};
  http::Server server{loops, system_clock(), options(),
                      [this](http::Request& request) { return answer(request); }, metrics};
  std::string url;
};

Async<Result<RemotePeer>> peer_at(std::string url) {
  RemotePeer peer;
  peer.base_url = std::move(url);
  peer.options.retry_for = Duration::zero();
  peer.options.headers.emplace_back("Authorization", Secret("Bearer of-ours"));
  co_return peer;
}

/// Our side, with the agent `there` at a URL.
struct Near {
  Near(World& world, Process& at, std::string url)
      : services{http, system_clock(), world.random}, desk(at) {
    core::AgentInfo info;
    info.name_space = "default";
    info.name = "there";
    info.type = "remote";
    info.runner = make_remote_agent(services, "default/there",
                                    [place = std::move(url)] { return peer_at(place); });
    at.agents.put(std::move(info));
  }

  BlockingPool names{"dns", 1, 64};
  http::EgressPolicy egress = *http::EgressPolicy::make({});
  http::LoopClients http{system_clock(), names, egress, http::ClientOptions{}};
  RemoteAgentServices services;
  Desk desk;
};

/// An agent with a card.
void add_far(Far& far, std::string name, core::testing::ScriptedRunner::Script script,
             const Probe& probe) {
  core::AgentInfo info;
  info.name_space = "default";
  info.name = name;
  info.type = "builtin";
  info.card = fmt::format(
      R"({{"name":"{}","description":"d","version":"1","supportedInterfaces":[],)"
      R"("capabilities":{{"streaming":true}},"defaultInputModes":[],"defaultOutputModes":[],"skills":[]}})",
      name);
  info.runner = std::make_shared<core::testing::ScriptedRunner>(script, probe);
  far.process.agents.put(std::move(info));
}

std::string said(const a2a::Task& task) {
  auto text = std::string(wire_name(task.status.state).substr(std::string("TASK_STATE_").size()));
  if (!task.artifacts.empty()) text += "|" + texts_of(task);
  if (task.status.message) text += "|" + a2a::text_of(task.status.message->parts);
  return text;
}

Async<std::vector<core::TaskRow>> tasks_of(Process& process, std::string agent) {
  const auto page =
      co_await process.tasks.list(core::testing::seen_by(alice()), core::TaskFilter());
  std::vector<core::TaskRow> rows;
  if (page)
    for (const auto& row : page->rows)
      if (row.agent == agent) rows.push_back(row);
  co_return rows;
}

/// Our task is stored with the id of the task there.
Async<> until_known(Process& process, std::string task) {
  const auto log = co_await process.tasks.find(std::move(task), core::testing::seen_by(alice()));
  CO_ASSERT_OK(log);
  co_await until([&] { return (*log)->committed().upstream.value_or("").contains("\"task\""); });
}

CORE_TEST(RemoteAgent, its_work_becomes_ours_under_our_id) {
  Far far(world);
  Probe probe;
  add_far(far, "echo", complete_at_once, probe);
  Near near(world, world.add_process("near"), far.url + "echo");
  const auto task = co_await near.desk.send("there", request_of("hello"));
  CO_ASSERT_OK(task);
  EXPECT_EQ(said(*task), "COMPLETED|hello ");
  EXPECT_EQ(far.authorization, "Bearer of-ours");
  const auto theirs = co_await tasks_of(far.process, "echo");
  CO_ASSERT_EQ(theirs.size(), 1U);
  EXPECT_NE(theirs[0].id.to_string(), task->id);
  const auto again = co_await near.desk.get("there", task->id);
  CO_ASSERT_OK(again);
  EXPECT_EQ(said(*again), "COMPLETED|hello ");
}

CORE_TEST(RemoteAgent, a_question_and_its_answer_are_one_task_there) {
  Far far(world);
  Probe probe;
  add_far(far, "asker", ask_once, probe);
  Near near(world, world.add_process("near"), far.url + "asker");
  const auto asked = co_await near.desk.send("there", request_of("begin"));
  CO_ASSERT_OK(asked);
  EXPECT_EQ(said(*asked), "INPUT_REQUIRED|which?");
  const auto done = co_await near.desk.send("there", to_task(asked->id, "this", "m-2"));
  CO_ASSERT_OK(done);
  EXPECT_EQ(said(*done), "COMPLETED|this ");
  const auto theirs = co_await tasks_of(far.process, "asker");
  EXPECT_EQ(theirs.size(), 1U);
}

CORE_TEST(RemoteAgent, messages_of_two_people_with_one_id_are_two_messages_there) {
  Far far(world);
  Probe probe;
  add_far(far, "echo", complete_at_once, probe);
  Near near(world, world.add_process("near"), far.url + "echo");
  auto first = request_of("of alice", "same");
  first.message.contextId = "shared";
  auto second = request_of("of bob", "same");
  second.message.contextId = "shared";
  const auto one = co_await near.desk.send("there", std::move(first));
  const auto two = co_await near.desk.send("there", std::move(second), bob());
  CO_ASSERT_OK(one);
  CO_ASSERT_OK(two);
  EXPECT_EQ(said(*two), "COMPLETED|of bob ");
  const auto theirs = co_await tasks_of(far.process, "echo");
  CO_ASSERT_EQ(theirs.size(), 2U);
  EXPECT_NE(theirs[0].context_id, theirs[1].context_id);
}

CORE_TEST(RemoteAgent, a_cancellation_is_passed_on) {
  Far far(world);
  Probe probe;
  add_far(far, "waiter", wait_for_ever, probe);
  Near near(world, world.add_process("near"), far.url + "waiter");
  auto request = request_of("wait");
  request.configuration.emplace().returnImmediately = true;
  const auto task = co_await near.desk.send("there", std::move(request));
  CO_ASSERT_OK(task);
  co_await until([&] { return probe.begun == 1; });
  // Our side knows its task there once the first event came.
  co_await until_known(near.desk.process, task->id);
  std::ignore = co_await near.desk.handler.cancel_task(context_of(alice()), agent_ref("there"),
                                                       cancel_request(task->id));
  co_await until([&] { return probe.ended == 1; });
  const auto theirs = co_await tasks_of(far.process, "waiter");
  CO_ASSERT_EQ(theirs.size(), 1U);
  EXPECT_EQ(theirs[0].state, a2a::TaskState::canceled);
}

CORE_TEST(RemoteAgent, another_holder_goes_on_with_the_task_there) {
  Far far(world);
  Probe probe;
  add_far(far, "counter", count_up, probe);
  auto& first = world.add_process("first");
  Near near(world, first, far.url + "counter");
  auto request = request_of("3");
  request.configuration.emplace().returnImmediately = true;
  const auto task = co_await near.desk.send("there", std::move(request));
  CO_ASSERT_OK(task);
  co_await until_known(first, task->id);
  co_await first.scheduler.stop();
  EXPECT_EQ(probe.ended, 0);
  auto& second = world.add_process("second");
  Near again(world, second, far.url + "counter");
  second.scheduler.start(second.tasks);
  const auto log = co_await second.tasks.find(task->id, core::testing::seen_by(alice()));
  CO_ASSERT_OK(log);
  const auto seen = [&] { return a2a::is_terminal((*log)->committed().state); };
  co_await core::testing::advance_until(world, 1, seen);
  const auto done = co_await again.desk.get("there", task->id);
  CO_ASSERT_OK(done);
  EXPECT_EQ(said(*done), "COMPLETED|1 2 3 ");
  EXPECT_EQ(probe.begun, 1);
}

CORE_TEST(RemoteAgent, one_that_is_not_there_fails_the_task_with_its_name) {
  Near near(world, world.add_process("near"), "http://127.0.0.1:1");
  const auto task = co_await near.desk.send("there", request_of("hello"));
  CO_ASSERT_OK(task);
  EXPECT_EQ(task->status.state, a2a::TaskState::failed);
  EXPECT_TRUE(said(*task).starts_with("FAILED|remote agent default/there: ")) << said(*task);
}

}  // namespace
}  // namespace flotilla::gateway
