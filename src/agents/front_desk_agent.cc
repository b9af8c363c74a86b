#include <fmt/format.h>

#include "agents/builtin_internal.h"

namespace flotilla::agents {

namespace {

/// Answers what nobody else takes: what this place is, who works here, how to reach them.
class FrontDesk final : public core::Runner {
 public:
  explicit FrontDesk(core::AgentRegistry& agents) : agents_(agents) {}

  Async<Result<>> run(core::Run& run) override {
    auto artifact = text_artifact("answer", "answer", introduction(run.row()));
    CO_TRY_VOID(co_await run.artifact(std::move(artifact), false, true));
    co_return co_await run.status(a2a::TaskState::completed);
  }

 private:
  [[nodiscard]] std::string introduction(const core::TaskRow& row) const {
    std::string text =
        "I am the front desk of this Flotilla. I hand a request to the agent that it names "
        "(`@calculator 2 + 2`) or whose skill it asks for (`Calculate 25 * 4`). I could not tell "
        "who should take this one. At work here:\n";
    for (const auto& agent : agents_.list()) {
      if (agent->name_space != row.name_space || agent->runner.get() == this) continue;
      text += fmt::format("- {}: {}\n", agent->name, agent->summary);
    }
    return text;
  }

  core::AgentRegistry& agents_;
};

}  // namespace

std::shared_ptr<core::Runner> make_front_desk(core::AgentRegistry& agents) {
  return std::make_shared<FrontDesk>(agents);
}

}  // namespace flotilla::agents
