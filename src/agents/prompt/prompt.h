#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// System messages that are templates, in kagent's syntax: that of Go's text/template, of which
/// this is the part that instructions need.
///
///   {{include "alias/key"}} or {{include("alias/key")}}   a text of a data source, as it is
///   {{.AgentName}} {{.AgentNamespace}} {{.Description}} {{.ToolNames}} {{.SkillNames}}
///   {{if .ToolNames}} … {{else if not .SkillNames}} … {{else}} … {{end}}
///   {{range .ToolNames}} - {{.}} {{else}} none {{end}}
///   {{len .ToolNames}} {{join .ToolNames ", "}} {{eq .AgentName "x"}} {{"text"}} {{/* comment */}}
///   {{- and -}} take the white space before and after away
namespace flotilla::agents {

/// Rendered texts are at most so long.
inline constexpr std::size_t kMaxPrompt = std::size_t{256} << 10;

struct PromptValues {
  std::string agent_name;
  std::string agent_namespace;
  std::string description;
  std::vector<std::string> tool_names;
  std::vector<std::string> skill_names;
  /// Texts by alias, then by key.
  std::map<std::string, std::map<std::string, std::string>> sources;
};

/// invalid_argument says the line, what is wrong there and what there is instead: an unknown key is
/// answered with those that the source has.
Result<std::string> render_prompt(std::string_view text, const PromptValues& values);

}  // namespace flotilla::agents
