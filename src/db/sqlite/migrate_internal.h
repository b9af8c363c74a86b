#pragma once

#include <span>

#include "base/result.h"
#include "db/migrations.h"
#include "db/sqlite/connection_internal.h"

namespace flotilla::db::sqlite {

/// Brings the database to the last of `schema`, each step in its own transaction together with its
/// row in schema_migration. Refuses a database that is newer, that was made by other texts, or that
/// is not ours.
Result<> migrate(Connection& connection, std::span<const Migration> schema);

}  // namespace flotilla::db::sqlite
