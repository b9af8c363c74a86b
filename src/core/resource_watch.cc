#include "async/cancel.h"
#include "auth/access.h"
#include "base/log.h"
#include "core/limits.h"
#include "core/resources_internal.h"

namespace flotilla::core {

namespace {
constexpr Log kLog("resources");
}

Async<Result<std::unique_ptr<ResourceWatch>>> Resources::watch(PrincipalPtr principal,
                                                               ResourceFilter filter,
                                                               std::optional<std::uint64_t> after) {
  if (!filter.name_space.empty() && principal)
    CO_TRY_VOID(auth::require_namespace(*principal, filter.name_space));
  std::vector<db::Value> none;
  CO_TRY(rows, co_await database_.read(sql::kResourceHead, std::move(none), 1));
  const auto head = static_cast<std::uint64_t>(db::int_at(rows.front(), 0));
  const auto begin = std::min(after.value_or(head), head);
  auto made =
      std::make_unique<ResourceWatch>(*this, std::move(principal), std::move(filter), begin);
  made->unknown_ = after.has_value() && *after > head;
  co_return made;
}

Async<Result<ResourceWatch::Batch>> ResourceWatch::next() {
  for (;;) {
    const auto seen = resources_.changes_.revision();
    CO_TRY(batch, co_await read());
    if (batch.gap || !batch.events.empty()) co_return batch;
    if (more_) continue;
    // The deadline is for what another process wrote.
    auto wait = resources_.changes_.wait(seen);
    const auto until = resources_.clock_.steady_now() + kResourcePoll;
    std::ignore = co_await with_deadline(std::move(wait), until, resources_.clock_);
  }
}

Async<Result<ResourceWatch::Batch>> ResourceWatch::read() {
  Batch batch;
  if (unknown_) {
    unknown_ = false;
    batch.gap = cursor_;
    co_return batch;
  }
  auto& database = resources_.database_;
  const auto after = static_cast<std::int64_t>(cursor_);
  std::vector<db::Value> which{after, filter_.kind, filter_.name_space,
                               std::int64_t{kResourcePage}};
  CO_TRY(rows, co_await database.read(sql::kResourceEvents, std::move(which), kResourcePage));
  // After the events: what was dropped before they were read is marked by now.
  std::vector<db::Value> lost{after, filter_.kind, filter_.name_space};
  CO_TRY(pruned, co_await database.read(sql::kResourcePruned, std::move(lost), 1));
  if (const auto up_to = static_cast<std::uint64_t>(db::int_at(pruned.front(), 0)); up_to > 0) {
    cursor_ = up_to;
    batch.gap = up_to;
    co_return batch;
  }
  more_ = rows.size() == kResourcePage;
  for (const auto& row : rows) {
    auto stored = sql::to_resource_event(row);
    cursor_ = static_cast<std::uint64_t>(db::int_at(row, 0));
    if (stored)
      take(*stored, batch);
    else  // of a kind that a newer version had
      kLog.warn("an event is left out of a watch", {{"why", stored.error().message()}});
  }
  co_return batch;
}

/// A resource that the selector meets no more is deleted for the reader, one that it meets now is
/// new.
void ResourceWatch::take(const sql::StoredEvent& stored, Batch& batch) const {
  const auto& resource = stored.event.resource;
  if (principal_ && !principal_->may_enter(resource.ref.name_space)) return;
  const bool meets = filter_.labels.matches(resource.labels);
  const bool met = stored.labels_before ? filter_.labels.matches(*stored.labels_before) : meets;
  if (!meets && !met) return;
  auto event = stored.event;
  if (event.type == ResourceEvent::Type::modified && meets != met)
    event.type = meets ? ResourceEvent::Type::added : ResourceEvent::Type::deleted;
  batch.events.push_back(std::move(event));
}

}  // namespace flotilla::core
