#include "gateway/mcp/agent_tools.h"

#include "a2a/card.h"
#include "auth/access.h"
#include "core/place.h"
#include "gateway/mcp/agent_tool_types.h"
#include "gateway/mcp/agent_tools_internal.h"

namespace flotilla::gateway {
namespace {

constexpr std::int64_t kDefaultTasks = 20;
constexpr std::int64_t kMostTasks = 100;

const Principal& principal_of(const mcp::Exchange& exchange) {
  return *exchange.caller().context.principal;
}

Async<Result<ListAgentsOut>> list_agents(PlatformServices services, mcp::Exchange& exchange,
                                         ListAgentsIn in) {
  ListAgentsOut out;
  for (const auto& agent : services.agents.list()) {
    if (in.namespace_ && agent->name_space != *in.namespace_) continue;
    if (!principal_of(exchange).may_enter(agent->name_space)) continue;
    AgentBrief brief;
    brief.ref = agent->name_space + "/" + agent->name;
    brief.description = agent->summary;
    brief.type = agent->type;
    if (auto card = json::from_text<a2a::AgentCard>(agent->card))
      for (const auto& skill : card->skills) brief.skills.push_back(skill.id);
    out.agents.push_back(std::move(brief));
  }
  co_return out;
}

a2a::SendMessageRequest message_request(std::string text, std::optional<std::string> context,
                                        std::optional<std::string> task) {
  a2a::SendMessageRequest request;
  request.message.role = a2a::MessageRole::user;
  request.message.messageId =
      make_uuid_v7(
          std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now()),
          system_random())
          .to_string();
  request.message.parts.push_back(a2a::text_part(std::move(text)));
  request.message.contextId = std::move(context);
  request.message.taskId = std::move(task);
  return request;
}

mcp::Reply message_result(Sent sent) {
  SendMessageOut out;
  out.context_id = sent.context_id;
  if (sent.bare) {
    out.text = std::move(*sent.bare);
    return structured_result(json::to_value(out));
  }
  out.text = answer_text(sent.task);
  const bool failed = sent.task.state == "failed" || sent.task.state == "rejected";
  out.task = std::move(sent.task);
  auto reply = structured_result(json::to_value(out));
  if (failed) std::get<mcp::Complete>(reply).result.set("isError", true);
  return reply;
}

Async<Result<mcp::Reply>> send_message(PlatformServices services, mcp::Exchange& exchange,
                                       SendMessageIn in) {
  auto ref = agent_ref_of(in.agent.value_or(""), principal_of(exchange));
  if (in.task_id && !in.agent) {
    CO_TRY(waiting, co_await load_task(services, exchange.caller().context, *in.task_id));
    ref = agent_ref_of(waiting.task.agent, principal_of(exchange));
  }
  const bool as_task = exchange.caller().capabilities.tasks;
  const bool wait = in.wait.value_or(true) && !as_task;
  auto request =
      message_request(std::move(in.text), std::move(in.context_id), std::move(in.task_id));
  CO_TRY(sent,
         co_await send_and_follow(services, exchange, std::move(ref), std::move(request), wait));
  if (!as_task || sent.bare || a2a::is_terminal(sent.log->state()))
    co_return message_result(std::move(sent));
  CO_TRY(loaded, co_await core::TaskLog::load(sent.log));
  mcp::TaskCreated created{mcp_task(sent.log->committed(), loaded.first)};
  for (const char* inline_part : {"result", "error", "inputRequests"})
    created.task.erase(inline_part);
  co_return mcp::Reply(std::move(created));
}

Async<Result<InvokeAgentOut>> invoke_agent(PlatformServices services, mcp::Exchange& exchange,
                                           InvokeAgentIn in) {
  if (in.agent.find('/') == std::string::npos)
    co_return fail(invalid("/agent", "must be namespace/name; list_agents shows them"));
  auto ref = agent_ref_of(in.agent, principal_of(exchange));
  auto request = message_request(std::move(in.task), std::move(in.context_id), std::nullopt);
  CO_TRY(sent,
         co_await send_and_follow(services, exchange, std::move(ref), std::move(request), true));
  InvokeAgentOut out;
  out.agent = std::move(in.agent);
  out.context_id = sent.context_id;
  if (sent.bare)
    out.text = std::move(*sent.bare);
  else
    out.text = answer_text(sent.task);
  if (!sent.bare && (sent.task.state == "failed" || sent.task.state == "rejected"))
    co_return fail(Error(Code::failed_precondition,
                         out.agent + " could not do it: " + sent.task.message.value_or(out.text)));
  co_return out;
}

Async<Result<TaskDetail>> get_task(PlatformServices services, mcp::Exchange& exchange,
                                   TaskIdIn in) {
  CO_TRY(found, co_await load_task(services, exchange.caller().context, std::move(in.task_id)));
  co_return std::move(found.task);
}

Async<Result<TaskDetail>> cancel_task(PlatformServices services, mcp::Exchange& exchange,
                                      TaskIdIn in) {
  const auto context = exchange.caller().context;
  CO_TRY_VOID(auth::require(*context.principal, Role::operator_));
  CO_TRY(found, co_await load_task(services, context, in.task_id));
  CO_TRY_VOID(co_await services.tasks.cancel(found.log, context.principal));
  CO_TRY(after, co_await load_task(services, context, in.task_id));
  co_return std::move(after.task);
}

Result<core::TaskFilter> filter_of(const ListTasksIn& in) {
  core::TaskFilter filter;
  filter.include_direct = false;
  filter.context_id = in.context_id;
  const auto limit = in.limit.value_or(kDefaultTasks);
  if (limit < 1 || limit > kMostTasks) return fail(invalid("/limit", "must be from 1 to 100"));
  filter.limit = static_cast<std::size_t>(limit);
  if (in.state) {
    filter.state = parse_state(*in.state);
    if (!filter.state) return fail(invalid("/state", "'" + *in.state + "' is no state of a task"));
  }
  if (in.cursor) {
    filter.before = core::decode_place(*in.cursor);
    if (!filter.before) return fail(invalid("/cursor", "is not a next_cursor of this tool"));
  }
  return filter;
}

Async<Result<ListTasksOut>> list_tasks(PlatformServices services, mcp::Exchange& exchange,
                                       ListTasksIn in) {
  CO_TRY(filter, filter_of(in));
  core::Visibility visibility;
  visibility.principal = exchange.caller().context.principal;
  if (in.agent) {
    auto ref = agent_ref_of(*in.agent, *visibility.principal);
    visibility.name_space = std::move(ref.name_space);
    visibility.agent = std::move(ref.name);
  }
  CO_TRY(page, co_await services.tasks.list(std::move(visibility), std::move(filter)));
  ListTasksOut out;
  for (const auto& row : page.rows) out.tasks.push_back(brief_of(row));
  if (page.next) out.next_cursor = core::encode_place(*page.next);
  co_return out;
}

Async<Result<PublishEventOut>> publish_event(PlatformServices services, mcp::Exchange& exchange,
                                             PublishEventIn in) {
  const auto principal = exchange.caller().context.principal;
  CO_TRY_VOID(auth::require(*principal, Role::operator_));
  core::PublishRequest request;
  request.name_space = in.namespace_.value_or(principal->home());
  CO_TRY_VOID(core::check_namespace(request.name_space, *principal));
  request.name = std::move(in.name);
  request.shared = in.shared.value_or(false);
  request.context_id = std::move(in.context_id);
  if (in.data) request.data = std::move(*in.data);
  request.key = in.key.value_or("");
  PublishEventOut out;
  out.namespace_ = request.name_space;
  out.name = request.name;
  CO_TRY(event, co_await services.messaging.publish(principal, std::move(request)));
  out.cursor = std::to_string(event->position);
  co_return out;
}

void add_agent_tools(ToolSource& source, PlatformServices services) {
  source.add<ListAgentsIn, ListAgentsOut>(
      {.name = "list_agents",
       .title = "List agents",
       .description = "The agents that you may use, with what they are good at.",
       .read_only = true},
      [services](mcp::Exchange& exchange, ListAgentsIn in) {
        return list_agents(services, exchange, std::move(in));
      });
  source.add<SendMessageIn, SendMessageOut>(
      {.name = "send_message",
       .title = "Send a message",
       .description = "Sends a message to an agent and waits for its answer. Without an agent the "
                      "front desk chooses one.",
       .destructive = false,
       .open_world = true},
      [services](mcp::Exchange& exchange, SendMessageIn in) {
        return send_message(services, exchange, std::move(in));
      });
  source.add<InvokeAgentIn, InvokeAgentOut>(
      {.name = "invoke_agent",
       .title = "Invoke an agent",
       .description = "Has an agent do a task and answers what it says.",
       .destructive = false,
       .open_world = true},
      [services](mcp::Exchange& exchange, InvokeAgentIn in) {
        return invoke_agent(services, exchange, std::move(in));
      });
}

void add_task_tools(ToolSource& source, PlatformServices services) {
  source.add<TaskIdIn, TaskDetail>(
      {.name = "get_task",
       .title = "Get a task",
       .description = "A task as it is now: its state, the agent's message and artifacts.",
       .read_only = true},
      [services](mcp::Exchange& exchange, TaskIdIn in) {
        return get_task(services, exchange, std::move(in));
      });
  source.add<ListTasksIn, ListTasksOut>(
      {.name = "list_tasks",
       .title = "List tasks",
       .description = "Your tasks, the one that changed last first.",
       .read_only = true},
      [services](mcp::Exchange& exchange, ListTasksIn in) {
        return list_tasks(services, exchange, std::move(in));
      });
  source.add<TaskIdIn, TaskDetail>({.name = "cancel_task",
                                    .title = "Cancel a task",
                                    .description = "Stops a task that has not ended.",
                                    .destructive = true,
                                    .idempotent = true},
                                   [services](mcp::Exchange& exchange, TaskIdIn in) {
                                     return cancel_task(services, exchange, std::move(in));
                                   });
}

}  // namespace

std::shared_ptr<ToolSource> make_agent_tools(PlatformServices services) {
  auto source = std::make_shared<ToolSource>();
  add_agent_tools(*source, services);
  add_task_tools(*source, services);
  source->add<PublishEventIn, PublishEventOut>(
      {.name = "publish_event",
       .title = "Publish an event",
       .description = "Publishes an event to whoever subscribes to its topic, people and agents.",
       .destructive = false},
      [services](mcp::Exchange& exchange, PublishEventIn in) {
        return publish_event(services, exchange, std::move(in));
      });
  return source;
}

}  // namespace flotilla::gateway
