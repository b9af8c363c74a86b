#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace flotilla::gateway {

inline constexpr std::string_view kAgentsUri = "flotilla://agents";

/// A URI of ours, taken apart.
struct PlatformUri {
  enum class Kind { agents, agent, task, journal };
  Kind kind = Kind::agents;
  std::string name_space;  // agent
  std::string name;        // agent; the id of a task
};
std::optional<PlatformUri> parse_platform_uri(std::string_view uri);
std::string agent_uri(std::string_view name_space, std::string_view name);
std::string task_uri(std::string_view id);
std::string journal_uri(std::string_view id);

}  // namespace flotilla::gateway
