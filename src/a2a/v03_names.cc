#include <array>
#include <cstddef>

#include "a2a/v03.h"

namespace flotilla::a2a::v03 {
namespace {

struct Names {
  std::string_view rpc;
  std::string_view rest;
};

// In the order of TaskState.
constexpr std::array<Names, 9> kStates{{
    {"unknown", "TASK_STATE_UNSPECIFIED"},
    {"submitted", "TASK_STATE_SUBMITTED"},
    {"working", "TASK_STATE_WORKING"},
    {"completed", "TASK_STATE_COMPLETED"},
    {"failed", "TASK_STATE_FAILED"},
    {"canceled", "TASK_STATE_CANCELLED"},
    {"input-required", "TASK_STATE_INPUT_REQUIRED"},
    {"rejected", "TASK_STATE_REJECTED"},
    {"auth-required", "TASK_STATE_AUTH_REQUIRED"},
}};
constexpr std::array<Names, 3> kRoles{{
    {"", "ROLE_UNSPECIFIED"},
    {"user", "ROLE_USER"},
    {"agent", "ROLE_AGENT"},
}};

template <class E, std::size_t N>
std::optional<E> find(const std::array<Names, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i)
    if (!name.empty() && (names[i].rpc == name || names[i].rest == name)) return static_cast<E>(i);
  return std::nullopt;
}

}  // namespace

std::string_view state_name(TaskState state, Form form) {
  const Names& names = kStates.at(static_cast<std::size_t>(state));
  return form == Form::rpc ? names.rpc : names.rest;
}

std::optional<TaskState> parse_state(std::string_view name) {
  if (name == "TASK_STATE_CANCELED") return TaskState::canceled;
  return find<TaskState>(kStates, name);
}

std::string_view role_name(MessageRole role, Form form) {
  // rpc has no word for an unspecified role; only a user may leave it out.
  if (form == Form::rpc && role == MessageRole::unspecified) return "user";
  const Names& names = kRoles.at(static_cast<std::size_t>(role));
  return form == Form::rpc ? names.rpc : names.rest;
}

std::optional<MessageRole> parse_role(std::string_view name) {
  return find<MessageRole>(kRoles, name);
}

}  // namespace flotilla::a2a::v03
