#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "async/async.h"
#include "async/task_group.h"
#include "base/result.h"
#include "core/model_config.h"
#include "core/resource.h"
#include "core/resources.h"
#include "llm/settings.h"

namespace flotilla::agents {

/// The ModelConfig of agents that name none.
inline constexpr std::string_view kDefaultModel = "default";

/// A ModelConfig as it can be asked. Immutable; calls keep it while it is replaced.
struct ModelEntry {
  core::ResourceRef ref;
  std::shared_ptr<llm::Model> model;  // shared with calls that outlive the entry
  std::optional<core::ModelPrice> price;
  std::optional<std::int64_t> max_output_tokens;
  /// What it was made of: the resource and what it refers to, fallbacks included, and of which
  /// version that was where it can be told.
  std::map<core::ResourceRef, std::string> uses;
};
using ModelEntryPtr = std::shared_ptr<const ModelEntry>;  // shared by calls, whatever changes

/// The models that ModelConfigs describe, made when they are first asked for and kept until
/// something that they were made of changes. Thread-safe; start() and stop() on the home loop.
///
/// Errors: not_found names the missing ModelConfig, Secret or ConfigMap; invalid_argument the field
/// that cannot be used.
class Models {
 public:
  /// All outlive it.
  Models(core::Resources& resources, llm::ModelServices services, Executor home);
  /// Follows changes from now on. Before, each get() makes its model anew.
  void start();
  Async<> stop();

  /// An empty name is kDefaultModel. With fallbacks and retries in it.
  Async<Result<ModelEntryPtr>> get(std::string name_space, std::string name);
  Async<Result<std::shared_ptr<llm::EmbeddingModel>>> embedding(std::string name_space,
                                                                std::string name);
  /// Whether a model can be made of it: what its condition Accepted says.
  Async<Result<>> check(core::Resource resource);

 private:
  struct Embedding {
    std::shared_ptr<llm::EmbeddingModel> model;
    std::map<core::ResourceRef, std::string> uses;
  };
  /// One ModelConfig without its fallbacks.
  struct Single {
    std::shared_ptr<llm::Model> model;
    std::optional<core::ModelPrice> price;
    std::optional<std::int64_t> max_output_tokens;
    std::vector<std::string> fallbacks;
    std::map<core::ResourceRef, std::string> uses;
  };
  struct Making;
  Async<Result<ModelEntryPtr>> make(core::ResourceRef ref);
  Async<Result<>> add(Making& making, core::ResourceRef ref);
  Async<Result<std::shared_ptr<const Single>>> single(core::ResourceRef ref);
  Async<Result<std::pair<llm::ModelSettings, core::ModelConfigSpec>>> read(
      core::ResourceRef ref, std::map<core::ResourceRef, std::string>& uses);
  Async<> follow();
  Async<Result<>> follow_changes();
  void forget(const std::vector<core::ResourceEvent>& events);
  void forget_all();
  void set_following();

  core::Resources& resources_;
  llm::ModelServices services_;
  std::mutex mutex_;  // of what follows, but the group
  bool following_ = false;
  std::uint64_t changes_ = 0;  // what was made before a change is not kept
  std::map<core::ResourceRef, ModelEntryPtr> models_;
  std::map<core::ResourceRef, std::shared_ptr<const Single>> singles_;  // shared with chains
  std::map<core::ResourceRef, Embedding> embeddings_;
  TaskGroup group_;
};

}  // namespace flotilla::agents
