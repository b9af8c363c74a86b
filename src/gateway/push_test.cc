#include "gateway/push.h"

#include "auth/sealing.h"
#include "gateway/testing.h"
#include "json/map.h"

// The operations on webhooks as the handler does them.
namespace flotilla::gateway::testing {
namespace {

/// A desk with webhooks; names are what the test says.
struct Office {
  explicit Office(World& world)
      : process(world.process()),
        sealer(auth::Sealer::ephemeral(world.random)),
        configs(*world.database, world.clock, world.random, sealer),
        names("names", 1, 100),
        egress(http::EgressPolicy::make({}).value()),
        sender(world.loops.executor(0), world.clock, names, egress, lookup),
        outbox(world.loops.executor(0), *world.database, world.clock, world.random, process.metrics,
               configs, sender),
        push(outbox, sender),
        handler(process.tasks, process.sessions, process.agents, &push) {
    process.services.outbox = &outbox;
  }
  static Result<http::Addresses> lookup(const std::string& host) {
    if (host == "inner.example") return http::Addresses{"10.0.0.1"};
    return http::Addresses{"93.184.216.34"};
  }
  void add(std::string name, core::testing::ScriptedRunner::Script script, const Probe& probe,
           bool offers) {
    core::AgentInfo info;
    info.name_space = "default";
    info.name = std::move(name);
    info.type = "builtin";
    a2a::AgentCard card;
    card.name = info.name;
    card.description = "test";
    card.version = "1";
    card.capabilities.pushNotifications = offers;
    info.card = json::to_text(card);
    info.runner = std::make_shared<core::testing::ScriptedRunner>(script, probe);
    process.agents.put(std::move(info));
  }

  Process& process;
  auth::Sealer sealer;
  core::PushConfigs configs;
  BlockingPool names;
  http::EgressPolicy egress;
  PushSender sender;
  core::Outbox outbox;
  Push push;
  A2aHandler handler;
};

a2a::TaskPushNotificationConfig config_of(std::string task, std::string url) {
  a2a::TaskPushNotificationConfig config;
  config.taskId = std::move(task);
  config.url = std::move(url);
  config.token = "t";
  return config;
}

a2a::SendMessageRequest with_push(std::string url) {
  auto request = request_of("x");
  request.configuration.emplace();
  request.configuration->taskPushNotificationConfig = config_of("", std::move(url));
  return request;
}

CORE_TEST(Push, an_agent_without_them_refuses_all_operations) {
  Probe probe;
  Office office(world);
  office.add("plain", complete_at_once, probe, false);
  add_agent(office.process, "cardless", complete_at_once, probe);
  Desk off(office.process);  // a server without webhooks
  office.add("rich", complete_at_once, probe, true);
  const std::string unsupported(reason::kPushNotificationNotSupported);
  for (const char* name : {"plain", "cardless", "rich"}) {
    A2aHandler& handler = std::string(name) == "rich" ? off.handler : office.handler;
    const auto context = context_of(alice());
    auto sent = co_await handler.send_message(context, agent_ref(name), with_push("https://h"));
    EXPECT_EQ(sent.error().reason(), unsupported) << name;
    auto made =
        co_await handler.create_push_config(context, agent_ref(name), config_of("t", "https://h"));
    EXPECT_EQ(made.error().reason(), unsupported) << name;
  }
  auto card = co_await off.handler.agent_card(context_of(alice()), agent_ref("rich"));
  CO_ASSERT_OK(card);
  EXPECT_EQ(card->capabilities.pushNotifications, false);
  co_await world.stop_all();
}

CORE_TEST(Push, a_url_that_may_not_be_called_is_refused_where_it_stands) {
  Probe probe;
  Office office(world);
  office.add("agent", complete_at_once, probe, true);
  const auto context = context_of(alice());
  for (const bool old : {false, true}) {
    auto request = with_push("https://inner.example/hook");
    request.configuration->taskPushNotificationConfig->legacy = old;
    auto refused =
        co_await office.handler.send_message(context, agent_ref("agent"), std::move(request));
    CO_ASSERT_TRUE(!refused);
    EXPECT_EQ(refused.error().code(), Code::invalid_argument);
    EXPECT_EQ(refused.error().violations().at(0).field,
              old ? "/configuration/pushNotificationConfig/url"
                  : "/configuration/taskPushNotificationConfig/url");
    EXPECT_EQ(refused.error().message().find("10.0.0.1"), std::string::npos);
  }
  EXPECT_EQ(probe.begun, 0);
  co_await world.stop_all();
}

CORE_TEST(Push, a_message_to_a_task_brings_a_webhook_and_foreign_ones_are_missing) {
  Probe probe;
  Office office(world);
  office.add("agent", ask_then_answer, probe, true);
  const auto context = context_of(alice());
  auto first = co_await office.handler.send_message(context, agent_ref("agent"), request_of("x"));
  CO_ASSERT_OK(first);
  const auto id = json::from_text<a2a::Task>(first->json).value().id;
  auto request = with_push("https://h.example/hook");
  request.message.taskId = id;
  request.message.messageId = "m-2";
  CO_ASSERT_OK(
      co_await office.handler.send_message(context, agent_ref("agent"), std::move(request)));
  a2a::ListTaskPushNotificationConfigsRequest list;
  list.taskId = id;
  auto mine = co_await office.handler.list_push_configs(context, agent_ref("agent"), list);
  CO_ASSERT_OK(mine);
  CO_ASSERT_EQ(mine->configs.size(), 1U);
  EXPECT_EQ(mine->configs.at(0).token, "t");
  for (const auto& who : {bob(), carol()}) {
    auto theirs =
        co_await office.handler.list_push_configs(context_of(who), agent_ref("agent"), list);
    EXPECT_FALSE(theirs);
  }
  auto all =
      co_await office.handler.list_push_configs(context_of(admin()), agent_ref("agent"), list);
  CO_ASSERT_OK(all);
  EXPECT_FALSE(all->configs.at(0).token);
  co_await world.stop_all();
}

}  // namespace
}  // namespace flotilla::gateway::testing
