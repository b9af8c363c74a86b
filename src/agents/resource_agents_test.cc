#include "agents/resource_agents.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "a2a/card.h"
#include "agents/identity.h"
#include "agents/testing_internal.h"
#include "core/reconciler.h"
#include "core/resources_testing.h"

namespace flotilla::agents {
namespace {

using namespace testing;
using core::testing::manifest;

/// Answers with the system message it was made with.
class Parrot final : public core::Runner {
 public:
  explicit Parrot(std::string text) : text_(std::move(text)) {}
  Async<Result<>> run(core::Run& run) override {
    auto message = run.message(text_);
    co_return co_await run.status(a2a::TaskState::completed, std::move(message));
  }

 private:
  std::string text_;
};

/// A process whose Agent resources become parrots.
struct Place {
  explicit Place(World& world)
      : store(core::testing::store_of(world)),
        house(world),
        agents(services()),
        reconciler(store.resources, world.clock, world.loops.executor(0)) {
    reconciler.add(core::kAgentKind, [this](core::Resource resource) {
      return agents.reconcile(std::move(resource));
    });
  }
  ResourceAgentServices services() {
    ResourceAgentServices made{store.resources, house.process.agents, {}};
    made.declarative = [](DeclarativeDefinition definition) -> std::shared_ptr<core::Runner> {
      return std::make_shared<Parrot>(definition.system);
    };
    return made;
  }
  Async<> apply(std::string_view text) {
    const auto written = co_await store.resources.apply(nullptr, manifest(text));
    if (!written) ADD_FAILURE() << written.error().message();
  }
  /// `Ready False ModelConfigMissing: there is …`
  Async<std::string> condition(std::string name, std::string type) {
    core::ResourceRef ref{"Agent", "default", std::move(name)};
    const auto found = co_await store.resources.get(nullptr, std::move(ref));
    if (!found) co_return std::string(found.error().message());
    const auto status = core::status_of<core::AgentStatus>(*found);
    for (const auto& one : status->conditions)
      if (one.type == type)
        co_return type + " " + one.status + " " + one.reason +
            (one.message.empty() ? "" : ": " + one.message);
    co_return "none";
  }
  /// Looks until the condition is so.
  Async<> expect(std::string name, std::string wanted) {
    std::string now;
    const auto type = wanted.substr(0, wanted.find(' '));
    for (int i = 0; i < 50'000; ++i) {
      now = co_await condition(name, type);
      if (now == wanted) co_return;
      co_await boost::asio::post(boost::asio::use_awaitable);
    }
    ADD_FAILURE() << now << " is not " << wanted;
  }
  core::AgentRegistry::Ptr find(std::string_view name) {
    return house.process.agents.find("default", name);
  }

  core::testing::Store store;
  House house;
  ResourceAgents agents;
  core::Reconciler reconciler;
};

constexpr std::string_view kModel =
    "apiVersion: flotilla.dev/v1\nkind: ModelConfig\nmetadata: {name: default}\n"
    "spec: {provider: scripted, script: {text: hi}}\n";

std::string agent(const std::string& name, const std::string& spec) {
  return "apiVersion: flotilla.dev/v1\nkind: Agent\nmetadata: {name: " + name + "}\nspec: " + spec +
         "\n";
}

CORE_TEST(ResourceAgents, a_resource_is_an_agent_until_it_is_deleted) {
  Place place(world);
  place.reconciler.start();
  co_await place.apply(kModel);
  co_await place.apply(
      agent("helper",
            "{description: Helps., version: 2.0.0, keywords: [Aid], skills: [{name: Big "
            "help, tags: [x]}], declarative: {systemMessage: I help.}}"));
  co_await until([&] { return place.find("helper") != nullptr; });
  EXPECT_EQ(co_await place.house.ask("helper", "hello"), "COMPLETED|I help.");
  const auto info = place.find("helper");
  EXPECT_EQ(info->type, "declarative");
  EXPECT_EQ(info->keywords.front(), "aid");
  const auto card = json::from_text<a2a::AgentCard>(info->card);
  CO_ASSERT_OK(card);
  EXPECT_EQ(card->description, "Helps.");
  EXPECT_EQ(card->version, "2.0.0");
  EXPECT_EQ(card->skills.at(0).id, "big-help");
  co_await place.expect("helper", "Accepted True Valid");
  co_await place.expect("helper", "Ready True Ready");
  core::ResourceRef ref{"Agent", "default", "helper"};
  std::ignore = co_await place.store.resources.remove(nullptr, std::move(ref));
  co_await until([&] { return place.find("helper") == nullptr; });
  co_await place.reconciler.stop();
}

CORE_TEST(ResourceAgents, keeps_its_identity_over_changes_and_restarts) {
  Place place(world);
  place.reconciler.start();
  co_await place.apply(agent("helper", "{declarative: {systemMessage: one}}"));
  co_await until([&] { return place.find("helper") != nullptr; });
  const auto before = place.find("helper");
  world.clock.advance(std::chrono::hours(1));
  co_await place.apply(agent("helper", "{declarative: {systemMessage: two}}"));
  co_await until([&] { return place.find("helper") != before; });
  EXPECT_EQ(place.find("helper")->uid, before->uid);
  EXPECT_EQ(place.find("helper")->created_at, before->created_at);
  co_await place.reconciler.stop();
  place.house.process.agents.remove("default", "helper", before->uid);
  EXPECT_TRUE(co_await place.agents.load());
  CO_ASSERT_TRUE(place.find("helper"));
  EXPECT_EQ(place.find("helper")->uid, before->uid);
  EXPECT_EQ(co_await place.house.ask("helper", "hello"), "COMPLETED|two");
}

CORE_TEST(ResourceAgents, the_servers_own_agents_keep_their_identity_over_restarts) {
  auto first = House(world);
  EXPECT_TRUE(co_await keep_identities(*world.database, first.process.agents));
  const auto before = first.process.agents.find("default", "echo");
  world.clock.advance(std::chrono::hours(1));
  auto second = House(world, world.add_process("two"));
  EXPECT_NE(second.process.agents.find("default", "echo")->uid, before->uid);
  EXPECT_TRUE(co_await keep_identities(*world.database, second.process.agents));
  const auto after = second.process.agents.find("default", "echo");
  EXPECT_EQ(after->uid, before->uid);
  EXPECT_EQ(after->created_at, before->created_at);
  EXPECT_EQ(after->may_reply_message, before->may_reply_message);
}

CORE_TEST(ResourceAgents, templates_are_rendered_again_when_their_sources_change) {
  Place place(world);
  place.reconciler.start();
  co_await place.apply(
      "apiVersion: flotilla.dev/v1\nkind: PromptTemplate\nmetadata: {name: parts}\nspec: {parts: "
      "{safety: Be safe.}}\n");
  co_await place.apply(agent(
      "helper",
      R"({declarative: {systemMessage: 'I am {{.AgentName}}. {{include "p/safety"}}', promptTemplate: {dataSources: [{kind: PromptTemplate, name: parts, alias: p}]}}})"));
  co_await until([&] { return place.find("helper") != nullptr; });
  EXPECT_EQ(co_await place.house.ask("helper", "x"), "COMPLETED|I am helper. Be safe.");
  const auto before = place.find("helper");
  co_await place.apply(
      "apiVersion: flotilla.dev/v1\nkind: PromptTemplate\nmetadata: {name: parts}\nspec: {parts: "
      "{other: x}}\n");
  co_await until([&] { return place.find("helper") != before; });
  const std::string wrong =
      "the system message's template, line 1: 'p' has no key 'safety'; it has: other";
  EXPECT_EQ(co_await place.house.ask("helper", "x"),
            "FAILED|agent default/helper cannot run: " + wrong);
  co_await place.apply(kModel);
  co_await place.expect("helper", "Ready False PromptInvalid: " + wrong);
  co_await place.reconciler.stop();
}

CORE_TEST(ResourceAgents, conditions_say_what_is_missing_until_it_comes) {
  Place place(world);
  place.reconciler.start();
  co_await place.apply(
      agent("helper",
            "{declarative: {systemMessage: x, tools: [{toolServer: {name: files}}, {agent: "
            "{name: echo, headersFrom: [{name: X-A, value: b}]}}]}}"));
  co_await place.expect("helper",
                        "Ready False ModelConfigMissing: there is no ModelConfig default/default; "
                        "there is no ToolServer default/files");
  co_await place.expect(
      "helper",
      "UnsupportedFeatures True NotSupported: /spec/declarative/tools/1/agent/headersFrom: is not "
      "sent; give the headers in that agent's own spec.remote");
  co_await place.apply(kModel);
  co_await place.expect("helper",
                        "Ready False ToolServerMissing: there is no ToolServer default/files");
  co_await place.apply(
      "apiVersion: flotilla.dev/v1\nkind: ToolServer\nmetadata: {name: files}\nspec: {url: "
      "'https://x.example.org'}\n");
  co_await place.expect("helper", "Ready True Ready");
  co_await place.reconciler.stop();
}

CORE_TEST(ResourceAgents, another_namespace_must_allow_it) {
  Place place(world);
  place.reconciler.start();
  co_await place.apply(kModel);
  const std::string far =
      "apiVersion: flotilla.dev/v1\nkind: Agent\nmetadata: {name: far, namespace: other}\nspec: "
      "{declarative: {systemMessage: x}";
  co_await place.apply(far + "}\n");
  co_await place.apply(
      agent("helper", "{declarative: {tools: [{agent: {name: far, namespace: other}}]}}"));
  co_await place.expect("helper",
                        "Ready False NotAllowed: Agent other/far does not allow agents of "
                        "namespace default (its spec.allowedNamespaces)");
  co_await place.apply(far + ", allowedNamespaces: {from: All}}\n");
  place.reconciler.poke({"Agent", "default", "helper"});
  co_await place.expect("helper", "Ready True Ready");
  EXPECT_NE(place.house.process.agents.find("other", "far"), nullptr);
  co_await place.reconciler.stop();
}

CORE_TEST(ResourceAgents, the_servers_own_agents_keep_their_names) {
  Place place(world);
  place.reconciler.start();
  co_await place.apply(agent("echo", "{declarative: {systemMessage: mine}}"));
  co_await place.expect("echo",
                        "Accepted False NameTaken: an agent of the server's own has this name; "
                        "take another");
  EXPECT_EQ(place.find("echo")->type, "builtin");
  core::ResourceRef ref{"Agent", "default", "echo"};
  std::ignore = co_await place.store.resources.remove(nullptr, std::move(ref));
  co_await place.reconciler.stop();
  EXPECT_EQ(place.find("echo")->type, "builtin");
}

CORE_TEST(ResourceAgents, what_is_not_run_here_says_so) {
  Place place(world);
  place.reconciler.start();
  co_await place.apply(agent("far", "{remote: {url: 'https://x.example.org'}}"));
  co_await place.expect("far",
                        "Ready False NotSupported: agents of type remote are not run by this "
                        "server");
  EXPECT_EQ(
      co_await place.house.ask("far", "x"),
      "FAILED|agent default/far cannot run: agents of type remote are not run by this server");
  co_await place.reconciler.stop();
}

}  // namespace
}  // namespace flotilla::agents
