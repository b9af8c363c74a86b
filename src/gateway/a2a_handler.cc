#include "gateway/a2a_handler.h"

#include <algorithm>
#include <utility>

#include "auth/access.h"
#include "base/hash.h"
#include "core/turn_extensions.h"
#include "gateway/caller_keys.h"
#include "gateway/handover.h"
#include "gateway/media_type.h"
#include "gateway/push.h"
#include "gateway/task_stream.h"
#include "json/map.h"

namespace flotilla::gateway {

using core::AgentRegistry;
using core::TaskLog;

// core acts by the URIs that a2a declares, without including it.
static_assert(core::kTimestampExtension == a2a::kTimestampExtension);
static_assert(core::kTraceabilityExtension == a2a::kTraceabilityExtension);

namespace {

bool is_front_desk(const core::AgentInfo& agent) {
  return agent.name == kFrontDesk && agent.name_space == kFrontDeskNamespace;
}

Error task_not_found(const std::string& id) {
  return Error(Code::not_found, reason::kTaskNotFound, "there is no task " + id + " here")
      .with_metadata("taskId", id);
}

Error no_streams(const core::AgentInfo& agent) {
  return Error(Code::failed_precondition, reason::kUnsupportedOperation,
               "agent " + agent.name_space + "/" + agent.name + " does not stream");
}

Async<Result<std::string>> task_json(TaskLog::Ptr log, std::optional<std::int32_t> history) {
  if (!history) {
    CO_TRY(text, co_await TaskLog::snapshot(log));
    co_return *text;
  }
  CO_TRY(loaded, co_await TaskLog::load(log));
  a2a::history_tail(loaded.first, history);
  co_return json::to_text(loaded.first);
}

bool has_push(const a2a::SendMessageRequest& request) {
  return request.configuration && request.configuration->taskPushNotificationConfig;
}

}  // namespace

struct A2aHandler::Begun {
  TaskLog::Ptr log;
  std::unique_ptr<a2a::ItemStream> stream;    // when streaming
  std::optional<core::DedupeKey> dedupe_key;  // of a new task
  core::Visibility visibility;
};

A2aHandler::A2aHandler(core::Tasks& tasks, core::Sessions& sessions, AgentRegistry& agents,
                       Push* push)
    : tasks_(tasks), sessions_(sessions), agents_(agents), push_(push) {}

Result<AgentRegistry::Ptr> A2aHandler::agent_of(const Context& context,
                                                const a2a::AgentRef& ref) const {
  auto agent = agents_.find(ref.name_space, ref.name);
  if (!agent || !context.principal->may_enter(ref.name_space))
    return fail(Error(Code::not_found, "there is no agent " + ref.name_space + "/" + ref.name));
  return agent;
}

core::Visibility A2aHandler::visibility(const Context& context, const core::AgentInfo& agent) {
  core::Visibility visible;
  visible.principal = context.principal;
  if (is_front_desk(agent)) return visible;
  visible.name_space = agent.name_space;
  visible.agent = agent.name;
  return visible;
}

Async<Result<TaskLog::Ptr>> A2aHandler::find(Context context, AgentRegistry::Ptr agent,
                                             std::string id) {
  auto visible = visibility(context, *agent);
  CO_TRY(log, co_await tasks_.find(id, std::move(visible)));
  if (log->direct()) co_return fail(task_not_found(id));
  co_return log;
}

std::optional<core::DedupeKey> A2aHandler::dedupe_key(const Context& context,
                                                      const core::AgentInfo& agent,
                                                      const a2a::Message& message) const {
  if (!tasks_.deduplicates()) return std::nullopt;
  std::string text = context.principal->name;
  text.append("\n").append(agent.name_space).append("/").append(agent.name).append("\n");
  json::write(message, text);  // holds context, task, messageId and the payload
  return core::DedupeKey::of(text);
}

/// By name, else the agent of the context's last task, else by skill. Strips the name off the text.
Async<Result<AgentRegistry::Ptr>> A2aHandler::hand_over(Context context, a2a::Message* message) {
  auto choice = choose_agent(agents_, *context.principal, a2a::text_of(message->parts));
  if (choice.by_name) {
    auto text = std::find_if(message->parts.begin(), message->parts.end(),
                             [](const a2a::Part& part) { return part.text.has_value(); });
    if (message->parts.size() == 1) text->text = choice.text;
    co_return choice.agent;
  }
  if (!message->contextId) co_return choice.agent;
  CO_TRY(sessions, co_await sessions_.of_context(context.principal->name, *message->contextId));
  for (const auto& session : sessions) {
    if (!context.principal->may_enter(session.name_space)) continue;
    core::TaskFilter last;
    last.session = session.uid;
    last.include_direct = true;
    last.limit = 1;
    core::Visibility own;
    own.principal = context.principal;
    CO_TRY(page, co_await tasks_.list(own, last));
    if (page.rows.empty() || page.rows.front().agent == kFrontDesk) break;
    auto agent = agents_.find(page.rows.front().name_space, page.rows.front().agent);
    if (agent) co_return agent;
  }
  co_return choice.agent;
}

Async<Result<core::NewTask>> A2aHandler::plan(Context context, AgentRegistry::Ptr desk,
                                              a2a::SendMessageRequest request) {
  core::NewTask task;
  auto agent = desk;
  if (is_front_desk(*desk) && desk->hands_over) {
    CO_TRY(taker, co_await hand_over(context, &request.message));
    if (taker) agent = taker;
  }
  task.name_space = agent->name_space;
  task.agent = agent->name;
  task.principal = context.principal;
  task.context_id = request.message.contextId;
  task.traceparent = context.traceparent;
  task.message = std::move(request.message);
  co_return task;
}

/// A stream of the task from where it is. `joins`: its turn is of an earlier, equal message, and
/// may have ended in what the snapshot shows.
Async<Result<>> A2aHandler::view_into(Begun& begun, bool joins) {
  CO_TRY(view, co_await TaskLog::view(begun.log));
  TaskStream::Options options;
  options.opening = TaskStream::Opening::snapshot;
  options.first = snapshot_item(view.task, view.seq, view.state, view.generation);
  options.ends_at_input_required = true;
  options.first_may_end = joins;
  begun.stream =
      std::make_unique<TaskStream>(begun.log, std::move(view.subscription), std::move(options));
  co_return ok();
}

Async<Result<A2aHandler::Begun>> A2aHandler::continue_task(Context context,
                                                           AgentRegistry::Ptr agent,
                                                           a2a::SendMessageRequest request,
                                                           bool streaming) {
  Begun begun;
  auto& message = request.message;
  CO_TRY(log, co_await find(context, agent, *message.taskId));
  const auto row = log->projected();
  if (message.contextId && *message.contextId != row.context_id)
    co_return fail(invalid("/message/contextId", "is not the context of task " + *message.taskId));
  if (auto taker = agents_.find(row.name_space, row.agent))
    CO_TRY_VOID(check_media_types(message, taker->input_modes));
  const auto key = dedupe_key(context, *agent, message);
  begun.log = log;
  if (key) {
    CO_TRY(known, co_await tasks_.find_duplicate(*key));
    if (known && streaming) CO_TRY_VOID(co_await join_into(begun));
    if (known) co_return begun;
  }
  if (has_push(request) && !a2a::is_terminal(row.state)) {
    CO_TRY(push, co_await inline_push(agent, request));
    CO_TRY_VOID(co_await push_->outbox().create(row, std::move(push)));
  }
  if (streaming) CO_TRY_VOID(co_await view_into(begun, false));
  CO_TRY_VOID(co_await tasks_.add_message(log, context.principal, std::move(message), key));
  co_return begun;
}

Async<Result<A2aHandler::Begun>> A2aHandler::begin(Context context, AgentRegistry::Ptr agent,
                                                   a2a::SendMessageRequest request,
                                                   bool streaming) {
  if (keys_ != nullptr) keys_->bind(context, request.message.messageId);
  if (request.message.taskId)
    co_return co_await continue_task(std::move(context), agent, std::move(request), streaming);
  Begun begun;
  begun.visibility = visibility(context, *agent);
  begun.dedupe_key = dedupe_key(context, *agent, request.message);
  std::optional<core::PushConfig> push;
  if (has_push(request)) {
    CO_TRY(checked, co_await inline_push(agent, request));
    push = std::move(checked);
  }
  CO_TRY(task, co_await plan(context, agent, std::move(request)));
  task.push = std::move(push);
  task.dedupe_key = begun.dedupe_key;
  auto taker = agents_.find(task.name_space, task.agent);
  if (!taker || !taker->runner)
    co_return fail(Error(Code::failed_precondition, reason::kUnsupportedOperation,
                         "agent " + task.name_space + "/" + task.agent + " takes no messages"));
  CO_TRY_VOID(check_media_types(task.message, taker->input_modes));
  CO_TRY(log, co_await tasks_.create(std::move(task)));
  begun.log = log;
  if (streaming) {
    auto subscription = TaskLog::subscribe(log, 0);
    if (!subscription) co_return begun;  // its commit has failed already: durable() says why
    TaskStream::Options options;
    options.opening = TaskStream::Opening::creation;
    options.ends_at_input_required = true;
    options.may_reply_message = taker->may_reply_message;
    begun.stream = std::make_unique<TaskStream>(log, std::move(*subscription), std::move(options));
  }
  co_return begun;
}

/// While a bare Message may still come, the task is told from its beginning: its events will say
/// what it was.
Async<Result<>> A2aHandler::join_into(Begun& begun) {
  const auto row = begun.log->committed();
  auto agent = agents_.find(row.name_space, row.agent);
  const bool undecided = agent && agent->may_reply_message && row.status_seq == 0;
  if (!undecided) co_return co_await view_into(begun, true);
  CO_TRY(subscription, TaskLog::subscribe(begun.log, 0));
  TaskStream::Options options;
  options.opening = TaskStream::Opening::creation;
  options.ends_at_input_required = true;
  options.may_reply_message = true;
  begun.stream =
      std::make_unique<TaskStream>(begun.log, std::move(subscription), std::move(options));
  co_return ok();
}

/// The task that an equal request made before; a stream joins it where it is.
Async<Result<A2aHandler::Begun>> A2aHandler::join(core::DedupeKey key, core::Visibility visibility,
                                                  bool streaming) {
  CO_TRY(id, co_await tasks_.find_duplicate(key));
  if (!id) co_return fail(Error(Code::unavailable, "the message is being accepted; try again"));
  Begun begun;
  CO_TRY(log, co_await tasks_.find(id->to_string(), std::move(visibility)));
  begun.log = log;
  if (streaming) CO_TRY_VOID(co_await join_into(begun));
  co_return begun;
}

Async<Result<A2aHandler::Begun>> A2aHandler::accept(Context context, AgentRegistry::Ptr agent,
                                                    a2a::SendMessageRequest request, bool streaming,
                                                    bool settled) {
  // Another request may open the same new context at the same moment: then this one finds it.
  std::optional<a2a::SendMessageRequest> again;
  if (request.message.contextId && !request.message.taskId) again = request;
  CO_TRY(begun, co_await begin(context, agent, std::move(request), streaming));
  auto done = co_await TaskLog::durable(begun.log);
  if (!done && done.error().reason() == reason::kConflict && again) {
    CO_TRY(retried, co_await begin(std::move(context), agent, std::move(*again), streaming));
    begun = std::move(retried);
    done = co_await TaskLog::durable(begun.log);
  }
  if (!done && done.error().code() == Code::already_exists && begun.dedupe_key) {
    CO_TRY(joined, co_await join(*begun.dedupe_key, begun.visibility, streaming));
    begun = std::move(joined);
    done = ok();
  }
  if (done && settled) done = co_await TaskLog::settled(begun.log);
  if (!done) co_return fail(done.error());
  co_return begun;
}

Async<Result<a2a::SendOutcome>> A2aHandler::send_message(Context context, a2a::AgentRef ref,
                                                         a2a::SendMessageRequest request) {
  CO_TRY_VOID(auth::require(*context.principal, Role::operator_));
  CO_TRY(agent, agent_of(context, ref));
  bool settled = true;
  std::optional<std::int32_t> history;
  if (const auto& configuration = request.configuration) {
    settled = !configuration->returnImmediately.value_or(false);
    history = configuration->historyLength;
  }
  CO_TRY(begun, co_await accept(std::move(context), agent, std::move(request), false, settled));
  a2a::SendOutcome outcome;
  if (begun.log->direct()) {
    outcome.kind = a2a::ItemKind::message;
    outcome.json = begun.log->committed().status_message.value_or("{}");
    co_return outcome;
  }
  CO_TRY(text, co_await task_json(begun.log, history));
  outcome.json = std::move(text);
  co_return outcome;
}

Async<Result<std::unique_ptr<a2a::ItemStream>>> A2aHandler::send_streaming_message(
    Context context, a2a::AgentRef ref, a2a::SendMessageRequest request) {
  CO_TRY_VOID(auth::require(*context.principal, Role::operator_));
  CO_TRY(agent, agent_of(context, ref));
  if (!agent->streaming) co_return fail(no_streams(*agent));
  CO_TRY(begun, co_await accept(std::move(context), agent, std::move(request), true, false));
  co_return std::move(begun.stream);
}

Async<Result<std::string>> A2aHandler::get_task(Context context, a2a::AgentRef ref,
                                                a2a::GetTaskRequest request) {
  CO_TRY(agent, agent_of(context, ref));
  CO_TRY(log, co_await find(std::move(context), agent, std::move(request.id)));
  co_return co_await task_json(log, request.historyLength);
}

Async<Result<std::string>> A2aHandler::cancel_task(Context context, a2a::AgentRef ref,
                                                   a2a::CancelTaskRequest request) {
  CO_TRY_VOID(auth::require(*context.principal, Role::operator_));
  CO_TRY(agent, agent_of(context, ref));
  CO_TRY(log, co_await find(context, agent, std::move(request.id)));
  CO_TRY_VOID(co_await tasks_.cancel(log, context.principal));
  co_return co_await task_json(log, std::nullopt);
}

Async<Result<std::unique_ptr<a2a::ItemStream>>> A2aHandler::subscribe_to_task(
    Context context, a2a::AgentRef ref, a2a::SubscribeToTaskRequest request,
    std::optional<std::string> after) {
  CO_TRY(agent, agent_of(context, ref));
  if (!agent->streaming) co_return fail(no_streams(*agent));
  CO_TRY(log, co_await find(std::move(context), agent, request.id));
  std::unique_ptr<a2a::ItemStream> stream;
  if (after) {
    const auto cursor = json::Value(json::Number{*after}).as_int64();
    if (cursor && *cursor > 0) {
      auto subscription = TaskLog::subscribe(log, static_cast<std::uint64_t>(*cursor));
      if (subscription) {
        stream = std::make_unique<TaskStream>(log, std::move(*subscription), TaskStream::Options{});
        co_return stream;
      }
    }
  } else if (a2a::is_terminal(log->state())) {
    co_return fail(Error(Code::failed_precondition, reason::kUnsupportedOperation,
                         "task " + request.id + " has ended; get it instead of subscribing"));
  }
  CO_TRY(view, co_await TaskLog::view(log));
  TaskStream::Options options;
  options.opening = TaskStream::Opening::snapshot;
  options.first = snapshot_item(view.task, view.seq, view.state, view.generation);
  stream = std::make_unique<TaskStream>(log, std::move(view.subscription), std::move(options));
  co_return stream;
}

a2a::AgentExtensions A2aHandler::extensions(const a2a::AgentRef& ref) const {
  const auto agent = agents_.find(ref.name_space, ref.name);
  if (!agent) return {};
  return {agent->extensions, agent->required_extensions};
}

Async<Result<a2a::AgentCard>> A2aHandler::agent_card(Context context, a2a::AgentRef ref) {
  // What anyone may read without credentials may be read with them.
  if (public_principal()->may_enter(ref.name_space)) context.principal = public_principal();
  CO_TRY(agent, agent_of(context, ref));
  CO_TRY(card, json::from_text<a2a::AgentCard>(agent->card));
  if (push_ == nullptr) card.capabilities.pushNotifications = false;
  co_return card;
}

Async<Result<a2a::AgentCard>> A2aHandler::extended_card(Context context, a2a::AgentRef ref) {
  CO_TRY(agent, agent_of(context, ref));
  CO_TRY(card, json::from_text<a2a::AgentCard>(agent->card));
  if (push_ == nullptr) card.capabilities.pushNotifications = false;
  if (!is_front_desk(*agent) || !agent->hands_over) co_return card;
  for (const auto& other : agents_.list()) {
    if (other == agent || !context.principal->may_enter(other->name_space)) continue;
    const auto its_card = json::from_text<a2a::AgentCard>(other->card);
    if (!its_card) continue;
    for (auto skill : its_card->skills) {
      skill.id = other->name_space + "/" + other->name + "/" + skill.id;
      card.skills.push_back(std::move(skill));
    }
  }
  co_return card;
}

}  // namespace flotilla::gateway
