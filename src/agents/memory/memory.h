#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agents/memory/memory_store.h"
#include "llm/model.h"

namespace flotilla::agents {

/// Items of one batch of embeddings, and of one answer to a search.
inline constexpr std::size_t kMaxEmbeddedAtOnce = 32;
inline constexpr std::size_t kMaxFoundMemories = 50;

/// Who turns texts into vectors; without a model memory is searched by words.
struct Embedder {
  Embedder() = default;  // so that it may stand beside co_await
  Embedder(llm::EmbeddingModel& its_model, llm::CallOptions with)
      : model(&its_model), options(std::move(with)) {}
  llm::EmbeddingModel* model = nullptr;
  llm::CallOptions options;
};

struct MemorySearch {
  MemorySearch() = default;
  std::size_t limit = 5;   // at most kMaxFoundMemories
  double min_score = 0.3;  // of vectors; words need one in common
};

/// What agents remember: the one place that the memory agent, the MCP tools, declarative agents
/// and the APIs use. Thread-safe; outlives their work.
///
/// A failing embedding model never loses an item nor fails a search: what has no vector of the
/// asked model is found by its words, and is embedded by later searches.
/// Errors: invalid_argument naming the field, resource_exhausted when the scope is full, storage.
class Memory {
 public:
  explicit Memory(std::unique_ptr<MemoryStore> store) : store_(std::move(store)) {}

  /// The item's name; made of the value where none is given, so that the same text saved again is
  /// the same item.
  Async<Result<std::string>> save(MemoryScope scope, NewMemory item, Embedder embedder);
  /// Best first.
  Async<Result<std::vector<FoundMemory>>> search(MemoryScope scope, std::string query,
                                                 MemorySearch how, Embedder embedder);
  /// Items with the text in name or value, by name; when none has it as it stands, those with most
  /// of its words, best first.
  Async<Result<std::vector<MemoryItem>>> containing(MemoryScope scope, std::string text,
                                                    std::int64_t limit);
  /// What fits a user's message, by the whole and by its sentences, as a block to put before the
  /// model; empty when there is nothing.
  Async<Result<std::string>> prefetch(MemoryScope scope, std::string text, Embedder embedder);
  /// False when there was none.
  Async<Result<bool>> remove(MemoryScope scope, std::string name);
  /// How many there were.
  Async<Result<std::int64_t>> clear(MemoryScope scope);
  /// Finding, listing, and what is written along with a task.
  [[nodiscard]] MemoryStore& store() { return *store_; }

  /// Checks and completes what save() takes.
  static Result<> prepare(NewMemory& item);

 private:
  Async<Result<std::vector<FoundMemory>>> search_all(MemoryScope scope,
                                                     std::vector<std::string> queries,
                                                     MemorySearch how, Embedder embedder);
  /// Embeds what has no vector yet; true when all have one then.
  Async<Result<bool>> catch_up(const MemoryScope& scope, Embedder& embedder);

  std::unique_ptr<MemoryStore> store_;
};

}  // namespace flotilla::agents
