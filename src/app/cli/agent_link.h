#pragma once

#include <memory>
#include <string>

#include "a2a/client.h"
#include "app/cli/remote.h"

namespace flotilla::app {

/// Where an agent is served: `NAME`, `NAMESPACE/NAME`, or empty for the front desk.
Result<std::string> agent_url(const Remote& remote, const std::string& agent);

/// An A2A client of that agent. A cut stream is told on `io.err` once and then resumed.
Async<Result<std::unique_ptr<a2a::Client>>> connect_agent(Remote& remote, std::string agent,
                                                          Duration call_timeout, Io& io);

/// A message of the user with an id of its own; text and files become its parts.
Result<a2a::Message> user_message(std::string text, const std::vector<std::string>& files);

}  // namespace flotilla::app
