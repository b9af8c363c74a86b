#include "agents/builtin_internal.h"
#include "agents/expression.h"

namespace flotilla::agents {

namespace {

/// Answers with the value as artifact `result`; a fault fails the task with its explanation.
class Calculator final : public core::Runner {
 public:
  Async<Result<>> run(core::Run& run) override {
    auto value = calculate(text_input(run.input()));
    if (!value) {
      auto why = run.message(value.error().message());
      co_return co_await run.status(a2a::TaskState::failed, std::move(why));
    }
    auto artifact = text_artifact("result", "result", std::move(*value));
    CO_TRY_VOID(co_await run.artifact(std::move(artifact), false, true));
    co_return co_await run.status(a2a::TaskState::completed);
  }
};

}  // namespace

std::shared_ptr<core::Runner> make_calculator() {
  return std::make_shared<Calculator>();
}

}  // namespace flotilla::agents
