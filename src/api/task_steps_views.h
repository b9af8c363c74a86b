#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "json/value.h"

namespace flotilla::api {

/// What a model used for one answer.
struct StepTokens {
  std::int64_t input = 0;
  std::int64_t output = 0;
  std::int64_t cachedInput = 0;
  std::int64_t cacheWrite = 0;
  std::int64_t reasoning = 0;
};
BOOST_DESCRIBE_STRUCT(StepTokens, (), (input, output, cachedInput, cacheWrite, reasoning))

/// One call of a run: of a model, a tool or another agent. Calls have the number of the model call
/// that asked for them.
struct StepView {
  std::int64_t number = 0;
  std::string type;   // model, tool, agent, compaction
  std::string state;  // done, failed, begun (its result is not known), asked (not begun)
  std::string name;   // the ModelConfig, or the tool as the model calls it
  std::optional<std::string> target;  // namespace/name of the tool server or agent
  std::optional<std::string> callId;
  std::optional<std::string> child;  // task of the other agent
  std::optional<Time> at;            // begin, or of the result where it is all that is known
  std::optional<std::int64_t> latencyMs;
  /// Of a model: callers' messages that it saw first. Of a call: its arguments.
  std::optional<json::Value> input;
  /// Text of the answer or result.
  std::optional<std::string> output;
  std::optional<std::string> error;
  std::optional<StepTokens> tokens;
  std::optional<double> costUsd;
};
BOOST_DESCRIBE_STRUCT(StepView, (),
                      (number, type, state, name, target, callId, child, at, latencyMs, input,
                       output, error, tokens, costUsd))

struct StepList {
  std::vector<StepView> items;
  std::string nextCursor;
};
BOOST_DESCRIBE_STRUCT(StepList, (), (items, nextCursor))
constexpr bool always_written(const StepList*, std::string_view) {
  return true;
}

struct ForkBody {
  std::int64_t step = 0;
  std::optional<std::string> message;
};
BOOST_DESCRIBE_STRUCT(ForkBody, (), (step, message))

}  // namespace flotilla::api
