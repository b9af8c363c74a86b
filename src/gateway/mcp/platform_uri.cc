#include "gateway/mcp/platform_uri.h"

#include <algorithm>

namespace flotilla::gateway {
namespace {

constexpr std::string_view kAgentPrefix = "flotilla://agents/";
constexpr std::string_view kTaskPrefix = "flotilla://tasks/";
constexpr std::string_view kJournalSuffix = "/journal";

}  // namespace

std::optional<PlatformUri> parse_platform_uri(std::string_view uri) {
  PlatformUri parsed;
  if (uri == kAgentsUri) return parsed;
  if (uri.starts_with(kAgentPrefix)) {
    uri.remove_prefix(kAgentPrefix.size());
    const auto slash = uri.find('/');
    if (slash == std::string_view::npos || std::ranges::count(uri, '/') != 1) return std::nullopt;
    parsed.kind = PlatformUri::Kind::agent;
    parsed.name_space = uri.substr(0, slash);
    parsed.name = uri.substr(slash + 1);
    return parsed;
  }
  if (!uri.starts_with(kTaskPrefix)) return std::nullopt;
  uri.remove_prefix(kTaskPrefix.size());
  parsed.kind = PlatformUri::Kind::task;
  if (uri.ends_with(kJournalSuffix)) {
    parsed.kind = PlatformUri::Kind::journal;
    uri.remove_suffix(kJournalSuffix.size());
  }
  if (uri.empty() || uri.find('/') != std::string_view::npos) return std::nullopt;
  parsed.name = uri;
  return parsed;
}

std::string agent_uri(std::string_view name_space, std::string_view name) {
  return std::string(kAgentPrefix).append(name_space).append("/").append(name);
}

std::string task_uri(std::string_view id) {
  return std::string(kTaskPrefix).append(id);
}

std::string journal_uri(std::string_view id) {
  return task_uri(id).append(kJournalSuffix);
}

}  // namespace flotilla::gateway
