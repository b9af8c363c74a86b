#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <random>
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
#include "core/metrics.h"
#include "core/scheduler.h"
#include "core/sessions.h"
#include "core/tasks.h"
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

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  void fill(void* bytes, std::size_t count) override {
    std::lock_guard lock(mutex_);
    auto* out = static_cast<unsigned char*>(bytes);
    for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<unsigned char>(engine_());
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

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
        tasks(services, sessions, scheduler, agents, dedupe) {}

  db::Database& database;
  telemetry::Registry registry;
  Metrics metrics;
  Feed feed;
  Services services;
  AgentRegistry agents;
  Sessions sessions;
  Scheduler scheduler;
  Tasks tasks;
};

struct Given {
  bool on_disk = false;
  std::size_t threads = 1;
  Duration dedupe = std::chrono::hours(24);
};

inline constexpr Given kOnDisk{.on_disk = true};
inline constexpr Given kTwoLoops{.threads = 2};
inline constexpr std::chrono::seconds kWorldLimit{30};

/// A folder that goes with the test.
struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "flotilla-core-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

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
    for (auto& process : processes_) co_await process->scheduler.stop();
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
  /// A test that hangs says which one it was.
  class Watchdog {
   public:
    Watchdog() : thread_([this] { watch(); }) {}
    ~Watchdog() {
      {
        std::lock_guard lock(mutex_);
        over_ = true;
      }
      changed_.notify_one();
      thread_.join();
    }

   private:
    void watch() {
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, kWorldLimit * FLOTILLA_TEST_SLOWDOWN, [this] { return over_; }))
        return;
      std::cerr << "test hangs: " << ::testing::UnitTest::GetInstance()->current_test_info()->name()
                << std::endl;
      std::abort();
    }
    std::mutex mutex_;
    std::condition_variable changed_;
    bool over_ = false;
    std::thread thread_;
  };

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

inline Visibility seen_by(std::shared_ptr<const Principal> who) {
  Visibility visibility;
  visibility.principal = std::move(who);
  return visibility;
}

inline a2a::Message user_message(std::string text, std::string id = "m-1") {
  a2a::Message message;
  message.messageId = std::move(id);
  message.role = a2a::MessageRole::user;
  message.parts.push_back(a2a::text_part(std::move(text)));
  return message;
}

inline NewTask new_task(std::string agent, std::string text, std::string id = "m-1") {
  NewTask task;
  task.name_space = "default";
  task.agent = std::move(agent);
  task.principal = alice();
  task.message = user_message(std::move(text), std::move(id));
  return task;
}

/// What a scripted agent and its test tell each other. Touched by one loop, but the counters.
/// Copies share it: a run may end after the test's body.
class Probe {
  struct State {
    std::atomic<int> begun{0};
    std::atomic<int> ended{0};
    std::vector<std::string> notes;
  };
  std::shared_ptr<State> state_;

 public:
  Probe() : Probe(std::make_shared<State>()) {}
  Probe(const Probe& other) : Probe(other.state_) {}
  Probe& operator=(const Probe&) = delete;
  ~Probe() = default;

  std::atomic<int>& begun;
  std::atomic<int>& ended;
  std::vector<std::string>& notes;

 private:
  explicit Probe(std::shared_ptr<State> state)
      : state_(std::move(state)),
        begun(state_->begun),
        ended(state_->ended),
        notes(state_->notes) {}
};

/// An agent that is a function.
class ScriptedRunner final : public Runner {
 public:
  using Script = Async<Result<>> (*)(Run&, Probe&);
  ScriptedRunner(Script script, const Probe& probe) : script_(script), probe_(probe) {}
  Async<Result<>> run(Run& run) override {
    ++probe_.begun;
    Leave leave{probe_};
    co_return co_await script_(run, probe_);
  }

 private:
  struct Leave {
    Probe& probe;
    ~Leave() { ++probe.ended; }
  };
  Script script_;
  Probe probe_;
};

inline void add_agent(Process& process, std::string name, ScriptedRunner::Script script,
                      const Probe& probe, std::string name_space = "default") {
  AgentInfo info;
  info.name_space = std::move(name_space);
  info.name = std::move(name);
  info.type = "builtin";
  info.runner = std::make_shared<ScriptedRunner>(script, probe);
  process.agents.put(std::move(info));
}

inline a2a::Artifact text_artifact(std::string id, std::string text) {
  a2a::Artifact artifact;
  artifact.artifactId = std::move(id);
  artifact.parts.push_back(a2a::text_part(std::move(text)));
  return artifact;
}

/// Counts up to the number in its input: `step` seconds before each, one part each. It goes on
/// where its artifact ends.
inline Async<Result<>> count_up(Run& run, Probe& probe) {
  if (run.resumed()) probe.notes.push_back("resumed");
  const int last = std::stoi(a2a::text_of(run.input().parts));
  int done = 0;
  for (const auto& artifact : run.task().artifacts) done = static_cast<int>(artifact.parts.size());
  for (int i = done; i < last; ++i) {
    CO_TRY_VOID(co_await run.sleep(std::chrono::seconds(1)));
    auto chunk = text_artifact("count", std::to_string(i + 1));
    CO_TRY_VOID(co_await run.artifact(std::move(chunk), i > 0, i + 1 == last));
  }
  co_return co_await run.status(a2a::TaskState::completed);
}

inline Async<Result<>> complete_at_once(Run& run, Probe&) {
  auto artifact = text_artifact("answer", a2a::text_of(run.input().parts));
  CO_TRY_VOID(co_await run.artifact(std::move(artifact), false, true));
  co_return co_await run.status(a2a::TaskState::completed);
}

/// Waits for ever; ends by cancellation only.
inline Async<Result<>> wait_for_ever(Run& run, Probe&) {
  for (;;) CO_TRY_VOID(co_await run.sleep(std::chrono::hours(1)));
}

/// Asks once, then completes with what it was told.
inline Async<Result<>> ask_once(Run& run, Probe& probe) {
  for (const auto& message : run.task().history) probe.notes.push_back(a2a::text_of(message.parts));
  std::size_t inputs = 0;
  for (const auto& message : run.task().history)
    inputs += message.role == a2a::MessageRole::user ? 1 : 0;
  if (inputs > 1) co_return co_await complete_at_once(run, probe);
  auto question = run.message("which?");
  co_return co_await run.status(a2a::TaskState::input_required, std::move(question));
}

inline std::string texts_of(const a2a::Task& task) {
  std::string text;
  for (const auto& artifact : task.artifacts)
    for (const auto& part : artifact.parts) text += part.text.value_or("?") + " ";
  return text;
}

/// Reads until the event with this number came, or the end.
inline Async<Result<std::vector<EventPtr>>> read_to(Subscription& subscription, std::uint64_t seq) {
  std::vector<EventPtr> events;
  while (subscription.cursor() < seq) {
    CO_TRY(more, co_await subscription.next());
    if (more.empty()) break;
    events.insert(events.end(), more.begin(), more.end());
  }
  co_return events;
}

/// Everything that is stored of a task's journal.
inline Async<Result<std::vector<EventPtr>>> journal_of(TaskLog::Ptr log) {
  const auto seq = log->committed().seq;
  co_return co_await log->stored_events(0, seq, 10'000);
}

}  // namespace flotilla::core::testing
