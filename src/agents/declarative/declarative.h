#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "async/async.h"
#include "async/clock.h"
#include "base/result.h"
#include "core/agent_resource.h"
#include "core/agents.h"
#include "core/messaging.h"
#include "core/resources.h"
#include "core/runner.h"
#include "core/tasks.h"
#include "core/usage_types.h"
#include "gateway/mcp/tool_servers.h"
#include "llm/model.h"

namespace flotilla::gateway {
class CallerKeys;
}

namespace flotilla::llm {
class Cassette;
}

namespace flotilla::core {
class Usage;
}

namespace flotilla::agents {

class Approvals;
class Memory;

/// A model that an agent asks, and what its ModelConfig says of it.
struct ModelUse {
  std::shared_ptr<llm::Model> model;  // shared with calls in flight when the config changes
  std::string config;                 // the ModelConfig's name
  std::optional<core::TokenPrice> price;
  std::optional<std::int64_t> max_output_tokens;
};

/// What declarative agents run with; outlives their runners. A null pointer: there is no such thing
/// here, and what needs it is refused or left out.
struct DeclarativeServices {
  db::Database& database;
  Clock& clock;
  Random& random;
  core::AgentRegistry& agents;
  core::Tasks& tasks;
  core::Messaging& messaging;
  /// The model of a ModelConfig by namespace and name; errors name it.
  std::function<Async<Result<ModelUse>>(std::string name_space, std::string name)> find_model{};
  gateway::ToolServers* tool_servers = nullptr;
  Approvals* approvals = nullptr;
  core::Usage* usage = nullptr;
  /// Of spec.memory; without it agents remember nothing.
  Memory* memory = nullptr;
  std::function<Async<Result<std::shared_ptr<llm::EmbeddingModel>>>(std::string name_space,
                                                                    std::string name)>
      find_embedding{};
  /// Where answers of other agents are recorded or come from; models and tools have their own.
  llm::Cassette* cassette = nullptr;
  /// Values of headersFrom, and who may use what of another namespace.
  core::Resources* resources = nullptr;
  /// Of callers whose model is asked with their own key.
  gateway::CallerKeys* caller_keys = nullptr;
};

/// One declared agent, as its resource is now: a change makes a new runner.
struct DeclarativeDefinition {
  std::string name_space;
  std::string name;
  core::DeclarativeAgent spec;
  std::string system;  // the system message as rendered
};

/// The agent as core runs it: model, tools, model, … until the model answers without a call. Each
/// answer and result is journaled (steps.h) before the next step, so that the run goes on after a
/// crash where it was. Holds a few kilobytes; a run holds its prompt and the answer that comes.
std::shared_ptr<core::Runner> make_declarative(const DeclarativeServices& services,
                                               DeclarativeDefinition definition);

}  // namespace flotilla::agents
