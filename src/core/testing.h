#pragma once

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "async/clock.h"
#include "async/loops.h"
#include "async/spawn.h"
#include "async/testing.h"
#include "core/agents.h"
#include "core/fake_database.h"
#include "core/feed.h"
#include "core/limits.h"
#include "core/messaging.h"
#include "core/messaging_courier.h"
#include "core/metrics.h"
#include "core/scheduler.h"
#include "core/sessions.h"
#include "core/tasks.h"
#include "core/testing_internal.h"
#include "db/sqlite/sqlite.h"
#include "json/map.h"
#include "telemetry/metrics.h"

/// `CORE_TEST(Suite, what_holds) { … co_await …; }` runs its body on loop 0 of a World in this
/// thread. At its end all processes of the world are stopped.
#define CORE_TEST(Suite, name) CORE_TEST_WITH(Suite, name, ::flotilla::core::testing::Given{})
#define CORE_TEST_WITH(Suite, name, given)                                                   \
  static ::flotilla::Async<> Suite##_##name##_body(::flotilla::core::testing::World& world); \
  TEST(Suite, name) {                                                                        \
    ::flotilla::core::testing::World tested(given);                                          \
    tested.run(Suite##_##name##_body);                                                       \
  }                                                                                          \
  static ::flotilla::Async<> Suite##_##name##_body(                                          \
      [[maybe_unused]] ::flotilla::core::testing::World& world)

namespace flotilla::core::testing {

/// All of core as one process of a deployment has it.
struct Process {
  Process(db::Database& on, Clock& at, Random& random, Loops& loops, Duration dedupe,
          std::string holder)
      : database(on),
        metrics(registry),
        feed(on, at),
        services{on, at, random, feed, metrics, std::move(holder)},
        sessions(on, at, random),
        scheduler(services, agents, loops),
        tasks(services, sessions, scheduler, agents, dedupe),
        topics(services, loops.executor(0)),
        subscriptions(on, at),
        messaging(services, tasks, agents, topics, subscriptions, kHopLimit),
        courier(services, messaging, agents, loops.executor(0)) {}

  db::Database& database;
  telemetry::Registry registry;
  Metrics metrics;
  Feed feed;
  Services services;
  AgentRegistry agents;
  Sessions sessions;
  Scheduler scheduler;
  Tasks tasks;
  Topics topics;
  TopicSubscriptions subscriptions;
  Messaging messaging;
  Courier courier;
};

struct Given {
  bool on_disk = false;
  std::size_t threads = 1;
  Duration dedupe = std::chrono::hours(24);
};

inline constexpr Given kOnDisk{.on_disk = true};
inline constexpr Given kTwoLoops{.threads = 2};

/// What a test has: a store, a clock that it moves, loops, and as many processes as it likes.
class World {
 public:
  explicit World(Given given) : given_(given), loops(given.threads) { open_store(); }

  /// One more process on the same store; the first is `process()`.
  Process& add_process(std::string holder) {
    processes_.push_back(std::make_unique<Process>(*database, clock, random, loops, given_.dedupe,
                                                   std::move(holder)));
    return *processes_.back();
  }
  Process& process() { return processes_.empty() ? add_process("one") : *processes_.front(); }
  /// Stops all processes; their objects are gone afterwards.
  Async<> stop_all() {
    for (auto& process : processes_) {
      co_await process->courier.stop();
      co_await process->topics.stop();
      co_await process->scheduler.stop();
    }
    processes_.clear();
  }
  /// Closes the store and opens it again, as a restart does: call after stop_all(). On disk only.
  void reopen() {
    database.reset();
    store.reset();
    open_store();
  }

  void run(Async<> (*body)(World&)) {
    Watchdog watchdog;
    spawn_detached(loops.executor(0), run_body(body));
    loops.run_here();
    EXPECT_TRUE(done_) << "the body did not end";
  }

  ManualClock clock;
  SeededRandom random{20'261'121};

 private:
  void open_store() {
    db::sqlite::Options options;
    options.path = ":memory:";
    if (given_.on_disk) options.path = folder_.path / "store.db";
    auto opened = db::sqlite::open(std::move(options), registry_);
    if (!opened) throw std::runtime_error(opened.error().message());
    store = std::move(*opened);
    database = std::make_unique<FakeDatabase>(*store);
  }
  Async<> run_body(Async<> (*body)(World&)) {
    try {
      co_await body(*this);
    } catch (const std::exception& e) {
      ADD_FAILURE() << "the body threw: " << e.what();
    }
    done_ = true;
    database->recover();
    database->release();
    co_await stop_all();
    loops.stop();
  }

  Given given_;
  Folder folder_;
  telemetry::Registry registry_;
  bool done_ = false;

 public:
  Loops loops;
  std::unique_ptr<db::Database> store;
  std::unique_ptr<FakeDatabase> database;  // in front of the store

 private:
  std::vector<std::unique_ptr<Process>> processes_;
};

/// Lets all loops and the store work until the condition holds.
template <class Condition>
Async<> until(Condition holds) {
  while (!holds()) {
    std::this_thread::yield();
    co_await boost::asio::post(boost::asio::use_awaitable);
  }
}

/// Moves the clock in small steps until the condition holds.
template <class Condition>
Async<> advance_until(World& world, std::size_t sleepers, Condition holds) {
  while (!holds()) {
    co_await until([&] { return holds() || world.clock.sleepers() >= sleepers; });
    if (!holds()) world.clock.advance(std::chrono::seconds(1));
  }
}

inline std::shared_ptr<const Principal> principal(std::string name,
                                                  std::vector<std::string> namespaces,
                                                  Role role = Role::operator_) {
  auto made = std::make_shared<Principal>();
  made->name = std::move(name);
  made->role = role;
  made->namespaces = std::move(namespaces);
  return made;
}
inline std::shared_ptr<const Principal> alice() {
  return principal("alice", {"default"});
}
inline std::shared_ptr<const Principal> bob() {
  return principal("bob", {"default"});
}
inline std::shared_ptr<const Principal> carol() {
  return principal("carol", {"elsewhere"});
}
inline std::shared_ptr<const Principal> admin() {
  auto made = std::make_shared<Principal>(*principal("root", {}, Role::admin));
  made->all_namespaces = true;
  return made;
}

}  // namespace flotilla::core::testing

#include "core/testing_agents.h"
