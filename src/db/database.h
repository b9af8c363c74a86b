#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "async/async.h"
#include "base/result.h"

namespace flotilla::db {

/// A parameter or column: NULL, integer, real, text, or bytes.
struct Blob {
  std::string bytes;
  bool operator==(const Blob&) const = default;
};
using Value = std::variant<std::monostate, std::int64_t, double, std::string, Blob>;

/// One SQL text with a place of its own in each driver's cache of prepared statements. Define as
/// `static const Statement kInsertTask{"INSERT …"}` in the common dialect with numbered
/// parameters $1, $2, …; the text must outlive the process.
struct Statement {
  std::string_view sql;
};

/// How many rows a statement of a batch must change; otherwise the whole batch is undone and
/// answers `otherwise`.
struct Expect {
  std::int64_t rows = 1;
  Error otherwise;
};

/// An ordered list of writes that happen together or not at all. Decided beforehand: no read, no
/// await inside; races are caught by WHERE clauses and expectations.
class Batch {
 public:
  Batch& add(const Statement& statement, std::vector<Value> parameters);
  Batch& add(const Statement& statement, std::vector<Value> parameters, Expect expect);
  /// The steps of another batch, after its own.
  Batch& add(Batch more);
  [[nodiscard]] bool empty() const { return steps_.empty(); }
  [[nodiscard]] std::size_t size() const { return steps_.size(); }
  /// About what its parameters occupy: queues are bounded by it.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  struct Step {
    const Statement* statement;
    std::vector<Value> parameters;
    std::optional<Expect> expect;
  };
  [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }

 private:
  std::vector<Step> steps_;
  std::size_t bytes_ = 0;
};

/// What a committed batch tells: for each step the rows it changed and, for an INSERT into a table
/// with an integer key, the last key given (0 when it inserted none).
struct BatchResult {
  std::vector<std::int64_t> changed;
  std::vector<std::int64_t> last_key;
};

using Row = std::vector<Value>;

/// The stored value is not what the code expects: damage or a wrong statement, so the request dies
/// at its fence.
struct WrongColumn final : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Column access with a check; throws WrongColumn.
std::int64_t int_at(const Row& row, std::size_t column);
const std::string& text_at(const Row& row, std::size_t column);
std::optional<std::int64_t> optional_int_at(const Row& row, std::size_t column);
std::optional<std::string> optional_text_at(const Row& row, std::size_t column);

struct Stats {
  std::uint64_t commits = 0;
  std::uint64_t batches = 0;
  std::uint64_t steps = 0;
};

/// Durable storage. Thread-safe; results come back on the caller's executor, whose loop outlives
/// the database. Destruction commits and answers what was queued.
/// Errors: resource_exhausted/STORAGE_FULL, failed_precondition/STORAGE_READ_ONLY,
/// unavailable/STORAGE_FAILED (whether the batch survives a crash is then unknown, it is not seen
/// before one), unavailable when the queue is full, already_exists for a broken UNIQUE, or the
/// batch's own expectation. A wait that is cancelled does not take its batch back.
class Database {
 public:
  virtual ~Database() = default;
  /// Queues the batch and returns; `done` is called once, after the commit (or its failure), on a
  /// thread of the database: it must be quick, must not block and must not throw. This is the
  /// primitive below write(); a caller that must not lose its answer to cancellation uses it.
  virtual void submit(Batch batch, std::move_only_function<void(Result<BatchResult>)> done) = 0;
  /// Commits the batch durably (I1): returns after it survives power loss, unless opened relaxed.
  virtual Async<Result<BatchResult>> write(Batch batch) = 0;
  /// All rows, at most `limit`; a result beyond it is resource_exhausted, so say LIMIT in the SQL.
  virtual Async<Result<std::vector<Row>>> read(const Statement& statement,
                                               std::vector<Value> parameters,
                                               std::size_t limit = 10'000) = 0;
  /// A consistent copy into `path` while running.
  virtual Async<Result<>> backup(std::string path) = 0;
  [[nodiscard]] virtual Stats stats() const = 0;
};

}  // namespace flotilla::db
