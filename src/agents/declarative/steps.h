#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/result.h"
#include "base/time.h"
#include "llm/types.h"

/// The journal of a declarative agent's run: entries of kind `step` (core::EventKind::step), each
/// one Step as a JSON object. They are what a run is resumed from, what the session's next turn is
/// told, and what `flotilla tasks steps`, retry, fork and replay read. Members are only ever added.
///
/// A step is one model call with the calls that it asks for, numbered from 1 in its task. Its
/// entries, in the order of the journal:
///
///   model   result  the model's answer, whole; stands before anything that it asks for begins
///   tool    intent  the call begins now (with arguments as they go out, edits of a person applied)
///   agent   intent  likewise, to another agent; `child` is its task once it is known
///   tool    result  what the model is told of the call, also when it failed or was not made
///   agent   result  likewise
///   compaction result  what stands for older parts of the conversation from now on
///
/// Rules (I4): a call without intent has not begun. A call with result is never made again. An
/// intent without result, found by another holder, is made again only if it is `repeatable`; else
/// the run stops for a person. A call that waits for a decision has no intent yet.
/// Entries of one answer and the intents that follow at once are one batch, so are results that
/// come together. Callers' messages are `message` events as in every task; `read` tells how many of
/// them the model had seen.
namespace flotilla::agents {

enum class StepType : std::uint8_t { model, tool, agent, compaction };
BOOST_DESCRIBE_ENUM(StepType, model, tool, agent, compaction)

enum class StepPhase : std::uint8_t { intent, result };
BOOST_DESCRIBE_ENUM(StepPhase, intent, result)

struct StepError {
  std::string code;    // as to_string(Code)
  std::string reason;  // as base/error.h has it
  std::string message;
};
BOOST_DESCRIBE_STRUCT(StepError, (), (code, reason, message))

/// Where the conversation is kept word for word again: from this step of this task on.
struct StepPlace {
  std::string task;
  std::int64_t step = 1;
};
BOOST_DESCRIBE_STRUCT(StepPlace, (), (task, step))

struct Step {
  StepType type = StepType::model;
  StepPhase phase = StepPhase::result;
  std::int64_t number = 0;

  // model result
  std::optional<std::string> model;       // the ModelConfig's name
  std::optional<llm::Answer> answer;      // absent when the call failed: then `error`
  std::optional<std::int64_t> read;       // callers' messages of this task that the prompt had
  std::optional<std::int64_t> costNanos;  // billionths of a US dollar
  std::optional<std::string> reply;  // what we tell the model of this answer, in a user's place

  // tool and agent
  std::optional<std::string> callId;     // of the ToolCall in the answer of this number
  std::optional<std::string> name;       // as the model calls it
  std::optional<std::string> target;     // `namespace/name` of the ToolServer or agent
  std::optional<std::string> arguments;  // intent: JSON text as it goes out
  std::optional<bool> repeatable;        // intent: may be made again
  std::optional<std::string> child;      // agent: id of the delegated task
  std::optional<llm::ToolResult> result;

  // compaction
  std::optional<std::string> summary;  // absent: what is older is left out
  std::optional<StepPlace> from;

  std::optional<StepError> error;
  std::optional<std::int64_t> latencyMs;  // of a result
};
BOOST_DESCRIBE_STRUCT(Step, (),
                      (type, phase, number, model, answer, read, costNanos, reply, callId, name,
                       target, arguments, repeatable, child, result, summary, from, error,
                       latencyMs))
constexpr bool has_defaults(const Step*) {
  return true;
}

/// The payload of an entry of kind step.
std::string to_payload(const Step& step);
/// nullopt for a step entry of another kind of agent (builtin agents journal `{"message": …}`).
Result<std::optional<Step>> read_step(std::string_view payload);

StepError to_step_error(const Error& error);

}  // namespace flotilla::agents
