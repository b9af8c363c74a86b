#include "core/usage.h"

#include <algorithm>

#include "api/query.h"
#include "api/route.h"
#include "api/usage_views.h"

namespace flotilla::api::usage {

namespace {

constexpr Duration kDefaultSpan = std::chrono::hours(1);
constexpr Duration kLongestSpan = std::chrono::hours(24 * 31);

/// A time (RFC 3339), or how long ago (`90m`).
Result<Time> time_of(const http::Request& request, std::string_view name, Time now,
                     Duration otherwise) {
  TRY(text, value_of(request, name));
  const auto ago = [now](Duration span) {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(now - span);
  };
  if (text.empty()) return ago(otherwise);
  if (const auto time = parse_time(text)) return *time;
  if (const auto span = parse_duration(text); span && *span <= kLongestSpan) return ago(*span);
  return fail(invalid(std::string(name), "'" + text +
                                             "' is not a time such as 2026-01-31T12:00:00Z, nor "
                                             "how long ago, such as 90m (at most 31d)"));
}

Result<Duration> step_of(const http::Request& request) {
  TRY(text, value_of(request, "step"));
  if (text.empty()) return Duration(std::chrono::minutes(1));
  if (text == "all") return Duration::zero();
  const auto step = parse_duration(text);
  if (step && *step >= std::chrono::minutes(1) && *step <= kLongestSpan &&
      *step % std::chrono::minutes(1) == Duration::zero())
    return *step;
  return fail(invalid("step", "'" + text + "' is not whole minutes, such as 5m or 1h, nor `all`"));
}

Result<> read_groups(const http::Request& request, core::UsageQuery& query) {
  TRY(text, value_of(request, "by"));
  if (text.empty()) return ok();
  query.by_namespace = query.by_agent = query.by_model = query.by_owner = false;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    const auto word = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    if (word == "namespace")
      query.by_namespace = true;
    else if (word == "agent")
      query.by_agent = true;
    else if (word == "model")
      query.by_model = true;
    else if (word == "owner")
      query.by_owner = true;
    else if (word != "none")
      return fail(invalid("by", "'" + std::string(word) +
                                    "' is none of namespace, agent, model, owner; or say none"));
  }
  return ok();
}

Result<core::UsageQuery> query_of(const http::Request& request, Time now) {
  core::UsageQuery query;
  const auto filter = [&](std::string_view name, std::optional<std::string>& into) -> Result<> {
    TRY(text, value_of(request, name));
    if (!text.empty()) into = std::move(text);
    return ok();
  };
  TRY_VOID(filter("namespace", query.name_space));
  TRY_VOID(filter("agent", query.agent));
  TRY_VOID(filter("model", query.model));
  TRY_VOID(filter("owner", query.owner));
  TRY(since, time_of(request, "since", now, kDefaultSpan));
  TRY(until, time_of(request, "until", now, Duration::zero()));
  if (since >= until) return fail(invalid("since", "is not before `until`"));
  if (until - since > kLongestSpan + std::chrono::hours(24))
    return fail(invalid("since", "is more than 32 days before `until`"));
  query.since = since;
  query.until = until;
  TRY(step, step_of(request));
  query.step = step;
  TRY_VOID(read_groups(request, query));
  return query;
}

UsageView view_of(const core::UsageSum& sum, const core::UsageQuery& query) {
  UsageView view;
  view.at = sum.at;
  if (query.by_namespace) view.namespace_ = sum.name_space;
  if (query.by_agent) view.agent = sum.agent;
  if (query.by_model) view.model = sum.model;
  if (query.by_owner) view.owner = sum.owner;
  view.requests = sum.requests;
  view.errors = sum.errors;
  view.inputTokens = sum.tokens.input;
  view.outputTokens = sum.tokens.output;
  view.cachedInputTokens = sum.tokens.cached_input;
  view.cacheWriteTokens = sum.tokens.cache_write;
  view.reasoningTokens = sum.tokens.reasoning;
  view.tokens = sum.tokens.total();
  view.costUsd = sum.cost.dollars();
  if (sum.requests > 0) view.averageLatencyMs = sum.latency_ms / sum.requests;
  return view;
}

Async<Result<UsageList>> load(const Sources& sources, http::Request& request) {
  CO_TRY(limit, limit_of(request));
  CO_TRY(first, number_of(request, "cursor"));
  CO_TRY(query, query_of(request, sources.clock.now()));
  CO_TRY(sums, co_await sources.usage->sums(request.context.principal, query));
  std::ranges::reverse(sums);
  UsageList list;
  const std::size_t begin = std::min<std::size_t>(first.value_or(0), sums.size());
  const std::size_t end = std::min(begin + limit, sums.size());
  for (std::size_t i = begin; i < end; ++i) list.items.push_back(view_of(sums[i], query));
  if (end < sums.size()) list.nextCursor = std::to_string(end);
  co_return list;
}

}  // namespace

Async<http::Response> stats(const Sources& sources, http::Request& request) {
  auto list = co_await load(sources, request);
  co_return list ? answer(*list) : http::Response::problem(list.error());
}

}  // namespace flotilla::api::usage
