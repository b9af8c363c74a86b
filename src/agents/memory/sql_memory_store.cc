#include "agents/memory/sql_memory_store.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "agents/memory/memory_sql_internal.h"
#include "agents/memory/memory_vector.h"
#include "agents/memory/memory_words.h"

namespace flotilla::agents {

namespace {

using memory_sql::read_item;
using memory_sql::scope_values;

constexpr std::int64_t kWordsPage = 200;
constexpr std::size_t kVectorPageBytes = std::size_t{1} << 20;
constexpr std::int64_t kPruned = 100;
constexpr std::int64_t kMostListed = 500;

/// A candidate of a search, by number: items are read at the end, for the best alone.
struct Candidate {
  double score = 0;
  std::int64_t number = 0;
};

/// Best first; the newer one of two that are as good.
bool better(const Candidate& one, const Candidate& other) {
  return one.score != other.score ? one.score > other.score : one.number > other.number;
}

void keep_best(std::vector<Candidate>& best, Candidate one, std::size_t limit) {
  best.insert(std::ranges::upper_bound(best, one, better), one);
  if (best.size() > limit) best.pop_back();
}

/// Which words an item has, of those that have any.
struct Match {
  std::int64_t number = 0;
  std::uint32_t words = 0;
};

/// A word counts the more the fewer items have it.
std::vector<Candidate> rank(const std::vector<Match>& matches, std::size_t words,
                            std::int64_t items, std::size_t limit) {
  std::array<double, kMaxQueryWords> weights{};
  double whole = 0;
  for (std::size_t i = 0; i < words; ++i) {
    const auto have =
        std::ranges::count_if(matches, [i](const Match& m) { return (m.words >> i & 1U) != 0; });
    weights[i] = std::log(1 + (static_cast<double>(items) + 1) / (static_cast<double>(have) + 1));
    whole += weights[i];
  }
  std::vector<Candidate> best;
  for (const Match& match : matches) {
    double sum = 0;
    for (std::size_t i = 0; i < words; ++i) {
      if ((match.words >> i & 1U) != 0) sum += weights[i];
    }
    if (sum > 0) keep_best(best, {sum / whole, match.number}, limit);
  }
  return best;
}

class SqlMemoryStore final : public MemoryStore {
 public:
  SqlMemoryStore(db::Database& database, Clock& clock) : database_(database), clock_(clock) {}

  Result<db::Batch> saving(const MemoryScope& scope, NewMemory item,
                           const MemoryVector* vector) override {
    auto values = scope_values(scope);
    values.emplace_back(std::move(item.name));
    values.emplace_back(std::move(item.value));
    if (item.metadata)
      values.emplace_back(std::move(*item.metadata));
    else
      values.emplace_back();
    values.emplace_back(now());
    values.emplace_back();
    values.emplace_back();
    if (item.ttl) {
      const auto ttl = std::chrono::duration_cast<std::chrono::milliseconds>(*item.ttl).count();
      values[7] = std::int64_t{ttl};
      values[8] = now() + ttl;
    }
    values.emplace_back();
    values.emplace_back();
    if (vector != nullptr) {
      TRY(packed, pack_vector(vector->values));
      values[9] = vector->model;
      values[10] = db::Blob{std::move(packed)};
    }
    db::Batch batch;
    batch.add(memory_sql::kSave, std::move(values));
    // Saving is what makes it grow, so saving is what clears away.
    batch.add(memory_sql::kPrune, {now(), kPruned});
    return batch;
  }

  db::Batch removing(const MemoryScope& scope, std::string name) override {
    auto values = scope_values(scope);
    values.emplace_back(std::move(name));
    db::Batch batch;
    batch.add(memory_sql::kRemove, std::move(values));
    return batch;
  }

  db::Batch clearing(const MemoryScope& scope) override {
    db::Batch batch;
    batch.add(memory_sql::kClear, scope_values(scope));
    return batch;
  }

  Async<Result<std::int64_t>> write(db::Batch batch) override {
    CO_TRY(done, co_await database_.write(std::move(batch)));
    co_return done.changed.empty() ? 0 : done.changed.front();
  }

  Async<Result<std::int64_t>> count(MemoryScope scope) override {
    auto values = scope_values(scope);
    CO_TRY(rows, co_await database_.read(memory_sql::kCount, std::move(values), 1));
    co_return db::int_at(rows.front(), 0);
  }

  Async<Result<std::optional<MemoryItem>>> find(MemoryScope scope, std::string name) override {
    auto values = scope_values(scope);
    values.emplace_back(now());
    values.emplace_back(std::move(name));
    CO_TRY(rows, co_await database_.read(memory_sql::kFind, std::move(values), 1));
    if (rows.empty()) co_return std::optional<MemoryItem>();
    co_return std::optional(read_item(rows.front()));
  }

  Async<Result<std::vector<MemoryItem>>> list(MemoryFilter filter, std::int64_t before,
                                              std::int64_t limit) override {
    const db::Statement& statement = memory_sql::list_of(filter);
    std::vector<db::Value> values{filter.name_space, now(),
                                  before > 0 ? before : std::int64_t{INT64_MAX},
                                  std::clamp(limit, std::int64_t{1}, kMostListed)};
    if (filter.owner) values.emplace_back(std::move(*filter.owner));
    if (filter.agent) values.emplace_back(std::move(*filter.agent));
    return items(statement, std::move(values));
  }

  Async<Result<std::vector<MemoryItem>>> containing(MemoryScope scope, std::string text,
                                                    std::int64_t limit) override {
    auto values = scope_values(scope);
    values.emplace_back(now());
    values.emplace_back(like_pattern(text));
    values.emplace_back(std::clamp(limit, std::int64_t{1}, kMostListed));
    return items(memory_sql::kContaining, std::move(values));
  }

  Async<Result<std::vector<FoundMemory>>> with_words(
      MemoryScope scope, std::string query, std::size_t limit,
      std::optional<std::string> except_model) override {
    const QueryWords words(query);
    if (words.empty()) co_return std::vector<FoundMemory>();
    CO_TRY(all, co_await count(scope));
    CO_TRY(matches, co_await matching(scope, words, except_model.value_or("")));
    auto best = rank(matches, words.size(), all, limit);
    co_return co_await with_items(std::move(scope), std::move(best));
  }

  Async<Result<std::vector<FoundMemory>>> near(MemoryScope scope, std::vector<MemoryVector> queries,
                                               std::size_t limit, double min_score) override {
    std::vector<Candidate> best;
    if (queries.empty()) co_return std::vector<FoundMemory>();
    std::vector<std::string> packed;
    for (const auto& query : queries) {
      CO_TRY(bytes, pack_vector(query.values));
      packed.push_back(std::move(bytes));
    }
    const auto page = static_cast<std::int64_t>(
        std::clamp<std::size_t>(kVectorPageBytes / packed.front().size(), 16, 1024));
    for (std::int64_t after = 0;;) {
      auto values = scope_values(scope);
      values.emplace_back(now());
      values.emplace_back(queries.front().model);
      values.emplace_back(after);
      values.emplace_back(page);
      CO_TRY(rows, co_await database_.read(memory_sql::kVectors, std::move(values)));
      for (const auto& row : rows) {
        after = db::int_at(row, 0);
        const auto* vector = std::get_if<db::Blob>(&row.at(1));
        if (vector == nullptr) throw db::WrongColumn("memory.vector is no bytes");
        double score = -1;
        for (const auto& query : packed)
          score = std::max(score, packed_cosine(query, vector->bytes));
        if (score >= min_score) keep_best(best, {score, after}, limit);
      }
      if (rows.size() < static_cast<std::size_t>(page)) break;
    }
    co_return co_await with_items(std::move(scope), std::move(best));
  }

  Async<Result<std::vector<MemoryItem>>> without_vector(MemoryScope scope, std::string model,
                                                        std::int64_t limit) override {
    auto values = scope_values(scope);
    values.emplace_back(now());
    values.emplace_back(std::move(model));
    values.emplace_back(limit);
    return items(memory_sql::kWithoutVector, std::move(values));
  }

  Result<> add_vector(db::Batch& batch, const MemoryItem& item,
                      const MemoryVector& vector) override {
    TRY(packed, pack_vector(vector.values));
    // Not if it was saved again meanwhile: the vector is of the text that was read.
    batch.add(memory_sql::kAddVector, {item.number, vector.model, db::Blob{std::move(packed)},
                                       std::int64_t{item.updated_at.time_since_epoch().count()}});
    return ok();
  }

  void count_uses(const std::vector<FoundMemory>& found) override {
    db::Batch batch;
    for (const auto& one : found) {
      if (one.item.expires_at) batch.add(memory_sql::kUse, {one.item.number, now()});
    }
    // A use that is not counted harms nobody.
    if (!batch.empty()) database_.submit(std::move(batch), [](const auto&) {});
  }

 private:
  [[nodiscard]] std::int64_t now() const { return clock_.now().time_since_epoch().count(); }

  Async<Result<std::vector<MemoryItem>>> items(const db::Statement& statement,
                                               std::vector<db::Value> values) {
    CO_TRY(rows, co_await database_.read(statement, std::move(values), kMostListed));
    std::vector<MemoryItem> all;
    all.reserve(rows.size());
    for (const auto& row : rows) all.push_back(read_item(row));
    co_return all;
  }

  Async<Result<std::vector<Match>>> matching(const MemoryScope& scope, const QueryWords& words,
                                             std::string except_model) {
    std::vector<Match> matches;
    auto patterns = words.patterns();
    patterns.resize(kMaxQueryWords);  // an empty pattern fits nothing that has a name
    for (std::int64_t after = 0;;) {
      auto values = scope_values(scope);
      values.emplace_back(now());
      values.emplace_back(except_model);
      values.emplace_back(after);
      values.emplace_back(kWordsPage);
      values.insert(values.end(), patterns.begin(), patterns.end());
      CO_TRY(rows, co_await database_.read(memory_sql::kWords, std::move(values)));
      for (const auto& row : rows) {
        after = db::int_at(row, 0);
        const std::uint32_t has = words.in(db::text_at(row, 1));
        if (has != 0) matches.push_back({after, has});
      }
      if (rows.size() < static_cast<std::size_t>(kWordsPage)) co_return matches;
    }
  }

  Async<Result<std::vector<FoundMemory>>> with_items(MemoryScope scope,
                                                     std::vector<Candidate> best) {
    std::vector<FoundMemory> found;
    for (const Candidate& one : best) {
      auto values = scope_values(scope);
      values.emplace_back(now());
      values.emplace_back(one.number);
      CO_TRY(rows, co_await database_.read(memory_sql::kByNumber, std::move(values), 1));
      if (rows.empty()) continue;  // deleted meanwhile
      found.push_back({read_item(rows.front()), std::min(one.score, 1.0)});
    }
    co_return found;
  }

  db::Database& database_;
  Clock& clock_;
};

}  // namespace

std::unique_ptr<MemoryStore> make_sql_memory_store(db::Database& database, Clock& clock) {
  return std::make_unique<SqlMemoryStore>(database, clock);
}

}  // namespace flotilla::agents
