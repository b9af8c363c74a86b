#pragma once

#include <string>
#include <utility>
#include <vector>

#include "async/async.h"
#include "base/result.h"
#include "base/secret.h"
#include "core/references.h"
#include "core/resources.h"

namespace flotilla::agents {

using NamedSecrets = std::vector<std::pair<std::string, Secret>>;

/// Values of headers or variables; the error names `field` and the value's name.
Async<Result<NamedSecrets>> look_up_values(core::Resources& resources, std::string name_space,
                                           std::vector<core::NamedValue> values, std::string field);
/// Names them and their values without telling them.
std::string digest_of(const NamedSecrets& values);

}  // namespace flotilla::agents
