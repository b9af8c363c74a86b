#pragma once

#include <sqlite3.h>

#include <string_view>

#include "base/error.h"

namespace flotilla::db::sqlite {

/// The failed call on `database` as our error; `doing` completes "cannot …".
Error error_of(sqlite3* database, int code, std::string_view doing);
/// The same for a failed system call.
Error error_of_errno(int number, std::string_view doing);

/// The statement is at fault, not the storage: only its batch fails.
bool is_statement_fault(int code);
bool is_duplicate(int extended_code);

}  // namespace flotilla::db::sqlite
