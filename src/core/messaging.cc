#include "core/messaging.h"

#include <fmt/format.h>

#include <algorithm>

#include "async/clock.h"
#include "core/limits.h"
#include "core/metrics.h"
#include "core/topic_name.h"
#include "json/map.h"

namespace flotilla::core {

namespace {

constexpr std::size_t kMaxKey = 128;
constexpr std::size_t kMaxForeignId = 256;
constexpr int kCreateAttempts = 3;

// A task that would be its own ancestor ends the walk at the bound.
const db::Statement kAncestors{
    "WITH RECURSIVE up (parent, depth) AS (SELECT parent, 0 FROM task WHERE id = $1 "
    "UNION ALL SELECT t.parent, up.depth + 1 FROM task t JOIN up ON t.id = up.parent "
    "WHERE up.depth < $2) SELECT COALESCE(MAX(depth), 0) FROM up"};
const db::Statement kUnread{
    "SELECT COUNT(*) FROM (SELECT 1 FROM topic_event WHERE namespace = $1 AND position > $2 "
    "AND owner = $3 AND name = $4 LIMIT $5) AS unread"};

Error no_agent(const DirectMessage& message) {
  return {Code::not_found,
          fmt::format("there is no agent {}/{}, nor a durable subscription of {} to {}",
                      message.name_space, message.to, message.to, mailbox_topic(message.to))};
}

Result<> check_size(std::string_view value, std::size_t limit, std::string_view field) {
  if (value.size() <= limit) return ok();
  return fail(invalid(std::string(field), fmt::format("is longer than {} bytes", limit)));
}

/// Nobody else's: names may hold slashes, so their length goes first.
std::string own_key(const std::string& name_space, const Principal& principal,
                    const std::string& key) {
  return fmt::format("by/{}/{}:{}/{}", name_space, principal.name.size(), principal.name, key);
}

/// Who sees what belongs to an owner in a namespace.
std::shared_ptr<const Principal> owner_in(std::string name_space, std::string owner) {
  auto principal = std::make_shared<Principal>();
  principal->name = std::move(owner);
  principal->namespaces = {std::move(name_space)};
  return principal;
}

}  // namespace

Result<> check_namespace(const std::string& name, const Principal& principal) {
  if (is_label(name) && principal.may_enter(name)) return ok();
  return fail(Error(Code::not_found, fmt::format("there is no namespace {}", name)));
}

Messaging::Messaging(Services& services, Tasks& tasks, AgentRegistry& agents, Topics& topics,
                     TopicSubscriptions& subscriptions, std::int64_t hop_limit)
    : services_(services),
      tasks_(tasks),
      agents_(agents),
      topics_(topics),
      subscriptions_(subscriptions),
      hop_limit_(hop_limit) {}

Result<> Messaging::check_hops(std::int64_t hops) const {
  if (hops <= hop_limit_) return ok();
  return fail(Error(Code::failed_precondition, reason::kLimitExceeded,
                    fmt::format("{} agents have answered each other, the hop limit: this one is "
                                "stopped; --hop-limit allows more",
                                hop_limit_)));
}

Async<Result<std::int64_t>> Messaging::hops_from(std::optional<TaskId> task) {
  if (!task) co_return std::int64_t{0};
  std::vector<db::Value> parameters{task->to_string(), hop_limit_ + 1};
  CO_TRY(rows, co_await services_.database.read(kAncestors, parameters, 1));
  const std::int64_t hops = db::int_at(rows.at(0), 0) + 1;
  CO_TRY_VOID(check_hops(hops));
  co_return hops;
}

Result<> Messaging::check_event(const PublishRequest& request, const Principal& principal) const {
  TRY_VOID(check_namespace(request.name_space, principal));
  TRY_VOID(check_topic_name(request.name, "name"));
  TRY_VOID(check_size(request.key, kMaxKey, "key"));
  if (request.context_id) TRY_VOID(check_size(*request.context_id, kMaxForeignId, "contextId"));
  if (!request.agent) {
    if (!is_reserved_topic(request.name)) return ok();
    return fail(invalid("name",
                        "names that begin with agent. or message. are published by agents: "
                        "give `agent`, and the name without its prefix"));
  }
  if (!is_label(*request.agent)) return fail(invalid("agent", "is not the name of an agent"));
  TRY_VOID(check_topic_name(agent_topic(*request.agent, request.name), "name"));
  const bool itself = principal.kind == PrincipalKind::agent && principal.name == *request.agent;
  if (itself || principal.role == Role::admin) return ok();
  return fail(
      Error(Code::permission_denied,
            fmt::format("only agent {} and admins may publish its events", *request.agent)));
}

Async<Result<>> Messaging::follow_cause(TopicFilter filter, std::uint64_t cause,
                                        TopicPayload& payload) {
  TopicPage page;
  if (cause > 0) {
    CO_TRY(found, co_await topics_.page(std::move(filter), cause - 1, 1));
    page = std::move(found);
  }
  if (page.events.empty() || page.events.front()->position != cause)
    co_return fail(invalid("cause", "is not the cursor of an event that you can see"));
  CO_TRY(before, json::from_text<TopicPayload>(page.events.front()->payload));
  payload.hops = before.hops + 1;
  payload.taskId = std::move(before.taskId);
  if (!payload.contextId) payload.contextId = std::move(before.contextId);
  co_return check_hops(payload.hops);
}

Async<Result<TopicEventPtr>> Messaging::publish(std::shared_ptr<const Principal> principal,
                                                PublishRequest request) {
  if (!request.agent && principal->kind == PrincipalKind::agent) request.agent = principal->name;
  CO_TRY_VOID(check_event(request, *principal));
  Publication publication;
  publication.payload.agent = request.agent;
  publication.payload.contextId = std::move(request.context_id);
  publication.payload.data = std::move(request.data);
  if (request.cause) {
    TopicFilter filter{request.name_space, {"*"}, principal};
    CO_TRY_VOID(co_await follow_cause(std::move(filter), *request.cause, publication.payload));
  }
  publication.name = std::move(request.name);
  if (request.agent) publication.name = agent_topic(*request.agent, publication.name);
  if (!request.key.empty()) publication.key = own_key(request.name_space, *principal, request.key);
  publication.name_space = std::move(request.name_space);
  if (!request.shared) publication.owner = principal->name;
  publication.principal = principal->name;
  publication.actor = request.agent.value_or(principal->name);
  co_return co_await topics_.publish(std::move(publication));
}

Async<Result<>> Messaging::publish_in(const TaskRow& task, std::string event, json::Value data,
                                      bool shared, std::string key, db::Batch& batch) {
  Publication publication;
  publication.name_space = task.name_space;
  publication.name = agent_topic(task.agent, event);
  CO_TRY_VOID(check_topic_name(publication.name, "event"));
  if (!shared) publication.owner = task.owner;
  publication.principal = task.owner;
  publication.actor = task.agent;
  publication.key = std::move(key);
  publication.payload.agent = task.agent;
  publication.payload.taskId = task.id.to_string();
  publication.payload.contextId = task.context_id;
  publication.payload.data = std::move(data);
  // By way of the parent, which is stored; the task itself may not be yet.
  CO_TRY(above, co_await hops_from(task.parent));
  publication.payload.hops = above + 1;
  CO_TRY_VOID(check_hops(publication.payload.hops));
  services_.metrics.topic_events.add();
  co_return sql::add_topic_event(batch, std::move(publication), services_.clock.now());
}

Async<Result<TaskLog::Ptr>> Messaging::create(NewTask task) {
  for (int attempt = 1;; ++attempt) {
    NewTask copy = task;
    CO_TRY(log, co_await tasks_.create(std::move(copy)));
    auto stored = co_await TaskLog::durable(log);
    if (stored) co_return log;
    const bool raced = stored.error().code() == Code::conflict && attempt < kCreateAttempts;
    if (raced) continue;
    if (stored.error().code() != Code::already_exists || !task.dedupe_key)
      co_return fail(stored.error());
    CO_TRY(first, co_await tasks_.find_duplicate(*task.dedupe_key));
    if (!first) continue;
    Visibility visibility;
    visibility.principal =
        owner_in(task.name_space, task.owner.empty() ? task.principal->name : task.owner);
    const std::string id = first->to_string();
    co_return co_await tasks_.find(id, std::move(visibility));
  }
}

Async<Result<TaskLog::Ptr>> Messaging::begin_task(DirectMessage message) {
  NewTask task;
  task.name_space = std::move(message.name_space);
  task.agent = std::move(message.to);
  task.principal = std::move(message.sender);
  task.owner = std::move(message.owner);
  task.context_id = std::move(message.context_id);
  task.parent = message.parent;
  task.traceparent = std::move(message.traceparent);
  task.message = std::move(message.message);
  task.message.role = a2a::MessageRole::user;
  if (task.message.messageId.empty())
    task.message.messageId = make_uuid_v7(services_.clock.now(), services_.random).to_string();
  if (!message.key.empty()) task.dedupe_key = DedupeKey::of("message/" + message.key);
  return create(std::move(task));
}

Async<Result<>> Messaging::post(DirectMessage message, std::int64_t hops) {
  const std::string topic = mailbox_topic(message.to);
  CO_TRY(open, co_await subscriptions_.list(message.name_space, message.to, "",
                                            static_cast<std::size_t>(kMaxTopicSubscriptions)));
  const auto mailbox = std::ranges::find_if(open.items, [&](const auto& one) {
    return std::ranges::any_of(one.patterns,
                               [&](const auto& pattern) { return matches_topic(pattern, topic); });
  });
  if (mailbox == open.items.end()) co_return fail(no_agent(message));
  std::vector<db::Value> parameters{message.name_space,
                                    static_cast<std::int64_t>(mailbox->position), message.to, topic,
                                    kMaxUnreadMessages};
  CO_TRY(unread, co_await services_.database.read(kUnread, std::move(parameters), 1));
  if (db::int_at(unread.at(0), 0) >= kMaxUnreadMessages)
    co_return fail(Error(Code::resource_exhausted, reason::kLimitExceeded,
                         fmt::format("the mailbox of {} is full ({} unread); try again later",
                                     message.to, kMaxUnreadMessages)));
  Publication publication;
  publication.name_space = message.name_space;
  publication.name = topic;
  publication.owner = message.to;
  publication.principal = message.sender->name;
  publication.actor = message.sender->name;
  publication.payload.hops = hops;
  publication.payload.contextId = message.context_id;
  if (message.parent) publication.payload.taskId = message.parent->to_string();
  publication.payload.data = json::to_value(message.message);
  if (!message.key.empty()) publication.key = "message/" + message.key;
  CO_TRY_VOID(co_await topics_.publish(std::move(publication)));
  co_return ok();
}

Async<Result<TaskLog::Ptr>> Messaging::send(DirectMessage message) {
  CO_TRY_VOID(check_namespace(message.name_space, *message.sender));
  CO_TRY(hops, co_await hops_from(message.parent));
  const auto agent = agents_.find(message.name_space, message.to);
  if (!agent) {
    if (!is_label(message.to)) co_return fail(no_agent(message));
    CO_TRY_VOID(co_await post(std::move(message), hops));
    co_return TaskLog::Ptr();
  }
  if (!agent->runner)
    co_return fail(
        Error(Code::failed_precondition, fmt::format("agent {} takes no messages", message.to)));
  co_return co_await begin_task(std::move(message));
}

Async<Result<a2a::Task>> Messaging::answer(TaskLog::Ptr task) {
  CO_TRY_VOID(co_await TaskLog::settled(task));
  CO_TRY(loaded, co_await TaskLog::load(task));
  co_return std::move(loaded.first);
}

namespace {
Result<> check_filter(const TopicFilter& filter) {
  TRY_VOID(check_namespace(filter.name_space, *filter.principal));
  return check_topic_patterns(filter.patterns, "pattern");
}
}  // namespace

Async<Result<TopicPage>> Messaging::page(TopicFilter filter, std::uint64_t after,
                                         std::size_t limit) {
  CO_TRY_VOID(check_filter(filter));
  co_return co_await topics_.page(std::move(filter), after, limit);
}

Async<Result<std::unique_ptr<TopicReader>>> Messaging::subscribe(
    TopicFilter filter, std::optional<std::uint64_t> after) {
  CO_TRY_VOID(check_filter(filter));
  co_return co_await topics_.subscribe(std::move(filter), after);
}

Async<Result<TopicSubscription>> Messaging::open(TopicSubscription wanted,
                                                 std::optional<std::uint64_t> position) {
  if (!is_label(wanted.name))
    co_return fail(invalid("name", "must be 1 to 63 of a-z, 0-9 and dashes within"));
  CO_TRY_VOID(check_topic_patterns(wanted.patterns, "patterns"));
  CO_TRY(newest, co_await topics_.head());
  wanted.position = std::min(position.value_or(newest), newest);
  co_return co_await subscriptions_.open(std::move(wanted));
}

Async<Result<TopicSubscription>> Messaging::open_for_agent(TopicSubscription wanted) {
  CO_TRY(newest, co_await topics_.head());
  wanted.owner.clear();
  wanted.position = newest;
  co_return co_await subscriptions_.open(std::move(wanted), TopicSubscriptions::Others::replace);
}

}  // namespace flotilla::core
