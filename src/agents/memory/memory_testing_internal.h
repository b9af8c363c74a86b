#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agents/memory/memory.h"
#include "agents/memory/sql_memory_store.h"
#include "core/testing.h"

namespace flotilla::agents::testing {

/// Says the vectors that it was told; others get the last axis. Fails while `fault` is set.
class FakeEmbedding final : public llm::EmbeddingModel {
 public:
  explicit FakeEmbedding(std::string name = "fake") : name_(std::move(name)) {}
  Async<Result<llm::Embeddings>> embed(const std::vector<std::string>& texts,
                                       const llm::CallOptions& /*options*/) override {
    ++calls;
    if (fault) co_return fail(*fault);
    llm::Embeddings answer;
    for (const auto& text : texts) {
      const auto known = vectors.find(text);
      std::vector<float> other(3, 0.0F);
      other.back() = 1.0F;
      answer.vectors.push_back(known == vectors.end() ? other : known->second);
    }
    co_return answer;
  }
  [[nodiscard]] const std::string& name() const override { return name_; }

  std::map<std::string, std::vector<float>> vectors;
  std::optional<Error> fault;
  int calls = 0;

 private:
  std::string name_;
};

}  // namespace flotilla::agents::testing
