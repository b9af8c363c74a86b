#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agents/declarative/events.h"
#include "agents/declarative/history.h"
#include "agents/declarative/limits.h"
#include "agents/declarative/turn_internal.h"
#include "async/cancel.h"
#include "core/turn_history.h"
#include "json/map.h"

namespace flotilla::agents {

using a2a::TaskState;

namespace {

std::int64_t user_messages(const a2a::Task& task) {
  return std::ranges::count(task.history, a2a::MessageRole::user, &a2a::Message::role);
}

core::UsageBudget budget_of(const core::DeclarativeAgent& spec) {
  core::UsageBudget budget;
  const auto cap = [](const std::optional<core::SpendLimit>& limit) {
    core::SpendCap out;
    if (!limit) return out;
    out.tokens = limit->tokens;
    if (limit->usd) out.cost = core::usd(*limit->usd);
    return out;
  };
  if (!spec.budget) return budget;
  budget.run = cap(spec.budget->run);
  budget.day = cap(spec.budget->day);
  return budget;
}

}  // namespace

Turn::Turn(const DeclarativeServices& services, const DeclarativeDefinition& definition,
           ToolSets& tool_sets, core::Run& run, Executor loop)
    : services_(services),
      definition_(definition),
      tool_sets_(tool_sets),
      run_(run),
      loop_(loop),
      writer_(run, loop, fmt::format("answer-{}", user_messages(run.task()))),
      inputs_(user_messages(run.task())),
      deadline_(services.clock.steady_now() + definition.spec.limits.deadline) {}

Async<Result<>> Turn::carry_out() {
  auto working = work();
  auto done = co_await with_deadline(std::move(working), deadline_, services_.clock);
  if (done) co_return std::move(*done);
  co_return co_await fail_run(
      Error(Code::deadline_exceeded,
            fmt::format("the run took longer than its deadline of {} (limits.deadline)",
                        format_duration(definition_.spec.limits.deadline))));
}

Async<Result<>> Turn::work() {
  auto prepared = co_await prepare();
  if (!prepared) co_return co_await fail_run(prepared.error());
  for (;;) {
    if (!conversation_.open().empty()) {
      CO_TRY(waits, co_await do_calls());
      if (waits) co_return ok();
    }
    take_inputs();
    // Another agent, that waited for a person, goes on.
    if (!conversation_.open().empty()) continue;
    if (conversation_.answered()) {
      CO_TRY(completed, co_await finish());
      if (completed) co_return ok();
      take_inputs();  // a message came at the last moment
    }
    if (conversation_.superseded()) CO_TRY_VOID(co_await keep_answer());
    if (conversation_.calls_since(inputs_) >= definition_.spec.limits.maxSteps)
      co_return co_await fail_run(
          Error(Code::resource_exhausted, reason::kLimitExceeded,
                fmt::format("the model was asked {} times in this turn without a final answer "
                            "(limits.maxSteps)",
                            definition_.spec.limits.maxSteps)));
    CO_TRY(goes_on, co_await ask_model());
    if (!goes_on) co_return ok();
  }
}

Async<Result<>> Turn::prepare() {
  CO_TRY_VOID(co_await load());
  CO_TRY_VOID(co_await load_model());
  CO_TRY_VOID(co_await load_tools());
  if (services_.usage != nullptr && !replay_) {
    auto row = run_.row();
    CO_TRY(account, co_await services_.usage->open(std::move(row), budget_of(definition_.spec)));
    account_ = std::move(account);
  }
  request_.system = definition_.system;
  for (const auto& missing : tools_->missing)
    request_.system +=
        fmt::format("\n\n{} cannot be used now. Say so if it is needed.", missing.shown);
  request_.tools = tools_->tools();
  if (definition_.spec.output)
    request_.output = llm::OutputFormat{"answer", definition_.spec.output->schema};
  co_return co_await remember();
}

Async<Result<>> Turn::load_model() {
  core::TurnHistory history(services_.database);
  CO_TRY(replay, co_await Replay::find(history, run_.row(), run_.task()));
  replay_ = std::move(replay);
  if (replay_) {
    model_.model = replay_->model_after(conversation_.last_number());
    model_.config = model_.model->name();
    co_return ok();
  }
  CO_TRY(model, co_await services_.find_model(definition_.name_space, definition_.spec.model));
  model_ = std::move(model);
  co_return ok();
}

Async<Result<>> Turn::load() {
  core::TurnHistory history(services_.database);
  CO_TRY_VOID(
      co_await load_history(history, run_.row(), run_.task().history.front(), conversation_));
  conversation_.begin_task(run_.row().id.to_string());
  for (const auto& message : run_.task().history)
    if (message.role == a2a::MessageRole::user) conversation_.add_input(message);
  if (run_.row().seq <= 1) co_return ok();  // its first message is all there is
  CO_TRY(entries, co_await history.entries(run_.row(), core::EventKind::step));
  // Later messages may be among what an earlier holder had read.
  take_inputs();
  for (const auto& entry : entries) {
    CO_TRY(step, read_step(entry.payload));
    if (step) conversation_.apply(std::move(*step));
  }
  co_return ok();
}

void Turn::take_inputs() {
  for (const auto& message : run_.take_messages()) conversation_.add_input(message);
}

/// An answer that a message came after is none any more: it stays in the history.
Async<Result<>> Turn::keep_answer() {
  const auto* answer = conversation_.last_answer();
  auto message = run_.message(answer == nullptr ? std::string() : llm::text_of(*answer));
  co_return co_await run_.status(TaskState::working, std::move(message));
}

/// In one batch with the answer, unless that was journaled before a crash.
Async<Result<bool>> Turn::finish() {
  const auto* answer = conversation_.last_answer();
  const std::string text = answer == nullptr ? std::string() : llm::text_of(*answer);
  if (definition_.spec.output) {
    auto value = json::parse(text);
    a2a::Artifact artifact;
    artifact.artifactId = fmt::format("answer-{}", inputs_);
    artifact.name = "answer";
    artifact.parts.emplace_back();
    if (value) artifact.parts.front().data = std::move(*value);
    artifact.parts.front().mediaType = "application/json";
    CO_TRY_VOID(co_await run_.artifact(std::move(artifact), false, true));
  } else {
    CO_TRY_VOID(co_await writer_.finish(text));
  }
  auto metadata = end_metadata(run_.row(), conversation_.usage());
  co_return co_await run_.complete(std::nullopt, std::move(metadata));
}

Async<Result<>> Turn::fail_run(Error error) {
  // These are not the task's end: another holder goes on, or nothing can be written.
  if (error.reason() == reason::kLeaseLost) co_return fail(std::move(error));
  auto message = run_.message(well_formed(error.message()));
  auto metadata = end_metadata(run_.row(), conversation_.usage());
  co_return co_await run_.status(TaskState::failed, std::move(message), std::move(metadata));
}

}  // namespace flotilla::agents
