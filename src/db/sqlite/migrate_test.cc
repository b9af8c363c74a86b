#include "db/sqlite/migrate_internal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "db/contract_test.h"
#include "db/migrations.h"

namespace flotilla::db::sqlite {
namespace {

constexpr std::array<Migration, 3> kSchema{{
    {1, "one", "CREATE TABLE a (x {{identity}}); INSERT INTO a VALUES (7)"},
    {2, "two", "CREATE TABLE b (y TEXT NOT NULL PRIMARY KEY) {{clustered}}"},
    {3, "three", "ALTER TABLE a ADD COLUMN z BIGINT; UPDATE a SET z = x"},
}};

struct MigrateTest : ::testing::Test {
  TemporaryFolder folder;

  Connection connection(const std::string& name) {
    ConnectionOptions options;
    options.path = folder.file(name);
    auto opened = Connection::open(options);
    EXPECT_TRUE(opened);
    return std::move(*opened);
  }
  static std::int64_t number(Connection& in, const std::string& sql) {
    auto value = in.value_of(sql);
    EXPECT_TRUE(value);
    return value ? std::get<std::int64_t>(*value) : -1;
  }
  /// Every object of the schema as it was written.
  static std::string schema_of(Connection& in) {
    static const Statement kAll{
        "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1"};
    auto rows = in.query(kAll, {}, 1'000);
    std::string text;
    for (const Row& row : *rows) text += text_at(row, 0) + "\n";
    return text;
  }
};

TEST_F(MigrateTest, upgrades_from_every_earlier_version) {
  const std::vector<std::span<const Migration>> all{kSchema, migrations()};
  for (std::size_t which = 0; which < all.size(); ++which) {
    const auto schema = all[which];
    Connection fresh = connection("fresh" + std::to_string(which));
    ASSERT_TRUE(migrate(fresh, schema));
    for (std::size_t earlier = 0; earlier <= schema.size(); ++earlier) {
      const std::string name = std::to_string(which) + "-" + std::to_string(earlier);
      {
        Connection old = connection(name);
        ASSERT_TRUE(migrate(old, schema.first(earlier)));
      }
      Connection now = connection(name);
      const auto upgraded = migrate(now, schema);
      ASSERT_TRUE(upgraded) << upgraded.error().message();
      EXPECT_EQ(schema_of(now), schema_of(fresh)) << "from version " << earlier;
      EXPECT_EQ(number(now, "SELECT count(*) FROM schema_migration"),
                static_cast<std::int64_t>(schema.size()));
    }
  }
}

TEST_F(MigrateTest, carries_the_data_over) {
  Connection one = connection("a");
  ASSERT_TRUE(migrate(one, std::span(kSchema).first(1)));
  ASSERT_TRUE(migrate(one, kSchema));
  EXPECT_EQ(number(one, "SELECT z FROM a"), 7);
}

TEST_F(MigrateTest, numbers_have_no_gaps) {
  int expected = 0;
  for (const Migration& migration : migrations()) EXPECT_EQ(migration.number, ++expected);
  EXPECT_GT(expected, 0);
}

TEST_F(MigrateTest, refuses_a_newer_database) {
  Connection newer = connection("a");
  ASSERT_TRUE(migrate(newer, kSchema));
  const auto refused = migrate(newer, std::span(kSchema).first(2));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::failed_precondition);
  EXPECT_NE(refused.error().message().find("newer"), std::string::npos);
}

TEST_F(MigrateTest, refuses_a_changed_migration) {
  Connection made = connection("a");
  ASSERT_TRUE(migrate(made, kSchema));
  auto changed = kSchema;
  changed[1].sql = "CREATE TABLE b (y TEXT)";
  const auto refused = migrate(made, changed);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("2 two"), std::string::npos);
}

TEST_F(MigrateTest, a_failed_step_leaves_nothing) {
  Connection made = connection("a");
  auto broken = kSchema;
  broken[2].sql = "CREATE TABLE c (x); CREATE TABLE a (x)";
  const auto failed = migrate(made, broken);
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message().find("3 three"), std::string::npos);
  EXPECT_EQ(number(made, "SELECT count(*) FROM sqlite_schema WHERE name = 'c'"), 0);
  EXPECT_EQ(number(made, "SELECT max(number) FROM schema_migration"), 2);
  EXPECT_TRUE(migrate(made, kSchema));
}

TEST_F(MigrateTest, an_unknown_token_is_refused) {
  Connection made = connection("a");
  constexpr std::array<Migration, 1> kUnknown{{{1, "one", "CREATE TABLE a (x {{what}})"}}};
  EXPECT_FALSE(migrate(made, kUnknown));
}

}  // namespace
}  // namespace flotilla::db::sqlite
