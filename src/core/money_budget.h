#pragma once

#include "async/async.h"
#include "base/result.h"
#include "core/resources.h"

namespace flotilla::core {

/// invalid_argument for an Agent that limits money while its ModelConfig is there and has no price;
/// names the fields. Resources are checked with it when they are written, agents again when their
/// model changes.
Async<Result<>> check_money_budget(Resources& resources, ResourceRef agent, json::Object spec);

}  // namespace flotilla::core
