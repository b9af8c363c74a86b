#include <fmt/format.h>
#include <boost/system/system_error.hpp>

#include <exception>
#include <utility>

#include "agents/approvals/approvals.h"
#include "agents/declarative/events.h"
#include "agents/declarative/turn_internal.h"
#include "async/cancel.h"
#include "gateway/caller_keys.h"

// Calls of other agents: each is a task of its own, a child of this one.

namespace flotilla::agents {

namespace {

std::string text_at(const json::Object& object, std::string_view name) {
  const auto* value = object.find(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : *text;
}

/// What belongs to the run's owner, as the agent acting for them sees it.
core::Visibility visibility_of(const core::TaskRow& row, std::string name_space) {
  auto owner = std::make_shared<Principal>();
  owner->name = row.owner;
  owner->namespaces = {row.name_space, std::move(name_space)};
  core::Visibility visibility;
  visibility.principal = std::move(owner);
  return visibility;
}

}  // namespace

std::shared_ptr<const Principal> Turn::sender(const std::string& name_space) const {
  auto principal = std::make_shared<Principal>();
  principal->kind = PrincipalKind::agent;
  principal->name = definition_.name;
  principal->role = Role::operator_;
  principal->namespaces = {definition_.name_space, name_space};
  return principal;
}

/// The task of the call: the same one however often this is done.
Async<Result<core::TaskLog::Ptr>> Turn::delegate(const Planned& planned) {
  const auto& row = run_.row();
  const auto number = conversation_.last_number();
  core::DirectMessage message;
  message.name_space = planned.target->agent.name_space;
  message.to = planned.target->agent.name;
  message.message.parts.push_back(a2a::text_part(text_at(planned.arguments, "request")));
  message.sender = sender(planned.target->agent.name_space);
  message.owner = row.owner;
  message.parent = row.id;
  if (!planned.target->isolated) message.context_id = row.context_id;
  message.key = fmt::format("{}/{}/{}", row.id.to_string(), number, planned.call.id);
  message.traceparent = planned.traceparent;
  if (services_.caller_keys != nullptr) {
    auto& id = message.message.messageId;
    id = make_uuid_v7(services_.clock.now(), services_.random).to_string();
    services_.caller_keys->share(row.owner, run_.input().messageId, id);
  }
  CO_TRY(child, co_await services_.messaging.send(std::move(message)));
  if (!child)
    co_return fail(Error(Code::failed_precondition,
                         fmt::format("agent {} answers nobody", planned.target->shown)));
  Step step;
  step.type = StepType::agent;
  step.phase = StepPhase::intent;
  step.number = number;
  step.callId = planned.call.id;
  step.name = planned.call.name;
  step.child = child->committed().id.to_string();
  CO_TRY_VOID(co_await run_.record(core::EventKind::step, to_payload(step)));
  conversation_.apply(std::move(step));
  co_return child;
}

Async<Result<Turn::Made>> Turn::call_agent(Planned planned) {
  Made made;
  Result<core::TaskLog::Ptr> child = fail(Error(Code::internal, "no task"));
  if (planned.child.empty()) {
    child = co_await delegate(planned);
  } else {
    auto visibility = visibility_of(run_.row(), planned.target->agent.name_space);
    child = co_await services_.tasks.find(planned.child, std::move(visibility));
  }
  if (!child) {
    if (child.error().reason() == reason::kLeaseLost) co_return fail(child.error());
    made.result = error_result(
        planned.call,
        fmt::format("agent {} was not asked: {}", planned.target->shown, child.error().message()));
    co_return made;
  }
  made.child = (*child)->committed().id.to_string();
  CO_TRY(task, co_await await_child(*child));
  // With nobody there who could be asked, what it wants to know is its answer.
  if (a2a::is_interrupted(task.status.state) && services_.approvals != nullptr) co_return made;
  made.result = task_result(planned.call, planned.target->shown, task);
  if (a2a::is_interrupted(task.status.state)) co_await cancel_child(*child);
  co_return made;
}

/// The end of its turn. When this run is cancelled or too late, so is the other.
Async<Result<a2a::Task>> Turn::await_child(core::TaskLog::Ptr child) {
  std::exception_ptr cut;
  Result<a2a::Task> task = fail(Error(Code::internal, "no answer"));
  try {
    task = co_await services_.messaging.answer(child);
  } catch (const boost::system::system_error&) {
    cut = std::current_exception();
  }
  if (!cut) co_return task;
  // A process that stops hands its runs over: only the end of this task ends the other.
  if (run_.ended() || services_.clock.steady_now() >= deadline_)
    co_await without_cancellation(cancel_child(child));
  std::rethrow_exception(cut);
}

Async<> Turn::cancel_child(core::TaskLog::Ptr child) {
  auto who = sender(child->committed().name_space);
  std::ignore = co_await services_.tasks.cancel(child, std::move(who));  // it may have ended
}

/// True: the turn is over, and the decision begins the next one.
Async<Result<bool>> Turn::wait_for_child(const Planned& planned, const std::string& child) {
  const auto id = core::TaskId::parse(child);
  if (!id) co_return fail(Error(Code::internal, "a delegated task without an id"));
  co_return co_await services_.approvals->wait_for_child(
      run_, static_cast<std::uint64_t>(conversation_.last_number()), planned.call.id, *id,
      planned.target->shown);
}

}  // namespace flotilla::agents
