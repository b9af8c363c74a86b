#include <fmt/format.h>

#include "agents/builtin_internal.h"
#include "agents/echo_command.h"

namespace flotilla::agents {

namespace {

using a2a::TaskState;

std::size_t turn_of(const a2a::Task& task) {
  std::size_t turn = 0;
  for (const auto& message : task.history) turn += message.role == a2a::MessageRole::user ? 1 : 0;
  return turn;
}

/// Does what the message's directives say (echo_command.h). A turn that goes on after a crash
/// continues with the chunk after the last one journaled.
class Echo final : public core::Runner {
 public:
  Async<Result<>> run(core::Run& run) override {
    const std::string input = text_input(run.input());
    auto plan = parse_echo(without_verb(input, {"echo"}));
    if (!plan) {
      auto why = run.message(plan.error().message());
      co_return co_await run.status(TaskState::rejected, std::move(why));
    }
    if (plan->bare_message) {
      auto answer = run.message(plan->text);
      co_return co_await run.reply(std::move(answer));
    }
    CO_TRY_VOID(co_await echo_chunks(run, *plan));
    co_return co_await finish(run, *plan);
  }

 private:
  static Async<Result<>> echo_chunks(core::Run& run, const EchoPlan& plan) {
    if (plan.text.empty() && plan.outcome != EchoPlan::Outcome::complete) co_return ok();
    const std::string id = fmt::format("echo-{}", turn_of(run.task()));
    std::size_t done = 0;
    for (const auto& artifact : run.task().artifacts)
      if (artifact.artifactId == id) done = artifact.parts.size();
    const std::size_t count = plan.chunk_count();
    for (std::size_t k = done; k < count; ++k) {
      if (plan.delay.count() > 0) CO_TRY_VOID(co_await run.sleep(plan.delay));
      auto artifact = text_artifact(id, "echo", plan.chunk(k));
      CO_TRY_VOID(co_await run.artifact(std::move(artifact), k > 0, k + 1 == count));
    }
    co_return ok();
  }

  static Async<Result<>> finish(core::Run& run, const EchoPlan& plan) {
    std::optional<a2a::Message> note;
    if (!plan.note.empty()) note = run.message(plan.note);
    switch (plan.outcome) {
      case EchoPlan::Outcome::complete:
        co_return co_await run.status(TaskState::completed);
      case EchoPlan::Outcome::fail:
        co_return co_await run.status(TaskState::failed, std::move(note));
      case EchoPlan::Outcome::reject:
        co_return co_await run.status(TaskState::rejected, std::move(note));
      case EchoPlan::Outcome::ask:
        if (!note) note = run.message("What shall I echo?");
        co_return co_await run.status(TaskState::input_required, std::move(note));
      case EchoPlan::Outcome::authenticate:
        if (!note) note = run.message("Authorize me, then send a message to go on.");
        co_return co_await run.status(TaskState::auth_required, std::move(note));
      case EchoPlan::Outcome::wait:
        break;
    }
    for (;;) CO_TRY_VOID(co_await run.sleep(std::chrono::hours(1)));  // ends by cancellation
  }
};

}  // namespace

std::shared_ptr<core::Runner> make_echo() {
  return std::make_shared<Echo>();
}

}  // namespace flotilla::agents
