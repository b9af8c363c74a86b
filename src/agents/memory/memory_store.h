#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "async/async.h"
#include "base/result.h"
#include "base/time.h"
#include "db/database.h"

namespace flotilla::agents {

/// Whose memory: one agent's, of one user. Every statement has all three.
struct MemoryScope {
  std::string name_space;
  std::string agent;
  std::string owner;
};

/// Items of one scope; a save beyond is refused.
inline constexpr std::int64_t kMaxMemoryItems = 10'000;
inline constexpr std::size_t kMaxMemoryNameBytes = 256;
inline constexpr std::size_t kMaxMemoryTextBytes = std::size_t{64} << 10;
inline constexpr std::size_t kMaxVectorDimensions = 16'384;

struct NewMemory {
  NewMemory() = default;  // so that it may stand beside co_await
  std::string name;       // an earlier item of that name is replaced
  std::string value;
  std::optional<std::string> metadata;  // JSON object
  std::optional<Duration> ttl;          // none: lives until it is deleted
};

/// A text as a model sees it. Vectors are compared only with those of the same model and dimension.
struct MemoryVector {
  MemoryVector() = default;
  MemoryVector(std::string its_model, std::vector<float> its_values)
      : model(std::move(its_model)), values(std::move(its_values)) {}
  std::string model;
  std::vector<float> values;
};

struct MemoryItem {
  std::int64_t number = 0;  // of the store: grows with each new item
  std::string agent;
  std::string owner;
  std::string name;
  std::string value;
  std::optional<std::string> metadata;
  Time created_at{};
  Time updated_at{};
  std::optional<Time> expires_at;
  std::int64_t used = 0;
};

struct FoundMemory {
  MemoryItem item;
  double score = 0;  // 0 to 1; cosine, or the weight of the words that were found
};

/// Which items: agent and owner may be left open, by who may see them.
struct MemoryFilter {
  MemoryFilter() = default;
  std::string name_space;
  std::optional<std::string> agent;
  std::optional<std::string> owner;
};

/// Where memory lies. Thread-safe; outlives its users. Items past their time are never returned.
/// What it writes is given as batches, so that it can go along with an event of a task.
/// Errors: those of the database; invalid_argument for a vector that has no direction.
class MemoryStore {
 public:
  virtual ~MemoryStore() = default;

  /// `vector` may be null: the item is then found by its words until it is embedded.
  [[nodiscard]] virtual Result<db::Batch> saving(const MemoryScope& scope, NewMemory item,
                                                 const MemoryVector* vector) = 0;
  [[nodiscard]] virtual db::Batch removing(const MemoryScope& scope, std::string name) = 0;
  /// All of a scope.
  [[nodiscard]] virtual db::Batch clearing(const MemoryScope& scope) = 0;
  /// Commits it; how many rows its first statement changed.
  virtual Async<Result<std::int64_t>> write(db::Batch batch) = 0;

  virtual Async<Result<std::int64_t>> count(MemoryScope scope) = 0;
  virtual Async<Result<std::optional<MemoryItem>>> find(MemoryScope scope, std::string name) = 0;
  /// Newest first, those before `before` (0: from the newest on).
  virtual Async<Result<std::vector<MemoryItem>>> list(MemoryFilter filter, std::int64_t before,
                                                      std::int64_t limit) = 0;
  /// Items with the text in name or value, in any case (of ASCII), by name. An empty text is in
  /// all.
  virtual Async<Result<std::vector<MemoryItem>>> containing(MemoryScope scope, std::string text,
                                                            std::int64_t limit) = 0;
  /// By the words of the query that they have, best first. With `except_model` only items that
  /// have no vector of it.
  virtual Async<Result<std::vector<FoundMemory>>> with_words(
      MemoryScope scope, std::string query, std::size_t limit,
      std::optional<std::string> except_model) = 0;
  /// Nearest to any of the vectors, which are of one model and dimension; best first. Exact.
  virtual Async<Result<std::vector<FoundMemory>>> near(MemoryScope scope,
                                                       std::vector<MemoryVector> queries,
                                                       std::size_t limit, double min_score) = 0;
  /// Items that have no vector of the model, oldest first.
  virtual Async<Result<std::vector<MemoryItem>>> without_vector(MemoryScope scope,
                                                                std::string model,
                                                                std::int64_t limit) = 0;
  virtual Result<> add_vector(db::Batch& batch, const MemoryItem& item,
                              const MemoryVector& vector) = 0;
  /// Counts one use of each, without waiting; every tenth gives an item its time again.
  virtual void count_uses(const std::vector<FoundMemory>& found) = 0;
};

}  // namespace flotilla::agents
