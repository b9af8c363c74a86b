#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "db/database.h"
#include "db/migrations.h"
#include "telemetry/metrics.h"

namespace flotilla::db {

/// A folder that goes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  [[nodiscard]] std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// Two tables: item (id, number, body) and note (position, text).
std::span<const Migration> test_schema();

/// What the contract suite runs over; each driver instantiates it:
/// INSTANTIATE_TEST_SUITE_P(SqliteFile, DatabaseContract, ::testing::Values(Driver{…}), name_of).
struct Driver {
  std::string name;
  bool persistent;
  std::function<Result<std::unique_ptr<Database>>(const TemporaryFolder&, telemetry::Registry&)>
      open;
};
inline std::string name_of(const ::testing::TestParamInfo<Driver>& info) {
  return info.param.name;
}

class DatabaseContract : public ::testing::TestWithParam<Driver> {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    database_.reset();
    auto opened = GetParam().open(folder_, registry_);
    ASSERT_TRUE(opened) << opened.error().message();
    database_ = std::move(*opened);
  }
  void run(Async<> body);

  TemporaryFolder folder_;
  telemetry::Registry registry_;
  std::unique_ptr<Database> database_;
};

/// `INSERT INTO item` and the like, shared by the tests of all drivers.
extern const Statement kInsertItem;  // $1 id, $2 number, $3 body
extern const Statement kUpdateItem;  // sets $2 number where $1 id and $3 the old number
extern const Statement kSelectItem;  // number, body of $1
extern const Statement kCountItems;
extern const Statement kInsertNote;   // $1 text
extern const Statement kDeleteNotes;  // from position $1 on

/// Parameters in a call beside a co_await, where braces do not compile with GCC 12.
template <class... T>
std::vector<Value> values(T&&... each) {
  std::vector<Value> all;
  (all.emplace_back(std::forward<T>(each)), ...);
  return all;
}
std::vector<Value> item(std::string id, std::int64_t number, std::string body = "body");

}  // namespace flotilla::db
