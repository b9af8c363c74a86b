#include "core/input_gate.h"

#include "core/task_sql.h"
#include "core/testing.h"

namespace flotilla::core {
namespace {

using namespace testing;

/// Refuses `no`, adds a note to everything else; asked about the messages of waiting tasks.
class FakeGate final : public InputGate {
 public:
  Async<Result<InputAddition>> admit(const TaskRow& row, std::shared_ptr<const Principal> principal,
                                     const a2a::Message& message) override {
    ++asked;
    seen = row.seq;
    if (before_answer) {
      auto log = std::exchange(before_answer, nullptr);
      InputAddition other;
      other.entries.push_back(Draft::record(EventKind::note, "other", "{}"));
      auto added = co_await tasks->add_decided(log, principal, row.seq, std::move(other), {});
      EXPECT_TRUE(added && *added);
    }
    if (a2a::text_of(message.parts) == "no")
      co_return fail(Error(Code::permission_denied, "the gate is closed"));
    InputAddition added;
    added.entries.push_back(Draft::record(EventKind::approval, principal->name, R"({"n":1})"));
    co_return added;
  }
  void admitted(const TaskRow&) override { ++told; }
  [[nodiscard]] bool concerns(const TaskRow& row, const a2a::Message&) const override {
    return row.state == a2a::TaskState::input_required;
  }
  db::Batch at_cancel(const TaskRow&) override {
    ++canceled;
    return {};
  }
  Tasks* tasks = nullptr;
  TaskLog::Ptr before_answer;  // moves on while the gate thinks
  std::uint64_t seen = 0;
  int asked = 0;
  int told = 0;
  int canceled = 0;
};

Async<Result<TaskLog::Ptr>> waiting(Process& process, Probe& probe) {
  add_agent(process, "asks", ask_once, probe);
  CO_TRY(log, co_await process.tasks.create(new_task("asks", "hello")));
  CO_TRY_VOID(co_await TaskLog::settled(log));
  co_return log;
}

std::string kinds_of(const std::vector<EventPtr>& events) {
  std::string text;
  for (const auto& event : events) text += std::string(to_string(event->kind)) + " ";
  return text;
}

CORE_TEST(InputGate, what_it_adds_stands_before_the_message) {
  auto& process = world.process();
  FakeGate gate;
  process.services.gate = &gate;
  Probe probe;
  auto log = co_await waiting(process, probe);
  CO_ASSERT_OK(log);
  EXPECT_EQ(gate.asked, 0);
  CO_ASSERT_OK(co_await process.tasks.add_message(*log, alice(), user_message("x", "m-2"), {}));
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  EXPECT_EQ(gate.asked, 1);
  EXPECT_EQ(gate.told, 1);
  auto events = co_await journal_of(*log);
  CO_ASSERT_OK(events);
  EXPECT_TRUE(kinds_of(*events).starts_with("message status approval message status "));
  EXPECT_EQ((*events)[2]->actor, "alice");
}

CORE_TEST(InputGate, a_refusal_stores_nothing) {
  auto& process = world.process();
  FakeGate gate;
  process.services.gate = &gate;
  Probe probe;
  auto log = co_await waiting(process, probe);
  CO_ASSERT_OK(log);
  const auto seq = (*log)->committed().seq;
  auto refused = co_await process.tasks.add_message(*log, alice(), user_message("no", "m-2"), {});
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::permission_denied);
  EXPECT_EQ((*log)->projected().seq, seq);
  EXPECT_EQ(gate.told, 0);
  EXPECT_EQ((*log)->state(), a2a::TaskState::input_required);
}

CORE_TEST(InputGate, it_is_asked_again_when_the_journal_has_moved_on) {
  auto& process = world.process();
  FakeGate gate;
  process.services.gate = &gate;
  gate.tasks = &process.tasks;
  Probe probe;
  auto log = co_await waiting(process, probe);
  CO_ASSERT_OK(log);
  const auto seq = (*log)->committed().seq;
  gate.before_answer = *log;
  CO_ASSERT_OK(co_await process.tasks.add_message(*log, alice(), user_message("x", "m-2"), {}));
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  EXPECT_EQ(gate.asked, 2);
  EXPECT_EQ(gate.seen, seq + 1);
  auto events = co_await journal_of(*log);
  CO_ASSERT_OK(events);
  EXPECT_TRUE(kinds_of(*events).starts_with("message status note approval message status "));
}

CORE_TEST(InputGate, what_is_decided_counts_at_its_place_only) {
  auto& process = world.process();
  Probe probe;
  auto log = co_await waiting(process, probe);
  CO_ASSERT_OK(log);
  const auto seq = (*log)->committed().seq;
  InputAddition stale;
  stale.entries.push_back(Draft::record(EventKind::note, "x", "{}"));
  auto missed = co_await process.tasks.add_decided(*log, alice(), seq - 1, stale, {});
  EXPECT_TRUE(missed && !*missed);
  missed = co_await process.tasks.add_decided(*log, alice(), seq - 1, stale, user_message("x"));
  EXPECT_TRUE(missed && !*missed);
  EXPECT_EQ((*log)->projected().seq, seq);
  auto woken = co_await process.tasks.add_decided(*log, alice(), seq, stale, user_message("x"));
  EXPECT_TRUE(woken && *woken);
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  EXPECT_EQ((*log)->state(), a2a::TaskState::completed);
}

CORE_TEST(InputGate, a_cancellation_is_told) {
  auto& process = world.process();
  FakeGate gate;
  process.services.gate = &gate;
  Probe probe;
  auto log = co_await waiting(process, probe);
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await process.tasks.cancel(*log, alice()));
  EXPECT_EQ(gate.canceled, 1);
}

/// Asks as soon as nothing is left to be read.
Async<Result<>> ask_after_reading(Run& run, Probe& probe) {
  if (run.task().history.size() > 2) co_return co_await run.status(a2a::TaskState::completed);
  CO_TRY_VOID(co_await run.sleep(std::chrono::seconds(1)));
  for (;;) {
    std::vector<std::string> entries{R"({"n":1})"};
    CO_TRY(asked, co_await run.ask(std::move(entries), db::Batch(), run.message("which?")));
    if (asked) co_return ok();
    for (const auto& message : run.take_messages())
      probe.notes.push_back(a2a::text_of(message.parts));
  }
}

CORE_TEST(InputGate, a_turn_does_not_fall_asleep_over_a_message) {
  auto& process = world.process();
  Probe probe;
  add_agent(process, "asks", ask_after_reading, probe);
  auto log = co_await process.tasks.create(new_task("asks", "hello"));
  CO_ASSERT_OK(log);
  co_await until([&] { return world.clock.sleepers() > 0; });
  CO_ASSERT_OK(co_await process.tasks.add_message(*log, alice(), user_message("more", "m-2"), {}));
  world.clock.advance(std::chrono::seconds(1));
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  EXPECT_EQ((*log)->state(), a2a::TaskState::input_required);
  EXPECT_EQ(probe.notes, std::vector<std::string>{"more"});
  auto events = co_await journal_of(*log);
  CO_ASSERT_OK(events);
  EXPECT_TRUE(kinds_of(*events).ends_with("approval status "));
}

}  // namespace
}  // namespace flotilla::core
