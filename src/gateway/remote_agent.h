#pragma once

#include <functional>
#include <memory>
#include <string>

#include "a2a/card.h"
#include "a2a/client.h"
#include "async/async.h"
#include "async/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "core/runner.h"
#include "http/loop_clients.h"

namespace flotilla::gateway {

/// All outlive the runners.
struct RemoteAgentServices {
  http::LoopClients& http;
  Clock& clock;
  Random& random;
};

/// Where an agent is now, and what it is told.
struct RemotePeer {
  std::string base_url;
  a2a::ClientOptions options;
};
/// Asked before each turn, since keys and ports change. Thread-safe; an error fails the turn.
using FindPeer = std::function<Async<Result<RemotePeer>>()>;

/// An agent elsewhere as a Runner: our task is its task, under our id. The message goes on, its
/// events become ours: status, artifacts (chunk by chunk), questions; a cancellation is passed on.
/// To it our session is one context. Its ids, and the message that it was sent last, stand in the
/// task's row before the message leaves, so that after a crash the same upstream task is followed
/// and nothing is sent twice: where it cannot be told whether the message arrived, the task fails
/// and says so.
std::shared_ptr<core::Runner> make_remote_agent(RemoteAgentServices services, std::string name,
                                                FindPeer find_peer);

/// Its card: whether it answers.
Async<Result<a2a::AgentCard>> read_remote_card(RemoteAgentServices services, RemotePeer peer);

}  // namespace flotilla::gateway
