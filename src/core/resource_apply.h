#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/resources.h"

namespace flotilla::core {

struct ApplyRequest {
  std::vector<json::Value> documents;
  std::string name_space = "default";  // of documents that name none
  DryRun dry_run = DryRun::no;
  /// Deletes what it selects and no document names, in the namespaces of the documents and in
  /// `name_space`; not what has an owner.
  std::optional<LabelSelector> prune;
};

struct Applied {
  ResourceRef ref;
  Outcome outcome = Outcome::unchanged;
  Resource resource;
  std::optional<Error> error;  // instead of an outcome
};

/// Makes the stored resources what the documents say. All documents are checked before anything is
/// written: a fault names its field, after the document's number from 0 (`/2/spec/url`). Then each
/// is written by itself, in order; one that fails does not keep the others. Nothing is pruned when
/// one failed.
Async<Result<std::vector<Applied>>> apply_documents(Resources& resources, PrincipalPtr principal,
                                                    ApplyRequest request);

}  // namespace flotilla::core
