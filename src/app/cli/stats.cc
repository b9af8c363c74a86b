#include "app/cli/stats.h"

#include <fmt/format.h>

namespace flotilla::app {

namespace {

constexpr std::string_view kDefaultGroups = "namespace,agent,model";

std::string cost_of(const json::Value& item, Time) {
  const json::Value* cost = find_at(item, {"costUsd"});
  return fmt::format("{:.4f}", cost == nullptr ? 0.0 : cost->as_double().value_or(0));
}

/// Columns for what the sums are by, then the sums.
View stats_view(const StatsOptions& options) {
  View view;
  const std::string by = options.by.empty() ? std::string(kDefaultGroups) : options.by;
  const auto group = [&](const char* title, const char* member) {
    if (by.find(member) != std::string::npos) view.columns.push_back(text_column(title, {member}));
  };
  if (options.step != "all") view.columns.push_back(text_column("TIME", {"at"}));
  group("NAMESPACE", "namespace");
  group("AGENT", "agent");
  group("MODEL", "model");
  group("OWNER", "owner");
  view.columns.push_back(text_column("REQUESTS", {"requests"}));
  view.columns.push_back(text_column("ERRORS", {"errors"}));
  view.columns.push_back(text_column("IN", {"inputTokens"}));
  view.columns.push_back(text_column("OUT", {"outputTokens"}));
  view.columns.push_back({"USD", cost_of});
  view.columns.push_back(text_column("CACHED", {"cachedInputTokens"}, true));
  view.columns.push_back(text_column("REASONING", {"reasoningTokens"}, true));
  view.columns.push_back(text_column("LATENCY(ms)", {"averageLatencyMs"}, true));
  const bool in_steps = options.step != "all";
  view.name = [in_steps](const json::Value& item) {
    std::string name = in_steps ? text_at(item, {"at"}) : std::string();
    for (const char* member : {"namespace", "agent", "model", "owner"}) {
      const std::string part = text_at(item, {member});
      if (part.empty()) continue;
      if (!name.empty()) name += '/';
      name += part;
    }
    return name;
  };
  return view;
}

}  // namespace

Exit show_stats(const StatsOptions& options, Io& io) {
  return run_remote(options.list.client, io, [&](Remote& remote) {
    return show_list(options.list, stats_view(options), "/api/v1/stats",
                     {{"namespace", remote.target().name_space},
                      {"since", options.since},
                      {"until", options.until},
                      {"step", options.step},
                      {"by", options.by},
                      {"agent", options.agent},
                      {"model", options.model},
                      {"owner", options.owner}},
                     io, remote);
  });
}

}  // namespace flotilla::app
