#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agents/builtin.h"
#include "core/runner.h"

namespace flotilla::agents {

// The runners of the built-in agents, one for each file <name>_agent.cc.
std::shared_ptr<core::Runner> make_front_desk(core::AgentRegistry& agents);
std::shared_ptr<core::Runner> make_calculator(core::Messaging& messaging);
std::shared_ptr<core::Runner> make_analysis(core::Messaging& messaging);
std::shared_ptr<core::Runner> make_memory(Memory& memory);
std::shared_ptr<core::Runner> make_echo();
// Those of demo.h.
std::shared_ptr<core::Runner> make_coordinator(core::Messaging& messaging);
std::shared_ptr<core::Runner> make_data_collector(core::Messaging& messaging);
std::shared_ptr<core::Runner> make_notification(core::Messaging& messaging);

/// The text of a message: its text parts, and files that are text.
std::string text_input(const a2a::Message& message);
/// Drops a leading verb of the list (in any case), and the `:` or blank after it.
std::string_view without_verb(std::string_view text, const std::vector<std::string>& verbs);
/// One artifact with one text part, whole.
a2a::Artifact text_artifact(std::string id, std::string name, std::string text);

}  // namespace flotilla::agents
