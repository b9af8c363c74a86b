#pragma once

#include <chrono>
#include <cstddef>

#include "async/clock.h"
#include "auth/sealing.h"
#include "base/id.h"
#include "json/json.h"
#include "mcp/handler.h"
#include "mcp/session_store.h"

namespace flotilla::mcp {

/// What the server adapters are told by the configuration. Immutable after start.
struct ServerConfig {
  json::ParseLimits limits;
  Duration heartbeat = std::chrono::seconds(15);
  /// A call that takes longer is answered by a stream, whose heartbeats keep the connection alive.
  Duration silence = std::chrono::seconds(10);
  /// Requests of one session (or one 2024-11-05 stream) at a time.
  std::size_t requests_per_session = 64;
  /// Legacy streams that are open at once, over all sessions of a principal.
  std::size_t streams_per_principal = 256;
  /// subscriptions/listen streams of a principal.
  std::size_t listens_per_principal = 256;
  /// How long a legacy client may take to answer one round of questions.
  Duration answer_timeout = std::chrono::seconds(600);
  /// How long a modern client may take for a retry with requestState.
  Duration state_lifetime = std::chrono::minutes(15);
};

/// What the server needs; all outlive it.
struct ServerServices {
  Handler& handler;
  SessionStore& sessions;
  const auth::Sealer& sealer;
  Clock& clock;
  Random& random;
};

}  // namespace flotilla::mcp
