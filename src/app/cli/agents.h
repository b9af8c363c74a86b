#pragma once

#include <string>

#include "app/cli/list.h"

namespace flotilla::app {

struct AgentOptions {
  ClientFlags client;
  std::string name;  // or NAMESPACE/NAME
  bool card = false;
  Format format = Format::human;
};

/// `flotilla agents list|get`, over the native API.
Exit list_agents(const ListOptions& options, Io& io);
Exit get_agent(const AgentOptions& options, Io& io);

/// The agents as a table, for `/agents` of a chat.
Async<Result<>> print_agents(Remote& remote, Io& io);

}  // namespace flotilla::app
