#pragma once

#include <span>
#include <string_view>

namespace flotilla::db {

/// One forward step of the schema, embedded from migrations/NNN_name.sql. The text is the common
/// dialect; tokens in double braces are replaced by the driver.
struct Migration {
  int number;
  std::string_view name;
  std::string_view sql;
};

/// All of this build, ordered by number from 1 without gaps.
std::span<const Migration> migrations();

}  // namespace flotilla::db
