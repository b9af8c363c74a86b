#include <benchmark/benchmark.h>

#include <filesystem>
#include <random>
#include <stdexcept>

#include "agents/memory/sql_memory_store.h"
#include "async/clock.h"
#include "async/loops.h"
#include "async/spawn.h"
#include "db/sqlite/sqlite.h"
#include "telemetry/metrics.h"

namespace {

using namespace flotilla;
using namespace flotilla::agents;

const MemoryScope kScope{"default", "guide", "alice"};

/// A store in a file with so many items of one scope.
struct Filled {
  Filled(std::int64_t items, std::size_t dimensions) : dimensions_(dimensions) {
    path = (std::filesystem::current_path() / "flotilla-memory-bench.db").string();
    remove_files();
    db::sqlite::Options options;
    options.path = path;
    auto opened = db::sqlite::open(std::move(options), registry);
    if (!opened) throw std::runtime_error(opened.error().message());
    database = std::move(*opened);
    store = make_sql_memory_store(*database, system_clock());
    run(fill(items));
  }
  Filled(const Filled&) = delete;
  Filled& operator=(const Filled&) = delete;
  ~Filled() {
    store.reset();
    database.reset();
    remove_files();
  }
  void remove_files() const {
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path + end);
  }
  MemoryVector random_vector() {
    std::vector<float> values(dimensions_);
    for (auto& value : values) value = spread(engine);
    return MemoryVector("m", std::move(values));
  }
  Async<> fill(std::int64_t items) {
    db::Batch batch;
    for (std::int64_t i = 0; i < items; ++i) {
      NewMemory item;
      item.name = std::to_string(i);
      item.value = "what was said about subject " + std::to_string(i % 97);
      const auto vector = random_vector();
      auto saving = store->saving(kScope, std::move(item), &vector);
      if (!saving) throw std::runtime_error(saving.error().message());
      batch.add(std::move(*saving));
      if (batch.size() < 500) continue;
      auto written = co_await store->write(std::exchange(batch, {}));
      if (!written) throw std::runtime_error(written.error().message());
    }
    auto written = co_await store->write(std::move(batch));
    if (!written) throw std::runtime_error(written.error().message());
  }
  Async<> search_near(benchmark::State& state) {
    for (auto _ : state) {
      std::vector<MemoryVector> queries;
      queries.push_back(random_vector());
      auto found = co_await store->near(kScope, std::move(queries), 5, -1);
      if (!found || found->size() != 5) throw std::runtime_error("nothing found");
    }
  }
  Async<> search_words(benchmark::State& state) {
    for (auto _ : state) {
      auto found = co_await store->with_words(kScope, "what about subject 42?", 5, std::nullopt);
      if (!found || found->size() != 5) throw std::runtime_error("nothing found");
    }
  }
  void run(Async<> body) {
    Loops loops(1);
    spawn_detached(loops.executor(0), finish(std::move(body), loops));
    loops.run_here();
  }
  static Async<> finish(Async<> body, Loops& loops) {
    co_await std::move(body);
    loops.stop();
  }

  std::string path;
  telemetry::Registry registry;
  std::unique_ptr<db::Database> database;
  std::unique_ptr<MemoryStore> store;
  std::mt19937 engine{20'261'121};
  std::uniform_real_distribution<float> spread{-1, 1};

 private:
  std::size_t dimensions_;
};

void near_vectors(benchmark::State& state) {
  Filled filled(state.range(0), static_cast<std::size_t>(state.range(1)));
  filled.run(filled.search_near(state));
}
BENCHMARK(near_vectors)
    ->Args({1'000, 768})
    ->Args({10'000, 768})
    ->Args({10'000, 1'536})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void by_words(benchmark::State& state) {
  Filled filled(state.range(0), 3);
  filled.run(filled.search_words(state));
}
BENCHMARK(by_words)->Arg(1'000)->Arg(10'000)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
