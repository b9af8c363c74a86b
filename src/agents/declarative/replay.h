#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agents/declarative/steps.h"
#include "core/task.h"
#include "core/turn_history.h"
#include "llm/model.h"

namespace flotilla::agents {

/// What a run that replays another task (origin.h) gets instead of models, tools and agents: the
/// answers and results of that task's journal. One run's, on its loop.
class Replay {
 public:
  /// nullopt when the row's first message does not say that it replays a task, or says so of one
  /// that is not of the same owner, namespace and agent.
  static Async<Result<std::unique_ptr<Replay>>> find(core::TurnHistory& history,
                                                     const core::TaskRow& row,
                                                     const a2a::Task& task);

  /// Gives the journal's answers after that step, in their order and each as one piece;
  /// failed_precondition when there are no more.
  std::shared_ptr<llm::Model> model_after(std::int64_t step);
  /// The journal's result of this call; an error result when it has none, as when the run was cut
  /// there.
  [[nodiscard]] llm::ToolResult result_of(const llm::ToolCall& call, std::int64_t step) const;

 private:
  class Answers;
  std::shared_ptr<Answers> answers_;  // shared with the model that the run holds
  std::map<std::pair<std::int64_t, std::string>, llm::ToolResult> results_;
};

}  // namespace flotilla::agents
