#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "async/spawn.h"
#include "base/id.h"
#include "db/sqlite/sqlite.h"
#include "telemetry/metrics.h"

// Run on one core to see what a one-core server gets: taskset -c 0 build/release/db_bench

namespace flotilla::db::sqlite {
namespace {

constexpr int kClients = 64;
constexpr std::array<Migration, 1> kSchema{{
    {1, "bench",
     "CREATE TABLE row (id {{identity}}, run TEXT NOT NULL, kind TEXT NOT NULL, at BIGINT NOT "
     "NULL, body TEXT NOT NULL); CREATE INDEX row_run ON row (run, id)"},
}};

const Statement kInsertRow{"INSERT INTO row (run, kind, at, body) VALUES ($1, $2, $3, $4)"};
const Statement kSelectRow{"SELECT run, kind, at, body FROM row WHERE id = $1"};
const Statement kEvent{
    "INSERT INTO event (stream, seq, namespace, owner, at, kind, actor, lease_token, trace_id, "
    "version, payload) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10)"};
const Statement kIdempotency{
    "INSERT INTO idempotency (number, check_number, task, expires_at) VALUES ($1, $2, $3, $4)"};
const Statement kMemory{
    "INSERT INTO memory (namespace, owner, agent, name, value, created_at, updated_at, used) "
    "VALUES ($1, $2, 'memory', $3, $4, $5, $5, 0)"};

struct Bench {
  std::string path;
  telemetry::Registry registry;
  std::unique_ptr<Database> database;

  Bench(bool file, bool full, std::span<const Migration> schema) {
    Options options;
    if (file) {
      path = (std::filesystem::current_path() / "flotilla-bench.db").string();
      remove_files();
    }
    options.path = file ? path : ":memory:";
    options.full_durability = full;
    options.schema = schema;
    auto opened = open(options, registry);
    if (!opened) throw std::runtime_error(opened.error().message());
    database = std::move(*opened);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  ~Bench() {
    database.reset();
    remove_files();
  }
  void remove_files() const {
    if (path.empty()) return;
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(path + suffix);
  }
};

using MakeBatch = Batch (*)(std::int64_t number);

template <int kRows>
Batch rows_batch(std::int64_t number) {
  static const std::string body(512, 'x');
  Batch batch;
  for (int row = 0; row < kRows; ++row)
    batch.add(kInsertRow, {"run-" + std::to_string(number % 1'000) + "-abcdefgh",
                           std::string("tool.call"), number, body});
  return batch;
}

/// About what one message/send to a quick agent leaves: seven small rows in three tables.
Batch send_batch(std::int64_t number) {
  static const std::string payload(250, 'p');
  const Time at{std::chrono::milliseconds(1'800'000'000'000 + number / 40)};
  const std::string task = make_uuid_v7(at, system_random()).to_string();
  const std::string key = make_uuid_v7(at, system_random()).to_string();
  const std::int64_t millis = at.time_since_epoch().count();
  Batch batch;
  for (std::int64_t seq = 1; seq <= 5; ++seq)
    batch.add(kEvent, {"task/" + task,
                       seq,
                       std::string("default"),
                       std::string("local"),
                       millis,
                       std::string("status"),
                       std::string("echo"),
                       1,
                       {},
                       payload});
  const auto scattered = static_cast<std::int64_t>(std::hash<std::string>{}(key));
  batch.add(kIdempotency, {scattered, number, task, millis});
  batch.add(kMemory, {std::string("default"), std::string("local"), task, payload, millis});
  return batch;
}

struct Load {
  std::int64_t left;
  std::int64_t failed = 0;
};

Async<> write_all(Database& database, MakeBatch make, Load& load) {
  while (load.left > 0) {
    Batch batch = make(load.left--);
    auto written = co_await database.write(std::move(batch));
    if (!written) ++load.failed;
  }
}

Async<> read_all(Database& database, Load& load) {
  while (load.left > 0) {
    std::vector<Value> parameters{1 + load.left-- % 1'000};
    auto rows = co_await database.read(kSelectRow, std::move(parameters));
    if (!rows || rows->size() != 1) ++load.failed;
  }
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

template <class Start>
void run_clients(Load& load, std::int64_t operations, Start start) {
  boost::asio::io_context loop{1};
  load.left = operations;
  for (int i = 0; i < kClients; ++i) spawn_detached(loop.get_executor(), start());
  loop.run();
}

void write_bench(benchmark::State& state, Bench& bench, MakeBatch make, std::int64_t operations) {
  Load load{0};
  auto start = [&] { return write_all(*bench.database, make, load); };
  run_clients(load, 1'000, start);
  const Stats before = bench.database->stats();
  const double cpu_before = cpu_seconds();
  std::int64_t done = 0;
  for (auto _ : state) {
    run_clients(load, operations, start);
    done += operations;
  }
  const Stats after = bench.database->stats();
  if (load.failed > 0) state.SkipWithError("writes failed");
  const auto per_second = benchmark::Counter::kIsRate;
  state.counters["batches/s"] = {static_cast<double>(done), per_second};
  state.counters["rows/s"] = {static_cast<double>(after.steps - before.steps), per_second};
  state.counters["commits/s"] = {static_cast<double>(after.commits - before.commits), per_second};
  state.counters["batches/commit"] = static_cast<double>(after.batches - before.batches) /
                                     static_cast<double>(after.commits - before.commits);
  state.counters["cpu_us/batch"] = (cpu_seconds() - cpu_before) * 1e6 / static_cast<double>(done);
}

void memory_10_rows(benchmark::State& state) {
  Bench bench(false, true, kSchema);
  write_bench(state, bench, rows_batch<10>, 20'000);
}
void memory_1_row(benchmark::State& state) {
  Bench bench(false, true, kSchema);
  write_bench(state, bench, rows_batch<1>, 100'000);
}
void memory_send(benchmark::State& state) {
  Bench bench(false, true, migrations());
  write_bench(state, bench, send_batch, 20'000);
}
void file_1_row(benchmark::State& state) {
  Bench bench(true, true, kSchema);
  write_bench(state, bench, rows_batch<1>, 40'000);
}
void file_10_rows(benchmark::State& state) {
  Bench bench(true, true, kSchema);
  write_bench(state, bench, rows_batch<10>, 10'000);
}
void file_send(benchmark::State& state) {
  Bench bench(true, true, migrations());
  write_bench(state, bench, send_batch, 10'000);
}
void relaxed_send(benchmark::State& state) {
  Bench bench(true, false, migrations());
  write_bench(state, bench, send_batch, 10'000);
}

void read_bench(benchmark::State& state, bool file) {
  Bench bench(file, false, kSchema);
  Load load{0};
  run_clients(load, 2'000, [&] { return write_all(*bench.database, rows_batch<1>, load); });
  std::int64_t done = 0;
  for (auto _ : state) {
    run_clients(load, 50'000, [&] { return read_all(*bench.database, load); });
    done += 50'000;
  }
  if (load.failed > 0) state.SkipWithError("reads failed");
  state.counters["reads/s"] = {static_cast<double>(done), benchmark::Counter::kIsRate};
}
void memory_read(benchmark::State& state) {
  read_bench(state, false);
}
void file_read(benchmark::State& state) {
  read_bench(state, true);
}

void open_new_file(benchmark::State& state) {
  for (auto _ : state) {
    Bench bench(true, true, migrations());
    benchmark::DoNotOptimize(bench.database);
  }
}

#define FLOTILLA_DB_BENCH(name) BENCHMARK(name)->UseRealTime()->Unit(benchmark::kMillisecond)
FLOTILLA_DB_BENCH(memory_1_row);
FLOTILLA_DB_BENCH(memory_10_rows);
FLOTILLA_DB_BENCH(memory_send);
FLOTILLA_DB_BENCH(memory_read);
FLOTILLA_DB_BENCH(file_1_row);
FLOTILLA_DB_BENCH(file_10_rows);
FLOTILLA_DB_BENCH(file_send);
FLOTILLA_DB_BENCH(relaxed_send);
FLOTILLA_DB_BENCH(file_read);
FLOTILLA_DB_BENCH(open_new_file);

}  // namespace
}  // namespace flotilla::db::sqlite

BENCHMARK_MAIN();
