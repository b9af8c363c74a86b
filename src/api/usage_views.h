#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "json/map.h"

/// What the native API answers about usage.
namespace flotilla::api {

/// Model calls of one step of time, by what was asked for.
struct UsageView {
  Time at;  // begin of the step
  std::optional<std::string> namespace_;
  std::optional<std::string> agent;
  std::optional<std::string> model;
  std::optional<std::string> owner;
  std::int64_t requests = 0;
  std::int64_t errors = 0;
  std::int64_t inputTokens = 0;
  std::int64_t outputTokens = 0;
  std::int64_t cachedInputTokens = 0;
  std::int64_t cacheWriteTokens = 0;
  std::int64_t reasoningTokens = 0;
  std::int64_t tokens = 0;  // in and out
  double costUsd = 0;
  std::int64_t averageLatencyMs = 0;
};
BOOST_DESCRIBE_STRUCT(UsageView, (),
                      (at, namespace_, agent, model, owner, requests, errors, inputTokens,
                       outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens, tokens,
                       costUsd, averageLatencyMs))

struct UsageList {
  std::vector<UsageView> items;
  std::string nextCursor;
};
BOOST_DESCRIBE_STRUCT(UsageList, (), (items, nextCursor))
constexpr bool always_written(const UsageList*, std::string_view) {
  return true;
}

}  // namespace flotilla::api
