#include "core/reconciler.h"

#include <gtest/gtest.h>

#include "core/testing.h"

namespace flotilla::core {
namespace {

using testing::advance_until;
using testing::until;
using testing::World;

/// A reconciler with one function for ToolServers that notes what it gets.
struct House {
  explicit House(World& world)
      : sealer(auth::Sealer::ephemeral(world.random)),
        resources(*world.database, world.clock, world.random, sealer, world.process().feed),
        reconciler(resources, world.clock, world.loops.executor(0)) {
    reconciler.add("ToolServer", [this](Resource resource) { return look(std::move(resource)); });
  }
  Async<Result<>> look(Resource resource) {
    ++running;
    most = std::max(most, running);
    if (hold) co_await hold_for->sleep_for(std::chrono::seconds(1));
    --running;
    runs.push_back(resource);
    if (broken) throw std::runtime_error("broken");
    if (failures > 0) {
      --failures;
      co_return fail(Error(Code::unavailable, "not yet"));
    }
    co_return ok();
  }
  auth::Sealer sealer;
  Resources resources;
  Reconciler reconciler;
  std::vector<Resource> runs;
  int failures = 0;
  int running = 0;
  int most = 0;
  bool broken = false;
  bool hold = false;
  Clock* hold_for = nullptr;
};

Manifest manifest(std::string_view text) {
  return *parse_manifest(*json::parse_yaml(text), {});
}
Manifest server(const std::string& url = "https://x.example.org") {
  return manifest(
      "apiVersion: flotilla.dev/v1\nkind: ToolServer\nmetadata: {name: a}\nspec: {url: '" + url +
      "', headers: [{name: A, valueFrom: {secretKeyRef: {name: t, key: k}}}]}\n");
}
Manifest secret(const std::string& value) {
  return manifest("apiVersion: v1\nkind: Secret\nmetadata: {name: t}\nstringData: {k: " + value +
                  "}\n");
}
const ResourceRef kServer{"ToolServer", "default", "a"};

CORE_TEST(Reconciler, looks_at_what_is_there_and_at_each_change) {
  House house(world);
  std::ignore = co_await house.resources.apply(nullptr, server());
  house.reconciler.start();
  co_await until([&] { return house.runs.size() == 1; });
  std::ignore = co_await house.resources.apply(nullptr, server("https://y.example.org"));
  co_await until([&] { return house.runs.size() == 2; });
  EXPECT_EQ(house.runs.back().generation, 2);
  // Its secret comes, and changes.
  std::ignore = co_await house.resources.apply(nullptr, secret("one"));
  co_await until([&] { return house.runs.size() == 3; });
  std::ignore = co_await house.resources.apply(nullptr, secret("two"));
  co_await until([&] { return house.runs.size() == 4; });
  const auto uid = house.runs.back().uid;
  std::ignore = co_await house.resources.remove(nullptr, kServer);
  co_await until([&] { return house.runs.size() == 5; });
  EXPECT_TRUE(house.runs.back().deleted);
  EXPECT_EQ(house.runs.back().uid, uid);
  house.reconciler.poke(kServer);
  co_await house.reconciler.stop();
  co_await house.reconciler.stop();
  EXPECT_EQ(house.runs.size(), 5U);
}

CORE_TEST(Reconciler, a_change_of_the_status_is_no_news) {
  House house(world);
  auto made = co_await house.resources.apply(nullptr, server());
  house.reconciler.start();
  co_await until([&] { return house.runs.size() == 1; });
  json::Object status;
  status.set("toolCount", 3);
  std::ignore = co_await house.resources.set_status(kServer, made->resource.uid, status);
  house.reconciler.poke(kServer);
  co_await until([&] { return house.runs.size() == 2; });
  std::ignore = co_await house.resources.apply(nullptr, server("https://y.example.org"));
  co_await until([&] { return house.runs.size() == 3; });
  EXPECT_EQ(house.runs.back().generation, 2);
  co_await house.reconciler.stop();
}

CORE_TEST(Reconciler, failures_are_tried_again_later_each_time) {
  House house(world);
  house.failures = 3;
  std::ignore = co_await house.resources.apply(nullptr, server());
  house.reconciler.start();
  const auto begin = world.clock.steady_now();
  co_await advance_until(world, 1, [&] { return house.runs.size() == 4; });
  EXPECT_GE(world.clock.steady_now() - begin, std::chrono::seconds(7));
  house.broken = true;
  house.reconciler.poke(kServer);
  co_await until([&] { return house.runs.size() == 5; });
  house.broken = false;
  co_await advance_until(world, 1, [&] { return house.runs.size() == 6; });
  co_await house.reconciler.stop();
}

CORE_TEST(Reconciler, looks_at_everything_now_and_then) {
  House house(world);
  std::ignore = co_await house.resources.apply(nullptr, server());
  house.reconciler.start();
  const auto begin = world.clock.steady_now();
  co_await advance_until(world, 1, [&] { return house.runs.size() == 2; });
  EXPECT_GE(world.clock.steady_now() - begin, ReconcilerOptions().resync);
  co_await house.reconciler.stop();
}

CORE_TEST(Reconciler, never_looks_at_one_twice_at_once_and_stop_ends_it) {
  House house(world);
  house.hold = true;
  house.hold_for = &world.clock;
  std::ignore = co_await house.resources.apply(nullptr, server());
  house.reconciler.start();
  co_await until([&] { return house.running == 1; });
  for (int i = 0; i < 5; ++i) house.reconciler.poke(kServer);
  co_await advance_until(world, 1, [&] { return house.runs.size() == 2; });
  EXPECT_EQ(house.most, 1);
  house.reconciler.poke(kServer);
  co_await until([&] { return house.running == 1; });
  co_await house.reconciler.stop();
}

CORE_TEST(Reconciler, kinds_without_a_function_are_accepted) {
  House house(world);
  std::ignore = co_await house.resources.apply(nullptr, secret("one"));
  house.reconciler.start();
  const ResourceRef ref{"Secret", "default", "t"};
  for (;;) {
    auto found = co_await house.resources.get(nullptr, ref);
    CO_ASSERT_TRUE(found);
    if (is_condition_true(*found, "Accepted")) break;
    co_await boost::asio::post(boost::asio::use_awaitable);
  }
  co_await house.reconciler.stop();
}

}  // namespace
}  // namespace flotilla::core
