#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/this_coro.hpp>
#include <fstream>

#include "async/task_group.h"
#include "async/testing.h"
#include "db/contract_test.h"
#include "db/sqlite/sqlite.h"

namespace flotilla::db::sqlite {
namespace {

Options with(std::string path) {
  Options options;
  options.path = std::move(path);
  options.schema = test_schema();
  return options;
}

Result<std::unique_ptr<Database>> open_file(const TemporaryFolder& folder,
                                            telemetry::Registry& registry) {
  return open(with(folder.file("test.db")), registry);
}

Result<std::unique_ptr<Database>> open_relaxed(const TemporaryFolder& folder,
                                               telemetry::Registry& registry) {
  Options options = with(folder.file("test.db"));
  options.full_durability = false;
  return open(options, registry);
}

Result<std::unique_ptr<Database>> open_memory(const TemporaryFolder& /*folder*/,
                                              telemetry::Registry& registry) {
  return open(with(":memory:"), registry);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, DatabaseContract,
                         ::testing::Values(Driver{"file", true, open_file},
                                           Driver{"relaxed", true, open_relaxed},
                                           Driver{"memory", false, open_memory}),
                         name_of);

struct SqliteTest : ::testing::Test {
  TemporaryFolder folder;
  telemetry::Registry registry;
};

Async<> write_item(Database& database, std::string id, std::size_t size) {
  Batch batch;
  batch.add(kInsertItem, item(std::move(id), 1, std::string(size, 'x')));
  auto written = co_await database.write(std::move(batch));
  EXPECT_TRUE(written) << written.error().message();
}

TEST_F(SqliteTest, a_second_one_is_refused_with_the_holder) {
  const std::string path = folder.file("a.db");
  auto first = open(with(path), registry);
  ASSERT_TRUE(first);
  auto second = open(with(path), registry);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason(), reason::kStorageLocked);
  EXPECT_NE(second.error().message().find(std::to_string(getpid())), std::string::npos);
  first->reset();
  EXPECT_TRUE(open(with(path), registry));
}

TEST_F(SqliteTest, files_are_the_owners_only) {
  const std::string path = folder.file("a.db");
  auto database = open(with(path), registry);
  ASSERT_TRUE(database);
  flotilla::testing::run_async_test(write_item(**database, "a", 10));
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    struct stat status{};
    ASSERT_EQ(stat((path + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << suffix;
  }
}

TEST_F(SqliteTest, what_is_no_database_of_ours_is_refused) {
  const std::string text = folder.file("text.db");
  std::ofstream(text) << std::string(8192, 'x');
  auto opened = open(with(text), registry);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Code::data_loss);

  const std::string foreign = folder.file("foreign.db");
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open(foreign.c_str(), &raw), SQLITE_OK);
  sqlite3_exec(raw, "CREATE TABLE theirs (a)", nullptr, nullptr, nullptr);
  sqlite3_close(raw);
  opened = open(with(foreign), registry);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Code::failed_precondition);

  opened = open(with(folder.file("no/such/folder.db")), registry);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().reason(), reason::kStorageFailed);
}

TEST_F(SqliteTest, a_full_queue_refuses) {
  Options options = with(folder.file("a.db"));
  options.queue_limit = 2;
  auto database = open(options, registry);
  ASSERT_TRUE(database);
  std::atomic<int> stored{0};
  std::atomic<int> refused{0};
  for (int i = 0; i < 200; ++i) {
    Batch batch;
    batch.add(kInsertItem, item(std::to_string(i), i));
    (*database)->submit(std::move(batch), [&](const auto& result) {
      if (result) ++stored;
      if (!result && result.error().code() == Code::unavailable) ++refused;
    });
  }
  database->reset();
  EXPECT_EQ(stored + refused, 200);
  EXPECT_GT(refused, 0);
  EXPECT_GE(stored, 2);
}

TEST_F(SqliteTest, a_full_queue_by_bytes_refuses) {
  Options options = with(":memory:");
  options.queue_bytes = 100'000;
  auto database = open(options, registry);
  ASSERT_TRUE(database);
  auto too_large = [](Database& store) -> Async<> {
    Batch batch;
    batch.add(kInsertItem, item("a", 1, std::string(200'000, 'x')));
    auto written = co_await store.write(std::move(batch));
    CO_ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code(), Code::unavailable);
  };
  flotilla::testing::run_async_test(too_large(**database));
}

Async<> write_series(Database& database, int writer) {
  for (int i = 0; i < 60; ++i) {
    std::string id = std::to_string(writer) + "/" + std::to_string(i);
    co_await write_item(database, std::move(id), 4'000);
  }
}

Async<> write_in_parallel(Database& database, int first) {
  const auto executor = co_await boost::asio::this_coro::executor;
  TaskGroup group(executor);
  for (int i = 0; i < 16; ++i) group.spawn(write_series(database, first + i));
  co_await group.join();
}

TEST_F(SqliteTest, the_log_starts_over_under_load) {
  Options options = with(folder.file("a.db"));
  options.wal_limit = std::size_t{256} << 10;
  auto database = open(options, registry);
  ASSERT_TRUE(database);
  std::uintmax_t largest = 0;
  for (int round = 0; round < 4; ++round) {
    flotilla::testing::run_async_test(write_in_parallel(**database, round * 16));
    largest = std::max(largest, std::filesystem::file_size(options.path + "-wal"));
  }
  // 16 MB of rows went through a log that is told to start over at 0.25 MB.
  EXPECT_LT(largest, std::uintmax_t{8} << 20);
  EXPECT_NE(registry.render().find("flotilla_db_checkpoints_total"), std::string::npos);
}

TEST_F(SqliteTest, metrics_count) {
  auto database = open(with(":memory:"), registry);
  ASSERT_TRUE(database);
  flotilla::testing::run_async_test(write_item(**database, "a", 1));
  const std::string text = registry.render();
  EXPECT_NE(text.find("flotilla_db_commits_total 1"), std::string::npos) << text;
  EXPECT_NE(text.find("flotilla_db_batches_total 1"), std::string::npos);
  EXPECT_NE(text.find("flotilla_db_steps_total 1"), std::string::npos);
  EXPECT_NE(text.find("flotilla_db_commit_seconds_count 1"), std::string::npos);
}

}  // namespace
}  // namespace flotilla::db::sqlite
