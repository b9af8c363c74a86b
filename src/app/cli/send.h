#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/agent_link.h"
#include "app/cli/client_config.h"
#include "app/cli/exit_code.h"
#include "app/cli/io.h"
#include "app/cli/output.h"
#include "base/time.h"

namespace flotilla::app {

struct SendOptions {
  ClientFlags client;
  AgentFlags link;
  std::string context_id;
  std::string task;
  std::vector<std::string> files;
  std::string text;  // `-`: standard input
  bool stream = false;
  bool no_wait = false;
  std::optional<std::int32_t> history;
  std::optional<Duration> timeout;
  Format format = Format::human;
};

/// `flotilla send`: one message to an agent, over A2A, and what comes of it.
Exit send(const SendOptions& options, Io& io);

}  // namespace flotilla::app
