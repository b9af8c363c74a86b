// Spans of turns: the scheduler makes them.

#include "core/runner.h"
#include "core/testing.h"
#include "telemetry/trace.h"

namespace flotilla::core::testing {
namespace {

const std::string kCaller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

struct Kept final : telemetry::SpanSink {
  void add(telemetry::SpanRecord span) override { spans.push_back(std::move(span)); }
  std::vector<telemetry::SpanRecord> spans;
};

struct Traced {
  explicit Traced(World& world) : tracer(world.clock, world.random, &kept) {
    world.process().services.tracer = &tracer;
  }
  [[nodiscard]] std::string text(std::size_t span, std::string_view key) const {
    for (const auto& [name, value] : kept.spans.at(span).attributes)
      if (name == key)
        if (const auto* text = std::get_if<std::string>(&value)) return *text;
    return "(none)";
  }
  Kept kept;
  telemetry::Tracer tracer;
};

Async<Result<>> note_trace(Run& run, Probe& probe) {
  probe.notes.push_back(telemetry::traceparent(run.span().context()));
  co_return co_await ask_once(run, probe);
}

Async<Result<>> fail_plainly(Run&, Probe&) {
  co_return fail(Error(Code::unavailable, "the weather service does not answer"));
}

Async<TaskLog::Ptr> run_one(Process& process, std::string agent, std::string traceparent) {
  auto wanted = new_task(std::move(agent), "go");
  wanted.traceparent = std::move(traceparent);
  auto log = co_await process.tasks.create(std::move(wanted));
  const auto settled = co_await TaskLog::settled(*log);
  EXPECT_TRUE(settled);
  co_return *log;
}

CORE_TEST(TurnTrace, all_turns_of_a_task_stand_below_who_asked_for_it) {
  Traced traced(world);
  Probe probe;
  auto& process = world.process();
  add_agent(process, "asker", note_trace, probe);
  std::string id;
  {
    const auto log = co_await run_one(process, "asker", kCaller);
    id = log->committed().id.to_string();
    co_await until([&] { return probe.ended == 1; });
  }
  // Nobody in this process knows the task now: its trace comes from the store.
  auto log = co_await process.tasks.find(id, seen_by(alice()));
  auto answer = user_message("this", "m-2");
  const auto added = co_await process.tasks.add_message(*log, alice(), std::move(answer), {});
  EXPECT_TRUE(added);
  const auto settled = co_await TaskLog::settled(*log);
  EXPECT_TRUE(settled);
  co_await until([&] { return traced.kept.spans.size() == 2; });

  const auto caller = telemetry::parse_traceparent(kCaller);
  for (const auto& span : traced.kept.spans) {
    EXPECT_EQ(span.name, "invoke_agent asker");
    EXPECT_EQ(span.context.trace, caller->trace);
    EXPECT_EQ(span.parent, caller->span);
  }
  EXPECT_EQ(probe.notes.front(), telemetry::traceparent(traced.kept.spans.front().context));
  EXPECT_EQ(traced.text(0, "gen_ai.agent.id"), "default/asker");
  EXPECT_EQ(traced.text(0, "a2a.task.id"), id);
  EXPECT_EQ(traced.text(0, "a2a.task.state"), "TASK_STATE_INPUT_REQUIRED");
  EXPECT_EQ(traced.text(1, "a2a.task.state"), "TASK_STATE_COMPLETED");
}

CORE_TEST(TurnTrace, a_task_without_a_caller_is_a_trace_of_its_own) {
  Traced traced(world);
  Probe probe;
  add_agent(world.process(), "failing", fail_plainly, probe);
  const auto log = co_await run_one(world.process(), "failing", "");
  co_await until([&] { return traced.kept.spans.size() == 1; });
  const auto& span = traced.kept.spans.front();
  EXPECT_EQ(span.context.trace, log->committed().id.uuid.bytes);
  EXPECT_EQ(span.parent, (std::array<std::uint8_t, 8>{}));
  EXPECT_EQ(span.status, telemetry::SpanStatus::error);
  EXPECT_EQ(span.status_message, "the weather service does not answer");
  EXPECT_EQ(traced.text(0, "error.type"), "UNAVAILABLE");
}

CORE_TEST(TurnTrace, untraced_turns_still_know_their_caller) {
  Probe probe;
  add_agent(world.process(), "asker", note_trace, probe);
  co_await run_one(world.process(), "asker", kCaller);
  co_await until([&] { return probe.ended == 1; });
  EXPECT_EQ(probe.notes.front(), kCaller);
}

CORE_TEST(TurnTrace, a_turn_that_goes_on_after_a_crash_says_so) {
  Traced traced(world);
  Probe probe;
  auto& one = world.process();
  add_agent(one, "counter", count_up, probe);
  auto wanted = new_task("counter", "3");
  wanted.traceparent = kCaller;
  auto created = co_await one.tasks.create(std::move(wanted));
  const auto stored = co_await TaskLog::durable(*created);
  EXPECT_TRUE(stored);
  co_await advance_until(world, 1, [&] { return (*created)->committed().seq >= 3; });
  const std::string id = (*created)->committed().id.to_string();
  created = fail(Error(Code::internal, "given back"));
  co_await one.scheduler.stop();
  EXPECT_EQ(traced.kept.spans.size(), 1U);

  auto& two = world.add_process("two");
  two.services.tracer = &traced.tracer;
  add_agent(two, "counter", count_up, probe);
  two.scheduler.start(two.tasks);
  co_await advance_until(world, 2, [&] { return traced.kept.spans.size() == 2; });
  const auto& last = traced.kept.spans.back();
  EXPECT_EQ(last.context.trace, traced.kept.spans.front().context.trace);
  bool resumed = false;
  for (const auto& [name, value] : last.attributes) resumed |= name == "flotilla.resumed";
  EXPECT_TRUE(resumed);
}

}  // namespace
}  // namespace flotilla::core::testing
