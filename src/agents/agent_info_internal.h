#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "a2a/card.h"
#include "core/agent_resource.h"
#include "core/agents.h"

/// What the registry knows of an Agent resource.
namespace flotilla::agents {

/// declarative, byo or remote.
std::string_view type_of(const core::AgentSpec& spec);
/// `upstream`: the agent's own card, of which it says what the spec does not.
core::AgentInfo info_of(const core::Resource& resource, const core::AgentSpec& spec,
                        const std::optional<a2a::AgentCard>& upstream,
                        std::shared_ptr<core::Runner> runner);
/// Fails each task with the error.
std::shared_ptr<core::Runner> make_unavailable(Error why);

}  // namespace flotilla::agents
