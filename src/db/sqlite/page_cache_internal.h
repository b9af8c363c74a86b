#pragma once

namespace flotilla::db::sqlite {

/// Wraps SQLite's page cache so that a commit does not scan it. SQLite 3.38 to 3.40 swap two pages
/// of a B-tree by way of a page number far beyond the file; the cache then believes that such
/// pages may exist and looks through all it holds at each end of a transaction, which cost
/// 5 us with 80 MB of pages, over 30 with 800. The wrapper knows better and drops the needless
/// calls. Process-wide; before sqlite3_initialize().
void install_page_cache();

}  // namespace flotilla::db::sqlite
