#include "core/resources.h"

#include <fmt/format.h>

#include <algorithm>

#include "async/cancel.h"
#include "auth/access.h"
#include "core/limits.h"
#include "core/resources_internal.h"

// Reading: one, lists, secret values. Writing is in resource_write.cc and resource_removal.cc.
namespace flotilla::core {

namespace {

constexpr std::size_t kListPage = 501;

bool may_see(const PrincipalPtr& principal, std::string_view name_space) {
  return principal == nullptr || principal->may_enter(name_space);
}

/// `kind/namespace/name` of the last item, which a list goes on after.
Result<ResourceRef> place_of(const std::string& cursor) {
  if (cursor.empty()) return ResourceRef{};
  const auto first = cursor.find('/');
  const auto second = first == std::string::npos ? first : cursor.find('/', first + 1);
  if (second == std::string::npos || cursor.find('/', second + 1) != std::string::npos)
    return fail(invalid("cursor", "is not a nextCursor of this list"));
  return ResourceRef{cursor.substr(0, first), cursor.substr(first + 1, second - first - 1),
                     cursor.substr(second + 1)};
}

Error no_key(std::string_view kind, std::string_view name_space, std::string_view name,
             std::string_view key) {
  return Error(Code::not_found, fmt::format("{} {}/{} has no key {}", kind, name_space, name, key));
}

}  // namespace

Error no_resource(const ResourceRef& ref) {
  return Error(Code::not_found, fmt::format("there is no {}", ref.to_string()));
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::created:
      return "created";
    case Outcome::configured:
      return "configured";
    case Outcome::unchanged:
      return "unchanged";
    case Outcome::deleted:
      return "deleted";
    case Outcome::pruned:
      return "pruned";
  }
  return "";
}

std::string_view to_string(ResourceEvent::Type type) {
  switch (type) {
    case ResourceEvent::Type::added:
      return "added";
    case ResourceEvent::Type::modified:
      return "modified";
    case ResourceEvent::Type::deleted:
      return "deleted";
  }
  return "";
}

Resources::Resources(db::Database& database, Clock& clock, Random& random,
                     const auth::Sealer& sealer, Feed& feed)
    : database_(database),
      clock_(clock),
      random_(random),
      sealer_(sealer),
      feed_(feed),
      changes_(database, clock) {}

Async<Result<std::optional<Resources::Stored>>> Resources::find(ResourceRef ref) {
  std::vector<db::Value> parameters{ref.kind, ref.name_space, ref.name};
  CO_TRY(rows, co_await database_.read(sql::kFindResource, std::move(parameters), 1));
  std::optional<Stored> found;
  if (!rows.empty()) found.emplace().row = sql::to_resource(rows.front());
  co_return found;
}

Async<Result<std::vector<Resources::Stored>>> Resources::owned_by(std::string uid) {
  std::vector<db::Value> parameters{std::move(uid), static_cast<std::int64_t>(kMaxOwned + 1)};
  CO_TRY(rows, co_await database_.read(sql::kOwnedResources, std::move(parameters), kMaxOwned + 1));
  std::vector<Stored> out;
  for (const auto& row : rows) out.emplace_back().row = sql::to_resource(row);
  co_return out;
}

Async<Result<Resource>> Resources::get(PrincipalPtr principal, ResourceRef ref) {
  if (!may_see(principal, ref.name_space)) co_return fail(no_resource(ref));
  CO_TRY(found, co_await find(ref));
  if (!found) co_return fail(no_resource(ref));
  co_return std::move(found->row.resource);
}

Async<Result<ResourcePage>> Resources::list(PrincipalPtr principal, ResourceFilter filter,
                                            std::string cursor, std::size_t limit) {
  if (!filter.name_space.empty() && principal)
    CO_TRY_VOID(auth::require_namespace(*principal, filter.name_space));
  CO_TRY(place, place_of(cursor));
  ResourcePage page;
  std::vector<db::Value> none;
  CO_TRY(head, co_await database_.read(sql::kResourceHead, std::move(none), 1));
  page.version = static_cast<std::uint64_t>(db::int_at(head.front(), 0));
  if (place.kind.empty()) place = {filter.kind, filter.name_space, ""};
  const bool all_count = filter.labels.empty() && (!principal || !filter.name_space.empty());
  for (;;) {
    // One more than is wanted tells whether there is a next page. Where not all count, more are
    // looked through at once.
    const auto most = all_count ? std::min(kListPage, limit - page.items.size() + 1) : kListPage;
    std::vector<db::Value> parameters{place.kind,        place.name_space,
                                      place.name,        filter.kind,
                                      filter.name_space, static_cast<std::int64_t>(most)};
    CO_TRY(rows, co_await database_.read(sql::kListResources, std::move(parameters), most));
    for (const auto& row : rows) {
      auto stored = sql::to_resource(row);
      place = stored.resource.ref;
      if (!may_see(principal, place.name_space) || !filter.labels.matches(stored.resource.labels))
        continue;
      if (page.items.size() == limit) {
        const auto& last = page.items.back().ref;
        page.next = fmt::format("{}/{}/{}", last.kind, last.name_space, last.name);
        co_return page;
      }
      page.items.push_back(std::move(stored.resource));
    }
    if (rows.size() < most) co_return page;
  }
}

Async<Result<SecretValues>> Resources::secret(std::string name_space, std::string name) {
  ResourceRef ref{std::string(kSecretKind), std::move(name_space), std::move(name)};
  CO_TRY(found, co_await find(ref));
  if (!found) co_return fail(no_resource(ref));
  co_return open_values(sealer_, found->resource().uid, found->row.secrets);
}

Async<Result<Secret>> Resources::secret_value(std::string name_space, std::string name,
                                              std::string key) {
  CO_TRY(values, co_await secret(name_space, name));
  const auto value = values.find(key);
  if (value == values.end()) co_return fail(no_key(kSecretKind, name_space, name, key));
  co_return std::move(value->second);
}

Async<Result<std::string>> Resources::config_value(std::string name_space, std::string name,
                                                   std::string key) {
  ResourceRef ref{std::string(kConfigMapKind), name_space, name};
  CO_TRY(found, co_await find(ref));
  if (!found) co_return fail(no_resource(ref));
  const auto& spec = found->resource().spec;
  const json::Value* data = spec.find("data");
  const json::Value* value = data == nullptr ? nullptr : data->if_object()->find(key);
  if (value == nullptr) co_return fail(no_key(kConfigMapKind, name_space, name, key));
  co_return *value->if_string();
}

Async<Result<std::vector<ResourceRef>>> Resources::users_of(ResourceRef ref) {
  std::vector<db::Value> parameters{ref.kind, ref.name_space, ref.name, kMaxResources};
  CO_TRY(rows, co_await database_.read(sql::kUsersOfResource, std::move(parameters)));
  std::vector<ResourceRef> users;
  for (const auto& row : rows)
    users.push_back({db::text_at(row, 0), db::text_at(row, 1), db::text_at(row, 2)});
  co_return users;
}

Async<Result<std::size_t>> Resources::reseal() {
  constexpr std::size_t kPage = 100;
  std::size_t count = 0;
  ResourceRef place;
  for (;;) {
    std::vector<db::Value> parameters{place.kind, place.name_space, place.name,
                                      std::int64_t{kPage}};
    CO_TRY(rows, co_await database_.read(sql::kSealedResources, std::move(parameters), kPage));
    for (const auto& row : rows) {
      const auto stored = sql::to_resource(row);
      place = stored.resource.ref;
      if (sealer_.current(*stored.secrets)) continue;
      CO_TRY(values, open_values(sealer_, stored.resource.uid, stored.secrets));
      db::Batch batch;
      batch.add(sql::kResealResource, {stored.resource.uid, *stored.secrets,
                                       seal_values(sealer_, stored.resource.uid, values)});
      CO_TRY_VOID(co_await database_.write(std::move(batch)));
      ++count;
    }
    if (rows.size() < kPage) co_return count;
  }
}

}  // namespace flotilla::core
