#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agents/declarative/conversation.h"
#include "agents/declarative/declarative.h"
#include "agents/declarative/replay.h"
#include "agents/declarative/stream_writer.h"
#include "agents/declarative/tool_set.h"
#include "agents/memory/memory.h"
#include "core/usage.h"

namespace flotilla::agents {

/// The tools of one agent, made again when a server or agent behind them changed. Thread-safe.
class ToolSets {
 public:
  ToolSetPtr get(const DeclarativeServices& services, const DeclarativeDefinition& definition,
                 const std::vector<gateway::InventoryPtr>& inventories,
                 const std::vector<core::AgentRegistry::Ptr>& agents);

 private:
  std::mutex mutex_;
  ToolSetPtr set_;
};

/// One turn of a declarative agent: declarative.h says what it does, steps.h what it leaves behind.
/// turn.cc is the loop, turn_context.cc what it needs, turn_model.cc asks the model, turn_calls.cc
/// makes the calls, turn_agents.cc those of other agents, turn_compaction.cc keeps prompts short.
/// Lives on the run's loop; close() is awaited before it dies.
class Turn {
 public:
  Turn(const DeclarativeServices& services, const DeclarativeDefinition& definition,
       ToolSets& tool_sets, core::Run& run, Executor loop);
  /// Until the task ends or waits for a person, or the deadline passes.
  Async<Result<>> carry_out();
  Async<> close() { return writer_.close(); }

 private:
  /// A call that is about to be made.
  struct Planned {
    llm::ToolCall call;
    const ToolTarget* target = nullptr;
    json::Object arguments;
    std::string child;  // of a delegation that goes on
    bool repeatable = false;
    bool begun = false;       // its intent stands already
    std::int64_t again = 0;   // it began so often that nobody knows what took effect
    std::string traceparent;  // of its span
  };
  /// What became of one.
  struct Made {
    std::optional<llm::ToolResult> result;  // none: the other agent waits for a person
    std::string child;
  };

  // turn.cc
  Async<Result<>> prepare();
  Async<Result<>> load();
  Async<Result<>> load_model();
  Async<Result<>> work();
  void take_inputs();
  Async<Result<>> keep_answer();
  /// False: a message came that was not read.
  Async<Result<bool>> finish();
  Async<Result<>> fail_run(Error error);

  // turn_model.cc
  /// False: the run ended.
  Async<Result<bool>> ask_model();
  Async<Result<bool>> take_answer(Step step);
  Async<Result<bool>> end_with(Error error);
  [[nodiscard]] llm::CallOptions call_options() const;
  Async<Result<llm::Answer>> generate();
  bool put_remembered();
  void take_remembered();
  Async<Result<llm::Answer>> ask_aside(ModelUse use, llm::Request request);
  Async<Result<std::optional<core::Reservation>>> reserve();
  [[nodiscard]] Result<> check_answer(const llm::Answer& answer) const;
  [[nodiscard]] std::optional<std::string> output_faults(const llm::Answer& answer) const;

  // turn_context.cc
  Async<Result<>> load_tools();
  /// Whether this agent may use what belongs to another namespace.
  Async<Result<bool>> may_use(core::ResourceRef ref);
  Async<Result<std::vector<std::pair<std::string, std::string>>>> headers_of(std::size_t use);
  Async<Result<Embedder>> embedder();
  [[nodiscard]] MemoryScope memory_scope() const;
  /// What the agent remembers that fits this turn's message.
  Async<Result<>> remember();
  Async<llm::ToolResult> call_memory_tool(Planned planned);

  // turn_compaction.cc
  /// Replaces older parts of the conversation, where the spec asks for it.
  Async<Result<>> compact();
  Async<Result<bool>> squeeze();
  Async<Result<>> cut_at(std::size_t mark);
  [[nodiscard]] std::optional<std::size_t> mark_to_cut() const;
  Async<Result<std::optional<std::string>>> summarize(std::size_t mark);

  // turn_calls.cc
  Async<Result<bool>> do_calls();
  /// Their results from the journal that is replayed.
  Async<Result<>> replay_calls();
  Async<Result<bool>> plan_calls(std::vector<Planned>& planned);
  Async<Result<bool>> settle(std::vector<Planned> asked, std::vector<Planned>& planned);
  Async<Result<>> begin_calls(std::vector<Planned>& planned);
  Async<Result<bool>> make_calls(std::vector<Planned> planned);
  Async<> make_in_turn(std::vector<Planned>& planned, std::vector<Made>& made, std::size_t& next,
                       std::optional<Error>& failure);
  Async<Result<Made>> make_call(Planned planned);
  Async<llm::ToolResult> call_server(Planned planned);
  Async<Result<>> tell_unclear(const std::vector<Planned>& asked);
  Async<Result<>> journal_result(llm::ToolResult result, std::string child,
                                 std::int64_t latency_ms);

  // turn_agents.cc
  /// Through the cassette, where there is one.
  Async<Result<Made>> call_agent_recorded(Planned planned);
  Async<Result<Made>> call_agent(Planned planned);
  Async<Result<core::TaskLog::Ptr>> delegate(const Planned& planned);
  Async<Result<a2a::Task>> await_child(core::TaskLog::Ptr child);
  Async<> cancel_child(core::TaskLog::Ptr child);
  Async<Result<bool>> wait_for_child(const Planned& planned, const std::string& child);
  [[nodiscard]] std::shared_ptr<const Principal> sender(const std::string& name_space) const;

  const DeclarativeServices& services_;
  const DeclarativeDefinition& definition_;
  ToolSets& tool_sets_;
  core::Run& run_;
  Executor loop_;
  StreamWriter writer_;
  Conversation conversation_;
  std::int64_t inputs_ = 0;  // callers' messages up to the one that began this turn
  SteadyTime deadline_;
  ToolSetPtr tools_;
  ModelUse model_;
  std::unique_ptr<Replay> replay_;  // instead of models, tools and agents
  llm::Request request_;            // all but the messages
  std::unique_ptr<core::Usage::Account> account_;
  std::int64_t fresh_ = 0;  // number of the answer that came in this turn
  int bad_outputs_ = 0;     // in a row
  bool squeezed_ = false;   // for the model said that the prompt is too long
  std::string remembered_;  // put before the turn's message, and never journaled
  std::shared_ptr<llm::EmbeddingModel> embedding_;
};

}  // namespace flotilla::agents
