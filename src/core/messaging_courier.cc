#include "core/messaging_courier.h"

#include <fmt/format.h>

#include "async/clock.h"
#include "base/log.h"
#include "json/map.h"

namespace flotilla::core {

namespace {

constexpr Log kLog("courier");
constexpr Duration kPause = std::chrono::seconds(1);

/// Who brings the event: the agent or person that published it.
std::shared_ptr<const Principal> publisher_of(const TopicEvent& event,
                                              const TopicPayload& payload) {
  auto principal = std::make_shared<Principal>();
  principal->kind = payload.agent ? PrincipalKind::agent : PrincipalKind::user;
  principal->name = event.actor;
  principal->role = Role::operator_;
  principal->namespaces = {event.name_space};
  return principal;
}

DirectMessage message_of(const AgentInfo& agent, const TopicEvent& event,
                         const TopicPayload& payload) {
  DirectMessage message;
  message.name_space = agent.name_space;
  message.to = agent.name;
  message.sender = publisher_of(event, payload);
  message.owner = event.owner.empty() ? event.principal : event.owner;
  if (payload.taskId) message.parent = TaskId::parse(*payload.taskId);
  message.context_id = payload.contextId;
  message.key = fmt::format("event/{}/{}/{}", agent.name_space, agent.name, event.position);
  a2a::Part part;
  if (auto shown = json::parse(*event.text)) part.data = std::move(*shown);
  part.mediaType = "application/json";
  message.message.parts.push_back(std::move(part));
  return message;
}

}  // namespace

Courier::Courier(Services& services, Messaging& messaging, AgentRegistry& agents, Executor home)
    : services_(services), messaging_(messaging), agents_(agents), group_(std::move(home)) {}

void Courier::start() {
  for (const auto& agent : agents_.list())
    if (!agent->subscriptions.empty()) group_.spawn(serve(agent));
}

Async<> Courier::stop() {
  group_.cancel();
  co_await group_.join();
}

Async<> Courier::serve(AgentRegistry::Ptr agent) {
  for (;;) {
    auto brought = co_await bring(agent);
    if (!brought)
      kLog.warn("an agent's events wait",
                {{"agent", agent->name}, {"why", brought.error().message()}});
    co_await services_.clock.sleep_for(kPause);
  }
}

Async<Result<>> Courier::bring(AgentRegistry::Ptr agent) {
  TopicSubscription wanted;
  wanted.name_space = agent->name_space;
  wanted.name = agent->name;
  wanted.patterns = agent->subscriptions;
  CO_TRY(stands, co_await messaging_.open_for_agent(std::move(wanted)));
  TopicFilter filter{agent->name_space, agent->subscriptions, nullptr};
  CO_TRY(reader, co_await messaging_.topics().subscribe(std::move(filter), stands.position));
  for (;;) {
    CO_TRY(events, co_await reader->next());
    if (events.empty()) co_return ok();  // the server stops
    for (const auto& event : events) {
      CO_TRY_VOID(co_await deliver(agent, event));
      CO_TRY_VOID(co_await messaging_.subscriptions().acknowledge(agent->name_space, "",
                                                                  agent->name, event->position));
    }
  }
}

Async<Result<>> Courier::deliver(AgentRegistry::Ptr agent, TopicEventPtr event) {
  auto payload = json::from_text<TopicPayload>(event->payload);
  if (!payload) co_return fail(payload.error());
  auto message = message_of(*agent, *event, *payload);
  auto sent = co_await messaging_.send(std::move(message));
  if (sent) co_return ok();
  // What cannot be brought must not hold up what comes after it.
  const bool for_good = sent.error().code() == Code::failed_precondition ||
                        sent.error().code() == Code::not_found ||
                        sent.error().code() == Code::invalid_argument;
  if (!for_good) co_return fail(sent.error());
  kLog.warn("an event is not brought to an agent",
            {{"agent", agent->name},
             {"event", event->name},
             {"position", static_cast<std::int64_t>(event->position)},
             {"why", sent.error().message()}});
  co_return ok();
}

}  // namespace flotilla::core
