#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <stdexcept>

#include "agents/declarative/declarative.h"
#include "agents/declarative/run_fakes_internal.h"
#include "async/loops.h"
#include "async/spawn.h"
#include "async/task_group.h"
#include "core/feed.h"
#include "core/messaging.h"
#include "core/metrics.h"
#include "core/scheduler.h"
#include "core/sessions.h"
#include "core/tasks.h"
#include "db/sqlite/sqlite.h"
#include "json/map.h"
#include "telemetry/metrics.h"

// The loop with a model and a tool inside the process: what bench/agents reports.

namespace {

using namespace flotilla;
using namespace flotilla::agents;
using namespace flotilla::agents::testing;
using namespace std::chrono_literals;

constexpr int kSteps = 20;

std::shared_ptr<const Principal> local() {
  auto principal = std::make_shared<Principal>();
  principal->name = "local";
  principal->role = Role::admin;
  return principal;
}

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(*result);
}
void must(const Result<>& result) {
  if (!result) throw std::runtime_error(result.error().message());
}

/// Adds up how long commits take, from their submission to the answer.
class TimedDatabase final : public db::Database {
 public:
  explicit TimedDatabase(std::unique_ptr<db::Database> next) : next_(std::move(next)) {}
  void submit(db::Batch batch,
              std::move_only_function<void(Result<db::BatchResult>)> done) override {
    const auto begin = std::chrono::steady_clock::now();
    auto timed = [this, begin, done = std::move(done)](Result<db::BatchResult> result) mutable {
      nanos += (std::chrono::steady_clock::now() - begin).count();
      done(std::move(result));
    };
    next_->submit(std::move(batch), std::move(timed));
  }
  Async<Result<db::BatchResult>> write(db::Batch batch) override {
    return next_->write(std::move(batch));
  }
  Async<Result<std::vector<db::Row>>> read(const db::Statement& statement,
                                           std::vector<db::Value> parameters,
                                           std::size_t limit) override {
    return next_->read(statement, std::move(parameters), limit);
  }
  Async<Result<>> backup(std::string path) override { return next_->backup(std::move(path)); }
  [[nodiscard]] db::Stats stats() const override { return next_->stats(); }
  std::atomic<std::int64_t> nanos{0};

 private:
  std::unique_ptr<db::Database> next_;
};

/// All of core with one declarative agent, on one loop.
struct House {
  House(bool file, std::shared_ptr<llm::Model> its_model)
      : model(std::move(its_model)),
        database(std::make_unique<TimedDatabase>(open(file))),
        principal(local()) {
    declared.find_model = [this](std::string, std::string name) { return found(std::move(name)); };
    declared.tool_servers = &tools;
    DeclarativeDefinition definition;
    definition.name_space = "default";
    definition.name = "guide";
    definition.system = "You are a guide.";
    core::AgentTool use;
    use.toolServer.emplace();
    use.toolServer->name = "counter";
    definition.spec.tools.push_back(std::move(use));
    core::AgentInfo info;
    info.name_space = "default";
    info.name = "guide";
    info.runner = make_declarative(declared, std::move(definition));
    agents.put(std::move(info));
  }
  House(const House&) = delete;
  House& operator=(const House&) = delete;
  ~House() { remove_files(); }

  std::unique_ptr<db::Database> open(bool file) {
    db::sqlite::Options options;
    options.path = ":memory:";
    if (file) {
      path = (std::filesystem::current_path() / "flotilla-loop-bench.db").string();
      remove_files();
      options.path = path;
    }
    return must(db::sqlite::open(std::move(options), registry));
  }
  void remove_files() const {
    if (path.empty()) return;
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path + end);
  }
  Async<Result<ModelUse>> found(std::string name) {
    ModelUse use;
    use.model = model;
    use.config = std::move(name);
    co_return use;
  }
  Async<core::TaskLog::Ptr> begin(std::string text, std::optional<std::string> context = {}) {
    core::NewTask task;
    task.name_space = "default";
    task.agent = "guide";
    task.principal = principal;
    task.context_id = std::move(context);
    task.message.role = a2a::MessageRole::user;
    task.message.messageId = make_uuid_v7(system_clock().now(), system_random()).to_string();
    task.message.parts.emplace_back();
    task.message.parts.front().text = std::move(text);
    auto log = co_await tasks.create(std::move(task));
    co_return must(std::move(log));
  }
  static Async<> end(core::TaskLog::Ptr log) {
    auto settled = co_await core::TaskLog::settled(log);
    must(settled);
    if (log->state() != a2a::TaskState::completed) throw std::runtime_error("a run failed");
  }
  void run(Async<> body) {
    spawn_detached(loops.executor(0), finish(std::move(body)));
    loops.run_here();
  }
  Async<> finish(Async<> body) {
    try {
      co_await std::move(body);
    } catch (const std::exception& e) {
      fault = e.what();
    }
    co_await scheduler.stop();
    loops.stop();
  }

  std::string path;
  std::string fault;
  telemetry::Registry registry;
  Loops loops{1};
  std::shared_ptr<llm::Model> model;  // shared with the runs
  std::unique_ptr<TimedDatabase> database;
  std::shared_ptr<const Principal> principal;  // of every request
  CountingTools tools;
  core::Metrics metrics{registry};
  core::Feed feed{*database, system_clock()};
  core::Services services{*database, system_clock(), system_random(), feed, metrics, "bench"};
  core::AgentRegistry agents;
  core::Sessions sessions{*database, system_clock(), system_random()};
  core::Scheduler scheduler{services, agents, loops};
  core::Tasks tasks{services, sessions, scheduler, agents, 0s};
  core::Topics topics{services, loops.executor(0)};
  core::TopicSubscriptions subscriptions{*database, system_clock()};
  core::Messaging messaging{services, tasks, agents, topics, subscriptions, 8};
  DeclarativeServices declared{*database, system_clock(), system_random(),
                               agents,    tasks,          messaging};
};

double micros(Duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

double quantile(std::vector<double>& values, double part) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const auto last = static_cast<double>(values.size() - 1);
  return values[static_cast<std::size_t>(last * part)];
}

/// One answer for each result of a tool, then the last.
llm::Answer stepping(const llm::Request& request) {
  const auto answers =
      std::ranges::count(request.messages, llm::MessageRole::assistant, &llm::Message::role);
  if (answers < kSteps) return calls("bump", "c" + std::to_string(answers));
  return says("done");
}

/// Runs of twenty steps, one after the other, each a model call with one call of a tool that is not
/// to be repeated: both of its commits are needed.
Async<> run_steps(House& house, benchmark::State& state) {
  std::vector<double> steps;
  std::vector<double> beyond;
  std::uint64_t commits = 0;
  for (auto _ : state) {
    const auto before = house.database->stats().commits;
    house.database->nanos = 0;
    const auto begin = std::chrono::steady_clock::now();
    auto log = co_await house.begin("go");
    co_await House::end(std::move(log));
    const auto took = std::chrono::steady_clock::now() - begin;
    // One run at a time waits for each of its commits, so they do not overlap.
    const Duration committing{house.database->nanos.load()};
    steps.push_back(micros(took) / (kSteps + 1));
    beyond.push_back(micros(took - committing) / (kSteps + 1));
    commits += house.database->stats().commits - before;
  }
  const auto all_steps = static_cast<double>(steps.size() * (kSteps + 1));
  const double per_step = static_cast<double>(commits) / all_steps;
  const double step = quantile(steps, 0.5);
  const double overhead = quantile(beyond, 0.5);
  state.counters["step_us"] = step;
  state.counters["commits_per_step"] = per_step;
  state.counters["commit_us"] = (step - overhead) / per_step;
  state.counters["overhead_us"] = overhead;
}

void step(benchmark::State& state) {
  House house(state.range(0) != 0, std::make_shared<SayingModel>(stepping));
  house.run(run_steps(house, state));
  if (!house.fault.empty()) state.SkipWithError(house.fault.c_str());
}
BENCHMARK(step)->ArgName("file")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->UseRealTime();

/// Streams tokens, and notes when each was there.
class TokenModel final : public llm::Model {
 public:
  static constexpr int kTokens = 40;
  static constexpr std::size_t kBytes = 8;

  Async<Result<llm::Answer>> generate(const llm::Request& request, llm::DeltaSink* sink,
                                      const llm::CallOptions& /*options*/) override {
    const std::string run = llm::text_of(request.messages.back());
    std::vector<SteadyTime> arrivals;
    // Spread, as answers of a provider are.
    co_await system_clock().sleep_for(200ms + std::chrono::milliseconds(7 * std::stoi(run)));
    std::string text;
    for (int i = 0; i < kTokens; ++i) {
      if (i > 0) co_await system_clock().sleep_for(9ms);
      llm::Delta delta;
      delta.text = std::string(kBytes, 't');
      text += delta.text;
      arrived[run].push_back(std::chrono::steady_clock::now());
      CO_TRY_VOID(co_await sink->receive(std::move(delta)));
    }
    co_return says(std::move(text));
  }
  [[nodiscard]] const std::string& provider() const override { return name_; }
  [[nodiscard]] const std::string& name() const override { return name_; }
  std::map<std::string, std::vector<SteadyTime>> arrived;

 private:
  std::string name_ = "tokens";
};

/// How long each token was on its way to a subscriber.
Async<> follow(core::TaskLog::Ptr log, const std::vector<SteadyTime>& arrived,
               std::vector<double>& first, std::vector<double>& later) {
  auto subscription = must(core::TaskLog::subscribe(std::move(log), 0));
  std::size_t seen = 0;
  for (;;) {
    auto batch = co_await subscription->next();
    const auto now = std::chrono::steady_clock::now();
    const auto events = must(std::move(batch));
    if (events.empty()) co_return;
    for (const auto& event : events) {
      if (event->kind != core::EventKind::artifact) continue;
      auto update = must(json::from_text<a2a::TaskArtifactUpdateEvent>(*event->payload));
      const auto tokens = a2a::text_of(update.artifact.parts).size() / TokenModel::kBytes;
      for (std::size_t i = 0; i < tokens && seen < arrived.size(); ++i, ++seen)
        (seen == 0 ? first : later).push_back(micros(now - arrived[seen]));
    }
  }
}

Async<> stream_runs(House& house, TokenModel& model, benchmark::State& state) {
  std::vector<double> first;
  std::vector<double> later;
  for (auto _ : state) {
    TaskGroup group(house.loops.executor(0));
    for (int i = 0; i < state.range(0); ++i) {
      const std::string name = std::to_string(i);
      auto& arrived = model.arrived[name];
      arrived.clear();
      arrived.reserve(TokenModel::kTokens);
      auto log = co_await house.begin(name);
      group.spawn(follow(std::move(log), arrived, first, later));
    }
    co_await group.join();
  }
  state.counters["first_p50_us"] = quantile(first, 0.5);
  state.counters["first_p99_us"] = quantile(first, 0.99);
  state.counters["later_p50_us"] = quantile(later, 0.5);
  state.counters["later_max_us"] = quantile(later, 1);
}

void tokens(benchmark::State& state) {
  auto model = std::make_shared<TokenModel>();
  House house(state.range(1) != 0, model);
  house.run(stream_runs(house, *model, state));
  if (!house.fault.empty()) state.SkipWithError(house.fault.c_str());
}
BENCHMARK(tokens)
    ->ArgNames({"runs", "file"})
    ->Args({64, 0})
    ->Args({64, 1})
    ->Unit(benchmark::kMillisecond)
    ->Iterations(5)
    ->UseRealTime();

/// Turns of one session: the first ten, and the last ten of so many.
Async<> talk(House& house, benchmark::State& state) {
  std::vector<double> early;
  std::vector<double> late;
  const auto turns = state.range(0);
  static const db::Statement kWritten{
      "SELECT sum(length(payload)) FROM event WHERE stream = 'task/' || $1"};
  std::int64_t early_bytes = 0;
  std::int64_t late_bytes = 0;
  for (auto _ : state) {
    std::optional<std::string> context;
    for (std::int64_t i = 0; i < turns; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      auto log = co_await house.begin("what was said in turn " + std::to_string(i), context);
      co_await House::end(log);
      const double took = micros(std::chrono::steady_clock::now() - begin);
      context = log->committed().context_id;
      if (i >= 10 && i < turns - 10) continue;
      (i < 10 ? early : late).push_back(took);
      std::vector<db::Value> id{log->committed().id.to_string()};
      auto rows = co_await house.database->read(kWritten, std::move(id), 1);
      (i < 10 ? early_bytes : late_bytes) = db::int_at(must(std::move(rows)).front(), 0);
    }
  }
  state.counters["early_us"] = quantile(early, 0.5);
  state.counters["late_us"] = quantile(late, 0.5);
  state.counters["early_bytes"] = static_cast<double>(early_bytes);
  state.counters["late_bytes"] = static_cast<double>(late_bytes);
}

void turns(benchmark::State& state) {
  auto say = [](const llm::Request& /*request*/) { return says(std::string(200, 'a')); };
  House house(false, std::make_shared<SayingModel>(say));
  house.run(talk(house, state));
  if (!house.fault.empty()) state.SkipWithError(house.fault.c_str());
}
BENCHMARK(turns)
    ->ArgName("turns")
    ->Arg(20)
    ->Arg(100)
    ->Arg(200)
    ->Arg(400)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1)
    ->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
