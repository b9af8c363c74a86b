#include <fmt/format.h>

#include <algorithm>

#include "async/cancel.h"
#include "auth/access.h"
#include "core/limits.h"
#include "core/money_budget.h"
#include "core/resources_internal.h"
#include "json/merge_patch.h"

// Create, update, apply, patch, status.
namespace flotilla::core {

namespace {

constexpr std::string_view kServerName = "system";

std::string sealing_context(const std::string& uid) {
  return "resource/" + uid;
}

Error lost_race(const ResourceRef& ref) {
  return Error(Code::conflict, fmt::format("{} changes too often; try again", ref.to_string()));
}

std::string actor_of(const PrincipalPtr& principal) {
  return principal ? principal->name : std::string(kServerName);
}

/// What the writer believes of the resource must still be so.
Result<> check_beliefs(const Manifest& manifest, const Resource& before) {
  if (manifest.version && *manifest.version != before.version)
    return fail(Error(Code::conflict,
                      fmt::format("{} was changed meanwhile: its resourceVersion is {}, not {}; "
                                  "read it again",
                                  manifest.ref.to_string(), before.version, *manifest.version))
                    .with_field("/metadata/resourceVersion", "is stale"));
  if (manifest.uid && !manifest.uid->empty() && *manifest.uid != before.uid)
    return fail(Error(Code::conflict, fmt::format("{} is another one: its uid is {}",
                                                  manifest.ref.to_string(), before.uid))
                    .with_field("/metadata/uid", "is another resource's"));
  return ok();
}

Result<> may_write(const PrincipalPtr& principal, const ResourceRef& ref, bool by_name) {
  if (!principal) return ok();
  if (by_name) {
    const auto missing = [&] { return no_resource(ref); };
    TRY_VOID(auth::require_namespace(*principal, ref.name_space, missing));
  } else {
    TRY_VOID(auth::require_namespace(*principal, ref.name_space));
  }
  return auth::require(*principal, Role::operator_);
}

bool is_admin(const PrincipalPtr& principal) {
  return !principal || principal->role == Role::admin;
}

/// Keeps the time of conditions that stay as they are.
void keep_transition_times(json::Object& status, const json::Object& before, Time now) {
  auto* given = status.find("conditions");
  if (given == nullptr || given->if_array() == nullptr) return;
  std::vector<Condition> old;
  if (const auto* stored = before.find("conditions"))
    if (auto read = json::read<std::vector<Condition>>(*stored)) old = std::move(*read);
  for (auto& value : *given->if_array()) {
    auto condition = json::read<Condition>(value);
    if (!condition) continue;
    const auto same = std::ranges::find_if(old, [&](const Condition& one) {
      return one.type == condition->type && one.status == condition->status;
    });
    condition->lastTransitionTime = same == old.end() ? now : same->lastTransitionTime;
    value = json::to_value(*condition);
  }
}

/// A fault names what the writer wrote.
Result<CheckedSpec> checked_spec(const Manifest& manifest) {
  auto checked = kind_of(manifest.ref.kind).check(manifest.spec, manifest.ref.name_space);
  if (!checked) return fail(in_original(checked.error(), manifest.origins));
  return checked;
}

Error admin_only(const std::string& field) {
  return Error(Code::permission_denied, fmt::format("{}: only an admin may write this", field))
      .with_field(field, "needs the role admin");
}

Result<> check_mutable(const Resource& before) {
  const auto* fixed = before.spec.find("immutable");
  if (fixed == nullptr || *fixed != json::Value(true)) return ok();
  return fail(
      Error(Code::failed_precondition,
            fmt::format("{} is immutable; delete it to make another one", before.ref.to_string())));
}

Result<> check_bytes(const Resource& resource) {
  const auto bytes = json::to_string(document_of(resource)).size();
  if (bytes <= kMaxResourceBytes) return ok();
  return fail(Error(Code::invalid_argument, reason::kLimitExceeded,
                    fmt::format("{} has {} bytes; at most {} KiB are kept",
                                resource.ref.to_string(), bytes, kMaxResourceBytes >> 10)));
}

}  // namespace

/// What a write comes to.
struct Resources::Plan {
  sql::ResourceRow row;
  std::vector<ResourceRef> uses;
  bool spec_changed = true;
  bool changed = true;
};

std::string seal_values(const auth::Sealer& sealer, const std::string& uid,
                        const SecretValues& values) {
  json::Object object;
  for (const auto& [key, value] : values) {
    json::Base64 bytes{value.reveal()};
    object.append(key, json::to_value(bytes));
  }
  const Secret text(json::to_string(object));
  return sealer.seal(text, sealing_context(uid));
}

Result<SecretValues> open_values(const auth::Sealer& sealer, const std::string& uid,
                                 const std::optional<std::string>& sealed) {
  SecretValues values;
  if (!sealed) return values;
  TRY(text, sealer.open(*sealed, sealing_context(uid)));
  TRY(read, (json::from_text<std::map<std::string, json::Base64>>(text.reveal())));
  for (auto& [key, bytes] : read) values.emplace(key, Secret(std::move(bytes.bytes)));
  return values;
}

Async<Result<Written>> Resources::create(PrincipalPtr principal, Manifest manifest,
                                         DryRun dry_run) {
  return write(std::move(principal), std::move(manifest), Mode::create, dry_run);
}

Async<Result<Written>> Resources::update(PrincipalPtr principal, Manifest manifest,
                                         DryRun dry_run) {
  return write(std::move(principal), std::move(manifest), Mode::update, dry_run);
}

Async<Result<Written>> Resources::apply(PrincipalPtr principal, Manifest manifest, DryRun dry_run) {
  return write(std::move(principal), std::move(manifest), Mode::apply, dry_run);
}

Async<Result<Written>> Resources::write(PrincipalPtr principal, Manifest manifest, Mode mode,
                                        DryRun dry_run) {
  CO_TRY_VOID(may_write(principal, manifest.ref, mode == Mode::update));
  const auto turn = co_await turn_of(manifest.ref).lock();
  for (int attempt = 0; attempt < kResourceAttempts; ++attempt) {
    CO_TRY(written, co_await try_write(principal, manifest, mode, dry_run));
    if (written) co_return std::move(*written);
  }
  co_return fail(lost_race(manifest.ref));
}

Async<Result<std::optional<Written>>> Resources::try_write(PrincipalPtr principal,
                                                           Manifest manifest, Mode mode,
                                                           DryRun dry_run) {
  CO_TRY(before, co_await find(manifest.ref));
  if (before && mode == Mode::create)
    co_return fail(
        Error(Code::already_exists, fmt::format("{} is there already", manifest.ref.to_string())));
  if (!before && mode == Mode::update) co_return fail(no_resource(manifest.ref));
  if (!before && manifest.version)
    co_return fail(
        Error(Code::conflict, fmt::format("{} is gone; leave resourceVersion out to make a new one",
                                          manifest.ref.to_string()))
            .with_field("/metadata/resourceVersion", "is of a resource that is gone"));
  if (before) CO_TRY_VOID(check_beliefs(manifest, before->resource()));
  CO_TRY(plan, co_await this->plan(principal, std::move(manifest), before));
  Written written;
  written.outcome = !before        ? Outcome::created
                    : plan.changed ? Outcome::configured
                                   : Outcome::unchanged;
  written.resource = plan.row.resource;
  if (!plan.changed || dry_run == DryRun::yes) co_return std::optional(std::move(written));
  db::Batch batch;
  const auto& resource = plan.row.resource;
  if (before) {
    sql::change_resource(batch, plan.row, before->resource().version);
    sql::drop_links(batch, resource.uid);
  } else {
    sql::add_resource(batch, plan.row);
  }
  sql::add_links(batch, resource, plan.uses);
  const auto type = before ? ResourceEvent::Type::modified : ResourceEvent::Type::added;
  const Resource* old = before ? &before->resource() : nullptr;
  const auto step =
      sql::add_resource_event(batch, type, resource, old, actor_of(principal), clock_.now());
  CO_TRY(position, co_await commit(std::move(batch), step));
  if (!position) co_return std::optional<Written>();
  written.resource.version = *position;
  co_return std::optional(std::move(written));
}

Async<Result<Resources::Plan>> Resources::plan(PrincipalPtr principal, Manifest manifest,
                                               std::optional<Stored> before) {
  Plan plan;
  auto& resource = plan.row.resource;
  if (before) {
    plan.row = before->row;
  } else {
    resource.ref = manifest.ref;
    resource.created_at = clock_.now();
    resource.uid = make_uuid_v7(resource.created_at, random_).to_string();
  }
  CO_TRY(checked, checked_spec(manifest));
  CO_TRY_VOID(co_await check_money_budget(*this, manifest.ref, checked.spec));
  CO_TRY(owners, co_await resolve_owners(manifest.ref, std::move(manifest.owners)));
  CO_TRY_VOID(merge_secrets(checked, plan, before));
  plan.uses = std::move(checked.uses);
  plan.spec_changed = plan.spec_changed || !before || before->resource().spec != checked.spec;
  if (plan.spec_changed && !checked.admin_field.empty() && !is_admin(principal))
    co_return fail(in_original(admin_only(checked.admin_field), manifest.origins));
  if (before && plan.spec_changed) CO_TRY_VOID(check_mutable(resource));
  resource.spec = std::move(checked.spec);
  resource.labels = std::move(manifest.labels);
  resource.annotations = std::move(manifest.annotations);
  resource.owners = std::move(owners);
  if (plan.spec_changed) resource.by_admin = is_admin(principal);
  if (before && plan.spec_changed) ++resource.generation;
  // Kinds whose status nobody else writes say it, too.
  const auto status = resource.status;
  add_unsupported_features(resource, resource.status);
  keep_transition_times(resource.status, status, clock_.now());
  if (before)
    plan.changed = plan.spec_changed || resource.labels != before->resource().labels ||
                   resource.annotations != before->resource().annotations ||
                   resource.owners != before->resource().owners;
  CO_TRY_VOID(check_bytes(resource));
  co_return plan;
}

/// Seals what is new, keeps what the manifest leaves as it is. Says in the plan whether a value
/// changed.
Result<> Resources::merge_secrets(CheckedSpec& checked, Plan& plan,
                                  const std::optional<Stored>& before) const {
  plan.spec_changed = false;
  if (plan.row.resource.ref.kind != kSecretKind) return ok();
  SecretValues old;
  if (before) {
    TRY(opened, open_values(sealer_, before->resource().uid, before->row.secrets));
    old = std::move(opened);
  }
  SecretValues values;
  for (auto& [key, value] : checked.secrets) {
    const auto stored = old.find(key);
    if (!value && stored == old.end())
      return fail(invalid("/data/" + key, "null keeps the stored value, and there is none"));
    values[key] = value ? std::move(*value) : stored->second;
    if (stored == old.end() || !stored->second.equals(values[key].reveal()))
      plan.spec_changed = true;
  }
  plan.spec_changed = plan.spec_changed || values.size() != old.size();
  if (plan.spec_changed || !before)
    plan.row.secrets = seal_values(sealer_, plan.row.resource.uid, values);
  return ok();
}

Async<Result<std::vector<OwnerReference>>> Resources::resolve_owners(
    ResourceRef ref, std::vector<OwnerReference> owners) {
  for (std::size_t i = 0; i < owners.size(); ++i) {
    auto& owner = owners[i];
    const auto at = fmt::format("/metadata/ownerReferences/{}", i);
    ResourceRef wanted{owner.kind, ref.name_space, owner.name};
    if (wanted == ref) co_return fail(invalid(at, "a resource cannot own itself"));
    for (std::size_t j = 0; j < i; ++j)
      if (owners[j].kind == owner.kind && owners[j].name == owner.name)
        co_return fail(invalid(at, "is there twice"));
    CO_TRY(found, co_await find(wanted));
    if (!found) co_return fail(invalid(at, "there is no " + wanted.to_string()));
    if (owner.uid && *owner.uid != found->resource().uid)
      co_return fail(invalid(at + "/uid", "is not that of " + wanted.to_string()));
    owner.uid = found->resource().uid;
    owner.apiVersion = kApiVersion;
  }
  co_return owners;
}

Async<Result<Written>> Resources::patch(PrincipalPtr principal, ResourceRef ref, json::Value patch,
                                        DryRun dry_run) {
  CO_TRY_VOID(may_write(principal, ref, true));
  ManifestContext context{ref.name_space, true, ref.kind, ref.name};
  const auto turn = co_await turn_of(ref).lock();
  for (int attempt = 0; attempt < kResourceAttempts; ++attempt) {
    CO_TRY(found, co_await find(ref));
    if (!found) co_return fail(no_resource(ref));
    json::Value document = document_of(found->resource());
    json::merge_patch(document, patch);
    CO_TRY(manifest, parse_manifest(document, context));
    if (manifest.ref != ref) co_return fail(invalid("/metadata/name", "cannot be changed"));
    // The version is the patch's own, or the one that was just read.
    const bool guarded = manifest.version != found->resource().version;
    auto written = co_await try_write(principal, std::move(manifest), Mode::update, dry_run);
    if (!written) {
      if (written.error().code() == Code::conflict && !guarded) continue;
      co_return fail(written.error());
    }
    if (*written) co_return std::move(**written);
  }
  co_return fail(lost_race(ref));
}

Async<Result<Resource>> Resources::set_status(ResourceRef ref, std::string uid,
                                              json::Object status) {
  const auto turn = co_await turn_of(ref).lock();
  for (int attempt = 0; attempt < kResourceAttempts; ++attempt) {
    CO_TRY(written, co_await try_set_status(ref, uid, status));
    if (written) co_return std::move(*written);
  }
  co_return fail(lost_race(ref));
}

Async<Result<std::optional<Resource>>> Resources::try_set_status(ResourceRef ref, std::string uid,
                                                                 json::Object status) {
  CO_TRY(found, co_await find(ref));
  if (!found || found->resource().uid != uid) co_return fail(no_resource(ref));
  auto row = found->row;
  add_unsupported_features(row.resource, status);
  keep_transition_times(status, row.resource.status, clock_.now());
  if (row.resource.status == status) co_return std::optional(std::move(row.resource));
  row.resource.status = std::move(status);
  CO_TRY_VOID(check_bytes(row.resource));
  db::Batch batch;
  sql::change_resource(batch, row, found->resource().version);
  const auto step = sql::add_resource_event(batch, ResourceEvent::Type::modified, row.resource,
                                            nullptr, kServerName, clock_.now());
  CO_TRY(position, co_await commit(std::move(batch), step));
  if (!position) co_return std::optional<Resource>();
  row.resource.version = *position;
  co_return std::optional(std::move(row.resource));
}

Async<Result<std::optional<std::uint64_t>>> Resources::commit(db::Batch batch,
                                                              std::size_t event_step) {
  Result<db::BatchResult> result;
  co_await without_cancellation(store(std::move(batch), result));
  if (!result) {
    const auto code = result.error().code();
    // already_exists: the name was taken meanwhile.
    if (code == Code::conflict || code == Code::already_exists)
      co_return std::optional<std::uint64_t>();
    co_return fail(result.error());
  }
  co_return std::optional(static_cast<std::uint64_t>(result->last_key.at(event_step)));
}

AsyncMutex& Resources::turn_of(const ResourceRef& ref) {
  return turns_[std::hash<std::string>{}(ref.to_string()) % turns_.size()];
}

Async<> Resources::store(db::Batch batch, Result<db::BatchResult>& result) {
  result = co_await database_.write(std::move(batch));
  if (!result) co_return;
  changes_.notify();
  feed_.notify();
}

}  // namespace flotilla::core
