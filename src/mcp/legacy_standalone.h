#pragma once

#include <memory>
#include <string>

#include "mcp/legacy_session.h"
#include "mcp/loop_groups.h"
#include "mcp/server_config.h"

namespace flotilla::mcp {

/// What a legacy client hears of beside its requests: changes of lists and of the resources it
/// subscribed to. Gathered from its first GET on, and for kStandaloneGrace after a connection
/// broke, so that a reconnect finds what it missed. Any loop.
class LegacyStandalone {
 public:
  LegacyStandalone(const ServerServices& services, LoopGroups& groups)
      : services_(services), groups_(groups) {}
  /// Begins to gather into `stream` on this loop, if nothing does for the session.
  void start(const Executor& executor, std::shared_ptr<LegacySession> session, Caller caller,
             std::shared_ptr<LiveStream> stream);

 private:
  ServerServices services_;
  LoopGroups& groups_;
};

}  // namespace flotilla::mcp
