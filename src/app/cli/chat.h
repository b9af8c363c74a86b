#pragma once

#include <string>

#include "app/cli/agent_link.h"
#include "app/cli/client_config.h"
#include "app/cli/exit_code.h"
#include "app/cli/io.h"

namespace flotilla::app {

struct ChatOptions {
  ClientFlags client;
  AgentFlags link;
  std::string session;  // uid to go on with
  std::string context_id;
  bool last = false;  // go on with the session that was active last
};

/// `flotilla chat`: a conversation over A2A, line by line, until /quit or the end of input.
/// Answers are shown as they come. Ctrl-C cancels the running task; once more ends the chat.
Exit chat(const ChatOptions& options, Io& io);

}  // namespace flotilla::app
