#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "a2a/types.h"
#include "base/result.h"

/// The traversal instruction of the integration kit (`itk.Instruction`, protobuf), which one agent
/// hands to the next: what to call, what to answer.
namespace flotilla::agents::conformance {

struct Instruction;

enum class CallBehaviour : std::uint8_t { send, push, resubscribe };

struct CallAgent {
  std::string transport;
  std::string url;     // of the agent, whose card is below it
  std::string nested;  // the called agent's instruction, as it came
  bool streaming = false;
  CallBehaviour behaviour = CallBehaviour::send;
  std::string webhook;  // of CallBehaviour::push
};

struct ReturnResponse {
  std::string text;
  bool hold = false;  // the task is kept working for a while
};

/// One of the three.
struct Instruction {
  std::optional<CallAgent> call;
  std::optional<ReturnResponse> answer;
  std::vector<Instruction> steps;
};

inline constexpr std::size_t kMaxInstructionDepth = 32;
inline constexpr std::size_t kMaxInstructionSteps = 1000;

/// invalid_argument for bytes that are no instruction, too deep or too long.
Result<Instruction> parse_instruction(std::string_view bytes);

/// The bytes of a message's instruction: a part that is a protobuf file, or nothing.
std::optional<std::string> find_instruction(const a2a::Message& message);

/// The part that carries an instruction.
a2a::Part instruction_part(std::string bytes);

}  // namespace flotilla::agents::conformance
