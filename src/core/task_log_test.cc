#include "core/task_log.h"

#include "async/task_group.h"
#include "core/limits.h"
#include "core/testing.h"

namespace flotilla::core::testing {
namespace {

using a2a::TaskState;

Async<Result<>> say_and_flush(Run& run, Probe& probe) {
  auto artifact = text_artifact("a", "first");
  CO_TRY_VOID(co_await run.artifact(std::move(artifact), false, true));
  CO_TRY_VOID(co_await run.flush());
  probe.notes.push_back("flushed");
  co_return co_await run.status(TaskState::completed);
}

Async<> note_when_durable(TaskLog::Ptr log, Probe& probe, std::string note) {
  auto done = co_await TaskLog::durable(log);
  probe.notes.push_back(note +
                        (done ? "" : std::string(": ") + std::string(done.error().reason())));
}

CORE_TEST(TaskLog, created_run_and_settled) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "quick", complete_at_once, probe);
  auto log = co_await one.tasks.create(new_task("quick", "hello"));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  const auto row = (*log)->committed();
  EXPECT_EQ(row.state, TaskState::completed);
  EXPECT_EQ(row.owner, "alice");
  EXPECT_FALSE(row.lease_holder);
  auto loaded = co_await TaskLog::load(*log);
  CO_ASSERT_OK(loaded);
  EXPECT_EQ(texts_of(loaded->first), "hello ");
  CO_ASSERT_EQ(loaded->first.history.size(), 1U);
  EXPECT_EQ(loaded->first.history[0].contextId, row.context_id);
  EXPECT_EQ(loaded->first.history[0].taskId, row.id.to_string());
}

CORE_TEST(TaskLog, a_quick_turn_is_one_commit_and_never_shows_working) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "quick", complete_at_once, probe);
  const auto before = world.database->passed();
  auto log = co_await one.tasks.create(new_task("quick", "hello"));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  EXPECT_EQ(world.database->passed() - before, 1U);
  auto events = co_await journal_of(*log);
  CO_ASSERT_OK(events);
  CO_ASSERT_EQ(events->size(), 3U);
  EXPECT_EQ((*events)[0]->kind, EventKind::message);
  EXPECT_EQ((*events)[1]->kind, EventKind::artifact);
  EXPECT_EQ((*events)[2]->state, TaskState::completed);
}

CORE_TEST(TaskLog, a_turn_that_waits_is_shown_working) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "counter", count_up, probe);
  auto log = co_await one.tasks.create(new_task("counter", "1"));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::durable(*log));
  EXPECT_EQ((*log)->committed().state, TaskState::working);
  co_await until([&] { return world.clock.sleepers() == 1; });
  world.clock.advance(std::chrono::seconds(1));
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  EXPECT_EQ((*log)->committed().state, TaskState::completed);
}

CORE_TEST(TaskLog, nothing_is_visible_before_its_commit) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "sayer", say_and_flush, probe);
  world.database->hold();
  auto log = co_await one.tasks.create(new_task("sayer", "hello"));
  CO_ASSERT_OK(log);
  auto here = co_await boost::asio::this_coro::executor;
  TaskGroup waiters(here);
  waiters.spawn(note_when_durable(*log, probe, "durable"));
  auto subscription = TaskLog::subscribe(*log, 0);
  CO_ASSERT_OK(subscription);
  co_await until([&] { return world.database->held() == 1; });
  co_await ::flotilla::testing::settle();
  EXPECT_TRUE(probe.notes.empty());
  EXPECT_FALSE((*log)->stored());
  EXPECT_EQ((*log)->committed().seq, 0U);
  EXPECT_FALSE(TaskLog::subscribe(*log, 1));
  TaskFilter all;
  auto page = co_await one.tasks.list(seen_by(alice()), all);
  CO_ASSERT_OK(page);
  EXPECT_TRUE(page->rows.empty());
  EXPECT_EQ(one.feed.revision(), 0U);

  world.database->pass_one();
  auto events = co_await read_to(**subscription, 3);
  CO_ASSERT_OK(events);
  EXPECT_EQ(events->size(), 3U);  // message, artifact, working
  co_await until([&] { return probe.notes.size() == 2; });
  EXPECT_EQ((*log)->committed().state, TaskState::working);
  co_await until([&] { return world.database->held() == 1; });  // the completion waits now
  EXPECT_EQ((*log)->projected().state, TaskState::completed);
  auto seen = co_await TaskLog::load(*log);
  CO_ASSERT_OK(seen);
  EXPECT_EQ(seen->first.status.state, TaskState::working);
  world.database->release();
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  co_await waiters.join();
}

CORE_TEST(TaskLog, a_task_is_not_found_before_it_is_stored) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "quick", complete_at_once, probe);
  world.database->hold();
  auto log = co_await one.tasks.create(new_task("quick", "hello"));
  CO_ASSERT_OK(log);
  const std::string id = (*log)->committed().id.to_string();
  auto here = co_await boost::asio::this_coro::executor;
  TaskGroup finders(here);
  auto find = [](Process& at, std::string task, Probe& tell) -> Async<> {
    auto found = co_await at.tasks.find(task, seen_by(alice()));
    tell.notes.push_back(found ? "found" : std::string(found.error().reason()));
  };
  finders.spawn(find(one, id, probe));
  co_await ::flotilla::testing::settle();
  EXPECT_TRUE(probe.notes.empty());
  world.database->release();
  co_await finders.join();
  CO_ASSERT_EQ(probe.notes.size(), 1U);
  EXPECT_EQ(probe.notes[0], "found");
}

CORE_TEST(TaskLog, a_failed_commit_fails_all_who_wait_and_breaks_the_log) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "counter", count_up, probe);
  auto created = co_await one.tasks.create(new_task("counter", "3"));
  CO_ASSERT_OK(created);
  auto log = std::move(*created);
  CO_ASSERT_OK(co_await TaskLog::durable(log));
  const std::string id = log->committed().id.to_string();
  auto subscription = TaskLog::subscribe(log, std::nullopt);
  CO_ASSERT_OK(subscription);
  world.database->fail_after(0, Error(Code::resource_exhausted, reason::kStorageFull, "full"));
  auto added =
      co_await one.tasks.add_message(log, alice(), user_message("more", "m-2"), std::nullopt);
  CO_ASSERT_TRUE(!added);
  EXPECT_EQ(added.error().reason(), reason::kStorageFull);
  EXPECT_TRUE(log->broken());
  auto waits = co_await TaskLog::settled(log);
  EXPECT_FALSE(waits);
  auto events = co_await (*subscription)->next();
  CO_ASSERT_TRUE(!events);
  EXPECT_EQ(events.error().reason(), reason::kStorageFull);
  EXPECT_FALSE(co_await TaskLog::load(log));
  co_await until([&] { return probe.ended == 1; });  // its turn was cancelled

  world.database->recover();
  auto again = co_await one.tasks.find(id, seen_by(alice()));
  CO_ASSERT_OK(again);
  EXPECT_NE(*again, log);
  auto loaded = co_await TaskLog::load(*again);
  CO_ASSERT_OK(loaded);
  EXPECT_EQ(loaded->first.history.size(), 1U);  // the refused message is not there
  CO_ASSERT_OK(
      co_await one.tasks.add_message(*again, alice(), user_message("more", "m-2"), std::nullopt));
}

CORE_TEST(TaskLog, after_a_failed_write_the_task_goes_on_without_restart) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "counter", count_up, probe);
  one.scheduler.start(one.tasks);
  auto log = co_await one.tasks.create(new_task("counter", "2"));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::durable(*log));
  const std::string id = (*log)->committed().id.to_string();
  co_await until([&] { return world.clock.sleepers() == 3; });  // adoption, renewal, the turn
  world.database->fail_after(0, Error(Code::resource_exhausted, reason::kStorageFull, "full"));
  world.clock.advance(std::chrono::seconds(1));
  co_await until([&] { return probe.ended == 1; });
  log = fail(Error(Code::internal, "let go of"));
  world.database->recover();
  // The lease is still ours in the store, and renewed; it must be given back.
  co_await advance_until(world, 2, [&] { return probe.begun == 2; });
  auto found = co_await one.tasks.find(id, seen_by(alice()));
  CO_ASSERT_OK(found);
  co_await advance_until(world, 2, [&] { return probe.ended == 2; });
  CO_ASSERT_OK(co_await TaskLog::settled(*found));
  auto loaded = co_await TaskLog::load(*found);
  CO_ASSERT_OK(loaded);
  EXPECT_EQ(texts_of(loaded->first), "1 2 ");
  EXPECT_EQ(loaded->first.status.state, TaskState::completed);
}

CORE_TEST(TaskLog, a_task_whose_creation_failed_does_not_exist) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "counter", count_up, probe);
  world.database->fail_after(0, Error(Code::failed_precondition, reason::kStorageReadOnly, "no"));
  auto log = co_await one.tasks.create(new_task("counter", "3"));
  CO_ASSERT_OK(log);
  auto done = co_await TaskLog::durable(*log);
  CO_ASSERT_TRUE(!done);
  EXPECT_EQ(done.error().reason(), reason::kStorageReadOnly);
  world.database->recover();
  auto found = co_await one.tasks.find((*log)->committed().id.to_string(), seen_by(alice()));
  CO_ASSERT_TRUE(!found);
  EXPECT_EQ(found.error().reason(), reason::kTaskNotFound);
  co_await until([&] { return probe.ended == 1; });
}

CORE_TEST(TaskLog, terminal_states_never_change) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "quick", complete_at_once, probe);
  auto log = co_await one.tasks.create(new_task("quick", "x"));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  const auto row = (*log)->committed();
  a2a::TaskStatusUpdateEvent update;
  update.status.state = TaskState::working;
  auto status = (*log)->append(std::nullopt, Draft::status("x", update));
  CO_ASSERT_TRUE(!status);
  EXPECT_EQ(status.error().reason(), reason::kIllegalTransition);
  auto note = (*log)->append(std::nullopt, Draft::record(EventKind::note, "x", "{}"));
  CO_ASSERT_TRUE(!note);
  EXPECT_EQ((*log)->projected().seq, row.seq);
}

CORE_TEST(TaskLog, status_messages_become_history_at_their_place) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "asker", ask_once, probe);
  auto log = co_await one.tasks.create(new_task("asker", "one"));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  EXPECT_EQ((*log)->committed().state, TaskState::input_required);
  CO_ASSERT_OK(
      co_await one.tasks.add_message(*log, alice(), user_message("two", "m-2"), std::nullopt));
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  const std::vector<std::string> turns{"one", "one", "which?", "two"};
  EXPECT_EQ(probe.notes, turns);  // each run saw the order, too
  auto cached = co_await TaskLog::load(*log);
  CO_ASSERT_OK(cached);
  auto fresh = std::make_shared<TaskLog>(one.services, (*log)->committed());
  auto stored = co_await TaskLog::load(fresh);
  CO_ASSERT_OK(stored);
  EXPECT_EQ(json::to_text(cached->first), json::to_text(stored->first));
  CO_ASSERT_EQ(stored->first.history.size(), 3U);
  EXPECT_EQ(a2a::text_of(stored->first.history[1].parts), "which?");
  EXPECT_EQ(stored->first.history[1].role, a2a::MessageRole::agent);
}

Async<Result<>> tell_twice(Run& run, Probe&) {
  auto message = run.message("half");
  CO_TRY_VOID(co_await run.status(TaskState::working, message));
  message.parts = {a2a::text_part("whole")};
  CO_TRY_VOID(co_await run.status(TaskState::working, message));
  co_return co_await run.status(TaskState::completed);
}

CORE_TEST(TaskLog, a_status_message_told_again_is_replaced) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "teller", tell_twice, probe);
  auto log = co_await one.tasks.create(new_task("teller", "go"));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  auto cached = co_await TaskLog::load(*log);
  auto stored =
      co_await TaskLog::load(std::make_shared<TaskLog>(one.services, (*log)->committed()));
  CO_ASSERT_OK(cached);
  CO_ASSERT_OK(stored);
  EXPECT_EQ(json::to_text(cached->first), json::to_text(stored->first));
  CO_ASSERT_EQ(stored->first.history.size(), 2U);
  EXPECT_EQ(a2a::text_of(stored->first.history[1].parts), "whole");
}

CORE_TEST(TaskLog, a_large_task_is_read_from_the_store) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "quick", complete_at_once, probe);
  const std::string large(kMaxCachedSnapshot / 2 + 10, 'x');
  auto log = co_await one.tasks.create(new_task("quick", large));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  const auto reads = world.database->reads();
  auto loaded = co_await TaskLog::load(*log);
  CO_ASSERT_OK(loaded);
  EXPECT_GT(world.database->reads(), reads);
  EXPECT_EQ(texts_of(loaded->first), large + " ");
}

CORE_TEST(TaskLog, one_text_serves_all_readers_of_a_snapshot) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "waiter", wait_for_ever, probe);
  auto log = co_await one.tasks.create(new_task("waiter", "x"));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::durable(*log));
  auto first = co_await TaskLog::view(*log);
  auto second = co_await TaskLog::view(*log);
  CO_ASSERT_OK(first);
  CO_ASSERT_OK(second);
  EXPECT_EQ(first->task, second->task);
}

}  // namespace
}  // namespace flotilla::core::testing
