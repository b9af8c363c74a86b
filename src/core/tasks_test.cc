#include "core/tasks.h"

#include "async/task_group.h"
#include "core/testing.h"

// I5: what is not yours is not there; and what a repeated message gives.

namespace flotilla::core::testing {
namespace {

using a2a::TaskState;

std::string replaced(std::string text, const std::string& id) {
  for (auto at = text.find(id); at != std::string::npos; at = text.find(id))
    text.replace(at, id.size(), "ID");
  return text;
}

/// All that an error shows, without the id that was asked for.
std::string shown(const Error& error, const std::string& id) {
  std::string text = std::string(to_string(error.code())) + "|" + std::string(error.reason()) +
                     "|" + error.message();
  for (const auto& [name, value] : error.metadata()) text += "|" + name + "=" + value;
  for (const auto& field : error.violations()) text += "|" + field.field + "=" + field.description;
  return replaced(std::move(text), id);
}

CORE_TEST(Tasks, a_foreign_task_answers_as_an_unknown_one) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "waiter", wait_for_ever, probe);
  auto log = co_await one.tasks.create(new_task("waiter", "x"));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::durable(*log));
  const std::string id = (*log)->committed().id.to_string();
  const std::string unknown = make_uuid_v7(world.clock.now(), world.random).to_string();
  for (const bool live : {true, false}) {
    for (const auto& who : {bob(), carol()}) {
      auto foreign = co_await one.tasks.find(id, seen_by(who));
      auto missing = co_await one.tasks.find(unknown, seen_by(who));
      CO_ASSERT_TRUE(!foreign && !missing);
      EXPECT_EQ(shown(foreign.error(), id), shown(missing.error(), unknown));
    }
    EXPECT_TRUE(co_await one.tasks.find(id, seen_by(alice())));
    EXPECT_TRUE(co_await one.tasks.find(id, seen_by(admin())));
    if (!live) break;
    CO_ASSERT_OK(co_await one.tasks.cancel(*log, alice()));
    co_await until([&] { return probe.ended == 1; });
    log = fail(Error(Code::internal, "now it is in the store only"));
  }
  auto malformed = co_await one.tasks.find("no id", seen_by(alice()));
  CO_ASSERT_TRUE(!malformed);
  EXPECT_EQ(malformed.error().reason(), reason::kTaskNotFound);
}

CORE_TEST(Tasks, an_agent_shows_its_own_tasks_only) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "quick", complete_at_once, probe);
  auto log = co_await one.tasks.create(new_task("quick", "x"));
  CO_ASSERT_OK(log);
  const std::string id = (*log)->committed().id.to_string();
  auto there = seen_by(alice());
  there.name_space = "default";
  there.agent = "quick";
  EXPECT_TRUE(co_await one.tasks.find(id, there));
  there.agent = "other";
  EXPECT_FALSE(co_await one.tasks.find(id, there));
  there.agent = "quick";
  there.name_space = "elsewhere";
  EXPECT_FALSE(co_await one.tasks.find(id, there));
}

CORE_TEST(Tasks, the_context_of_another_opens_a_session_of_ones_own) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "quick", complete_at_once, probe);
  auto mine = new_task("quick", "x");
  mine.context_id = "shared-name";
  auto first = co_await one.tasks.create(std::move(mine));
  CO_ASSERT_OK(first);
  CO_ASSERT_OK(co_await TaskLog::settled(*first));
  auto theirs = new_task("quick", "x");
  theirs.context_id = "shared-name";
  theirs.principal = bob();
  auto second = co_await one.tasks.create(std::move(theirs));
  CO_ASSERT_OK(second);
  CO_ASSERT_OK(co_await TaskLog::settled(*second));
  EXPECT_EQ((*first)->committed().context_id, (*second)->committed().context_id);
  EXPECT_NE((*first)->committed().session, (*second)->committed().session);
  auto again = new_task("quick", "y", "m-2");
  again.context_id = "shared-name";
  auto third = co_await one.tasks.create(std::move(again));
  CO_ASSERT_OK(third);
  CO_ASSERT_OK(co_await TaskLog::settled(*third));
  EXPECT_EQ((*first)->committed().session, (*third)->committed().session);

  TaskFilter filter;
  filter.context_id = "shared-name";
  filter.count_all = true;
  auto page = co_await one.tasks.list(seen_by(alice()), filter);
  CO_ASSERT_OK(page);
  EXPECT_EQ(page->rows.size(), 2U);
  EXPECT_EQ(page->total, 2);
  page = co_await one.tasks.list(seen_by(carol()), filter);
  CO_ASSERT_OK(page);
  EXPECT_EQ(page->total, 0);
  page = co_await one.tasks.list(seen_by(admin()), filter);
  CO_ASSERT_OK(page);
  EXPECT_EQ(page->total, 3);
}

CORE_TEST(Tasks, lists_filter_and_count) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "quick", complete_at_once, probe);
  add_agent(one, "asker", ask_once, probe);
  const Time start = world.clock.now();
  for (int i = 0; i < 6; ++i) {
    auto log = co_await one.tasks.create(new_task(i % 2 == 0 ? "quick" : "asker", "x"));
    CO_ASSERT_OK(log);
    CO_ASSERT_OK(co_await TaskLog::settled(*log));
    world.clock.advance(std::chrono::seconds(1));
  }
  TaskFilter filter;
  filter.count_all = true;
  filter.state = TaskState::input_required;
  auto page = co_await one.tasks.list(seen_by(alice()), filter);
  CO_ASSERT_OK(page);
  EXPECT_EQ(page->total, 3);
  filter.state.reset();
  filter.status_since = start + std::chrono::seconds(4);
  page = co_await one.tasks.list(seen_by(alice()), filter);
  CO_ASSERT_OK(page);
  EXPECT_EQ(page->total, 2);  // inclusive
  filter.status_since.reset();
  auto there = seen_by(alice());
  there.name_space = "default";
  there.agent = "asker";
  page = co_await one.tasks.list(there, filter);
  CO_ASSERT_OK(page);
  EXPECT_EQ(page->total, 3);
  filter.session = page->rows[0].session;
  page = co_await one.tasks.list(seen_by(alice()), filter);
  CO_ASSERT_OK(page);
  EXPECT_EQ(page->total, 1);
}

CORE_TEST(Tasks, pages_are_stable_under_inserts) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "quick", complete_at_once, probe);
  std::set<std::string> old;
  for (int i = 0; i < 25; ++i) {
    auto log = co_await one.tasks.create(new_task("quick", "x"));
    CO_ASSERT_OK(log);
    CO_ASSERT_OK(co_await TaskLog::settled(*log));
    old.insert((*log)->committed().id.to_string());
    if (i % 4 == 0) world.clock.advance(std::chrono::milliseconds(1));  // many of one time
  }
  TaskFilter filter;
  filter.limit = 4;
  std::vector<std::string> seen;
  for (;;) {
    auto page = co_await one.tasks.list(seen_by(alice()), filter);
    CO_ASSERT_OK(page);
    EXPECT_LE(page->rows.size(), 4U);
    for (const auto& row : page->rows) seen.push_back(row.id.to_string());
    world.clock.advance(std::chrono::milliseconds(1));
    auto log = co_await one.tasks.create(new_task("quick", "new"));
    CO_ASSERT_OK(log);
    CO_ASSERT_OK(co_await TaskLog::settled(*log));
    if (!page->next) break;
    filter.before = page->next;
  }
  EXPECT_EQ(seen.size(), old.size());
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()), old);
}

CORE_TEST(Tasks, a_direct_answer_is_listed_only_on_request) {
  Probe probe;
  auto& one = world.process();
  add_agent(
      one, "direct",
      [](Run& run, Probe&) -> Async<Result<>> {
        auto message = run.message("hi");
        co_return co_await run.reply(std::move(message));
      },
      probe);
  auto log = co_await one.tasks.create(new_task("direct", "x"));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  EXPECT_TRUE((*log)->committed().direct);
  TaskFilter all;
  auto page = co_await one.tasks.list(seen_by(alice()), all);
  CO_ASSERT_OK(page);
  EXPECT_TRUE(page->rows.empty());
  all.include_direct = true;
  page = co_await one.tasks.list(seen_by(alice()), all);
  CO_ASSERT_OK(page);
  EXPECT_EQ(page->rows.size(), 1U);
}

CORE_TEST(Tasks, a_bare_answer_after_something_was_shown_hides_nothing) {
  Probe probe;
  auto& one = world.process();
  add_agent(
      one, "late",
      [](Run& run, Probe&) -> Async<Result<>> {
        CO_TRY_VOID(co_await run.flush());  // the task is seen working
        auto message = run.message("hi");
        co_return co_await run.reply(std::move(message));
      },
      probe);
  auto log = co_await one.tasks.create(new_task("late", "x"));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  EXPECT_EQ((*log)->committed().state, TaskState::completed);
  EXPECT_FALSE((*log)->committed().direct);
}

Async<Result<TaskId>> send(Process& process, std::string_view key) {
  auto task = new_task("quick", "x");
  task.dedupe_key = DedupeKey::of(key);
  CO_TRY(log, co_await process.tasks.create(std::move(task)));
  CO_TRY_VOID(co_await TaskLog::durable(log));
  co_return log->committed().id;
}

CORE_TEST_WITH(Tasks, a_key_is_taken_until_it_expires_and_across_restarts, kOnDisk) {
  Probe probe;
  TaskId id;
  for (int start = 0; start < 2; ++start) {
    auto& one = world.process();
    add_agent(one, "quick", complete_at_once, probe);
    auto first = co_await send(one, "key");
    if (start == 0) {
      CO_ASSERT_OK(first);
      id = *first;
    }
    auto again = co_await send(one, "key");
    CO_ASSERT_TRUE(!again);
    EXPECT_EQ(again.error().code(), Code::already_exists);
    auto known = co_await one.tasks.find_duplicate(DedupeKey::of("key"));
    CO_ASSERT_OK(known);
    EXPECT_EQ(*known, id);
    EXPECT_TRUE(co_await send(one, "other-" + std::to_string(start)));
    co_await until([&] { return one.metrics.runs_active.value() == 0; });
    co_await world.stop_all();
    world.reopen();
  }
  auto& one = world.process();
  add_agent(one, "quick", complete_at_once, probe);
  world.clock.advance(std::chrono::hours(24));
  auto known = co_await one.tasks.find_duplicate(DedupeKey::of("key"));
  CO_ASSERT_OK(known);
  EXPECT_FALSE(*known);
  auto later = co_await send(one, "key");
  CO_ASSERT_OK(later);
  EXPECT_NE(*later, id);
}

CORE_TEST(Tasks, keys_that_share_a_number_are_of_different_messages) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "quick", complete_at_once, probe);
  std::vector<TaskId> made;
  for (const std::int64_t check : {1, 2}) {
    auto task = new_task("quick", "x");
    task.dedupe_key = DedupeKey{7, check};
    auto log = co_await one.tasks.create(std::move(task));
    CO_ASSERT_OK(log);
    CO_ASSERT_OK(co_await TaskLog::durable(*log));
    made.push_back((*log)->committed().id);
  }
  auto newer = co_await one.tasks.find_duplicate(DedupeKey{7, 2});
  CO_ASSERT_OK(newer);
  EXPECT_EQ(*newer, made.at(1));
  auto older = co_await one.tasks.find_duplicate(DedupeKey{7, 1});
  CO_ASSERT_OK(older);
  EXPECT_FALSE(*older);
}

CORE_TEST(Tasks, expired_keys_are_pruned) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "quick", complete_at_once, probe);
  CO_ASSERT_OK(co_await send(one, "key"));
  one.scheduler.start(one.tasks);
  co_await until([&] { return world.clock.sleepers() == 2; });
  world.clock.advance(std::chrono::hours(25));
  static const db::Statement count{"SELECT COUNT(*) FROM idempotency"};
  std::int64_t left = 1;
  while (left > 0) {
    auto rows = co_await world.store->read(count, {}, 1);
    CO_ASSERT_OK(rows);
    left = db::int_at(rows->at(0), 0);
  }
}

CORE_TEST_WITH(Tasks, without_deduplication_each_message_is_new, (Given{.dedupe = {}})) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "quick", complete_at_once, probe);
  EXPECT_FALSE(one.tasks.deduplicates());
  EXPECT_TRUE(co_await send(one, "key"));
  EXPECT_TRUE(co_await send(one, "key"));
}

CORE_TEST(Tasks, a_message_repeated_before_its_commit_is_added_once) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "waiter", wait_for_ever, probe);
  auto log = co_await one.tasks.create(new_task("waiter", "x"));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::durable(*log));
  auto add = [](Process& at, TaskLog::Ptr task) -> Async<> {
    EXPECT_TRUE(co_await at.tasks.add_message(task, alice(), user_message("y", "m-2"),
                                              DedupeKey::of("key-2")));
  };
  auto here = co_await boost::asio::this_coro::executor;
  TaskGroup adders(here);
  for (int i = 0; i < 5; ++i) adders.spawn(add(one, *log));
  co_await adders.join();
  auto loaded = co_await TaskLog::load(*log);
  CO_ASSERT_OK(loaded);
  EXPECT_EQ(loaded->first.history.size(), 2U);
  auto known = co_await one.tasks.find_duplicate(DedupeKey::of("key-2"));
  CO_ASSERT_OK(known);
  EXPECT_EQ(*known, (*log)->committed().id);
}

CORE_TEST(Tasks, an_ended_task_takes_no_message) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "quick", complete_at_once, probe);
  auto log = co_await one.tasks.create(new_task("quick", "x"));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  auto added =
      co_await one.tasks.add_message(*log, alice(), user_message("y", "m-2"), std::nullopt);
  CO_ASSERT_TRUE(!added);
  EXPECT_EQ(added.error().reason(), reason::kUnsupportedOperation);
}

CORE_TEST_WITH(Tasks, finders_on_all_loops_see_what_was_acknowledged, kTwoLoops) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "asker", ask_once, probe);
  auto created = co_await one.tasks.create(new_task("asker", "x"));
  CO_ASSERT_OK(created);
  CO_ASSERT_OK(co_await TaskLog::settled(*created));
  const std::string id = (*created)->committed().id.to_string();
  created = fail(Error(Code::internal, "let go of"));
  auto look = [](Process& at, std::string task, Probe& seen) -> Async<> {
    TaskState last = TaskState::unspecified;
    while (last != TaskState::completed) {
      co_await boost::asio::post(boost::asio::use_awaitable);
      auto found = co_await at.tasks.find(task, seen_by(alice()));
      CO_ASSERT_OK(found);
      const auto state = (*found)->committed().state;
      EXPECT_FALSE(last == TaskState::working && state == TaskState::input_required);
      last = state;
      found = fail(Error(Code::internal, "let go of"));
    }
    ++seen.ended;
  };
  auto here = co_await boost::asio::this_coro::executor;
  TaskGroup finders(here);
  for (std::size_t i = 0; i < 8; ++i)
    finders.spawn(run_on(world.loops.executor(i % 2), look(one, id, probe)));
  auto found = co_await one.tasks.find(id, seen_by(alice()));
  CO_ASSERT_OK(found);
  CO_ASSERT_OK(
      co_await one.tasks.add_message(*found, alice(), user_message("y", "m-2"), std::nullopt));
  found = fail(Error(Code::internal, "let go of"));
  co_await finders.join();
}

}  // namespace
}  // namespace flotilla::core::testing
