#pragma once

#include <functional>
#include <memory>
#include <string>

#include "a2a/client.h"
#include "agents/conformance_instruction.h"
#include "core/runner.h"

namespace flotilla::agents {

/// A client of another agent, and what it needs to live.
struct PeerClient {
  std::shared_ptr<void> needs;  // outlives the client
  std::unique_ptr<a2a::Client> client;
};
/// Connects to the agent at a URL, on the loop of the caller. Thread-safe.
using ConnectPeer =
    std::function<Async<Result<PeerClient>>(std::string url, a2a::ClientOptions options)>;

namespace conformance {

/// Carries out an instruction: calls what it names and gives the texts of all answers in order.
Async<Result<std::vector<std::string>>> traverse(const ConnectPeer& connect,
                                                 const Instruction& instruction);

/// The turn of a task whose message is an instruction: traverses it and ends with the texts.
Async<Result<>> run_instruction(core::Run& run, const ConnectPeer& connect, std::string bytes);

}  // namespace conformance
}  // namespace flotilla::agents
