#pragma once

#include "agents/conformance_traversal.h"
#include "async/blocking_pool.h"
#include "async/clock.h"
#include "http/egress.h"

namespace flotilla::app {

/// Connects to other agents within the egress policy; each client has connections of its own. What
/// is given outlives all that it connects.
agents::ConnectPeer peer_connector(BlockingPool& resolver, const http::EgressPolicy& egress);

}  // namespace flotilla::app
