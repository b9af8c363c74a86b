#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/async.h"
#include "async/clock.h"
#include "async/event.h"
#include "auth/sealing.h"
#include "base/context.h"
#include "base/result.h"
#include "base/secret.h"
#include "core/feed.h"
#include "core/label_selector.h"
#include "core/resource.h"
#include "core/resource_kind.h"
#include "db/database.h"

namespace flotilla::core {

using PrincipalPtr = std::shared_ptr<const Principal>;
inline constexpr std::string_view kSecretKind = "Secret";
inline constexpr std::string_view kConfigMapKind = "ConfigMap";
inline constexpr std::string_view kToolServerKind = "ToolServer";

enum class DryRun : std::uint8_t { no, yes };

/// What a write came to.
enum class Outcome : std::uint8_t { created, configured, unchanged, deleted, pruned };
std::string_view to_string(Outcome outcome);

struct Written {
  Resource resource;
  Outcome outcome = Outcome::unchanged;
};

/// Which resources are meant. Empty kind or namespace: all that the principal may enter.
struct ResourceFilter {
  ResourceFilter() = default;
  // So that it may stand beside co_await.
  ResourceFilter(std::string of_kind, std::string in, LabelSelector with)
      : kind(std::move(of_kind)), name_space(std::move(in)), labels(std::move(with)) {}

  std::string kind;
  std::string name_space;
  LabelSelector labels;
};

struct ResourcePage {
  std::vector<Resource> items;  // by kind, namespace, name
  std::string next;             // cursor of the next page; empty: this was the last
  std::uint64_t version = 0;    // a watch from here misses nothing that this page does not show
};

/// A change of one resource, as its journal has it.
struct ResourceEvent {
  enum class Type : std::uint8_t { added, modified, deleted };
  Type type = Type::modified;
  std::uint64_t position = 0;
  Resource resource;  // after the change; as it was last when deleted
};
std::string_view to_string(ResourceEvent::Type type);

class Resources;
namespace sql {
struct StoredEvent;
}

/// Changes from a cursor on: what is stored, then what comes, in order, without gap or repeat. For
/// one coroutine at a time; ends before the Resources do.
class ResourceWatch {
 public:
  ResourceWatch(Resources& resources, PrincipalPtr principal, ResourceFilter filter,
                std::uint64_t after)
      : resources_(resources),
        principal_(std::move(principal)),
        filter_(std::move(filter)),
        cursor_(after) {}
  struct Batch {
    std::vector<ResourceEvent> events;
    /// The cursor was older than what is kept: changes up to here are lost, so list again.
    std::optional<std::uint64_t> gap;
  };
  /// Waits for the next changes, at least one, or a gap.
  Async<Result<Batch>> next();
  [[nodiscard]] std::uint64_t cursor() const { return cursor_; }

 private:
  friend class Resources;
  Async<Result<Batch>> read();
  void take(const sql::StoredEvent& stored, Batch& batch) const;

  Resources& resources_;
  PrincipalPtr principal_;
  ResourceFilter filter_;
  std::uint64_t cursor_;
  bool more_ = false;     // the last page was full
  bool unknown_ = false;  // the cursor was none of ours: said as a gap
};

/// Declarative objects: rows, and a journal of their changes that all watches read. A write is one
/// batch. Thread-safe.
///
/// A principal that may not enter the namespace gets not_found, as for a missing resource; viewers
/// read, operators and admins write; what runs a local command needs an admin. Without a principal
/// (null) the server itself asks: everything is allowed.
/// Errors: not_found, already_exists, conflict (a resourceVersion or uid that is no longer true),
/// invalid_argument (each field named below the manifest's root), failed_precondition (in use),
/// permission_denied.
class Resources {
 public:
  Resources(db::Database& database, Clock& clock, Random& random, const auth::Sealer& sealer,
            Feed& feed);
  /// Documents of another system are taken, too. To be said before the first is; it must outlive
  /// this.
  void use(const ManifestConverter& converter) { converter_ = &converter; }
  /// For ManifestContext; null: there is none.
  [[nodiscard]] const ManifestConverter* converter() const { return converter_; }

  Async<Result<Resource>> get(PrincipalPtr principal, ResourceRef ref);
  Async<Result<ResourcePage>> list(PrincipalPtr principal, ResourceFilter filter,
                                   std::string cursor, std::size_t limit);

  Async<Result<Written>> create(PrincipalPtr principal, Manifest manifest,
                                DryRun dry_run = DryRun::no);
  /// Replaces spec, labels, annotations and owners.
  Async<Result<Written>> update(PrincipalPtr principal, Manifest manifest,
                                DryRun dry_run = DryRun::no);
  /// Creates or updates.
  Async<Result<Written>> apply(PrincipalPtr principal, Manifest manifest,
                               DryRun dry_run = DryRun::no);
  /// JSON merge patch (RFC 7396) of the document as it is shown.
  Async<Result<Written>> patch(PrincipalPtr principal, ResourceRef ref, json::Value patch,
                               DryRun dry_run = DryRun::no);
  /// With what it owns. `version`: only if it is still that one.
  Async<Result<Written>> remove(PrincipalPtr principal, ResourceRef ref,
                                std::optional<std::uint64_t> version = std::nullopt);
  /// Whether it could be removed once `others` are.
  Async<Result<Written>> try_removal(PrincipalPtr principal, ResourceRef ref,
                                     std::optional<std::uint64_t> version = std::nullopt,
                                     std::vector<ResourceRef> others = {});

  /// Replaces the status of the resource with this uid; for the code that runs it, so nobody's
  /// permission is asked. lastTransitionTime of a condition is kept while its status stays; nothing
  /// is written when nothing changed. not_found when it is gone.
  Async<Result<Resource>> set_status(ResourceRef ref, std::string uid, json::Object status);

  /// From a cursor (a resourceVersion, or a list's) on; nullopt: what comes from now on.
  Async<Result<std::unique_ptr<ResourceWatch>>> watch(PrincipalPtr principal, ResourceFilter filter,
                                                      std::optional<std::uint64_t> after);

  /// The values of a Secret, for the code that needs them; never for an answer.
  Async<Result<std::map<std::string, Secret>>> secret(std::string name_space, std::string name);
  /// One value of a Secret or ConfigMap. not_found names what is missing.
  Async<Result<Secret>> secret_value(std::string name_space, std::string name, std::string key);
  Async<Result<std::string>> config_value(std::string name_space, std::string name,
                                          std::string key);
  /// Resources that refer to this one (a ToolServer to its Secrets).
  Async<Result<std::vector<ResourceRef>>> users_of(ResourceRef ref);
  /// Seals again with the newest key; how many.
  Async<Result<std::size_t>> reseal();

 private:
  friend class ResourceWatch;
  struct Stored;
  struct Plan;
  struct Removal;
  enum class Mode : std::uint8_t { create, update, apply };

  Async<Result<std::optional<Stored>>> find(ResourceRef ref);
  Async<Result<std::vector<Stored>>> owned_by(std::string uid);
  Async<Result<Written>> write(PrincipalPtr principal, Manifest manifest, Mode mode,
                               DryRun dry_run);
  /// One attempt; nullopt: somebody else was faster.
  Async<Result<std::optional<Written>>> try_write(PrincipalPtr principal, Manifest manifest,
                                                  Mode mode, DryRun dry_run);
  Async<Result<Plan>> plan(PrincipalPtr principal, Manifest manifest, std::optional<Stored> before);
  Result<> merge_secrets(CheckedSpec& checked, Plan& plan,
                         const std::optional<Stored>& before) const;
  Async<Result<std::vector<OwnerReference>>> resolve_owners(ResourceRef ref,
                                                            std::vector<OwnerReference> owners);
  Async<Result<std::optional<Written>>> try_remove(PrincipalPtr principal, ResourceRef ref,
                                                   std::optional<std::uint64_t> version);
  Async<Result<Removal>> check_removal(ResourceRef ref, std::optional<std::uint64_t> version,
                                       std::vector<ResourceRef> others);
  Async<Result<Removal>> plan_removal(Stored root);
  Async<Result<>> check_unused(Removal removal, std::vector<ResourceRef> others);
  Async<Result<std::optional<Resource>>> try_set_status(ResourceRef ref, std::string uid,
                                                        json::Object status);
  /// The position of the event of that step; nullopt: somebody else was faster.
  Async<Result<std::optional<std::uint64_t>>> commit(db::Batch batch, std::size_t event_step);
  AsyncMutex& turn_of(const ResourceRef& ref);
  /// Stores and tells the watches, whatever becomes of the caller meanwhile.
  Async<> store(db::Batch batch, Result<db::BatchResult>& result);

  db::Database& database_;
  Clock& clock_;
  Random& random_;
  const auth::Sealer& sealer_;
  Feed& feed_;
  const ManifestConverter* converter_ = nullptr;
  Feed changes_;  // told of commits with resources in them only
  /// Writers of one resource wait for each other, so that none starves; what else guards is the
  /// version, as other processes write, too.
  std::array<AsyncMutex, 32> turns_;
};

}  // namespace flotilla::core
