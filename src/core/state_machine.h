#pragma once

#include "a2a/types.h"

namespace flotilla::core {

/// The A2A task state machine (specification section 4.1.3), the one place where it is written.
/// A state may be announced again (working -> working carries a new message) unless terminal.
bool may_transition(a2a::TaskState from, a2a::TaskState to);

/// submitted or working: somebody must hold the lease and run it.
bool is_runnable(a2a::TaskState state);

}  // namespace flotilla::core
