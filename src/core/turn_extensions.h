#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "a2a/types.h"
#include "base/time.h"
#include "core/task.h"
#include "json/value.h"

namespace flotilla::core {

/// The URIs are those of a2a/extensions.h, which core does not include.
inline constexpr std::string_view kTimestampExtension =
    "https://github.com/a2aproject/a2a-samples/samples/extensions/timestamp/v1";
inline constexpr std::string_view kTraceabilityExtension =
    "https://github.com/a2aproject/a2a-samples/extensions/traceability/v1";
inline constexpr std::size_t kTraceStepsMax = 100;

/// Extensions that a turn's message activated (it lists them), as far as they shape what the agent
/// writes: timestamps on its messages and artifacts, and a trace of the turn with its end. One
/// thread.
class TurnExtensions {
 public:
  TurnExtensions(const std::vector<std::string>& activated, Time begun);
  [[nodiscard]] bool timestamps() const { return timestamps_; }
  [[nodiscard]] bool trace() const { return trace_; }

  /// Stamped unless the agent did so itself.
  void stamp(a2a::Message& message, Time now) const;
  void stamp(a2a::Artifact& artifact, Time now) const;
  /// A step that the agent journaled: a JSON object. What is no such thing, or comes after
  /// kTraceStepsMax, is only counted.
  void add_step(std::string_view payload, Time now);
  /// The turn so far, as a ResponseTrace of the extension.
  [[nodiscard]] json::Object response_trace(const TaskRow& row, Time now) const;
  /// Puts the trace into the message that ends the turn.
  void attach_trace(a2a::Message& message, const TaskRow& row, Time now) const;
  /// The same as an artifact, for a turn that ends without a message.
  [[nodiscard]] a2a::Artifact trace_artifact(const TaskRow& row, Time now) const;

 private:
  struct Step {
    Time at;
    json::Object action;
    bool agent = false;
  };
  bool timestamps_ = false;
  bool trace_ = false;
  Time begun_;
  std::vector<Step> steps_;
  std::size_t left_out_ = 0;
};

}  // namespace flotilla::core
