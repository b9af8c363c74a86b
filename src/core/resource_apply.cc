#include "core/resource_apply.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "auth/access.h"
#include "core/limits.h"

namespace flotilla::core {

namespace {

constexpr std::size_t kPrunePageOfResources = 500;

/// The same fault, as one of the n-th document.
Error in_document(const Error& error, std::size_t index, std::string_view what) {
  Error out(error.code(), error.reason(),
            fmt::format("document {}{}: {}", index + 1, what, error.message()));
  for (const auto& violation : error.violations())
    out.add_field(fmt::format("/{}{}", index, violation.field), violation.description);
  return out;
}

Result<Manifest> check(const json::Value& document, const ApplyRequest& request,
                       const ManifestConverter* converter, const PrincipalPtr& principal) {
  ManifestContext context;
  context.converter = converter;
  context.name_space = request.name_space;
  TRY(manifest, parse_manifest(document, context));
  if (principal) TRY_VOID(auth::require_namespace(*principal, manifest.ref.name_space));
  const auto checked = kind_of(manifest.ref.kind).check(manifest.spec, manifest.ref.name_space);
  if (!checked) return fail(in_original(checked.error(), manifest.origins));
  return manifest;
}

/// What stands before the message: ` (ToolServer github)`, as far as it can be read.
std::string title_of(const json::Value& document) {
  const auto* object = document.if_object();
  if (object == nullptr) return {};
  const auto* kind = object->find("kind");
  const auto* metadata = object->find("metadata");
  const auto* name = metadata == nullptr || metadata->if_object() == nullptr
                         ? nullptr
                         : metadata->if_object()->find("name");
  std::string title;
  if (kind != nullptr && kind->if_string() != nullptr) title = kind->if_string()->substr(0, 64);
  if (name != nullptr && name->if_string() != nullptr)
    title += (title.empty() ? "" : " ") + name->if_string()->substr(0, 64);
  return title.empty() ? "" : fmt::format(" ({})", title);
}

Result<std::vector<Manifest>> check_all(const ApplyRequest& request,
                                        const ManifestConverter* converter,
                                        const PrincipalPtr& principal) {
  if (request.documents.size() > kMaxDocuments)
    return fail(Error(Code::invalid_argument, reason::kLimitExceeded,
                      fmt::format("these are more than {} documents", kMaxDocuments)));
  std::vector<Manifest> manifests;
  std::map<ResourceRef, std::size_t> seen;
  for (std::size_t i = 0; i < request.documents.size(); ++i) {
    const auto& document = request.documents[i];
    auto manifest = check(document, request, converter, principal);
    if (!manifest) return fail(in_document(manifest.error(), i, title_of(document)));
    const auto [first, is_new] = seen.emplace(manifest->ref, i);
    if (!is_new)
      return fail(in_document(
          invalid("/metadata/name", fmt::format("is that of document {}, too", first->second + 1)),
          i, title_of(document)));
    manifests.push_back(std::move(*manifest));
  }
  return manifests;
}

/// What refers to others goes before them.
Async<Result<std::vector<ResourceRef>>> to_prune(Resources& resources, PrincipalPtr principal,
                                                 LabelSelector selector,
                                                 std::set<std::string> name_spaces,
                                                 std::set<ResourceRef> kept) {
  std::vector<ResourceRef> found;
  std::vector<ResourceRef> values;
  for (const auto& name_space : name_spaces) {
    std::string cursor;
    do {
      ResourceFilter filter{{}, name_space, selector};
      CO_TRY(page,
             co_await resources.list(principal, std::move(filter), cursor, kPrunePageOfResources));
      for (auto& resource : page.items) {
        if (kept.contains(resource.ref) || !resource.owners.empty()) continue;
        const bool is_value =
            resource.ref.kind == kSecretKind || resource.ref.kind == kConfigMapKind;
        (is_value ? values : found).push_back(std::move(resource.ref));
      }
      cursor = page.next;
    } while (!cursor.empty());
  }
  std::ranges::move(values, std::back_inserter(found));
  co_return found;
}

Applied applied_of(ResourceRef ref, Result<Written> written, bool pruned) {
  Applied one;
  one.ref = std::move(ref);
  if (!written) {
    one.error = written.error();
    return one;
  }
  one.outcome = pruned ? Outcome::pruned : written->outcome;
  one.resource = std::move(written->resource);
  return one;
}

}  // namespace

Async<Result<std::vector<Applied>>> apply_documents(Resources& resources, PrincipalPtr principal,
                                                    ApplyRequest request) {
  if (principal) {
    CO_TRY_VOID(auth::require_namespace(*principal, request.name_space));
    CO_TRY_VOID(auth::require(*principal, Role::operator_));
  }
  CO_TRY(manifests, check_all(request, resources.converter(), principal));
  std::vector<Applied> out;
  std::set<std::string> name_spaces{request.name_space};
  std::set<ResourceRef> kept;
  bool failed = false;
  for (auto& manifest : manifests) {
    auto ref = manifest.ref;
    name_spaces.insert(ref.name_space);
    kept.insert(ref);
    auto written = co_await resources.apply(principal, std::move(manifest), request.dry_run);
    failed = failed || !written;
    out.push_back(applied_of(std::move(ref), std::move(written), false));
  }
  if (!request.prune || failed) co_return out;
  CO_TRY(surplus, co_await to_prune(resources, principal, std::move(*request.prune),
                                    std::move(name_spaces), std::move(kept)));
  for (const auto& ref : surplus) {
    Result<Written> written = fail(Error(Code::internal, "not tried"));
    if (request.dry_run == DryRun::yes) {
      written = co_await resources.try_removal(principal, ref, std::nullopt, surplus);
    } else {
      written = co_await resources.remove(principal, ref);
    }
    // Went with its owner meanwhile.
    if (!written && written.error().code() == Code::not_found) continue;
    out.push_back(applied_of(ref, std::move(written), true));
  }
  co_return out;
}

}  // namespace flotilla::core
