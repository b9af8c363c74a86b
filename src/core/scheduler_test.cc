#include "core/scheduler.h"

#include "async/task_group.h"
#include "core/limits.h"
#include "core/runner.h"
#include "core/testing.h"

namespace flotilla::core::testing {
namespace {

using a2a::TaskState;

Async<Result<>> throw_something(Run& run, Probe&) {
  CO_TRY_VOID(co_await run.flush());
  throw std::runtime_error("secret path /etc/x");
}

Async<Result<>> throw_no_exception(Run&, Probe&) {
  throw 42;
  co_return ok();
}

Async<Result<>> throw_aborted(Run& run, Probe&) {
  CO_TRY_VOID(co_await run.flush());
  throw boost::system::system_error(boost::asio::error::operation_aborted);
}

Async<Result<>> fail_internally(Run&, Probe&) {
  co_return fail(Error(Code::internal, "secret path /etc/x"));
}

Async<Result<>> fail_plainly(Run&, Probe&) {
  co_return fail(Error(Code::unavailable, "the weather service does not answer"));
}

Async<Result<>> return_silently(Run& run, Probe&) {
  CO_TRY_VOID(co_await run.flush());
  co_return ok();
}

struct Ending {
  ScriptedRunner::Script script;
  TaskState state;
  std::string message;
};

CORE_TEST(Scheduler, each_way_to_end_a_turn_ends_the_task) {
  const std::vector<Ending> endings{
      {throw_something, TaskState::failed, "the agent failed unexpectedly"},
      {throw_no_exception, TaskState::failed, "the agent failed unexpectedly"},
      {throw_aborted, TaskState::failed, "the agent failed unexpectedly"},
      {fail_internally, TaskState::failed, "the agent failed unexpectedly"},
      {fail_plainly, TaskState::failed, "the weather service does not answer"},
      {return_silently, TaskState::completed, ""},
  };
  Probe probe;
  auto& one = world.process();
  for (const auto& ending : endings) {
    add_agent(one, "ender", ending.script, probe);
    auto log = co_await one.tasks.create(new_task("ender", "x"));
    CO_ASSERT_OK(log);
    CO_ASSERT_OK(co_await TaskLog::settled(*log));
    auto task = co_await TaskLog::load(*log);
    CO_ASSERT_OK(task);
    EXPECT_EQ(task->first.status.state, ending.state);
    const auto& message = task->first.status.message;
    EXPECT_EQ(message ? a2a::text_of(message->parts) : "", ending.message);
  }
  co_await until([&] { return one.metrics.runs_active.value() == 0; });
}

Async<Result<>> take_all(Run& run, Probe& probe) {
  for (int i = 0; i < 2; ++i) {
    CO_TRY_VOID(co_await run.sleep(std::chrono::seconds(1)));
    for (const auto& message : run.take_messages())
      probe.notes.push_back(a2a::text_of(message.parts));
  }
  probe.notes.push_back("input: " + a2a::text_of(run.input().parts));
  co_return co_await run.status(TaskState::completed);
}

CORE_TEST(Scheduler, a_message_to_a_running_task_is_taken_once) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "taker", take_all, probe);
  auto log = co_await one.tasks.create(new_task("taker", "begin"));
  CO_ASSERT_OK(log);
  co_await until([&] { return world.clock.sleepers() == 1; });
  CO_ASSERT_OK(
      co_await one.tasks.add_message(*log, alice(), user_message("more", "m-2"), std::nullopt));
  world.clock.advance(std::chrono::seconds(1));
  co_await until([&] { return world.clock.sleepers() == 1; });
  world.clock.advance(std::chrono::seconds(1));
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  EXPECT_EQ(probe.notes, (std::vector<std::string>{"more", "input: begin"}));
  auto task = co_await TaskLog::load(*log);
  CO_ASSERT_OK(task);
  EXPECT_EQ(task->first.history.size(), 2U);
}

CORE_TEST(Scheduler, an_adopted_turn_keeps_its_input_and_gives_later_messages_again) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "taker", take_all, probe);
  auto log = co_await one.tasks.create(new_task("taker", "begin"));
  CO_ASSERT_OK(log);
  co_await until([&] { return world.clock.sleepers() == 1; });
  CO_ASSERT_OK(
      co_await one.tasks.add_message(*log, alice(), user_message("more", "m-2"), std::nullopt));
  co_await one.scheduler.stop();
  auto& two = world.add_process("two");
  add_agent(two, "taker", take_all, probe);
  two.scheduler.start(two.tasks);
  co_await until([&] { return world.clock.sleepers() == 3; });
  auto found = co_await two.tasks.find((*log)->committed().id.to_string(), seen_by(alice()));
  CO_ASSERT_OK(found);
  CO_ASSERT_OK(
      co_await two.tasks.add_message(*found, alice(), user_message("third", "m-3"), std::nullopt));
  for (int i = 0; i < 2; ++i) {
    co_await until([&] { return world.clock.sleepers() == 3; });
    world.clock.advance(std::chrono::seconds(1));
  }
  CO_ASSERT_OK(co_await TaskLog::settled(*found));
  EXPECT_EQ(probe.notes, (std::vector<std::string>{"more", "third", "input: begin"}));
}

CORE_TEST(Scheduler, an_adopted_later_turn_keeps_its_input) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "agent", ask_once, probe);
  auto log = co_await one.tasks.create(new_task("agent", "first"));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  add_agent(one, "agent", take_all, probe);
  CO_ASSERT_OK(
      co_await one.tasks.add_message(*log, alice(), user_message("begin", "m-2"), std::nullopt));
  co_await until([&] { return world.clock.sleepers() == 1; });
  CO_ASSERT_OK(
      co_await one.tasks.add_message(*log, alice(), user_message("more", "m-3"), std::nullopt));
  co_await one.scheduler.stop();
  probe.notes.clear();
  auto& two = world.add_process("two");
  add_agent(two, "agent", take_all, probe);
  two.scheduler.start(two.tasks);
  for (int i = 0; i < 2; ++i) {
    co_await until([&] { return world.clock.sleepers() == 3; });
    world.clock.advance(std::chrono::seconds(1));
  }
  co_await until([&] { return probe.ended == 3; });
  EXPECT_EQ(probe.notes, (std::vector<std::string>{"more", "input: begin"}));
}

Async<Result<>> ask_and_linger(Run& run, Probe& probe) {
  probe.notes.push_back(a2a::text_of(run.input().parts));
  if (probe.notes.size() > 1) co_return co_await run.status(TaskState::completed);
  CO_TRY_VOID(co_await run.status(TaskState::input_required));
  CO_TRY_VOID(co_await run.flush());
  co_await run.clock().sleep_for(std::chrono::seconds(1));
  co_return ok();
}

CORE_TEST(Scheduler, an_answer_before_the_asking_turn_has_ended_begins_the_next) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "asker", ask_and_linger, probe);
  auto log = co_await one.tasks.create(new_task("asker", "question"));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  EXPECT_EQ(probe.ended, 0);
  CO_ASSERT_OK(
      co_await one.tasks.add_message(*log, alice(), user_message("answer", "m-2"), std::nullopt));
  EXPECT_EQ((*log)->committed().state, TaskState::working);
  co_await until([&] { return world.clock.sleepers() == 1; });
  world.clock.advance(std::chrono::seconds(1));
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  EXPECT_EQ(probe.notes, (std::vector<std::string>{"question", "answer"}));
  EXPECT_EQ((*log)->committed().state, TaskState::completed);
}

CORE_TEST_WITH(Scheduler, two_answers_at_once_begin_one_turn, kTwoLoops) {
  for (int round = 0; round < 50; ++round) {
    Probe probe;
    auto& one = world.process();
    add_agent(one, "asker", ask_once, probe);
    auto log = co_await one.tasks.create(new_task("asker", "question"));
    CO_ASSERT_OK(log);
    CO_ASSERT_OK(co_await TaskLog::settled(*log));
    auto answer = [](Process& at, TaskLog::Ptr task, std::string id) -> Async<> {
      auto added =
          co_await at.tasks.add_message(task, alice(), user_message("a", id), std::nullopt);
      // The other one may have ended it meanwhile.
      if (!added) {
        EXPECT_EQ(added.error().reason(), reason::kUnsupportedOperation);
      }
    };
    auto here = co_await boost::asio::this_coro::executor;
    TaskGroup answers(here);
    answers.spawn(answer(one, *log, "m-2"));
    answers.spawn(run_on(world.loops.executor(1), answer(one, *log, "m-3")));
    co_await answers.join();
    CO_ASSERT_OK(co_await TaskLog::settled(*log));
    EXPECT_EQ((*log)->committed().state, TaskState::completed);
    co_await until([&] { return one.metrics.runs_active.value() == 0; });
    EXPECT_EQ(probe.begun, 2);
  }
}

CORE_TEST(Scheduler, cancel_ends_a_run_that_waits) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "waiter", wait_for_ever, probe);
  auto log = co_await one.tasks.create(new_task("waiter", "x"));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::durable(*log));
  CO_ASSERT_OK(co_await one.tasks.cancel(*log, alice()));
  EXPECT_EQ((*log)->committed().state, TaskState::canceled);
  co_await until([&] { return probe.ended == 1; });
  CO_ASSERT_OK(co_await one.tasks.cancel(*log, alice()));  // again: nothing to do
  EXPECT_EQ((*log)->committed().seq, 3U);                  // message, working, canceled
}

CORE_TEST(Scheduler, cancel_after_completion_is_refused_and_before_it_wins) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "counter", count_up, probe);
  for (const bool cancel_first : {true, false}) {
    auto log = co_await one.tasks.create(new_task("counter", "1"));
    CO_ASSERT_OK(log);
    co_await until([&] { return world.clock.sleepers() == 1; });
    world.database->hold();  // both stand in the journal before either is stored
    world.clock.advance(std::chrono::seconds(1));
    if (!cancel_first) co_await until([&] { return a2a::is_terminal((*log)->projected().state); });
    auto here = co_await boost::asio::this_coro::executor;
    TaskGroup group(here);
    auto cancel = [](Process& at, TaskLog::Ptr task, Probe& tell) -> Async<> {
      auto done = co_await at.tasks.cancel(task, alice());
      tell.notes.push_back(done ? "canceled" : std::string(done.error().reason()));
    };
    group.spawn(cancel(one, *log, probe));
    co_await ::flotilla::testing::settle();
    EXPECT_TRUE(probe.notes.empty());  // not told before it is stored
    world.database->release();
    co_await group.join();
    CO_ASSERT_EQ(probe.notes.size(), 1U);
    EXPECT_EQ(probe.notes[0], cancel_first ? "canceled" : "TASK_NOT_CANCELABLE");
    const auto expected = cancel_first ? TaskState::canceled : TaskState::completed;
    EXPECT_EQ((*log)->committed().state, expected);
    probe.notes.clear();
  }
}

CORE_TEST(Scheduler, a_task_can_be_canceled_before_its_run_begins) {
  Probe probe;
  auto& one = world.process();
  auto log = co_await one.tasks.create(new_task("not-here", "x"));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::durable(*log));
  CO_ASSERT_OK(co_await one.tasks.cancel(*log, alice()));
  add_agent(one, "not-here", complete_at_once, probe);
  one.scheduler.start(one.tasks);
  co_await until([&] { return world.clock.sleepers() == 2; });
  EXPECT_EQ(probe.begun, 0);
  EXPECT_EQ((*log)->committed().state, TaskState::canceled);
}

Async<> create_and_cancel(Process& one, Probe& probe) {
  for (int i = 0; i < 100; ++i) {
    auto log = co_await one.tasks.create(new_task("waiter", "x"));
    CO_ASSERT_OK(log);
    CO_ASSERT_OK(co_await one.tasks.cancel(*log, alice()));
    EXPECT_EQ((*log)->committed().state, TaskState::canceled);
  }
  ++probe.ended;
}

/// The creating loop is none of the scheduler's: its turns begin by message, and a cancellation may
/// overtake them.
TEST(Scheduler, cancellation_is_not_lost_on_the_way_to_another_loop) {
  World world(kTwoLoops);
  world.run([](World& in) -> Async<> {
    Probe runs;
    Probe done;
    auto& one = in.process();
    add_agent(one, "waiter", wait_for_ever, runs);
    Loops foreign(1);
    foreign.start();
    co_await run_on(foreign.executor(0), create_and_cancel(one, done));
    EXPECT_EQ(done.ended, 1);
    co_await until([&] { return one.metrics.runs_active.value() == 0; });
    foreign.stop();
  });
}

Async<Result<>> flood(Run& run, Probe& probe) {
  for (std::size_t i = 0; i < 3 * kMaxPendingEvents; ++i) {
    auto chunk = text_artifact("flood", "x");
    CO_TRY_VOID(co_await run.artifact(std::move(chunk), i > 0, false));
    ++probe.begun;
  }
  co_return co_await run.status(TaskState::completed);
}

CORE_TEST(Scheduler, an_agent_that_emits_too_much_waits_for_the_commit) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "flooder", flood, probe);
  world.database->hold();
  auto log = co_await one.tasks.create(new_task("flooder", "x"));
  CO_ASSERT_OK(log);
  co_await until([&] { return world.database->held() == 1; });
  co_await ::flotilla::testing::settle();
  EXPECT_LT(probe.begun, static_cast<int>(2 * kMaxPendingEvents));
  EXPECT_LE((*log)->pending(), kMaxPendingEvents);
  world.database->release();
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  EXPECT_EQ(probe.begun, static_cast<int>(3 * kMaxPendingEvents) + 1);
}

CORE_TEST(Scheduler, beyond_the_limit_tasks_wait_and_are_begun_later) {
  Probe waiting;
  Probe quick;
  auto& one = world.process();
  add_agent(one, "waiter", wait_for_ever, waiting);
  add_agent(one, "asker", ask_once, quick);
  auto asked = co_await one.tasks.create(new_task("asker", "x"));
  CO_ASSERT_OK(asked);
  CO_ASSERT_OK(co_await TaskLog::settled(*asked));
  std::vector<TaskLog::Ptr> logs;
  for (std::size_t i = 0; i < kMaxRuns; ++i) {
    auto log = co_await one.tasks.create(new_task("waiter", "x"));
    CO_ASSERT_OK(log);
    logs.push_back(*log);
    if (i % 1000 != 0) continue;
    CO_ASSERT_OK(co_await TaskLog::durable(*log));
  }
  EXPECT_FALSE(one.scheduler.has_room());
  auto late = co_await one.tasks.create(new_task("asker", "y"));
  CO_ASSERT_OK(late);
  CO_ASSERT_OK(co_await TaskLog::durable(*late));
  EXPECT_EQ((*late)->committed().state, TaskState::submitted);
  // An answer must not be lost either.
  CO_ASSERT_OK(
      co_await one.tasks.add_message(*asked, alice(), user_message("z", "m-2"), std::nullopt));
  EXPECT_EQ((*asked)->committed().state, TaskState::working);
  EXPECT_EQ(quick.begun, 1);

  for (std::size_t i = 0; i < 2; ++i) {
    CO_ASSERT_OK(co_await one.tasks.cancel(logs[i], alice()));
  }
  co_await until([&] { return waiting.ended == 2; });
  one.scheduler.start(one.tasks);
  CO_ASSERT_OK(co_await TaskLog::settled(*late));
  CO_ASSERT_OK(co_await TaskLog::settled(*asked));
  EXPECT_EQ((*late)->committed().state, TaskState::input_required);
  EXPECT_EQ((*asked)->committed().state, TaskState::completed);
  EXPECT_EQ(one.metrics.runs_resumed.value(), 0U);  // nobody had begun them
}

CORE_TEST(Scheduler, untaken_messages_are_bounded) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "waiter", wait_for_ever, probe);
  auto log = co_await one.tasks.create(new_task("waiter", "x"));
  CO_ASSERT_OK(log);
  Result<> added = ok();
  std::size_t taken = 0;
  while (added && taken < 2 * kMaxUntakenInputs) {
    auto id = "m-" + std::to_string(taken);
    added = co_await one.tasks.add_message(*log, alice(), user_message("x", id), std::nullopt);
    if (added) ++taken;
  }
  EXPECT_EQ(taken, kMaxUntakenInputs);
  CO_ASSERT_TRUE(!added);
  EXPECT_EQ(added.error().code(), Code::resource_exhausted);
  EXPECT_FALSE((*log)->broken());
  CO_ASSERT_OK(co_await one.tasks.cancel(*log, alice()));
}

Async<Result<>> emit_for_ever(Run& run, Probe& probe) {
  for (;;) {
    auto chunk = text_artifact("endless", "");
    CO_TRY_VOID(co_await run.artifact(std::move(chunk), true, false));
    ++probe.ended;
  }
}

CORE_TEST(Scheduler, events_of_one_task_are_bounded) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "endless", emit_for_ever, probe);
  auto log = co_await one.tasks.create(new_task("endless", "x"));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  EXPECT_EQ((*log)->committed().state, TaskState::failed);
  EXPECT_EQ((*log)->committed().generation, kMaxSnapshotRows + 1);
}

}  // namespace
}  // namespace flotilla::core::testing
