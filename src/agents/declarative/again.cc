#include "agents/declarative/again.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "agents/declarative/conversation.h"
#include "agents/declarative/origin.h"
#include "agents/declarative/steps.h"
#include "async/clock.h"
#include "core/messaging.h"
#include "json/map.h"

namespace flotilla::agents {

namespace {

/// A fork takes over so much at most; a run is bounded by its own limits long before.
constexpr std::size_t kMaxTakenEntries = 10'000;
constexpr std::size_t kMaxTakenBytes = std::size_t{64} << 20;
constexpr std::size_t kPage = 500;

/// The other task: what was said to it, and its steps.
struct Other {
  core::TaskRow row;
  std::vector<a2a::Message> messages;  // of callers, decisions left out
  std::vector<core::EventPtr> steps;   // entries of kind step
};

Error cannot(std::string why) {
  return {Code::failed_precondition, std::move(why)};
}

Async<Result<Other>> load_other(AgainServices& services, AgainRequest& request) {
  core::Visibility visibility;
  visibility.principal = request.principal;
  CO_TRY(log, co_await services.tasks.find(request.task, std::move(visibility)));
  Other other;
  other.row = log->committed();
  CO_TRY_VOID(core::check_namespace(other.row.name_space, *request.principal));
  const auto agent = services.agents.find(other.row.name_space, other.row.agent);
  if (!agent || !agent->runner)
    co_return fail(cannot(fmt::format("its agent {}/{} is not there any more, or takes no messages",
                                      other.row.name_space, other.row.agent)));
  std::size_t bytes = 0;
  for (std::uint64_t after = 0; after < other.row.seq;) {
    CO_TRY(events, co_await log->stored_events(after, other.row.seq, kPage));
    if (events.empty()) break;
    after = events.back()->seq;
    for (auto& event : events) {
      if (event->kind == core::EventKind::message) {
        CO_TRY(message, json::from_text<a2a::Message>(*event->payload));
        if (message.role == a2a::MessageRole::user) other.messages.push_back(std::move(message));
      } else if (event->kind == core::EventKind::step) {
        bytes += event->payload->size();
        other.steps.push_back(std::move(event));
      }
    }
    if (other.steps.size() > kMaxTakenEntries || bytes > kMaxTakenBytes)
      co_return fail(Error(Code::resource_exhausted, reason::kLimitExceeded,
                           "its journal is too long to be taken over"));
  }
  if (other.messages.empty()) co_return fail(cannot("it has no message"));
  co_return other;
}

Result<> check_owner(const Other& other, const Principal& principal) {
  if (other.row.owner == principal.name) return ok();
  return fail(Error(
      Code::permission_denied,
      fmt::format("the task belongs to {}, who alone may take up its journal", other.row.owner)));
}

/// The message as a new one of another task.
a2a::Message renewed(AgainServices& services, a2a::Message message) {
  message.messageId = make_uuid_v7(services.clock.now(), services.random).to_string();
  message.taskId.reset();
  message.contextId.reset();
  return message;
}

core::NewTask new_task(AgainServices& services, const AgainRequest& request, const Other& other,
                       const TaskOrigin& origin) {
  core::NewTask task;
  task.name_space = other.row.name_space;
  task.agent = other.row.agent;
  task.principal = request.principal;
  task.message = renewed(services, other.messages.front());
  set_origin(task.message.metadata, origin);
  task.message.referenceTaskIds.push_back(origin.task);
  return task;
}

core::Draft input(AgainServices& services, const AgainRequest& request, a2a::Message message) {
  return core::Draft::message(request.principal->name, renewed(services, std::move(message)));
}

TaskOrigin origin_from(OriginKind kind, const Other& other) {
  TaskOrigin origin;
  origin.kind = kind;
  origin.task = other.row.id.to_string();
  return origin;
}

Async<Result<core::TaskLog::Ptr>> make(AgainServices& services, core::NewTask task,
                                       std::vector<core::Draft> entries) {
  CO_TRY(log, co_await services.tasks.create_with(std::move(task), std::move(entries)));
  CO_TRY_VOID(co_await core::TaskLog::durable(log));
  co_return log;
}

/// What a fork takes over: the entries of steps up to `last`, and how many of the callers' messages
/// the model had seen by then.
struct Taken {
  std::vector<const core::Event*> entries;
  std::int64_t read = 1;
};

Result<Taken> take_steps(const Other& other, std::int64_t last) {
  Taken taken;
  std::int64_t newest = 0;
  for (const auto& event : other.steps) {
    TRY(step, read_step(*event->payload));
    if (!step) continue;
    newest = std::max(newest, step->number);
    if (step->number > last) continue;
    taken.entries.push_back(event.get());
    if (step->read) taken.read = std::max(taken.read, *step->read);
  }
  if (newest == 0) return fail(cannot("it has no steps: only runs of declarative agents have"));
  if (last < 1 || last > newest)
    return fail(invalid("/step", fmt::format("must be from 1 to {}, the task's last", newest)));
  return taken;
}

}  // namespace

Async<Result<core::TaskLog::Ptr>> retry_task(AgainServices services, AgainRequest request) {
  CO_TRY(other, co_await load_other(services, request));
  if (!a2a::is_terminal(other.row.state))
    co_return fail(cannot("it has not ended; cancel it first, or fork it"));
  auto task = new_task(services, request, other, origin_from(OriginKind::retry, other));
  if (other.row.owner == request.principal->name) task.context_id = other.row.context_id;
  std::vector<core::Draft> entries;
  for (std::size_t i = 1; i < other.messages.size(); ++i) {
    // A decision was about a call of the other task.
    if (to_user_message(other.messages[i]).parts.empty()) continue;
    entries.push_back(input(services, request, std::move(other.messages[i])));
  }
  co_return co_await make(services, std::move(task), std::move(entries));
}

Async<Result<core::TaskLog::Ptr>> fork_task(AgainServices services, AgainRequest request,
                                            std::int64_t step, std::optional<std::string> message) {
  CO_TRY(other, co_await load_other(services, request));
  CO_TRY_VOID(check_owner(other, *request.principal));
  CO_TRY(taken, take_steps(other, step));
  auto origin = origin_from(OriginKind::fork, other);
  origin.step = step;
  auto task = new_task(services, request, other, origin);
  std::vector<core::Draft> entries;
  // Steps count the messages that were read, so all of those stand before them.
  const auto read = std::min(other.messages.size(), static_cast<std::size_t>(taken.read));
  for (std::size_t i = 1; i < read; ++i)
    entries.push_back(input(services, request, std::move(other.messages[i])));
  for (const auto* event : taken.entries)
    entries.push_back(core::Draft::record(core::EventKind::step, other.row.agent, *event->payload));
  if (message) {
    a2a::Message more;
    more.role = a2a::MessageRole::user;
    more.parts.emplace_back();
    more.parts.front().text = std::move(*message);
    entries.push_back(input(services, request, std::move(more)));
  }
  co_return co_await make(services, std::move(task), std::move(entries));
}

Async<Result<core::TaskLog::Ptr>> replay_task(AgainServices services, AgainRequest request) {
  CO_TRY(other, co_await load_other(services, request));
  CO_TRY_VOID(check_owner(other, *request.principal));
  CO_TRY_VOID(take_steps(other, 1));
  auto task = new_task(services, request, other, origin_from(OriginKind::replay, other));
  std::vector<core::Draft> entries;
  for (std::size_t i = 1; i < other.messages.size(); ++i)
    entries.push_back(input(services, request, std::move(other.messages[i])));
  co_return co_await make(services, std::move(task), std::move(entries));
}

}  // namespace flotilla::agents
