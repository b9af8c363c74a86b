#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "async/async.h"
#include "async/blocking_pool.h"
#include "base/result.h"
#include "json/value.h"
#include "llm/model.h"

namespace flotilla::llm {

/// Traffic of agents with the outside, kept in a file and given again from it. A line of JSON for
/// each exchange: `kind`, `key` (what asks: the hash of `request`), `request`, then `answer` or
/// `error`, and for models the `pieces` in which the answer came. Requests stand there whole, so a
/// cassette is as secret as the conversations in it; keys of providers are not among them.
///
/// Recording appends, and an exchange is in the file before its answer is used. Replaying gives
/// the answers of equal requests in the order in which they were recorded, and never asks anyone:
/// what was not recorded fails with failed_precondition. Thread-safe.
class Cassette {
 public:
  enum class Mode : std::uint8_t { record, replay };
  /// Errors: invalid_argument naming the line that cannot be read; unavailable for the file.
  static Result<std::unique_ptr<Cassette>> open(std::string path, Mode mode);
  [[nodiscard]] Mode mode() const { return mode_; }

  /// An exchange as it was recorded.
  struct Exchange {
    Result<json::Value> answer;
    json::Array pieces;
  };
  /// Of replay: what such a request was answered with.
  Result<Exchange> find(std::string_view kind, const json::Value& request);
  /// Of record.
  Async<Result<>> add(std::string kind, json::Value request, Exchange exchange);

  /// `model`, recorded here under a name of its own. The cassette outlives it.
  std::shared_ptr<Model> recorded(std::shared_ptr<Model> model, std::string name);
  /// A model that says what is recorded under the name.
  std::shared_ptr<Model> replayed(std::string name);

 private:
  Cassette(std::string path, Mode mode);
  Result<> load();
  Result<> load_line(std::string_view line);
  using Key = std::pair<std::string, std::string>;  // kind, hash

  std::string path_;
  Mode mode_;
  struct File {
    File() = default;
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File();
    int number = -1;
  };
  File file_;  // of record; closed after the last write
  mutable std::mutex mutex_;
  std::map<Key, std::deque<Exchange>> exchanges_;  // of replay
  std::map<Key, std::size_t> given_;
  BlockingPool writer_;
};

}  // namespace flotilla::llm
