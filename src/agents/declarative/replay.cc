#include "agents/declarative/replay.h"

#include <fmt/format.h>

#include "agents/declarative/origin.h"

namespace flotilla::agents {

/// The model of a replay.
class Replay::Answers final : public llm::Model {
 public:
  explicit Answers(std::string task) : task_(std::move(task)), name_("journal of task " + task_) {}

  Async<Result<llm::Answer>> generate(const llm::Request& /*request*/, llm::DeltaSink* sink,
                                      const llm::CallOptions& /*options*/) override {
    if (next_.empty())
      co_return fail(Error(Code::failed_precondition,
                           fmt::format("the journal of task {} has no further answer of the model: "
                                       "this run asked for more than that one",
                                       task_)));
    Step step = std::move(next_.front());
    next_.pop_front();
    if (!step.answer)
      co_return fail(Error(Code::failed_precondition,
                           step.error ? step.error->message : "the model gave no answer"));
    llm::Delta delta;
    delta.text = llm::text_of(step.answer->message);
    if (sink != nullptr && !delta.text.empty()) {
      CO_TRY_VOID(co_await sink->receive(std::move(delta)));
    }
    co_return std::move(*step.answer);
  }
  [[nodiscard]] const std::string& provider() const override { return provider_; }
  [[nodiscard]] const std::string& name() const override { return name_; }

  void add(Step step) { next_.push_back(std::move(step)); }
  void drop_to(std::int64_t number) {
    while (!next_.empty() && next_.front().number <= number) next_.pop_front();
  }

 private:
  std::string task_;
  std::string provider_ = "replay";
  std::string name_;
  std::deque<Step> next_;
};

Async<Result<std::unique_ptr<Replay>>> Replay::find(core::TurnHistory& history,
                                                    const core::TaskRow& row,
                                                    const a2a::Task& task) {
  std::unique_ptr<Replay> replay;
  if (task.history.empty()) co_return replay;
  auto origin = origin_of(task.history.front().metadata);
  if (!origin || origin->kind != OriginKind::replay) co_return replay;
  CO_TRY(other, co_await history.sibling(row, origin->task));
  if (!other)
    co_return fail(Error(
        Code::failed_precondition,
        fmt::format("there is no task {} of yours with this agent to be replayed", origin->task)));
  CO_TRY(entries, co_await history.entries(*other, core::EventKind::step));
  replay = std::make_unique<Replay>();
  replay->answers_ = std::make_shared<Answers>(origin->task);
  for (const auto& entry : entries) {
    CO_TRY(step, read_step(entry.payload));
    if (!step || step->phase != StepPhase::result) continue;
    if (step->type == StepType::model)
      replay->answers_->add(std::move(*step));
    else if (step->result && step->callId)
      replay->results_.try_emplace({step->number, *step->callId}, std::move(*step->result));
  }
  co_return replay;
}

std::shared_ptr<llm::Model> Replay::model_after(std::int64_t step) {
  answers_->drop_to(step);
  return answers_;
}

llm::ToolResult Replay::result_of(const llm::ToolCall& call, std::int64_t step) const {
  const auto found = results_.find({step, call.id});
  if (found != results_.end()) return found->second;
  llm::ToolResult none;
  none.callId = call.id;
  none.name = call.name;
  none.text = "the journal that is replayed has no result of this call";
  none.isError = true;
  return none;
}

}  // namespace flotilla::agents
