#include "core/limits.h"
#include "core/task_sql.h"
#include "core/testing.h"

// I3: a task is executed by one holder at a time. Two processes share one store.

namespace flotilla::core::testing {
namespace {

using a2a::TaskState;

Async<TaskRow> stored_row(World& world, TaskId id) {
  std::vector<db::Value> parameters{id.to_string()};
  auto rows = co_await world.database->read(sql::kSelectTask, parameters, 1);
  co_return sql::to_task(rows.value().at(0));
}

CORE_TEST(Lease, a_task_is_adopted_when_its_lease_has_run_out_and_not_before) {
  Probe first;
  Probe second;
  auto& one = world.process();
  auto& two = world.add_process("two");
  add_agent(one, "agent", wait_for_ever, first);
  add_agent(two, "agent", complete_at_once, second);
  auto log = co_await one.tasks.create(new_task("agent", "x"));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::durable(*log));
  const auto begin = world.clock.now();
  // The first process does not renew: its scheduler was never started.
  two.scheduler.start(two.tasks);
  co_await advance_until(world, 3, [&] { return two.metrics.runs_active.value() == 1; });
  EXPECT_GE(world.clock.now(), begin + kLease);
  EXPECT_LE(world.clock.now(), begin + kLease + 2 * kAdoption);
  auto found = co_await two.tasks.find((*log)->committed().id.to_string(), seen_by(alice()));
  CO_ASSERT_OK(found);
  CO_ASSERT_OK(co_await TaskLog::settled(*found));
  EXPECT_EQ((*found)->committed().state, TaskState::completed);
  EXPECT_EQ((*found)->committed().lease_token, 2U);
}

CORE_TEST(Lease, late_writes_of_the_first_holder_are_refused_and_end_its_run) {
  Probe first;
  Probe second;
  auto& one = world.process();
  auto& two = world.add_process("two");
  add_agent(one, "counter", count_up, first);
  add_agent(two, "counter", count_up, second);
  auto log = co_await one.tasks.create(new_task("counter", "3"));
  CO_ASSERT_OK(log);
  co_await until([&] { return world.clock.sleepers() == 1; });
  world.clock.advance(std::chrono::seconds(1));
  co_await until([&] { return (*log)->committed().seq == 3; });
  const auto id = (*log)->committed().id;
  co_await until([&] { return world.clock.sleepers() == 1; });
  // A stopped process: time passes for the store, and another adopts.
  auto row = co_await stored_row(world, id);
  db::Batch expire;
  expire.add(sql::kRenewLeases,
             {std::string("one"), sql::millis(world.clock.now() - std::chrono::minutes(1))});
  CO_ASSERT_OK(co_await world.store->write(std::move(expire)));
  two.scheduler.start(two.tasks);
  co_await until([&] { return second.begun == 1; });
  co_await until([&] { return world.clock.sleepers() == 4; });
  row = co_await stored_row(world, id);
  EXPECT_EQ(row.lease_holder, "two");
  EXPECT_EQ(row.lease_token, 2U);

  world.clock.advance(std::chrono::seconds(1));  // both go on; only the second may write
  co_await until([&] { return first.ended == 1; });
  EXPECT_TRUE((*log)->broken());
  EXPECT_EQ(one.metrics.leases_lost.value(), 1U);
  auto waits = co_await TaskLog::settled(*log);
  CO_ASSERT_TRUE(!waits);
  EXPECT_EQ(waits.error().reason(), reason::kLeaseLost);

  co_await advance_until(world, 3, [&] { return second.ended == 1; });
  auto found = co_await two.tasks.find(id.to_string(), seen_by(alice()));
  CO_ASSERT_OK(found);
  CO_ASSERT_OK(co_await TaskLog::settled(*found));
  auto loaded = co_await TaskLog::load(*found);
  CO_ASSERT_OK(loaded);
  EXPECT_EQ(texts_of(loaded->first), "1 2 3 ");
  EXPECT_EQ(second.notes, std::vector<std::string>{"resumed"});
  EXPECT_EQ(two.metrics.runs_resumed.value(), 1U);
}

CORE_TEST(Lease, renewal_keeps_a_task_that_writes_nothing) {
  Probe first;
  Probe second;
  auto& one = world.process();
  auto& two = world.add_process("two");
  add_agent(one, "waiter", wait_for_ever, first);
  add_agent(two, "waiter", wait_for_ever, second);
  one.scheduler.start(one.tasks);
  auto log = co_await one.tasks.create(new_task("waiter", "x"));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::durable(*log));
  two.scheduler.start(two.tasks);
  co_await until([&] { return world.clock.sleepers() == 5; });
  for (int i = 0; i < 30; ++i) {
    world.clock.advance(kAdoption);
    auto passed = co_await world.database->write({});
    CO_ASSERT_OK(passed);
    co_await until([&] { return world.clock.sleepers() == 5; });
  }
  EXPECT_EQ(second.begun, 0);
  EXPECT_EQ(first.begun, 1);
  auto row = co_await stored_row(world, (*log)->committed().id);
  EXPECT_EQ(row.lease_holder, "one");
  EXPECT_GT(*row.lease_expires, world.clock.now());
}

CORE_TEST(Lease, a_write_after_a_renewal_does_not_put_the_lease_back) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "counter", count_up, probe);
  one.scheduler.start(one.tasks);
  auto log = co_await one.tasks.create(new_task("counter", "100"));
  CO_ASSERT_OK(log);
  co_await advance_until(world, 3, [&] { return (*log)->committed().seq > 60; });
  auto row = co_await stored_row(world, (*log)->committed().id);
  EXPECT_GT(*row.lease_expires, world.clock.now() + kLease / 2);
  // Nor does a message that another process adds.
  auto& two = world.add_process("two");
  auto seen = co_await two.tasks.find(row.id.to_string(), seen_by(alice()));
  CO_ASSERT_OK(seen);
  const auto known = (*seen)->committed().lease_expires;
  db::Batch renew;
  renew.add(sql::kRenewLeases, {std::string("one"), sql::millis(*known + std::chrono::minutes(1))});
  CO_ASSERT_OK(co_await world.store->write(std::move(renew)));
  CO_ASSERT_OK(
      co_await two.tasks.add_message(*seen, alice(), user_message("x", "m-2"), std::nullopt));
  row = co_await stored_row(world, row.id);
  EXPECT_EQ(row.lease_holder, "one");
  EXPECT_EQ(row.lease_expires, *known + std::chrono::minutes(1));
}

CORE_TEST_WITH(Lease, opening_voids_the_leases_of_processes_before, kOnDisk) {
  Probe probe;
  TaskId id;
  {
    auto& one = world.process();
    add_agent(one, "counter", count_up, probe);
    auto log = co_await one.tasks.create(new_task("counter", "2"));
    CO_ASSERT_OK(log);
    CO_ASSERT_OK(co_await TaskLog::durable(*log));
    id = (*log)->committed().id;
    // A crash: nothing is written any more.
    world.database->fail_after(0, Error(Code::unavailable, reason::kStorageFailed, "crashed"));
  }
  co_await world.stop_all();
  world.reopen();
  auto row = co_await stored_row(world, id);
  EXPECT_EQ(row.lease_holder, "one");
  auto& next = world.add_process("next");
  add_agent(next, "counter", count_up, probe);
  CO_ASSERT_OK(co_await next.scheduler.void_leases());
  row = co_await stored_row(world, id);
  EXPECT_FALSE(row.lease_holder);
  EXPECT_FALSE(row.lease_expires);
  next.scheduler.start(next.tasks);
  co_await advance_until(world, 3, [&] { return probe.ended == 2; });
  auto found = co_await next.tasks.find(id.to_string(), seen_by(alice()));
  CO_ASSERT_OK(found);
  CO_ASSERT_OK(co_await TaskLog::settled(*found));
  auto loaded = co_await TaskLog::load(*found);
  CO_ASSERT_OK(loaded);
  EXPECT_EQ(texts_of(loaded->first), "1 2 ");
}

CORE_TEST_WITH(Lease, a_crash_between_any_two_commits_loses_and_repeats_nothing, kOnDisk) {
  for (std::size_t commits = 1; commits < 7; ++commits) {
    Probe probe;
    auto& one = world.add_process("one");
    add_agent(one, "counter", count_up, probe);
    world.database->fail_after(commits, Error(Code::unavailable, reason::kStorageFailed, "crash"));
    auto log = co_await one.tasks.create(new_task("counter", "4"));
    CO_ASSERT_OK(log);
    CO_ASSERT_OK(co_await TaskLog::durable(*log));
    const auto id = (*log)->committed().id;
    co_await advance_until(world, 1, [&] { return probe.ended == 1; });
    log = fail(Error(Code::internal, "gone"));
    co_await world.stop_all();
    world.reopen();

    Probe rest;
    auto& next = world.add_process("next");
    add_agent(next, "counter", count_up, rest);
    CO_ASSERT_OK(co_await next.scheduler.void_leases());
    next.scheduler.start(next.tasks);
    auto found = co_await next.tasks.find(id.to_string(), seen_by(alice()));
    CO_ASSERT_OK(found);
    co_await advance_until(world, 3, [&] { return a2a::is_terminal((*found)->committed().state); });
    auto loaded = co_await TaskLog::load(*found);
    CO_ASSERT_OK(loaded);
    EXPECT_EQ(texts_of(loaded->first), "1 2 3 4 ") << "after " << commits << " commits";
    EXPECT_EQ(loaded->first.status.state, TaskState::completed);
    auto events = co_await journal_of(*found);
    CO_ASSERT_OK(events);
    EXPECT_EQ(events->size(), 7U);  // message, working, four chunks, completed
    for (std::size_t i = 0; i < events->size(); ++i) EXPECT_EQ((*events)[i]->seq, i + 1);
    found = fail(Error(Code::internal, "gone"));
    co_await world.stop_all();
    world.reopen();
  }
}

CORE_TEST_WITH(Lease, stop_gives_leases_back_and_another_goes_on,
               (Given{.on_disk = true, .threads = 2})) {
  Probe probe;
  auto& one = world.process();
  add_agent(one, "counter", count_up, probe);
  one.scheduler.start(one.tasks);
  auto log = co_await one.tasks.create(new_task("counter", "2"));
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::durable(*log));
  const auto id = (*log)->committed().id;
  co_await one.scheduler.stop();
  EXPECT_EQ(probe.ended, 1);
  EXPECT_FALSE(one.scheduler.has_room());
  auto row = co_await stored_row(world, id);  // stop() returned: it is written
  EXPECT_FALSE(row.lease_holder);
  EXPECT_EQ(row.state, TaskState::working);
  log = fail(Error(Code::internal, "gone"));
  co_await world.stop_all();
  world.reopen();
  auto& next = world.add_process("next");
  add_agent(next, "counter", count_up, probe);
  next.scheduler.start(next.tasks);  // at once: nobody has to wait for a lease to run out
  co_await until([&] { return probe.begun == 2; });
  co_await advance_until(world, 3, [&] { return probe.ended == 2; });
}

CORE_TEST(Lease, tasks_of_unknown_agents_do_not_hide_others) {
  Probe probe;
  auto& one = world.process();
  for (std::size_t i = 0; i < kAdoptionPage + 1; ++i) {
    auto log = co_await one.tasks.create(new_task("missing", "x"));
    CO_ASSERT_OK(log);
    if (i < kAdoptionPage) continue;
    CO_ASSERT_OK(co_await TaskLog::durable(*log));
  }
  auto log = co_await one.tasks.create(new_task("quick", "x"));  // not known yet, either
  CO_ASSERT_OK(log);
  CO_ASSERT_OK(co_await TaskLog::durable(*log));
  EXPECT_EQ((*log)->committed().state, TaskState::submitted);
  add_agent(one, "quick", complete_at_once, probe);
  one.scheduler.start(one.tasks);
  CO_ASSERT_OK(co_await TaskLog::settled(*log));
  EXPECT_EQ((*log)->committed().state, TaskState::completed);
}

}  // namespace
}  // namespace flotilla::core::testing
