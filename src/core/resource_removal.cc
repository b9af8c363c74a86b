#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "async/cancel.h"
#include "auth/access.h"
#include "core/limits.h"
#include "core/resources_internal.h"

// Deletion: a resource goes with all that only it owns; one that others refer to stays.
namespace flotilla::core {

/// What a deletion comes to: the resource itself first.
struct Resources::Removal {
  std::vector<Stored> gone;
  std::vector<Stored> orphaned;  // stay, as they have another owner

  [[nodiscard]] bool takes(std::string_view uid) const {
    return std::ranges::any_of(gone, [&](const Stored& one) { return one.resource().uid == uid; });
  }
  [[nodiscard]] bool takes(const ResourceRef& ref) const {
    return std::ranges::any_of(gone, [&](const Stored& one) { return one.resource().ref == ref; });
  }
  [[nodiscard]] bool takes_all_owners(const Resource& resource) const {
    return std::ranges::all_of(resource.owners, [this](const OwnerReference& owner) {
      return takes(owner.uid.value_or(""));
    });
  }
};

namespace {

Result<> may_remove(const PrincipalPtr& principal, const ResourceRef& ref) {
  if (!principal) return ok();
  const auto missing = [&] { return no_resource(ref); };
  TRY_VOID(auth::require_namespace(*principal, ref.name_space, missing));
  return auth::require(*principal, Role::operator_);
}

}  // namespace

Async<Result<Written>> Resources::remove(PrincipalPtr principal, ResourceRef ref,
                                         std::optional<std::uint64_t> version) {
  CO_TRY_VOID(may_remove(principal, ref));
  const auto turn = co_await turn_of(ref).lock();
  for (int attempt = 0; attempt < kResourceAttempts; ++attempt) {
    CO_TRY(written, co_await try_remove(principal, ref, version));
    if (written) co_return std::move(*written);
  }
  co_return fail(Error(Code::conflict, ref.to_string() + " changes too often; try again"));
}

Async<Result<Written>> Resources::try_removal(PrincipalPtr principal, ResourceRef ref,
                                              std::optional<std::uint64_t> version,
                                              std::vector<ResourceRef> others) {
  CO_TRY_VOID(may_remove(principal, ref));
  CO_TRY(removal, co_await check_removal(ref, version, std::move(others)));
  Written written;
  written.resource = removal.gone.front().resource();
  written.outcome = Outcome::deleted;
  co_return written;
}

/// Owners may come later than what they share, so what has another owner is asked again at the end.
Async<Result<Resources::Removal>> Resources::plan_removal(Stored root) {
  Removal removal;
  removal.gone.push_back(std::move(root));
  for (std::size_t i = 0; i < removal.gone.size(); ++i) {
    CO_TRY(owned, co_await owned_by(removal.gone[i].resource().uid));
    for (auto& one : owned) {
      const auto known = [&](const Stored& other) {
        return other.resource().uid == one.resource().uid;
      };
      if (removal.takes(one.resource().uid) || std::ranges::any_of(removal.orphaned, known))
        continue;
      const bool all = removal.takes_all_owners(one.resource());
      (all ? removal.gone : removal.orphaned).push_back(std::move(one));
    }
    for (std::size_t j = 0; j < removal.orphaned.size();) {
      if (!removal.takes_all_owners(removal.orphaned[j].resource())) {
        ++j;
        continue;
      }
      removal.gone.push_back(std::move(removal.orphaned[j]));
      removal.orphaned.erase(removal.orphaned.begin() + static_cast<std::ptrdiff_t>(j));
    }
    if (removal.gone.size() + removal.orphaned.size() > kMaxOwned)
      co_return fail(
          Error(Code::failed_precondition, reason::kLimitExceeded,
                fmt::format("{} owns more than {} resources; delete some of them first",
                            removal.gone.front().resource().ref.to_string(), kMaxOwned)));
  }
  co_return removal;
}

Async<Result<>> Resources::check_unused(Removal removal, std::vector<ResourceRef> others) {
  for (const auto& one : removal.gone) {
    const auto& ref = one.resource().ref;
    CO_TRY(users, co_await users_of(ref));
    std::erase_if(users, [&](const ResourceRef& user) {
      return removal.takes(user) || std::ranges::find(others, user) != others.end();
    });
    if (users.empty()) continue;
    const auto more = users.size() > 1 ? fmt::format(" and {} more", users.size() - 1) : "";
    co_return fail(Error(Code::failed_precondition,
                         fmt::format("{} is used by {}{}; delete or change that first",
                                     ref.to_string(), users.front().to_string(), more)));
  }
  co_return ok();
}

Async<Result<Resources::Removal>> Resources::check_removal(ResourceRef ref,
                                                           std::optional<std::uint64_t> version,
                                                           std::vector<ResourceRef> others) {
  CO_TRY(found, co_await find(ref));
  if (!found) co_return fail(no_resource(ref));
  if (version && *version != found->resource().version)
    co_return fail(Error(Code::conflict,
                         fmt::format("{} was changed meanwhile: its resourceVersion is {}, not {}",
                                     ref.to_string(), found->resource().version, *version)));
  CO_TRY(removal, co_await plan_removal(std::move(*found)));
  CO_TRY_VOID(co_await check_unused(removal, std::move(others)));
  co_return removal;
}

Async<Result<std::optional<Written>>> Resources::try_remove(PrincipalPtr principal, ResourceRef ref,
                                                            std::optional<std::uint64_t> version) {
  std::vector<ResourceRef> none;
  CO_TRY(removal, co_await check_removal(ref, version, std::move(none)));
  Written written;
  written.resource = removal.gone.front().resource();
  written.outcome = Outcome::deleted;
  std::string actor = "system";
  if (principal) actor = principal->name;
  const auto now = clock_.now();
  db::Batch batch;
  for (auto& one : removal.orphaned) {
    auto row = one.row;
    auto& resource = row.resource;
    std::erase_if(resource.owners, [&](const OwnerReference& owner) {
      return removal.takes(owner.uid.value_or(""));
    });
    sql::change_resource(batch, row, resource.version);
    sql::drop_owner_links(batch, one.resource(), resource);
    sql::add_resource_event(batch, ResourceEvent::Type::modified, resource, nullptr, actor, now);
  }
  for (const auto& one : removal.gone) sql::drop_links(batch, one.resource().uid);
  for (const auto& one : removal.gone) sql::delete_resource(batch, one.resource());
  std::size_t step = 0;
  for (std::size_t i = removal.gone.size(); i-- > 0;) {
    auto last = removal.gone[i].resource();
    step = sql::add_resource_event(batch, ResourceEvent::Type::deleted, last, nullptr, actor, now);
  }
  CO_TRY(position, co_await commit(std::move(batch), step));
  if (!position) co_return std::optional<Written>();
  written.resource.version = *position;
  written.resource.deleted = true;
  co_return std::optional(std::move(written));
}

}  // namespace flotilla::core
