#pragma once

#include "agents/builtin.h"

namespace flotilla::agents {

/// Registers the agents of examples/messaging in namespace `default`: coordinator, data-collector
/// and notification, which show how agents talk to each other (messenger.h).
void register_demo(BuiltinServices services);

}  // namespace flotilla::agents
