#include "db/contract_test.h"

#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <limits>

#include "async/task_group.h"
#include "async/testing.h"

namespace flotilla::db {

const Statement kInsertItem{"INSERT INTO item (id, number, body) VALUES ($1, $2, $3)"};
const Statement kUpdateItem{"UPDATE item SET number = $2 WHERE id = $1 AND number = $3"};
const Statement kSelectItem{"SELECT number, body FROM item WHERE id = $1"};
const Statement kCountItems{"SELECT count(*) FROM item"};
const Statement kInsertNote{"INSERT INTO note (text) VALUES ($1)"};
const Statement kDeleteNotes{"DELETE FROM note WHERE position >= $1"};

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "flotilla-db-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::span<const Migration> test_schema() {
  static constexpr std::array<Migration, 1> kSchema{{
      {1, "test",
       "CREATE TABLE item (id TEXT NOT NULL PRIMARY KEY, number BIGINT NOT NULL, body TEXT) "
       "{{clustered}};"
       "CREATE TABLE note (position {{identity}}, text TEXT NOT NULL);"
       "CREATE TABLE anything (id BIGINT NOT NULL PRIMARY KEY, a BIGINT, b REAL, c TEXT, d BLOB)"},
  }};
  return kSchema;
}

std::vector<Value> item(std::string id, std::int64_t number, std::string body) {
  return {std::move(id), number, std::move(body)};
}

void DatabaseContract::run(Async<> body) {
  flotilla::testing::run_async_test(std::move(body));
}

namespace {

using flotilla::testing::settle;

Error lost() {
  return Error(Code::conflict, "lost");
}

Async<std::int64_t> count_items(Database& database) {
  auto rows = co_await database.read(kCountItems, values());
  EXPECT_TRUE(rows) << rows.error().message();
  co_return rows ? int_at(rows->front(), 0) : -1;
}

Async<> insert(Database& database, std::string id, std::int64_t number) {
  Batch batch;
  batch.add(kInsertItem, item(std::move(id), number));
  auto written = co_await database.write(std::move(batch));
  EXPECT_TRUE(written) << written.error().message();
}

Async<> keeps_every_kind_of_value(Database& database) {
  static const Statement kInsert{
      "INSERT INTO anything (id, a, b, c, d) VALUES ($1, $2, $3, $4, $5)"};
  static const Statement kSelect{"SELECT a, b, c, d FROM anything ORDER BY id"};
  const std::string text("z\0\xc3\xa9\n'\"", 7);
  const Row full{std::numeric_limits<std::int64_t>::min(), 0.1, text,
                 Blob{std::string("\0\xff", 2)}};
  const Row nulls{std::monostate{}, std::monostate{}, std::monostate{}, std::monostate{}};
  const Row empty{std::numeric_limits<std::int64_t>::max(), -0.5, std::string(), Blob{}};
  Batch batch;
  std::int64_t id = 0;
  for (const Row& row : {full, nulls, empty}) {
    std::vector<Value> values{++id};
    values.insert(values.end(), row.begin(), row.end());
    batch.add(kInsert, std::move(values));
  }
  auto written = co_await database.write(std::move(batch));
  CO_ASSERT_OK(written);
  auto rows = co_await database.read(kSelect, values());
  CO_ASSERT_OK(rows);
  EXPECT_EQ(*rows, (std::vector<Row>{full, nulls, empty}));
}

TEST_P(DatabaseContract, keeps_every_kind_of_value) {
  run(keeps_every_kind_of_value(*database_));
}

Async<> tells_rows_and_keys(Database& database) {
  static const Statement kAll{"UPDATE item SET number = number + 1"};
  Batch batch;
  batch.add(kInsertNote, {std::string("one")});
  batch.add(kInsertItem, item("a", 1));
  batch.add(kInsertItem, item("b", 2));
  batch.add(kAll, {});
  batch.add(kInsertNote, {std::string("two")});
  batch.add(kUpdateItem, {std::string("a"), 7, 99});
  auto written = co_await database.write(std::move(batch));
  CO_ASSERT_OK(written);
  EXPECT_EQ(written->changed, (std::vector<std::int64_t>{1, 1, 1, 2, 1, 0}));
  EXPECT_EQ(written->last_key[0], 1);
  EXPECT_EQ(written->last_key[4], 2);
  auto row = co_await database.read(kSelectItem, values(std::string("a")));
  CO_ASSERT_OK(row);
  EXPECT_EQ(int_at(row->front(), 0), 2);
}

TEST_P(DatabaseContract, tells_rows_and_keys) {
  run(tells_rows_and_keys(*database_));
}

Async<> failed_expectation_undoes_all(Database& database) {
  co_await insert(database, "a", 1);
  for (const bool first : {true, false}) {
    Batch batch;
    if (!first) batch.add(kInsertItem, item("new", 1));
    batch.add(kUpdateItem, {std::string("a"), 2, 99}, {1, lost()});
    batch.add(kInsertItem, item("other", 1));
    auto written = co_await database.write(std::move(batch));
    CO_ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code(), Code::conflict);
    EXPECT_EQ(written.error().message(), "lost");
  }
  Batch too_many;
  too_many.add(kUpdateItem, {std::string("a"), 2, 1}, {0, lost()});
  auto written = co_await database.write(std::move(too_many));
  EXPECT_FALSE(written);
  auto rows = co_await database.read(kSelectItem, values(std::string("a")));
  CO_ASSERT_OK(rows);
  EXPECT_EQ(int_at(rows->front(), 0), 1);
  const auto count = co_await count_items(database);
  EXPECT_EQ(count, 1);
}

TEST_P(DatabaseContract, failed_expectation_undoes_all) {
  run(failed_expectation_undoes_all(*database_));
}

Async<> duplicate_is_already_exists(Database& database) {
  co_await insert(database, "a", 1);
  Batch plain;
  plain.add(kInsertItem, item("b", 1));
  plain.add(kInsertItem, item("a", 2));
  auto refused = co_await database.write(std::move(plain));
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::already_exists);
  Batch expecting;
  expecting.add(kInsertItem, item("a", 2), {1, lost()});
  refused = co_await database.write(std::move(expecting));
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "lost");
  const auto count = co_await count_items(database);
  EXPECT_EQ(count, 1);
}

TEST_P(DatabaseContract, duplicate_is_already_exists) {
  run(duplicate_is_already_exists(*database_));
}

Async<> wrong_statement_fails_its_batch_only(Database& database) {
  static const Statement kNoTable{"INSERT INTO nowhere (a) VALUES ($1)"};
  static const Statement kNotNull{"INSERT INTO item (id, number) VALUES ($1, NULL)"};
  const std::vector<std::pair<const Statement*, std::vector<Value>>> wrong{
      {&kNoTable, {1}}, {&kInsertItem, {std::string("x")}}, {&kNotNull, {std::string("x")}}};
  for (const auto& [statement, values] : wrong) {
    Batch batch;
    batch.add(kInsertItem, item("before", 1));
    batch.add(*statement, values);
    auto written = co_await database.write(std::move(batch));
    CO_ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code(), Code::internal);
  }
  auto rows = co_await database.read(kNoTable, values(1));
  EXPECT_FALSE(rows);
  const auto count = co_await count_items(database);
  EXPECT_EQ(count, 0);
}

TEST_P(DatabaseContract, wrong_statement_fails_its_batch_only) {
  run(wrong_statement_fails_its_batch_only(*database_));
}

/// Many batches at once, of which every third fails after it has written: only those are undone.
Async<> neighbours_of_a_failed_batch_stay(Database& database) {
  constexpr int kBatches = 300;
  std::atomic<int> answered{0};
  std::atomic<int> wrong{0};
  for (int i = 0; i < kBatches; ++i) {
    const bool fails = i % 3 == 2;
    Batch batch;
    batch.add(kInsertItem, item("a" + std::to_string(i), i));
    batch.add(kUpdateItem, {"a" + std::to_string(i), -1, fails ? -5 : i}, {1, lost()});
    auto done = [&answered, &wrong, fails](const auto& result) {
      if (result.has_value() == fails) ++wrong;
      ++answered;
    };
    database.submit(std::move(batch), std::move(done));
  }
  co_await insert(database, "last", 1);  // answered in order
  EXPECT_EQ(answered, kBatches);
  EXPECT_EQ(wrong, 0);
  const auto count = co_await count_items(database);
  EXPECT_EQ(count, kBatches * 2 / 3 + 1);
  const Stats stats = database.stats();
  EXPECT_EQ(stats.batches, kBatches * 2 / 3 + 1);
  EXPECT_EQ(stats.steps, kBatches * 4 / 3 + 1);
}

TEST_P(DatabaseContract, neighbours_of_a_failed_batch_stay) {
  run(neighbours_of_a_failed_batch_stay(*database_));
}

Async<> keys_are_never_given_again(Database& database) {
  Batch three;
  for (const char* text : {"a", "b", "c"}) three.add(kInsertNote, {std::string(text)});
  auto first = co_await database.write(std::move(three));
  CO_ASSERT_OK(first);
  Batch again;
  again.add(kDeleteNotes, {std::int64_t{1}});
  again.add(kInsertNote, {std::string("d")});
  auto second = co_await database.write(std::move(again));
  CO_ASSERT_OK(second);
  EXPECT_GT(second->last_key[1], first->last_key[2]);
}

TEST_P(DatabaseContract, keys_are_never_given_again) {
  run(keys_are_never_given_again(*database_));
}

Async<> reads_see_what_was_acknowledged(Database& database) {
  for (int i = 0; i < 50; ++i) {
    co_await insert(database, std::to_string(i), i);
    auto rows = co_await database.read(kSelectItem, values(std::to_string(i)));
    CO_ASSERT_OK(rows);
    CO_ASSERT_EQ(rows->size(), 1U);
  }
}

TEST_P(DatabaseContract, reads_see_what_was_acknowledged) {
  run(reads_see_what_was_acknowledged(*database_));
}

Async<> too_many_rows_are_refused(Database& database) {
  static const Statement kAll{"SELECT id FROM item ORDER BY id"};
  for (const char* id : {"a", "b", "c"}) co_await insert(database, id, 1);
  auto rows = co_await database.read(kAll, values(), 3);
  CO_ASSERT_OK(rows);
  EXPECT_EQ(text_at(rows->back(), 0), "c");
  EXPECT_THROW(int_at(rows->back(), 0), WrongColumn);
  EXPECT_THROW(text_at(rows->back(), 1), WrongColumn);
  rows = co_await database.read(kAll, values(), 2);
  CO_ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code(), Code::resource_exhausted);
}

TEST_P(DatabaseContract, too_many_rows_are_refused) {
  run(too_many_rows_are_refused(*database_));
}

Async<> parameters_go_by_number(Database& database) {
  static const Statement kMixed{"INSERT INTO item (number, id, body) VALUES ($2, $1, $1 || '$3')"};
  Batch batch;
  batch.add(kMixed, {std::string("a"), 5});
  auto written = co_await database.write(std::move(batch));
  CO_ASSERT_OK(written);
  auto rows = co_await database.read(kSelectItem, values(std::string("a")));
  CO_ASSERT_OK(rows);
  EXPECT_EQ(int_at(rows->front(), 0), 5);
  EXPECT_EQ(text_at(rows->front(), 1), "a$3");
}

TEST_P(DatabaseContract, parameters_go_by_number) {
  run(parameters_go_by_number(*database_));
}

Async<> write_many(Database& database, int writer) {
  for (int i = 0; i < 20; ++i)
    co_await insert(database, std::to_string(writer) + "/" + std::to_string(i), i);
}

Async<> many_writers_share_commits(Database& database) {
  const auto executor = co_await boost::asio::this_coro::executor;
  TaskGroup group(executor);
  for (int i = 0; i < 64; ++i) group.spawn(write_many(database, i));
  co_await group.join();
  const auto count = co_await count_items(database);
  EXPECT_EQ(count, 64 * 20);
  EXPECT_EQ(database.stats().batches, 64U * 20U);
  EXPECT_LT(database.stats().commits, 64U * 20U);
}

TEST_P(DatabaseContract, many_writers_share_commits) {
  run(many_writers_share_commits(*database_));
}

/// The wait ends at once; what was handed over is stored all the same.
Async<> cancelled_waits_end(Database& database) {
  const auto executor = co_await boost::asio::this_coro::executor;
  for (int round = 0; round < 20; ++round) {
    TaskGroup group(executor);
    group.spawn(write_many(database, round));
    if (round % 2 == 1) co_await settle();
    group.cancel();
    group.cancel();
    co_await group.join();
  }
  co_await insert(database, "after", 1);  // batches are committed in order
  const auto count = co_await count_items(database);
  EXPECT_GE(count, 11);
}

TEST_P(DatabaseContract, cancelled_waits_end) {
  run(cancelled_waits_end(*database_));
}

Async<> backs_up_while_it_writes(Database& database, std::string path) {
  const auto executor = co_await boost::asio::this_coro::executor;
  co_await insert(database, "before", 1);
  TaskGroup group(executor);
  for (int i = 0; i < 8; ++i) group.spawn(write_many(database, i));
  auto copied = co_await database.backup(path);
  EXPECT_TRUE(copied) << copied.error().message();
  co_await group.join();
  copied = co_await database.backup(path);
  CO_ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().code(), Code::already_exists);
}

TEST_P(DatabaseContract, backs_up_while_it_writes) {
  const std::string path = folder_.file("copy.db");
  run(backs_up_while_it_writes(*database_, path));
  EXPECT_TRUE(std::filesystem::exists(path));
  EXPECT_FALSE(std::filesystem::exists(path + ".partial"));
}

TEST_P(DatabaseContract, closing_commits_and_answers_what_is_queued) {
  std::atomic<int> stored{0};
  for (int i = 0; i < 500; ++i) {
    Batch batch;
    batch.add(kInsertItem, item(std::to_string(i), i));
    database_->submit(std::move(batch), [&stored](const auto& result) {
      if (result) ++stored;
    });
  }
  database_.reset();
  EXPECT_EQ(stored, 500);
  if (!GetParam().persistent) return;
  reopen();
  auto check = [](Database& database) -> Async<> {
    const auto count = co_await count_items(database);
    EXPECT_EQ(count, 500);
  };
  run(check(*database_));
}

}  // namespace
}  // namespace flotilla::db
