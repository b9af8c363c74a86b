#pragma once

#include <string>
#include <vector>

#include "core/agent_resource.h"
#include "core/model_config.h"
#include "core/resource.h"
#include "core/tool_server.h"

/// Resources of its namespace that a spec names.
namespace flotilla::core {

std::vector<ResourceRef> uses_of(const ToolServerSpec& spec, const std::string& name_space);
std::vector<ResourceRef> uses_of(const ModelConfigSpec& spec, const std::string& name_space);
std::vector<ResourceRef> uses_of(const AgentSpec& spec, const std::string& name_space);

}  // namespace flotilla::core
