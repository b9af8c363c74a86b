#pragma once

#include <memory>
#include <string>

#include "agents/conformance_behaviour.h"
#include "agents/conformance_traversal.h"
#include "core/runner.h"

namespace flotilla::agents {

std::shared_ptr<core::Runner> make_conformance(ConnectPeer connect);

namespace conformance {

/// The artifact of a behaviour, whole; `kind` decides its one part.
a2a::Artifact artifact_of(const Behaviour& behaviour);

/// What the task's first user message and the turn's message ask for.
struct Choice {
  const Behaviour* behaviour = nullptr;  // null: echo, or `unknown`
  bool unknown = false;
  bool by_id = false;
};
Choice choose(const a2a::Task& task, const a2a::Message& input);

}  // namespace conformance
}  // namespace flotilla::agents
