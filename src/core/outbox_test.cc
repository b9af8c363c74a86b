#include "core/outbox.h"

#include <map>

#include "async/task_group.h"
#include "core/limits.h"
#include "core/testing.h"

namespace flotilla::core::testing {
namespace {

/// Notes what comes; fails or throws for payloads that a test names.
class Recorder final : public OutboxDelivery {
 public:
  Async<Result<>> deliver(OutboxEntry entry) override {
    seen.push_back(entry.ordering_key + ":" + entry.payload);
    if (entry.payload == throwing) throw std::runtime_error("lost the connection");
    if (auto left = failures.find(entry.payload); left != failures.end() && left->second > 0) {
      --left->second;
      co_return fail(Error(Code::unavailable, "not now"));
    }
    co_return ok();
  }
  std::vector<std::string> seen;
  std::map<std::string, int> failures;
  std::string throwing;
};

Async<Result<>> add(World& world, std::string key, std::string payload,
                    std::string topic = "hook") {
  OutboxEntry entry;
  entry.name_space = "default";
  entry.owner = "alice";
  entry.topic = std::move(topic);
  entry.ordering_key = std::move(key);
  entry.payload = std::move(payload);
  db::Batch batch;
  Outbox::add(batch, entry, world.clock.now());
  CO_TRY_VOID(co_await world.store->write(std::move(batch)));
  co_return ok();
}

Async<std::int64_t> count(World& world, bool dead) {
  static const db::Statement statement{"SELECT COUNT(*) FROM outbox WHERE dead = $1"};
  std::vector<db::Value> parameters{std::int64_t{dead}};
  auto rows = co_await world.store->read(statement, parameters, 1);
  co_return db::int_at(rows.value().at(0), 0);
}

/// Delivers until nothing is due.
Async<> drain(Outbox& outbox) {
  for (;;) {
    auto attempted = co_await outbox.deliver_due();
    CO_ASSERT_OK(attempted);
    if (*attempted == 0) co_return;
  }
}

CORE_TEST(Outbox, delivers_in_order_within_a_key) {
  auto& one = world.process();
  Recorder recorder;
  Outbox outbox(*world.database, world.clock, one.metrics);
  outbox.handle("hook", recorder);
  for (int i = 0; i < 5; ++i) {
    CO_ASSERT_OK(co_await add(world, "a", std::to_string(i)));
    CO_ASSERT_OK(co_await add(world, "b", std::to_string(i)));
  }
  co_await drain(outbox);
  std::map<std::string, std::string> order;
  for (const auto& entry : recorder.seen) order[entry.substr(0, 1)] += entry.substr(2);
  EXPECT_EQ(order["a"], "01234");
  EXPECT_EQ(order["b"], "01234");
  EXPECT_EQ(co_await count(world, false), 0);
  EXPECT_EQ(one.metrics.outbox_delivered.value(), 10U);
}

CORE_TEST(Outbox, a_failure_holds_up_its_own_key_and_is_tried_later_and_later) {
  auto& one = world.process();
  Recorder recorder;
  recorder.failures["bad"] = 3;
  Outbox outbox(*world.database, world.clock, one.metrics);
  outbox.handle("hook", recorder);
  CO_ASSERT_OK(co_await add(world, "a", "bad"));
  CO_ASSERT_OK(co_await add(world, "a", "next"));
  CO_ASSERT_OK(co_await add(world, "b", "other"));
  co_await drain(outbox);
  EXPECT_EQ(recorder.seen.size(), 2U);  // bad once, other
  for (const int pause : {1, 2, 4}) {
    const auto before = recorder.seen.size();
    world.clock.advance(std::chrono::seconds(pause) - std::chrono::milliseconds(1));
    co_await drain(outbox);
    EXPECT_EQ(recorder.seen.size(), before);
    world.clock.advance(std::chrono::milliseconds(1));
    co_await drain(outbox);
    EXPECT_GT(recorder.seen.size(), before);
  }
  EXPECT_EQ(recorder.seen.back(), "a:next");
  EXPECT_EQ(co_await count(world, false), 0);
}

CORE_TEST(Outbox, after_the_last_attempt_an_entry_is_dead_and_the_next_goes_on) {
  auto& one = world.process();
  Recorder recorder;
  recorder.failures["bad"] = 1000;
  Outbox outbox(*world.database, world.clock, one.metrics);
  outbox.handle("hook", recorder);
  CO_ASSERT_OK(co_await add(world, "a", "bad"));
  CO_ASSERT_OK(co_await add(world, "a", "next"));
  for (std::int64_t i = 0; i < kOutboxAttempts; ++i) {
    co_await drain(outbox);
    world.clock.advance(std::chrono::minutes(5));
  }
  co_await drain(outbox);
  EXPECT_EQ(std::count(recorder.seen.begin(), recorder.seen.end(), "a:bad"), kOutboxAttempts);
  EXPECT_EQ(recorder.seen.back(), "a:next");
  EXPECT_EQ(co_await count(world, true), 1);
  EXPECT_EQ(co_await count(world, false), 0);
  EXPECT_EQ(one.metrics.outbox_dead.value(), 1U);
}

CORE_TEST(Outbox, delivered_but_not_settled_is_delivered_again) {
  auto& one = world.process();
  Recorder recorder;
  Outbox outbox(*world.database, world.clock, one.metrics);
  outbox.handle("hook", recorder);
  CO_ASSERT_OK(co_await add(world, "a", "x"));
  CO_ASSERT_OK(co_await add(world, "b", "y"));
  world.database->fail_after(2, Error(Code::unavailable, "crashed"));  // the two claims pass
  auto attempted = co_await outbox.deliver_due();
  CO_ASSERT_OK(attempted);
  EXPECT_EQ(recorder.seen.size(), 2U);
  world.database->recover();
  co_await drain(outbox);
  EXPECT_EQ(recorder.seen.size(), 2U);  // claimed still
  CO_ASSERT_OK(co_await add(world, "c", "z"));
  co_await drain(outbox);
  EXPECT_EQ(recorder.seen.size(), 3U);  // other keys go on
  world.clock.advance(kOutboxClaim);
  co_await drain(outbox);
  EXPECT_EQ(recorder.seen.size(), 5U);
  EXPECT_EQ(co_await count(world, false), 0);
}

CORE_TEST(Outbox, a_delivery_that_throws_is_a_failed_one) {
  auto& one = world.process();
  Recorder recorder;
  recorder.throwing = "bad";
  Outbox outbox(*world.database, world.clock, one.metrics);
  outbox.handle("hook", recorder);
  CO_ASSERT_OK(co_await add(world, "a", "bad"));
  CO_ASSERT_OK(co_await add(world, "b", "good"));
  co_await drain(outbox);
  EXPECT_EQ(co_await count(world, false), 1);
  recorder.throwing = "";
  world.clock.advance(std::chrono::seconds(1));
  co_await drain(outbox);
  EXPECT_EQ(co_await count(world, false), 0);
}

CORE_TEST(Outbox, entries_of_unknown_topics_wait_without_hiding_others) {
  auto& one = world.process();
  Recorder recorder;
  Outbox outbox(*world.database, world.clock, one.metrics);
  outbox.handle("hook", recorder);
  for (std::size_t i = 0; i < kOutboxPage; ++i) {
    CO_ASSERT_OK(co_await add(world, std::to_string(i), "x", "unknown"));
  }
  CO_ASSERT_OK(co_await add(world, "a", "good"));
  co_await drain(outbox);
  co_await drain(outbox);
  EXPECT_EQ(recorder.seen, std::vector<std::string>{"a:good"});
  EXPECT_EQ(co_await count(world, false), static_cast<std::int64_t>(kOutboxPage));
}

CORE_TEST(Outbox, two_processes_share_the_work) {
  auto& one = world.process();
  Recorder first;
  Recorder second;
  Outbox a(*world.database, world.clock, one.metrics);
  Outbox b(*world.database, world.clock, one.metrics);
  a.handle("hook", first);
  b.handle("hook", second);
  for (int i = 0; i < 20; ++i) {
    CO_ASSERT_OK(co_await add(world, std::to_string(i), "x"));
  }
  auto here = co_await boost::asio::this_coro::executor;
  TaskGroup both(here);
  both.spawn(drain(a));
  both.spawn(drain(b));
  co_await both.join();
  EXPECT_EQ(first.seen.size() + second.seen.size(), 20U);
}

CORE_TEST(Outbox, run_goes_on_until_it_is_cancelled) {
  auto& one = world.process();
  Recorder recorder;
  Outbox outbox(*world.database, world.clock, one.metrics);
  outbox.handle("hook", recorder);
  auto here = co_await boost::asio::this_coro::executor;
  TaskGroup group(here);
  group.spawn(outbox.run());
  co_await until([&] { return world.clock.sleepers() == 1; });
  CO_ASSERT_OK(co_await add(world, "a", "x"));
  world.clock.advance(kOutboxPoll);
  co_await until([&] { return recorder.seen.size() == 1; });
  world.database->fail_after(0, Error(Code::unavailable, "no writes"));
  CO_ASSERT_OK(co_await add(world, "a", "y"));
  co_await until([&] { return world.clock.sleepers() == 1; });
  world.clock.advance(kOutboxPoll);
  co_await until([&] { return world.clock.sleepers() == 1; });  // it does not spin
  world.database->recover();
  world.clock.advance(kOutboxPoll);
  co_await until([&] { return recorder.seen.size() == 2; });
  group.cancel();
  co_await group.join();
}

}  // namespace
}  // namespace flotilla::core::testing
