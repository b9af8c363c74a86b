#pragma once

#include <set>

#include "core/model_config.h"
#include "core/resources.h"
#include "llm/settings.h"

namespace flotilla::agents {

/// A ModelConfig with what it refers to looked up; that is added to `uses`, found or not. Faults
/// name the field below /spec. The caller awaits at once.
Async<Result<llm::ModelSettings>> settings_of(core::Resources& resources,
                                              const core::Resource& resource,
                                              const core::ModelConfigSpec& spec,
                                              std::set<core::ResourceRef>& uses);

}  // namespace flotilla::agents
