#include "core/outbox_testing_internal.h"

// The journal is the queue: what webhooks are told, in which order, and what becomes of failures.
namespace flotilla::core::testing {
namespace {

CORE_TEST(Outbox, a_webhook_born_with_its_task_is_told_all_of_it) {
  Probe probe;
  Post post(world);
  add_agent(post.process, "quick", complete_at_once, probe);
  auto config = webhook("w");
  config.token = Secret("t-1");
  config.scheme = "Bearer";
  config.credentials = Secret("c-1");
  auto log = co_await begin(post, pushed("quick", "x", std::move(config)));
  CO_ASSERT_OK(log);
  co_await until([&] { return post.delivered() == 2; });
  EXPECT_EQ(post.receiver.of("w"), (std::vector<std::string>{"artifact", "status"}));
  EXPECT_EQ(post.receiver.tokens["w"], "t-1/c-1");
  EXPECT_NE(post.receiver.bodies.back().find("TASK_STATE_COMPLETED"), std::string::npos);
  co_await post.outbox->stop();
  const auto row = co_await row_of(post, *log, "w");
  EXPECT_FALSE(row.live);  // nothing follows
  EXPECT_EQ(row.delivered, (*log)->committed().seq);
  co_await finish(world, post);
}

CORE_TEST(Outbox, one_that_comes_later_is_told_what_follows) {
  Probe probe;
  Post post(world);
  add_agent(post.process, "counter", count_up, probe);
  auto log = co_await begin(post, new_task("counter", "3"));
  CO_ASSERT_OK(log);
  co_await after_some_time(world, [&] { return (*log)->committed().seq >= 3; });
  const auto row = (*log)->committed();
  CO_ASSERT_OK(co_await post.outbox->create(row, webhook("late")));
  co_await after_some_time(world, [&] { return a2a::is_terminal((*log)->committed().state); });
  const auto rest = (*log)->committed().seq - row.seq;
  co_await until([&] { return post.delivered() == rest; });
  const auto& seqs = post.receiver.seqs["late"];
  EXPECT_TRUE(std::ranges::is_sorted(seqs));
  EXPECT_EQ(seqs.front(), row.seq + 1);
  co_await finish(world, post);
}

CORE_TEST(Outbox, a_failure_is_tried_again_later_and_later_in_order) {
  Probe probe;
  Post post(world);
  add_agent(post.process, "quick", complete_at_once, probe);
  post.receiver.failures["w"] = 3;
  auto log = co_await begin(post, pushed("quick", "x", webhook("w")));
  CO_ASSERT_OK(log);
  const auto start = world.clock.now();
  co_await after_some_time(world, [&] { return post.delivered() == 2; });
  EXPECT_EQ(post.receiver.of("w"),
            (std::vector<std::string>{"artifact", "artifact", "artifact", "artifact", "status"}));
  EXPECT_GE(world.clock.now() - start, std::chrono::seconds(5));  // 1 + 2 + 4, less jitter
  EXPECT_EQ(post.process.metrics.outbox_failed.value(), 3U);
  co_await post.outbox->stop();
  EXPECT_EQ((co_await row_of(post, *log, "w")).failures, 0);
  co_await finish(world, post);
}

CORE_TEST(Outbox, a_receiver_may_ask_for_a_longer_pause) {
  Probe probe;
  Post post(world);
  add_agent(post.process, "quick", complete_at_once, probe);
  post.receiver.failures["w"] = 1;
  post.receiver.retry_after = std::chrono::seconds(120);
  auto log = co_await begin(post, pushed("quick", "x", webhook("w")));
  CO_ASSERT_OK(log);
  const auto start = world.clock.now();
  co_await after_some_time(world, [&] { return post.delivered() == 2; });
  EXPECT_GE(world.clock.now() - start, std::chrono::seconds(120));
  co_await finish(world, post);
}

CORE_TEST(Outbox, a_webhook_that_hangs_holds_up_nobody) {
  Probe probe;
  Post post(world);
  add_agent(post.process, "quick", complete_at_once, probe);
  post.receiver.hanging = "bad";
  CO_ASSERT_OK(co_await begin(post, pushed("quick", "x", webhook("bad"))));
  CO_ASSERT_OK(co_await begin_many(post, 40));
  co_await until([&] { return post.delivered() == 80; });
  EXPECT_EQ(post.receiver.of("bad").size(), 1U);
  post.receiver.hanging.clear();
  post.receiver.gate.notify_all();
  co_await until([&] { return post.delivered() == 82; });
  co_await finish(world, post);
}

CORE_TEST(Outbox, after_the_last_attempt_an_event_is_a_dead_letter_and_the_next_follows) {
  Probe probe;
  Post post(world);
  add_agent(post.process, "quick", complete_at_once, probe);
  post.receiver.failures["w"] = static_cast<int>(kOutboxAttempts);
  auto log = co_await begin(post, pushed("quick", "x", webhook("w")));
  CO_ASSERT_OK(log);
  co_await after_some_time(world, [&] { return post.delivered() == 1; });
  EXPECT_EQ(post.receiver.of("w").back(), "status");
  EXPECT_EQ(post.process.metrics.outbox_dead.value(), 1U);
  auto letters = co_await post.configs.dead_letters(alice(), 1'000'000, 10);
  CO_ASSERT_OK(letters);
  CO_ASSERT_EQ(letters->size(), 1U);
  EXPECT_EQ(letters->front().attempts, kOutboxAttempts);
  EXPECT_EQ(letters->front().error, "answered 503");
  // A foreign one is not there.
  for (const auto& who : {bob(), carol()}) {
    EXPECT_EQ((co_await post.configs.dead_letters(who, 1'000'000, 10)).value().size(), 0U);
    EXPECT_FALSE(co_await post.configs.dead_letter(who, letters->front().id));
  }
  // Tried by hand: it fails, and stays; it succeeds, and is gone.
  post.receiver.failures["w"] = 1;
  EXPECT_FALSE(co_await post.outbox->redeliver(letters->front()));
  EXPECT_EQ((co_await post.configs.dead_letters(alice(), 1'000'000, 10)).value().size(), 1U);
  CO_ASSERT_OK(co_await post.outbox->redeliver(letters->front()));
  EXPECT_EQ(post.receiver.of("w").back(), "artifact");
  EXPECT_EQ((co_await post.configs.dead_letters(alice(), 1'000'000, 10)).value().size(), 0U);
  co_await finish(world, post);
}

CORE_TEST(Outbox, goes_on_where_it_was_after_a_restart) {
  Probe probe;
  Post post(world);
  add_agent(post.process, "quick", complete_at_once, probe);
  post.receiver.failures["w"] = 1;
  auto log = co_await begin(post, pushed("quick", "x", webhook("w")));
  CO_ASSERT_OK(log);
  co_await until([&] { return post.process.metrics.outbox_failed.value() == 1; });
  co_await post.outbox->stop();
  post.open(world);
  co_await after_some_time(world, [&] { return post.delivered() == 2; });
  EXPECT_EQ(post.receiver.of("w"), (std::vector<std::string>{"artifact", "artifact", "status"}));
  co_await finish(world, post);
}

CORE_TEST(Outbox, what_happens_while_it_is_down_is_told_afterwards) {
  Probe probe;
  Post post(world);
  add_agent(post.process, "quick", complete_at_once, probe);
  co_await post.outbox->stop();
  CO_ASSERT_OK(co_await begin_many(post, 20));
  post.open(world);
  co_await until([&] { return post.delivered() == 40; });
  co_await finish(world, post);
}

CORE_TEST(Outbox, a_store_that_fails_delays_only) {
  Probe probe;
  Post post(world);
  add_agent(post.process, "quick", complete_at_once, probe);
  auto log = co_await begin(post, pushed("quick", "x", webhook("w")));
  CO_ASSERT_OK(log);
  co_await until([&] { return post.receiver.seen.size() >= 2; });
  world.database->fail_after(0, Error(Code::unavailable, "no writes"));
  auto other = pushed("quick", "x", webhook("v"));
  other.message.messageId = "m-2";
  EXPECT_FALSE(co_await begin(post, std::move(other)));
  world.database->recover();
  auto third = pushed("quick", "x", webhook("u"));
  third.message.messageId = "m-3";
  CO_ASSERT_OK(co_await begin(post, std::move(third)));
  co_await after_some_time(world, [&] { return post.receiver.of("u").size() == 2; });
  EXPECT_TRUE(post.receiver.of("v").empty());
  co_await finish(world, post);
}

CORE_TEST(Outbox, a_delivery_that_throws_is_a_failed_one) {
  Probe probe;
  Post post(world);
  add_agent(post.process, "quick", complete_at_once, probe);
  post.receiver.throwing = "w";
  CO_ASSERT_OK(co_await begin(post, pushed("quick", "x", webhook("w"))));
  co_await until([&] { return post.process.metrics.outbox_failed.value() == 1; });
  post.receiver.throwing.clear();
  co_await after_some_time(world, [&] { return post.delivered() == 2; });
  co_await finish(world, post);
}

CORE_TEST(Outbox, a_webhook_of_the_old_version_is_told_the_task_at_each_status) {
  Probe probe;
  Post post(world);
  add_agent(post.process, "counter", count_up, probe);
  auto config = webhook("w");
  config.legacy = true;
  auto log = co_await begin(post, pushed("counter", "2", std::move(config)));
  CO_ASSERT_OK(log);
  co_await after_some_time(world, [&] { return post.delivered() == 2; });
  const auto& bodies = post.receiver.bodies;
  CO_ASSERT_EQ(bodies.size(), 2U);
  EXPECT_NE(bodies[0].find("TASK_STATE_WORKING"), std::string::npos);
  EXPECT_EQ(bodies[0].find("artifacts"), std::string::npos);  // as it was then
  EXPECT_NE(bodies[1].find("TASK_STATE_COMPLETED"), std::string::npos);
  EXPECT_NE(bodies[1].find("artifacts"), std::string::npos);
  co_await finish(world, post);
}

CORE_TEST(Outbox, an_id_is_overwritten_and_a_deleted_webhook_is_told_nothing_more) {
  Probe probe;
  Post post(world);
  add_agent(post.process, "counter", count_up, probe);
  auto log = co_await begin(post, pushed("counter", "4", webhook("w")));
  CO_ASSERT_OK(log);
  co_await after_some_time(world, [&] { return post.delivered() >= 2; });
  auto config = webhook("w", "http://other.example/b");
  config.token = Secret("new");
  CO_ASSERT_OK(co_await post.outbox->create((*log)->committed(), std::move(config)));
  co_await after_some_time(world, [&] { return post.receiver.tokens["w"] == "new/"; });
  const TaskId task = (*log)->committed().id;
  EXPECT_EQ((co_await post.configs.list(task, "", 10)).value().size(), 1U);
  const auto& seqs = post.receiver.seqs["w"];
  EXPECT_TRUE(std::ranges::is_sorted(seqs));
  CO_ASSERT_OK(co_await post.outbox->remove(task, "w"));
  CO_ASSERT_OK(co_await post.outbox->remove(task, "w"));  // again
  const auto told = post.receiver.seen.size();
  co_await after_some_time(world, [&] { return a2a::is_terminal((*log)->committed().state); });
  co_await until([&] { return world.clock.sleepers() <= 2; });
  EXPECT_LE(post.receiver.seen.size(), told + 1);  // one may have been on its way
  co_await finish(world, post);
}

CORE_TEST(Outbox, a_task_has_so_many_webhooks) {
  Probe probe;
  Post post(world);
  add_agent(post.process, "waiter", wait_for_ever, probe);
  auto log = co_await begin(post, new_task("waiter", "x"));
  CO_ASSERT_OK(log);
  const auto row = (*log)->committed();
  for (std::size_t i = 0; i < kMaxPushConfigs; ++i)
    CO_ASSERT_OK(co_await post.outbox->create(row, webhook("w" + std::to_string(i))));
  auto refused = co_await post.outbox->create(row, webhook("one more"));
  CO_ASSERT_TRUE(!refused);
  EXPECT_EQ(refused.error().reason(), reason::kLimitExceeded);
  CO_ASSERT_OK(co_await post.outbox->create(row, webhook("w5")));  // overwritten
  EXPECT_FALSE((*log)->broken());
  co_await finish(world, post);
}

CORE_TEST(Outbox, rests_without_reading_and_a_task_without_webhooks_costs_nothing) {
  Probe probe;
  Post post(world);
  add_agent(post.process, "quick", complete_at_once, probe);
  co_await until([&] { return !post.outbox->watches(TaskId{}); });  // the first look is over
  const auto reads = world.database->reads();
  auto log = co_await begin(post, new_task("quick", "x"));
  CO_ASSERT_OK(log);
  world.clock.advance(std::chrono::hours(1));
  co_await ::flotilla::testing::settle();
  EXPECT_EQ(world.database->reads(), reads);
  EXPECT_FALSE(post.outbox->watches((*log)->committed().id));
  co_await finish(world, post);
}

}  // namespace
}  // namespace flotilla::core::testing
