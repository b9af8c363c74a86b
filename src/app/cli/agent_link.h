#pragma once

#include <memory>
#include <string>

#include "a2a/client.h"
#include "app/cli/remote.h"

namespace flotilla::app {

/// Where an agent is served: `NAME`, `NAMESPACE/NAME`, or empty for the front desk.
Result<std::string> agent_url(const Remote& remote, const std::string& agent);

/// Which agent, and how to speak to it; what is empty its card decides.
struct AgentFlags {
  std::string agent;
  std::string binding;                  // JSONRPC or HTTP+JSON, in any case
  std::string version;                  // 1.0 or 0.3
  std::vector<std::string> card_trust;  // JWK Sets: who may have signed its card
  std::string card_policy;  // off, warn or require; empty: require, where there is trust
};

/// An A2A client of that agent. A cut stream is told on `io.err` once and then resumed.
Async<Result<std::unique_ptr<a2a::Client>>> connect_agent(Remote& remote, AgentFlags flags,
                                                          Duration call_timeout, Io& io);

/// A message of the user with an id of its own; text and files become its parts.
Result<a2a::Message> user_message(std::string text, const std::vector<std::string>& files);

}  // namespace flotilla::app
