#include "agents/models.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "agents/model_settings_internal.h"
#include "base/log.h"

namespace flotilla::agents {
namespace {

constexpr Log kLog("models");
/// Models of one chain, fallbacks of fallbacks included.
constexpr std::size_t kMaxChain = 16;
constexpr Duration kPauseAfterFailure = std::chrono::seconds(1);
constexpr std::string_view kModelConfigKind = "ModelConfig";

core::ResourceRef model_ref(std::string name_space, std::string name) {
  if (name.empty()) name = kDefaultModel;
  return {std::string(kModelConfigKind), std::move(name_space), std::move(name)};
}

using Uses = std::map<core::ResourceRef, std::string>;

/// Another stamp, another model: a change of the status alone is none.
std::string stamp_of(const core::Resource& resource) {
  return fmt::format("{} {} {}", resource.uid, resource.generation, resource.by_admin);
}

bool is_touched(const Uses& uses, const core::ResourceEvent& event) {
  const auto found = uses.find(event.resource.ref);
  if (found == uses.end()) return false;
  return found->second.empty() || event.type == core::ResourceEvent::Type::deleted ||
         found->second != stamp_of(event.resource);
}

}  // namespace

/// A chain of models while it is made: the one that was asked for, then fallbacks, depth first.
struct Models::Making {
  std::vector<std::shared_ptr<llm::Model>> models;
  std::set<core::ResourceRef> seen;
  Uses uses;
  std::optional<core::ModelPrice> price;
  std::optional<std::int64_t> max_output_tokens;
};

Models::Models(core::Resources& resources, llm::ModelServices services, Executor home)
    : resources_(resources), services_(services), group_(std::move(home)) {}

void Models::start() {
  group_.spawn(follow());
}

Async<> Models::stop() {
  group_.cancel();
  co_await group_.join();
}

Async<> Models::follow() {
  for (;;) {
    auto ended = co_await follow_changes();
    forget_all();
    if (!ended) kLog.warn("changes of models cannot be followed", {{"error", ended.error()}});
    co_await services_.clock.sleep_for(kPauseAfterFailure);
  }
}

void Models::set_following() {
  const std::scoped_lock lock(mutex_);
  following_ = true;
}

Async<Result<>> Models::follow_changes() {
  CO_TRY(watch, co_await resources_.watch(nullptr, core::ResourceFilter(), std::nullopt));
  for (;;) {
    set_following();
    CO_TRY(batch, co_await watch->next());
    if (batch.gap)
      forget_all();
    else
      forget(batch.events);
  }
}

void Models::forget(const std::vector<core::ResourceEvent>& events) {
  const std::scoped_lock lock(mutex_);
  for (const auto& event : events) {
    const auto& kind = event.resource.ref.kind;
    if (kind != kModelConfigKind && kind != core::kSecretKind && kind != core::kConfigMapKind)
      continue;
    ++changes_;
    std::erase_if(models_, [&](const auto& one) { return is_touched(one.second->uses, event); });
    std::erase_if(singles_, [&](const auto& one) { return is_touched(one.second->uses, event); });
    std::erase_if(embeddings_, [&](const auto& one) { return is_touched(one.second.uses, event); });
  }
}

void Models::forget_all() {
  const std::scoped_lock lock(mutex_);
  ++changes_;
  following_ = false;
  models_.clear();
  singles_.clear();
  embeddings_.clear();
}

Async<Result<ModelEntryPtr>> Models::get(std::string name_space, std::string name) {
  auto ref = model_ref(std::move(name_space), std::move(name));
  std::uint64_t seen = 0;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = models_.find(ref);
    if (found != models_.end()) co_return found->second;
    seen = changes_;
  }
  CO_TRY(entry, co_await make(ref));
  const std::scoped_lock lock(mutex_);
  if (following_ && seen == changes_) co_return models_.try_emplace(ref, entry).first->second;
  co_return entry;
}

Async<Result<ModelEntryPtr>> Models::make(core::ResourceRef ref) {
  Making making;
  CO_TRY_VOID(co_await add(making, ref));
  auto entry = std::make_shared<ModelEntry>();
  entry->ref = std::move(ref);
  entry->model = llm::make_fallback(std::move(making.models));
  entry->price = making.price;
  entry->max_output_tokens = making.max_output_tokens;
  entry->uses = std::move(making.uses);
  co_return entry;
}

Async<Result<>> Models::add(Making& making, core::ResourceRef ref) {
  if (!making.seen.insert(ref).second) co_return ok();  // a ring ends where it closes
  if (making.seen.size() > kMaxChain)
    co_return fail(
        invalid("/spec/fallbacks", fmt::format("lead to more than {} models", kMaxChain)));
  CO_TRY(one, co_await single(ref));
  making.uses.insert(one->uses.begin(), one->uses.end());
  if (making.models.empty()) {
    making.price = one->price;
    making.max_output_tokens = one->max_output_tokens;
  }
  making.models.push_back(one->model);
  for (const auto& name : one->fallbacks) {
    auto next = model_ref(ref.name_space, name);
    auto added = co_await add(making, next);
    if (!added)
      co_return fail(Error(added.error().code(), added.error().reason(),
                           ref.to_string() + ", a fallback: " + added.error().message()));
  }
  co_return ok();
}

Async<Result<std::shared_ptr<const Models::Single>>> Models::single(core::ResourceRef ref) {
  std::uint64_t seen = 0;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = singles_.find(ref);
    if (found != singles_.end()) co_return found->second;
    seen = changes_;
  }
  auto made = std::make_shared<Single>();
  CO_TRY(found, co_await read(ref, made->uses));
  CO_TRY(model, llm::make_model(std::move(found.first), services_));
  made->model = std::move(model);
  made->price = found.second.price;
  if (found.second.parameters) made->max_output_tokens = found.second.parameters->maxOutputTokens;
  made->fallbacks = std::move(found.second.fallbacks);
  const std::scoped_lock lock(mutex_);
  // Who was first is kept, so that all share its bound on concurrency.
  if (following_ && seen == changes_) co_return singles_.try_emplace(ref, made).first->second;
  co_return made;
}

Async<Result<std::shared_ptr<llm::EmbeddingModel>>> Models::embedding(std::string name_space,
                                                                      std::string name) {
  auto ref = model_ref(std::move(name_space), std::move(name));
  std::uint64_t seen = 0;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = embeddings_.find(ref);
    if (found != embeddings_.end()) co_return found->second.model;
    seen = changes_;
  }
  Embedding made;
  CO_TRY(read_now, co_await read(ref, made.uses));
  CO_TRY(model, llm::make_embedding_model(std::move(read_now.first), services_));
  made.model = std::move(model);
  const std::scoped_lock lock(mutex_);
  if (following_ && seen == changes_)
    co_return embeddings_.try_emplace(ref, std::move(made)).first->second.model;
  co_return made.model;
}

Async<Result<std::pair<llm::ModelSettings, core::ModelConfigSpec>>> Models::read(
    core::ResourceRef ref, std::map<core::ResourceRef, std::string>& uses) {
  CO_TRY(resource, co_await resources_.get(nullptr, ref));
  uses.insert_or_assign(ref, stamp_of(resource));
  CO_TRY(spec, core::spec_of<core::ModelConfigSpec>(resource));
  std::set<core::ResourceRef> used;
  CO_TRY(settings, co_await settings_of(resources_, resource, spec, used));
  for (const auto& one : used) uses.try_emplace(one);
  co_return std::pair(std::move(settings), std::move(spec));
}

Async<Result<>> Models::check(core::Resource resource) {
  std::set<core::ResourceRef> uses;
  CO_TRY(spec, core::spec_of<core::ModelConfigSpec>(resource));
  CO_TRY(settings, co_await settings_of(resources_, resource, spec, uses));
  auto model = llm::make_model(settings, services_);
  if (model) co_return ok();
  const auto embedding = llm::make_embedding_model(std::move(settings), services_);
  if (embedding) co_return ok();
  co_return fail(std::move(model.error()));
}

}  // namespace flotilla::agents
