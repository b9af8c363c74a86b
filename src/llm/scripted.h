#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "json/value.h"
#include "llm/types.h"

/// The script of provider `scripted`: a model that needs no key and no network, for examples and
/// tests. It decides by the conversation alone, so that a run that is resumed after a crash gets
/// the answer it would have got. The structs are the YAML (docs/models.md).
namespace flotilla::llm {

/// All that is given must hold.
struct ScriptMatch {
  std::optional<std::string> input;       // in the last message of a user, in any case
  std::optional<std::string> system;      // in the instructions, in any case
  std::optional<std::string> tool;        // the last message has a result of this tool
  std::optional<std::string> result;      // and one of its results contains this, in any case
  std::optional<bool> toolError;          // and whether that is an error
  std::optional<std::int64_t> step;       // 1: the first answer to the last message of a user
  std::optional<std::int64_t> turn;       // 1: the first message of a user
  std::optional<std::string> offersTool;  // the request offers this tool
};
BOOST_DESCRIBE_STRUCT(ScriptMatch, (),
                      (input, system, tool, result, toolError, step, turn, offersTool))

struct ScriptCall {
  std::string name;
  std::optional<json::Value> arguments;  // an object; or a text, which is sent as it is
  std::optional<std::string> id;
};
BOOST_DESCRIBE_STRUCT(ScriptCall, (), (name, arguments, id))

struct ScriptFault {
  std::int64_t status = 500;  // as of HTTP
  std::string message = "the script says so";
  std::optional<Duration> retryAfter;
  std::int64_t times = 0;  // since the model was made; 0: always
};
BOOST_DESCRIBE_STRUCT(ScriptFault, (), (status, message, retryAfter, times))
constexpr bool has_defaults(const ScriptFault*) {
  return true;
}

/// Texts and arguments may hold {{input}}, {{result}} and {{result.TOOL}}: the last message of a
/// user, the last result of a tool, and of that tool.
struct ScriptAnswer {
  std::optional<ScriptMatch> when;
  std::optional<ScriptFault> fail;  // instead of an answer
  Duration wait{};                  // before the first piece
  std::optional<std::string> reasoning;
  std::optional<std::string> text;
  std::int64_t repeat = 1;  // the text so many times
  std::vector<ScriptCall> toolCalls;
  std::int64_t chunk = 0;                // characters of one piece; 0: all at once
  Duration pause{};                      // between pieces
  std::optional<std::int64_t> cutAfter;  // the stream breaks after so many pieces
  std::optional<FinishReason> finish;
  std::optional<Usage> usage;  // absent: about a token for four bytes
};
BOOST_DESCRIBE_STRUCT(ScriptAnswer, (),
                      (when, fail, wait, reasoning, text, repeat, toolCalls, chunk, pause, cutAfter,
                       finish, usage))
constexpr bool has_defaults(const ScriptAnswer*) {
  return true;
}

/// The first answer that fits is given.
struct Script {
  std::vector<ScriptAnswer> answers;
  std::int64_t dimension = 64;  // of embeddings, which are made of the words
};
BOOST_DESCRIBE_STRUCT(Script, (), (answers, dimension))
constexpr bool has_defaults(const Script*) {
  return true;
}

/// Strict; faults are named from `at` on.
Result<Script> read_script(const json::Value& value, std::string at);

}  // namespace flotilla::llm
