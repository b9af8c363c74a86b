#include "mcp/types.h"

#include <algorithm>

namespace flotilla::mcp {

std::optional<Revision> parse_revision(std::string_view text) {
  const auto found = std::ranges::find(kRevisionNames, text);
  if (found == kRevisionNames.end()) return std::nullopt;
  return static_cast<Revision>(found - kRevisionNames.begin());
}

ClientCapabilities ClientCapabilities::from(const json::Object& raw) {
  const auto object = [](const json::Object& parent, std::string_view name) {
    const json::Value* value = parent.find(name);
    return value == nullptr ? nullptr : value->if_object();
  };
  ClientCapabilities found;
  found.raw = raw;
  found.roots = object(raw, "roots") != nullptr;
  if (const auto* sampling = object(raw, "sampling")) {
    found.sampling = true;
    found.sampling_tools = object(*sampling, "tools") != nullptr;
  }
  if (const auto* elicitation = object(raw, "elicitation")) {
    found.elicitation_url = object(*elicitation, "url") != nullptr;
    // An empty object is the form of 2025-06-18.
    found.elicitation_form = object(*elicitation, "form") != nullptr || !found.elicitation_url;
  }
  if (const auto* extensions = object(raw, "extensions"))
    found.tasks = object(*extensions, kTasksExtension) != nullptr;
  return found;
}

}  // namespace flotilla::mcp
