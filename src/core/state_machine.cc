#include "core/state_machine.h"

namespace flotilla::core {

using a2a::TaskState;

bool may_transition(TaskState from, TaskState to) {
  if (a2a::is_terminal(from) || from == TaskState::unspecified) return false;
  // Nothing returns to submitted; everything else may follow any live state.
  return to != TaskState::unspecified && to != TaskState::submitted;
}

bool is_runnable(TaskState state) {
  return state == TaskState::submitted || state == TaskState::working;
}

}  // namespace flotilla::core
