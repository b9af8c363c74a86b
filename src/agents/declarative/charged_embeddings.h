#pragma once

#include <memory>
#include <string>

#include "core/runner.h"
#include "core/usage.h"
#include "llm/model.h"

namespace flotilla::agents {

/// An embedding model as one run uses it: its calls are spans of the run and count in its account.
/// Lives with the run.
class ChargedEmbeddings final : public llm::EmbeddingModel {
 public:
  /// `config` is its ModelConfig's name; `account` may be null, and outlives it as `run` does.
  ChargedEmbeddings(std::shared_ptr<llm::EmbeddingModel> model, std::string config, core::Run& run,
                    core::Usage::Account* account, Clock& clock);
  Async<Result<llm::Embeddings>> embed(const std::vector<std::string>& texts,
                                       const llm::CallOptions& options) override;
  [[nodiscard]] const std::string& name() const override { return model_->name(); }

 private:
  std::shared_ptr<llm::EmbeddingModel> model_;  // shared: its ModelConfig may change meanwhile
  std::string config_;
  core::Run& run_;
  core::Usage::Account* account_;
  Clock& clock_;
};

}  // namespace flotilla::agents
