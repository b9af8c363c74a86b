#include "agents/models.h"

#include <gtest/gtest.h>

#include "auth/sealing.h"
#include "core/testing.h"
#include "json/json.h"

namespace flotilla::agents {
namespace {

using core::testing::until;
using core::testing::World;

/// Models over real resources.
struct Shop {
  explicit Shop(World& at)
      : world(at),
        sealer(auth::Sealer::ephemeral(at.random)),
        feed(*at.database, at.clock),
        resources(*at.database, at.clock, at.random, sealer, feed),
        pool("dns", 1, 8),
        egress(*http::EgressPolicy::make({})),
        clients(at.clock, pool, egress, http::ClientOptions()),
        models(resources, llm::ModelServices{clients, at.clock, at.random}, at.loops.executor(0)) {}

  /// `spec` as YAML; the members of a Secret or ConfigMap stand at its root.
  Async<> apply(std::string kind, std::string name, std::string spec) {
    core::Manifest manifest;
    manifest.ref = {std::move(kind), "default", std::move(name)};
    manifest.spec = *json::parse_yaml(spec);
    const auto written = co_await resources.apply(nullptr, std::move(manifest));
    EXPECT_TRUE(written) << (written ? "" : written.error().message());
  }
  /// What the model says to `x`.
  Async<std::string> say(std::string name) {
    auto entry = co_await models.get("default", std::move(name));
    if (!entry) co_return "error " + entry.error().message();
    llm::Request request;
    request.messages.push_back(llm::text_message(llm::MessageRole::user, "x"));
    const auto model = (*entry)->model;
    const auto answer = co_await model->generate(request, nullptr, llm::CallOptions());
    if (!answer) co_return "error " + answer.error().message();
    co_return llm::text_of(answer->message);
  }
  /// Until it says so: changes are followed, not waited for.
  Async<bool> comes_to_say(std::string name, std::string words) {
    for (int i = 0; i < 1000; ++i) {
      const auto said = co_await say(name);
      if (said == words) co_return true;
      co_await flotilla::testing::settle();
    }
    co_return false;
  }

  World& world;
  auth::Sealer sealer;
  core::Feed feed;
  core::Resources resources;
  BlockingPool pool;
  http::EgressPolicy egress;
  http::LoopClients clients;
  Models models;
};

constexpr std::string_view kHello =
    "{provider: scripted, script: {text: 'answers: [{text: hello}]'}}";

CORE_TEST(Models, are_made_of_their_config_and_kept) {
  Shop shop(world);
  co_await shop.apply("ModelConfig", "default", std::string(kHello));
  shop.models.start();
  const auto said = co_await shop.comes_to_say("", "hello");
  EXPECT_TRUE(said);
  const auto first = co_await shop.models.get("default", "");
  const auto second = co_await shop.models.get("default", "default");
  CO_ASSERT_TRUE(first && second);
  EXPECT_EQ(first->get(), second->get());
  EXPECT_EQ((*first)->model->name(), "default");
  co_await shop.models.stop();
}

CORE_TEST(Models, a_change_of_the_config_or_what_it_refers_to_makes_another) {
  Shop shop(world);
  shop.models.start();
  co_await shop.apply("ConfigMap", "scripts", "data: {s: 'answers: [{text: one}]'}");
  co_await shop.apply(
      "ModelConfig", "m",
      "{provider: scripted, script: {from: {configMapKeyRef: {name: scripts, key: s}}}}");
  auto good = co_await shop.comes_to_say("m", "one");
  EXPECT_TRUE(good);
  co_await shop.apply("ConfigMap", "scripts", "data: {s: 'answers: [{text: two}]'}");
  good = co_await shop.comes_to_say("m", "two");
  EXPECT_TRUE(good);
  co_await shop.apply("ModelConfig", "m", std::string(kHello));
  good = co_await shop.comes_to_say("m", "hello");
  EXPECT_TRUE(good);
  co_await shop.models.stop();
}

CORE_TEST(Models, a_change_of_the_status_alone_makes_no_other) {
  Shop shop(world);
  shop.models.start();
  co_await shop.apply("ModelConfig", "m", std::string(kHello));
  auto good = co_await shop.comes_to_say("m", "hello");
  EXPECT_TRUE(good);
  auto before = co_await shop.models.get("default", "m");
  for (int i = 0; i < 100; ++i) {
    const auto again = co_await shop.models.get("default", "m");
    if (again && before && *again == *before) break;
    before = again;
    co_await flotilla::testing::settle();
  }
  const core::ResourceRef ref{"ModelConfig", "default", "m"};
  const auto resource = co_await shop.resources.get(nullptr, ref);
  CO_ASSERT_TRUE(resource);
  json::Object status{{"observedGeneration", 1}};
  const auto set = co_await shop.resources.set_status(ref, resource->uid, std::move(status));
  EXPECT_TRUE(set);
  // A change that is seen after it, so that it has been seen, too.
  co_await shop.apply("ModelConfig", "other", std::string(kHello));
  good = co_await shop.comes_to_say("other", "hello");
  const auto after = co_await shop.models.get("default", "m");
  CO_ASSERT_TRUE(before && after);
  EXPECT_EQ(before->get(), after->get());
  co_await shop.models.stop();
}

CORE_TEST(Models, fallbacks_answer_and_rings_end) {
  Shop shop(world);
  co_await shop.apply(
      "ModelConfig", "b",
      "{provider: scripted, fallbacks: [a], script: {text: 'answers: [{text: of b}]'}}");
  co_await shop.apply(
      "ModelConfig", "a",
      "{provider: scripted, attempts: 1, fallbacks: [b], price: {input: 1, output: 2}, "
      "script: {text: 'answers: [{fail: {status: 503}}]'}}");
  const auto said = co_await shop.say("a");
  EXPECT_EQ(said, "of b");
  const auto entry = co_await shop.models.get("default", "a");
  CO_ASSERT_TRUE(entry);
  EXPECT_EQ((*entry)->price->output, 2);
}

CORE_TEST(Models, say_what_is_missing) {
  Shop shop(world);
  const auto unknown = co_await shop.models.get("default", "nope");
  CO_ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), Code::not_found);
  EXPECT_TRUE(unknown.error().message().contains("nope")) << unknown.error().message();
  co_await shop.apply(
      "ModelConfig", "m",
      "{provider: openai, model: gpt-5, apiKey: {secretKeyRef: {name: keys, key: k}}}");
  const auto keyless = co_await shop.models.get("default", "m");
  CO_ASSERT_FALSE(keyless);
  EXPECT_TRUE(keyless.error().message().contains("/spec/apiKey")) << keyless.error().message();
  EXPECT_TRUE(keyless.error().message().contains("keys")) << keyless.error().message();
  co_await shop.apply("Secret", "keys", "stringData: {k: abc}");
  const auto made = co_await shop.models.get("default", "m");
  EXPECT_TRUE(made) << (made ? "" : made.error().message());
  co_await shop.apply("Secret", "pem", "stringData: {ca: nonsense}");
  co_await shop.apply("ModelConfig", "t",
                      "{provider: ollama, model: x, baseUrl: 'https://h', "
                      "tls: {caSecretRef: {name: pem, key: ca}}}");
  const auto broken = co_await shop.models.get("default", "t");
  CO_ASSERT_FALSE(broken);
  EXPECT_TRUE(broken.error().message().contains("/spec/tls/caSecretRef"))
      << broken.error().message();
}

CORE_TEST(Models, embed_by_a_config_too) {
  Shop shop(world);
  co_await shop.apply("ModelConfig", "e", "{provider: scripted, script: {text: 'dimension: 8'}}");
  auto model = co_await shop.models.embedding("default", "e");
  CO_ASSERT_TRUE(model);
  const std::vector<std::string> texts{"a"};
  const auto made = co_await (*model)->embed(texts, llm::CallOptions());
  CO_ASSERT_TRUE(made);
  EXPECT_EQ(made->vectors[0].size(), 8U);
}

}  // namespace
}  // namespace flotilla::agents
