#include "core/messaging.h"

#include "core/limits.h"
#include "core/testing.h"
#include "core/topic_name.h"

namespace flotilla::core::testing {
namespace {

std::shared_ptr<const Principal> agent_named(std::string name) {
  auto made = std::make_shared<Principal>(*principal(std::move(name), {"default"}));
  made->kind = PrincipalKind::agent;
  return made;
}

PublishRequest request_of(std::string name) {
  PublishRequest request;
  request.name_space = "default";
  request.name = std::move(name);
  request.data = json::Value(1);
  return request;
}

DirectMessage message_to(std::string agent, std::string text,
                         std::shared_ptr<const Principal> sender) {
  DirectMessage message;
  message.name_space = "default";
  message.to = std::move(agent);
  message.sender = std::move(sender);
  message.message.parts.push_back(a2a::text_part(std::move(text)));
  return message;
}

TopicSubscription subscription_of(std::string owner, std::string name,
                                  std::vector<std::string> patterns) {
  TopicSubscription subscription;
  subscription.name_space = "default";
  subscription.owner = std::move(owner);
  subscription.name = std::move(name);
  subscription.patterns = std::move(patterns);
  return subscription;
}

CORE_TEST(Messaging, an_agent_publishes_under_its_own_name_only) {
  auto& messaging = world.process().messaging;
  auto own = co_await messaging.publish(agent_named("calculator"), request_of("done"));
  CO_ASSERT_OK(own);
  EXPECT_EQ((*own)->name, "agent.calculator.done");
  EXPECT_EQ((*own)->actor, "calculator");
  auto forged = request_of("done");
  forged.agent = "calculator";
  auto refused = co_await messaging.publish(alice(), forged);
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::permission_denied);
  auto by_other = co_await messaging.publish(agent_named("analysis"), forged);
  EXPECT_FALSE(by_other);
  auto by_admin = co_await messaging.publish(admin(), forged);
  CO_ASSERT_OK(by_admin);
  EXPECT_EQ((*by_admin)->actor, "calculator");
}

CORE_TEST(Messaging, reserved_and_bad_names_are_refused) {
  auto& messaging = world.process().messaging;
  for (std::string name : {"agent.calculator.done", "message.to.bob", "a b", ""}) {
    auto refused = co_await messaging.publish(admin(), request_of(name));
    CO_ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().violations().at(0).field, "name") << name;
  }
}

CORE_TEST(Messaging, a_foreign_namespace_is_a_missing_one) {
  auto& messaging = world.process().messaging;
  auto foreign = co_await messaging.publish(carol(), request_of("a"));
  auto unknown_request = request_of("a");
  unknown_request.name_space = "nowhere";
  auto unknown = co_await messaging.publish(carol(), std::move(unknown_request));
  CO_ASSERT_FALSE(foreign);
  CO_ASSERT_FALSE(unknown);
  EXPECT_EQ(foreign.error().code(), Code::not_found);
  EXPECT_EQ(foreign.error().message(), "there is no namespace default");
  EXPECT_EQ(unknown.error().message(), "there is no namespace nowhere");
  TopicFilter filter{"default", {"*"}, carol()};
  auto reader = co_await messaging.subscribe(std::move(filter), 0);
  EXPECT_FALSE(reader);
  auto sent = co_await messaging.send(message_to("any", "x", carol()));
  CO_ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().message(), "there is no namespace default");
}

CORE_TEST(Messaging, a_cause_counts_hops) {
  auto& messaging = world.process().messaging;
  auto first = co_await messaging.publish(alice(), request_of("ping"));
  CO_ASSERT_OK(first);
  auto cause = (*first)->position;
  for (std::int64_t hop = 1; hop <= kHopLimit; ++hop) {
    auto request = request_of("pong");
    request.cause = cause;
    auto next = co_await messaging.publish(alice(), std::move(request));
    CO_ASSERT_OK(next);
    cause = (*next)->position;
  }
  auto beyond = request_of("pong");
  beyond.cause = cause;
  auto refused = co_await messaging.publish(alice(), beyond);
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), reason::kLimitExceeded);
  EXPECT_NE(refused.error().message().find("hop limit"), std::string::npos);
  auto foreign = co_await messaging.publish(bob(), beyond);
  CO_ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().violations().at(0).field, "cause");
}

CORE_TEST(Messaging, a_message_is_a_task_of_the_agent_and_answers) {
  auto& process = world.process();
  Probe probe;
  add_agent(process, "worker", complete_at_once, probe);
  auto parent = co_await process.tasks.create(new_task("worker", "parent"));
  CO_ASSERT_OK(parent);
  CO_ASSERT_OK(co_await TaskLog::settled(*parent));
  auto message = message_to("worker", "hello", agent_named("boss"));
  message.owner = "alice";
  message.parent = (*parent)->committed().id;
  message.context_id = (*parent)->committed().context_id;
  message.key = "k";
  auto log = co_await process.messaging.send(message);
  CO_ASSERT_OK(log);
  auto answered = co_await process.messaging.answer(*log);
  CO_ASSERT_OK(answered);
  EXPECT_EQ(texts_of(*answered), "hello ");
  const auto row = (*log)->committed();
  EXPECT_EQ(row.owner, "alice");
  EXPECT_EQ(row.parent, (*parent)->committed().id);
  EXPECT_EQ(row.context_id, (*parent)->committed().context_id);
  auto journal = co_await journal_of(*log);
  CO_ASSERT_OK(journal);
  EXPECT_EQ(journal->front()->actor, "boss");
  auto again = co_await process.messaging.send(message);
  CO_ASSERT_OK(again);
  EXPECT_EQ((*again)->committed().id, row.id);
}

CORE_TEST(Messaging, messages_stop_at_the_hop_limit) {
  auto& process = world.process();
  Probe probe;
  add_agent(process, "worker", complete_at_once, probe);
  std::optional<TaskId> parent;
  for (std::int64_t hop = 0; hop <= kHopLimit; ++hop) {
    auto message = message_to("worker", "x", alice());
    message.parent = parent;
    auto log = co_await process.messaging.send(std::move(message));
    CO_ASSERT_OK(log);
    CO_ASSERT_OK(co_await TaskLog::settled(*log));
    parent = (*log)->committed().id;
  }
  auto beyond = message_to("worker", "x", alice());
  beyond.parent = parent;
  auto refused = co_await process.messaging.send(std::move(beyond));
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), reason::kLimitExceeded);
  EXPECT_NE(refused.error().message().find("hop limit"), std::string::npos);
}

CORE_TEST(Messaging, a_mailbox_takes_what_is_not_for_an_agent_of_ours) {
  auto& messaging = world.process().messaging;
  auto nobody = co_await messaging.send(message_to("script", "x", alice()));
  CO_ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code(), Code::not_found);
  auto wanted = subscription_of("script", "inbox", {"message.to.script"});
  auto inbox = co_await messaging.open(std::move(wanted), std::nullopt);
  CO_ASSERT_OK(inbox);
  auto sent = co_await messaging.send(message_to("script", "hello", alice()));
  CO_ASSERT_OK(sent);
  EXPECT_EQ(*sent, nullptr);
  TopicFilter own{"default", {"*"}, agent_named("script")};
  auto page = co_await messaging.page(std::move(own), inbox->position, 10);
  CO_ASSERT_OK(page);
  CO_ASSERT_EQ(page->events.size(), 1U);
  EXPECT_EQ(page->events[0]->name, "message.to.script");
  EXPECT_EQ(page->events[0]->actor, "alice");
  EXPECT_NE(page->events[0]->payload.find("hello"), std::string::npos);
  TopicFilter senders{"default", {"*"}, alice()};
  auto hidden = co_await messaging.page(std::move(senders), 0, 10);
  CO_ASSERT_OK(hidden);
  EXPECT_TRUE(hidden->events.empty());
}

CORE_TEST(Messaging, a_full_mailbox_takes_no_more) {
  auto& messaging = world.process().messaging;
  auto wanted = subscription_of("script", "inbox", {"message.*"});
  CO_ASSERT_OK(co_await messaging.open(std::move(wanted), std::nullopt));
  for (std::int64_t i = 0; i < kMaxUnreadMessages; ++i)
    CO_ASSERT_OK(co_await messaging.send(message_to("script", "x", alice())));
  auto refused = co_await messaging.send(message_to("script", "x", alice()));
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::resource_exhausted);
  auto newest = co_await messaging.topics().head();
  CO_ASSERT_OK(newest);
  auto& subscriptions = messaging.subscriptions();
  CO_ASSERT_OK(co_await subscriptions.acknowledge("default", "script", "inbox", *newest));
  EXPECT_TRUE(co_await messaging.send(message_to("script", "x", alice())));
}

CORE_TEST(Messaging, subscriptions_are_their_owners_alone) {
  auto& messaging = world.process().messaging;
  auto wanted = subscription_of("alice", "mine", {"a.*"});
  auto made = co_await messaging.open(wanted, 0);
  CO_ASSERT_OK(made);
  auto again = co_await messaging.open(wanted, std::nullopt);
  CO_ASSERT_OK(again);
  auto other = wanted;
  other.patterns = {"b"};
  auto conflict = co_await messaging.open(std::move(other), 0);
  CO_ASSERT_FALSE(conflict);
  EXPECT_EQ(conflict.error().code(), Code::conflict);
  auto& subscriptions = messaging.subscriptions();
  EXPECT_FALSE(co_await subscriptions.get("default", "bob", "mine"));
  EXPECT_FALSE(co_await subscriptions.remove("default", "bob", "mine"));
  EXPECT_FALSE(co_await subscriptions.acknowledge("default", "bob", "mine", 1));
  EXPECT_FALSE(co_await subscriptions.get("elsewhere", "alice", "mine"));
  EXPECT_TRUE(co_await subscriptions.remove("default", "alice", "mine"));
  EXPECT_FALSE(co_await subscriptions.get("default", "alice", "mine"));
}

CORE_TEST(Messaging, an_acknowledgement_only_moves_forward) {
  auto& messaging = world.process().messaging;
  auto wanted = subscription_of("alice", "mine", {"a"});
  CO_ASSERT_OK(co_await messaging.open(wanted, 0));
  auto& subscriptions = messaging.subscriptions();
  CO_ASSERT_OK(co_await subscriptions.acknowledge("default", "alice", "mine", 7));
  CO_ASSERT_OK(co_await subscriptions.acknowledge("default", "alice", "mine", 3));
  auto stands = co_await subscriptions.get("default", "alice", "mine");
  CO_ASSERT_OK(stands);
  EXPECT_EQ(stands->position, 7U);
}

CORE_TEST(Messaging, subscriptions_of_one_owner_are_limited) {
  auto& messaging = world.process().messaging;
  for (std::int64_t i = 0; i < kMaxTopicSubscriptions; ++i) {
    auto wanted = subscription_of("alice", "s" + std::to_string(i), {"a"});
    CO_ASSERT_OK(co_await messaging.open(std::move(wanted), 0));
  }
  auto one_more = subscription_of("alice", "more", {"a"});
  auto refused = co_await messaging.open(one_more, 0);
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::resource_exhausted);
  one_more.owner = "bob";
  EXPECT_TRUE(co_await messaging.open(std::move(one_more), 0));
}

/// Answers each event that wakes it with one of its own.
Async<Result<>> note_data(Run& run, Probe& probe) {
  for (const auto& part : run.input().parts)
    if (part.data) probe.notes.push_back(json::to_string(*part.data->if_object()->find("data")));
  probe.notes.back() += " for " + run.row().owner;
  co_return co_await run.status(a2a::TaskState::completed);
}

/// Lets the courier bring and acknowledge all that there is.
Async<> settle_courier(Process& process) {
  for (;;) {
    auto newest = co_await process.topics.head();
    auto stands = co_await process.subscriptions.get("default", "", "listener");
    if (newest && stands && stands->position == *newest) co_return;
  }
}

void add_listener(Process& process, const Probe& probe) {
  AgentInfo info;
  info.name_space = "default";
  info.name = "listener";
  info.type = "builtin";
  info.subscriptions = {"build.*"};
  info.runner = std::make_shared<ScriptedRunner>(note_data, probe);
  process.agents.put(std::move(info));
}

CORE_TEST_WITH(Courier, brings_each_event_once_also_what_came_meanwhile, kOnDisk) {
  Probe probe;
  {
    auto& process = world.process();
    add_listener(process, probe);
    process.topics.start();
    process.courier.start();
    co_await until([&] { return process.metrics.topic_readers.value() == 1; });
    for (int i = 1; i <= 3; ++i) {
      auto request = request_of(i == 2 ? "deploy.done" : "build.done");
      request.data = json::Value(i);
      CO_ASSERT_OK(co_await process.messaging.publish(alice(), std::move(request)));
    }
    CO_ASSERT_OK(co_await process.messaging.publish(alice(), request_of("build.last")));
    co_await settle_courier(process);
  }
  co_await world.stop_all();
  world.reopen();
  auto& process = world.process();
  add_listener(process, probe);
  process.topics.start();
  auto late = request_of("build.late");
  late.data = json::Value(4);
  late.shared = true;
  CO_ASSERT_OK(co_await process.messaging.publish(bob(), std::move(late)));
  process.courier.start();
  co_await settle_courier(process);
  co_await until([&] { return probe.ended == 4; });
  EXPECT_EQ(probe.notes,
            (std::vector<std::string>{"1 for alice", "3 for alice", "1 for alice", "4 for bob"}));
}

}  // namespace
}  // namespace flotilla::core::testing
