#include "agents/builtin_internal.h"
#include "agents/expression.h"
#include "agents/messenger.h"

namespace flotilla::agents {

namespace {

/// What is longer is left out of the event.
constexpr std::size_t kMaxTold = 4096;

/// Answers with the value as artifact `result`, and publishes calculation.complete; a fault fails
/// the task with its explanation.
class Calculator final : public core::Runner {
 public:
  explicit Calculator(core::Messaging& messaging) : messaging_(messaging) {}

  Async<Result<>> run(core::Run& run) override {
    const std::string input = text_input(run.input());
    auto value = calculate(input);
    if (!value) {
      auto why = run.message(value.error().message());
      co_return co_await run.status(a2a::TaskState::failed, std::move(why));
    }
    Messenger messenger(messaging_, run);
    json::Object told;
    if (input.size() <= kMaxTold) told.set("request", input);
    if (value->size() <= kMaxTold) told.set("result", *value);
    CO_TRY_VOID(co_await messenger.publish("calculation.complete", std::move(told)));
    auto artifact = text_artifact("result", "result", std::move(*value));
    CO_TRY_VOID(co_await run.artifact(std::move(artifact), false, true));
    co_return co_await run.status(a2a::TaskState::completed);
  }

 private:
  core::Messaging& messaging_;
};

}  // namespace

std::shared_ptr<core::Runner> make_calculator(core::Messaging& messaging) {
  return std::make_shared<Calculator>(messaging);
}

}  // namespace flotilla::agents
