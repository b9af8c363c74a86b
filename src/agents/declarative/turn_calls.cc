#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agents/approvals/approvals.h"
#include "agents/declarative/events.h"
#include "agents/declarative/limits.h"
#include "agents/declarative/trace_content.h"
#include "agents/declarative/turn_internal.h"
#include "async/task_group.h"
#include "json/json.h"
#include "telemetry/genai.h"

// Makes the calls that the last answer asks for.

namespace flotilla::agents {

namespace {

/// What the model is told of a failure that is not its own fault.
std::string failure_text(const Error& error, bool repeatable) {
  std::string text = fmt::format("the call failed: {}", error.message());
  if (repeatable) return text;
  return text + " (whether it took effect is unknown; do not simply call it again)";
}

}  // namespace

/// True: the run waits for a person, and the turn is over.
Async<Result<bool>> Turn::do_calls() {
  if (replay_) {
    CO_TRY_VOID(co_await replay_calls());
    co_return false;
  }
  std::vector<Planned> planned;
  CO_TRY(waits, co_await plan_calls(planned));
  if (waits) co_return true;
  if (planned.empty()) co_return false;
  CO_TRY_VOID(co_await begin_calls(planned));
  co_return co_await make_calls(std::move(planned));
}

Async<Result<>> Turn::replay_calls() {
  std::vector<llm::ToolResult> results;
  for (const auto& open : conversation_.open())
    if (!open.result) results.push_back(replay_->result_of(open.call, conversation_.last_number()));
  for (auto& result : results) CO_TRY_VOID(co_await journal_result(std::move(result), "", 0));
  co_return ok();
}

/// Sorts the open calls: those that cannot be made get their result, those that nobody has decided
/// on are settled, the rest is planned.
Async<Result<bool>> Turn::plan_calls(std::vector<Planned>& planned) {
  std::vector<Planned> asked;
  std::vector<llm::ToolResult> refused;
  for (const auto& open : conversation_.open()) {
    if (open.result) continue;
    Planned one;
    one.call = open.call;
    one.child = open.child;
    one.target = tools_->find(open.call.name);
    if (one.target == nullptr) {
      refused.push_back(error_result(
          open.call,
          fmt::format("there is no tool {}; the tools are: {}", open.call.name, tools_->names())));
      continue;
    }
    const auto& text = open.intents > 0 ? open.arguments : open.call.arguments;
    auto parsed = json::parse(text.empty() ? "{}" : text);
    if (!parsed || parsed->if_object() == nullptr) {
      refused.push_back(error_result(
          open.call, parsed ? "the arguments are no JSON object"
                            : "the arguments are not JSON: " + parsed.error().message()));
      continue;
    }
    auto faults = tools_->faults(open.call.name, *parsed);
    if (!faults.empty()) {
      refused.push_back(error_result(open.call, "the arguments do not fit the schema: " + faults));
      continue;
    }
    one.arguments = std::move(*parsed->if_object());
    one.repeatable = one.target->repeatable;
    const bool goes_on =
        open.intents > 0 && (open.repeatable || one.target->kind == ToolTarget::Kind::agent);
    one.again = goes_on ? 0 : open.intents;
    one.begun = goes_on;
    (goes_on ? planned : asked).push_back(std::move(one));
  }
  for (auto& result : refused) CO_TRY_VOID(co_await journal_result(std::move(result), "", 0));
  if (asked.empty()) co_return false;
  co_return co_await settle(std::move(asked), planned);
}

Async<Result<bool>> Turn::settle(std::vector<Planned> asked, std::vector<Planned>& planned) {
  const bool unclear = std::ranges::any_of(asked, [](const Planned& one) { return one.again > 0; });
  if (services_.approvals == nullptr) {
    if (unclear)
      co_return fail(Error(Code::failed_precondition,
                           "a call began before a crash, nobody knows whether it took effect, and "
                           "there is nobody who could be asked"));
    for (auto& one : asked) planned.push_back(std::move(one));
    co_return false;
  }
  std::vector<CallToSettle> calls;
  for (const auto& one : asked) {
    CallToSettle call;
    call.id = one.call.id;
    // What was decided before it began says nothing of doing it twice.
    if (one.again > 0) call.id += fmt::format("#again-{}", one.again);
    call.tool = one.call.name;
    call.arguments = one.arguments;
    call.require_approval = one.target->require_approval || one.again > 0;
    call.ask_user = one.target->kind == ToolTarget::Kind::ask_user;
    calls.push_back(std::move(call));
  }
  if (unclear && run_.resumed()) CO_TRY_VOID(co_await tell_unclear(asked));
  const auto number = conversation_.last_number();
  CO_TRY(settled, co_await services_.approvals->settle(
                      run_, definition_.spec.policies, static_cast<std::uint64_t>(number),
                      fresh_ == number && !unclear, std::move(calls)));
  for (const auto& message : settled.messages) conversation_.add_input(message);
  if (settled.waits) co_return true;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    auto& one = asked[i];
    auto& outcome = settled.calls.at(i);
    if (outcome.action == CallOutcome::Action::run) {
      one.arguments = std::move(outcome.arguments);
      auto faults = outcome.edited ? tools_->faults(one.call.name, json::Value(one.arguments))
                                   : std::string();
      if (faults.empty()) {
        planned.push_back(std::move(one));
        continue;
      }
      outcome.text = "the arguments, as a person edited them, do not fit the schema: " + faults;
      outcome.is_error = true;
    }
    auto result = error_result(one.call, std::move(outcome.text));
    result.isError = outcome.is_error;
    CO_TRY_VOID(co_await journal_result(std::move(result), "", 0));
  }
  co_return false;
}

/// Says why a person is asked about calls that were asked about before, or never had to be.
Async<Result<>> Turn::tell_unclear(const std::vector<Planned>& asked) {
  std::string names;
  for (const auto& one : asked)
    if (one.again > 0) names += (names.empty() ? "" : ", ") + one.call.name;
  auto message = run_.message(fmt::format(
      "The run was cut off while it called {}. Whether that took effect is unknown. Approve to "
      "call it again, reject to go on without it.",
      names));
  co_return co_await run_.status(a2a::TaskState::working, std::move(message));
}

Async<Result<>> Turn::begin_calls(std::vector<Planned>& planned) {
  bool effects = false;
  for (auto& one : planned) {
    if (one.begun && one.target->kind == ToolTarget::Kind::agent) continue;
    Step step;
    step.type = one.target->kind == ToolTarget::Kind::agent ? StepType::agent : StepType::tool;
    step.phase = StepPhase::intent;
    step.number = conversation_.last_number();
    step.callId = one.call.id;
    step.name = one.call.name;
    step.target = one.target->shown;
    step.arguments = json::to_string(json::Value(one.arguments));
    step.repeatable = one.repeatable;
    effects = effects || !one.repeatable;
    CO_TRY_VOID(co_await run_.record(core::EventKind::step, to_payload(step)));
    conversation_.apply(std::move(step));
  }
  // Nothing takes effect before its intent is stored; what may be repeated need not wait.
  if (effects) CO_TRY_VOID(co_await run_.flush());
  co_return ok();
}

Async<Result<bool>> Turn::make_calls(std::vector<Planned> planned) {
  std::vector<Made> made(planned.size());
  std::size_t next = 0;
  std::optional<Error> failure;
  const auto at_once = std::min<std::size_t>(
      planned.size(),
      static_cast<std::size_t>(std::max<std::int64_t>(definition_.spec.limits.parallelTools, 1)));
  if (at_once == 1) {
    co_await make_in_turn(planned, made, next, failure);
  } else {
    TaskGroup group(loop_);
    for (std::size_t i = 0; i < at_once; ++i)
      group.spawn(make_in_turn(planned, made, next, failure));
    co_await group.join();
  }
  if (failure) co_return fail(std::move(*failure));
  for (std::size_t i = 0; i < planned.size(); ++i) {
    if (made[i].result) continue;
    CO_TRY(waits, co_await wait_for_child(planned[i], made[i].child));
    if (waits) co_return true;
  }
  co_return false;
}

/// One of the workers that share the list; the caller awaits them all.
Async<> Turn::make_in_turn(std::vector<Planned>& planned, std::vector<Made>& made,
                           std::size_t& next, std::optional<Error>& failure) {
  while (next < planned.size() && !failure) {
    const std::size_t i = next++;
    auto done = co_await make_call(planned[i]);
    if (done)
      made[i] = std::move(*done);
    else
      failure = done.error();
  }
}

Async<Result<Turn::Made>> Turn::make_call(Planned planned) {
  const auto begin = services_.clock.steady_now();
  const auto& target = *planned.target;
  auto span =
      telemetry::start_tool_span(run_.tracer(), run_.span().context(), planned.call.name,
                                 planned.call.id, target.server != nullptr ? target.shown : "");
  planned.traceparent = telemetry::traceparent(span.context());
  if (run_.tracer().captures_content())
    trace_arguments(run_.tracer(), span, json::to_string(json::Value(planned.arguments)));
  Made made;
  if (planned.target->kind == ToolTarget::Kind::agent) {
    CO_TRY(answered, co_await call_agent_recorded(planned));
    made = std::move(answered);
  } else if (planned.target->kind == ToolTarget::Kind::memory) {
    auto result = co_await call_memory_tool(planned);
    made.result = std::move(result);
  } else {
    auto result = co_await call_server(planned);
    made.result = std::move(result);
  }
  if (!made.result) co_return made;
  trace_result(run_.tracer(), span, *made.result);
  if (made.result->isError) span.fail("TOOL_ERROR", "the tool answered with an error");
  span.end();
  const auto took = services_.clock.steady_now() - begin;
  CO_TRY_VOID(
      co_await journal_result(*made.result, made.child,
                              std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
  co_return made;
}

Async<llm::ToolResult> Turn::call_server(Planned planned) {
  const auto& target = *planned.target;
  auto headers = co_await headers_of(target.use);
  if (!headers) co_return error_result(planned.call, headers.error().message());
  gateway::AgentToolCall call;
  call.headers = std::move(*headers);
  call.server = target.server;
  call.tool = target.offer->original;
  call.arguments = std::move(planned.arguments);
  call.caller = run_.row().owner + "/" + run_.row().id.to_string();
  call.repeatable = planned.repeatable;
  if (!planned.traceparent.empty()) call.meta.set("traceparent", std::move(planned.traceparent));
  auto reply = co_await services_.tool_servers->call(std::move(call));
  if (reply) co_return to_result(planned.call, std::move(*reply));
  co_return error_result(planned.call, failure_text(reply.error(), planned.repeatable));
}

Async<Result<>> Turn::journal_result(llm::ToolResult result, std::string child,
                                     std::int64_t latency_ms) {
  auto told = result_message(run_, result, child);
  const auto* target = tools_->find(result.name);
  Step step;
  step.type = target != nullptr && target->kind == ToolTarget::Kind::agent ? StepType::agent
                                                                           : StepType::tool;
  step.number = conversation_.last_number();
  step.callId = result.callId;
  step.name = result.name;
  if (target != nullptr && !target->shown.empty()) step.target = target->shown;
  if (!child.empty()) step.child = std::move(child);
  step.latencyMs = latency_ms;
  step.result = std::move(result);
  CO_TRY_VOID(co_await run_.record(core::EventKind::step, to_payload(step)));
  conversation_.apply(std::move(step));
  co_return co_await run_.status(a2a::TaskState::working, std::move(told));
}

}  // namespace flotilla::agents
