#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>
#include <set>
#include <string>

#include "async/task_group.h"
#include "async/testing.h"
#include "base/log.h"
#include "db/contract_test.h"
#include "db/sqlite/lossy_vfs.h"
#include "db/sqlite/sqlite.h"

namespace flotilla::db::sqlite {
namespace {

using Fault = LossyDisk::Fault;

struct Outcome {
  std::set<std::string> stored;
  std::set<std::string> failed;
};

const Statement kIds{"SELECT id FROM item"};

std::string_view reason_of(Fault fault) {
  if (fault == Fault::full) return reason::kStorageFull;
  return fault == Fault::read_only ? reason::kStorageReadOnly : reason::kStorageFailed;
}

/// A row in two tables, so that half a batch would show.
Async<> write_one(Database& database, std::string id, Fault fault, Outcome& outcome) {
  Batch batch;
  batch.add(kInsertItem, item(id, 1, std::string(1'500, 'x')));
  batch.add(kInsertNote, {id});
  auto written = co_await database.write(std::move(batch));
  if (written) {
    outcome.stored.insert(std::move(id));
    co_return;
  }
  EXPECT_EQ(written.error().reason(), reason_of(fault)) << written.error().message();
  outcome.failed.insert(std::move(id));
}

Async<> write_rounds(Database& database, std::string prefix, Fault fault, Outcome& outcome) {
  const auto executor = co_await boost::asio::this_coro::executor;
  for (int round = 0; round < 6; ++round) {
    TaskGroup group(executor);
    for (int i = 0; i < 3; ++i) {
      std::string id = prefix + std::to_string(round) + "." + std::to_string(i);
      group.spawn(write_one(database, std::move(id), fault, outcome));
    }
    co_await group.join();
  }
}

Async<> expect_exactly(Database& database, const Outcome& outcome, std::string when) {
  auto rows = co_await database.read(kIds, {}, 100'000);
  CO_ASSERT_OK(rows);
  std::set<std::string> found;
  for (const Row& row : *rows) found.insert(text_at(row, 0));
  EXPECT_EQ(found, outcome.stored) << when;
  static const Statement kNotes{"SELECT count(*) FROM note"};
  auto notes = co_await database.read(kNotes, {});
  CO_ASSERT_OK(notes);
  EXPECT_EQ(int_at(notes->front(), 0), static_cast<std::int64_t>(found.size())) << when;
}

/// One run in which the disk fails at its n-th operation; false when it was never met.
bool fails_at(std::uint64_t operation, Fault fault, bool once) {
  const CapturedLog quiet;
  LossyDisk disk("lossy-fault");
  const TemporaryFolder folder;
  telemetry::Registry registry;
  Options options;
  options.path = folder.file("fault.db");
  options.vfs = "lossy-fault";
  options.schema = test_schema();
  options.wal_limit = std::size_t{16} << 10;  // the log starts over within the run
  auto database = open(options, registry);
  EXPECT_TRUE(database) << database.error().message();
  if (!database) return false;

  Outcome outcome;
  if (once)
    disk.fail_once(operation, fault);
  else
    disk.fail_from(operation, fault);
  ::flotilla::testing::run_async_test(write_rounds(**database, "a", fault, outcome));
  const bool met = disk.has_failed();
  ::flotilla::testing::run_async_test(expect_exactly(**database, outcome, "while it lasts"));
  disk.lift();
  const std::size_t failed = outcome.failed.size();
  ::flotilla::testing::run_async_test(write_rounds(**database, "b", fault, outcome));
  EXPECT_EQ(outcome.failed.size(), failed) << "writes fail after the fault is gone";
  ::flotilla::testing::run_async_test(expect_exactly(**database, outcome, "afterwards"));
  database->reset();

  auto again = open(options, registry);
  EXPECT_TRUE(again) << again.error().message();
  if (again) {
    ::flotilla::testing::run_async_test(expect_exactly(**again, outcome, "opened again"));
  }
  return met;
}

class StorageFault : public ::testing::TestWithParam<std::pair<Fault, bool>> {};

/// Wherever the fault strikes: nobody is told of a write that is not there, each failure is named,
/// and once the disk is well the same open database goes on.
TEST_P(StorageFault, is_told_and_left_behind_at_every_operation) {
  const auto [fault, once] = GetParam();
  int missed = 0;
  std::uint64_t operation = 1;
  for (; missed < 3 && operation < 300; ++operation) {
    missed = fails_at(operation, fault, once) ? 0 : missed + 1;
    ASSERT_FALSE(HasFailure()) << "at operation " << operation;
  }
  EXPECT_GT(operation, 10U);
  EXPECT_EQ(missed, 3) << "the loop ended before the scenario did";
}

INSTANTIATE_TEST_SUITE_P(Sqlite, StorageFault,
                         ::testing::Values(std::pair{Fault::full, false},
                                           std::pair{Fault::read_only, false},
                                           std::pair{Fault::broken, false},
                                           std::pair{Fault::full, true},
                                           std::pair{Fault::broken, true}));

}  // namespace
}  // namespace flotilla::db::sqlite
