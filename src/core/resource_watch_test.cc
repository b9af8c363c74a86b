#include <gtest/gtest.h>

#include "core/resources_testing.h"

namespace flotilla::core {
namespace {

using testing::alice;
using testing::carol;
using testing::manifest;
using testing::server;
using testing::server_ref;
using testing::store_of;

CORE_TEST(Resources, a_watch_resumes_where_it_was) {
  auto store = store_of(world);
  auto& resources = store.resources;
  auto first = co_await resources.create(alice(), server());
  CO_ASSERT_TRUE(first);
  std::ignore = co_await resources.apply(alice(), server("github", "https://two.example.org"));
  std::ignore = co_await resources.remove(alice(), server_ref());
  auto watch =
      co_await resources.watch(alice(), {"ToolServer", "default", {}}, first->resource.version);
  CO_ASSERT_TRUE(watch);
  auto batch = co_await (*watch)->next();
  CO_ASSERT_TRUE(batch);
  CO_ASSERT_EQ(batch->events.size(), 2U);
  EXPECT_EQ(batch->events[0].type, ResourceEvent::Type::modified);
  EXPECT_EQ(batch->events[0].resource.generation, 2);
  EXPECT_EQ(batch->events[1].type, ResourceEvent::Type::deleted);
  EXPECT_EQ((*watch)->cursor(), batch->events[1].position);
  auto strangers = co_await resources.watch(carol(), {"ToolServer", "", {}}, 0);
  std::ignore =
      co_await resources.create(carol(), manifest("apiVersion: flotilla.dev/v1\nkind: ToolServer\n"
                                                  "metadata: {name: own, namespace: elsewhere}\n"
                                                  "spec: {url: 'https://x.example.org'}\n"));
  batch = co_await (*strangers)->next();
  CO_ASSERT_TRUE(batch);
  CO_ASSERT_EQ(batch->events.size(), 1U);
  EXPECT_EQ(batch->events[0].resource.ref.name, "own");
}

CORE_TEST(Resources, a_watch_by_labels_tells_who_comes_and_goes) {
  auto store = store_of(world);
  auto& resources = store.resources;
  std::ignore = co_await resources.create(alice(), server());
  ResourceFilter filter{"ToolServer", "default", *LabelSelector::parse("app=web", "l")};
  auto watch = co_await resources.watch(alice(), filter, 0);
  const auto label = [&](std::string_view patch) {
    return resources.patch(alice(), server_ref(), *json::parse(patch));
  };
  std::ignore = co_await label(R"({"metadata":{"labels":{"app":"web"}}})");
  std::ignore = co_await label(R"({"metadata":{"labels":{"app":"db"}}})");
  auto batch = co_await (*watch)->next();
  CO_ASSERT_TRUE(batch);
  CO_ASSERT_EQ(batch->events.size(), 2U);
  EXPECT_EQ(batch->events[0].type, ResourceEvent::Type::added);
  EXPECT_EQ(batch->events[1].type, ResourceEvent::Type::deleted);
}

CORE_TEST(Resources, a_cursor_that_is_too_old_or_unknown_is_said) {
  auto store = store_of(world);
  auto& resources = store.resources;
  auto first = co_await resources.create(alice(), server());
  CO_ASSERT_TRUE(first);
  json::Object status;
  for (std::int64_t i = 0; i <= kResourceHistory; ++i) {
    status.set("observedGeneration", i + 1);
    auto written = co_await resources.set_status(server_ref(), first->resource.uid, status);
    CO_ASSERT_TRUE(written);
  }
  auto watch = co_await resources.watch(alice(), {}, 0);
  auto batch = co_await (*watch)->next();
  CO_ASSERT_TRUE(batch);
  EXPECT_TRUE(batch->gap);
  auto after = co_await (*watch)->next();
  CO_ASSERT_TRUE(after);
  CO_ASSERT_FALSE(after->events.empty());
  EXPECT_GT(after->events.front().position, *batch->gap);
  auto future = co_await resources.watch(alice(), {}, 1'000'000'000);
  batch = co_await (*future)->next();
  CO_ASSERT_TRUE(batch);
  EXPECT_TRUE(batch->gap);
}

CORE_TEST(Resources, a_status_keeps_the_time_of_its_conditions) {
  auto store = store_of(world);
  auto& resources = store.resources;
  auto made = co_await resources.create(alice(), server());
  CO_ASSERT_TRUE(made);
  const auto with = [](std::string_view status, std::string_view message) {
    json::Object out;
    Condition condition;
    condition.type = "Ready";
    condition.status = status;
    condition.message = message;
    condition.observedGeneration = 1;
    out.set("conditions", json::Array{json::to_value(condition)});
    return out;
  };
  const auto uid = made->resource.uid;
  auto one = co_await resources.set_status(server_ref(), uid, with("False", "down"));
  CO_ASSERT_TRUE(one);
  world.clock.advance(std::chrono::minutes(1));
  auto two = co_await resources.set_status(server_ref(), uid, with("False", "still down"));
  auto three = co_await resources.set_status(server_ref(), uid, with("True", "up"));
  CO_ASSERT_TRUE(two);
  CO_ASSERT_TRUE(three);
  const auto since = [](const Resource& resource) {
    return json::read<std::vector<Condition>>(*resource.status.find("conditions"))
        ->front()
        .lastTransitionTime;
  };
  EXPECT_EQ(since(*one), since(*two));
  EXPECT_EQ(since(*three) - since(*two), std::chrono::minutes(1));
  EXPECT_EQ(three->generation, 1);
  EXPECT_TRUE(is_condition_true(*three, "Ready"));
  auto same = co_await resources.set_status(server_ref(), uid, with("True", "up"));
  EXPECT_EQ(same->version, three->version);
  auto other = co_await resources.set_status(server_ref(), "another", with("True", "up"));
  CO_ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), Code::not_found);
}

}  // namespace
}  // namespace flotilla::core
