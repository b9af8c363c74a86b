#include "api/memory_views.h"
#include "api/messaging_views.h"
#include "api/route.h"
#include "api/task_steps_views.h"
#include "api/usage_views.h"
#include "api/views.h"
#include "auth/access.h"

namespace flotilla::api {

namespace {

using http::Method;

template <class T>
json::Value schema(SchemaSet& set) {
  return schema_of<T>(set);
}

const Parameter kLimit{"limit", "items of one page, 1 to 500, 50 by default"};
const Parameter kCursor{"cursor", "nextCursor of the page before"};
const Parameter kAfter{"after", "cursor: only what came after it"};

void add_messaging(std::vector<Route>& table) {
  const Parameter pattern{"pattern",
                          "topics, such as agent.*; several separated by commas; * by default"};
  const auto add = [&](http::Method method, std::string_view path, std::string_view summary,
                       json::Value (*of)(SchemaSet&), auto handle) {
    Route route;
    route.method = method;
    route.pattern = path;
    route.summary = summary;
    route.schema = of;
    route.handle = handle;
    if (method != Method::get) route.role = Role::operator_;
    table.push_back(route);
  };
  add(Method::post, "/api/v1/namespaces/{ns}/events", "Publishes an event", schema<TopicEventView>,
      messaging::publish);
  table.back().body = schema<PublishBody>;
  add(Method::get, "/api/v1/namespaces/{ns}/events",
      "Events of topics; as a stream from now on, or after a cursor", schema<TopicEventList>,
      messaging::events);
  table.back().query = {pattern, kAfter, kLimit};
  table.back().streams = true;
  add(Method::post, "/api/v1/namespaces/{ns}/messages", "Sends a message to an agent",
      schema<MessageView>, messaging::send);
  table.back().body = schema<MessageBody>;
  constexpr std::string_view kAll = "/api/v1/namespaces/{ns}/subscriptions";
  constexpr std::string_view kOne = "/api/v1/namespaces/{ns}/subscriptions/{name}";
  add(Method::get, kAll, "Your durable subscriptions", schema<SubscriptionList>,
      subscriptions::list);
  table.back().query = {kLimit, kCursor};
  add(Method::post, kAll, "Makes a durable subscription, or finds an equal one",
      schema<SubscriptionView>, subscriptions::open);
  table.back().body = schema<SubscriptionBody>;
  add(Method::get, kOne, "One durable subscription", schema<SubscriptionView>, subscriptions::get);
  add(Method::delete_, kOne, "Deletes a durable subscription", schema<SubscriptionView>,
      subscriptions::remove);
  add(Method::get, "/api/v1/namespaces/{ns}/subscriptions/{name}/events",
      "Events that the subscription has not acknowledged", schema<TopicEventList>,
      subscriptions::events);
  table.back().query = {kAfter, kLimit};
  table.back().streams = true;
  add(Method::post, "/api/v1/namespaces/{ns}/subscriptions/{name}/ack",
      "Acknowledges all events up to a cursor", schema<SubscriptionView>,
      subscriptions::acknowledge);
  table.back().body = schema<AckBody>;
}

void add_task_runs(std::vector<Route>& table) {
  const auto add = [&](Method method, std::string_view path, std::string_view summary,
                       json::Value (*of)(SchemaSet&), auto handle) {
    Route route;
    route.method = method;
    route.pattern = path;
    route.summary = summary;
    route.schema = of;
    route.handle = handle;
    if (method != Method::get) route.role = Role::operator_;
    table.push_back(route);
  };
  add(Method::get, "/api/v1/tasks/{id}/steps",
      "What a run did: each call of a model, tool or agent with input, output, cost and latency",
      schema<StepList>, tasks::steps);
  table.back().query = {kLimit, kCursor};
  add(Method::post, "/api/v1/tasks/{id}/retry",
      "A new task with the messages of one that has ended", schema<TaskView>, tasks::retry);
  add(Method::post, "/api/v1/tasks/{id}/fork",
      "A new task that goes on after a step of this one, whose calls are not made again",
      schema<TaskView>, tasks::fork);
  table.back().body = schema<ForkBody>;
  add(Method::post, "/api/v1/tasks/{id}/replay",
      "A new task that runs on the answers and results in this one's journal", schema<TaskView>,
      tasks::replay);
}

void add_memory(std::vector<Route>& table) {
  const Parameter owner{"owner", "whose, for admins; yours by default"};
  const auto add = [&](Method method, std::string_view path, std::string_view summary,
                       json::Value (*of)(SchemaSet&), auto handle) {
    Route route;
    route.method = method;
    route.pattern = path;
    route.summary = summary;
    route.query = {owner};
    route.schema = of;
    route.handle = handle;
    if (method != Method::get) route.role = Role::operator_;
    table.push_back(route);
  };
  constexpr std::string_view kAll = "/api/v1/namespaces/{ns}/agents/{name}/memories";
  add(Method::get, "/api/v1/namespaces/{ns}/memories", "What agents of a namespace remember",
      schema<MemoryList>, memories::list);
  table.back().query = {owner, kLimit, kCursor};
  add(Method::get, kAll, "What an agent remembers, newest first, or what fits a query, best first",
      schema<MemoryList>, memories::list);
  table.back().query = {{"query", "words to look for"}, owner, kLimit, kCursor};
  add(Method::post, kAll, "Makes an agent remember a text", schema<MemoryView>, memories::save);
  table.back().body = schema<MemoryBody>;
  add(Method::delete_, kAll, "Deletes all that an agent remembers of one user",
      schema<MemoryCleared>, memories::clear);
  add(Method::delete_, "/api/v1/namespaces/{ns}/agents/{name}/memories/{item}",
      "Deletes one memory", schema<MemoryCleared>, memories::remove);
}

void add_key_routes(std::vector<Route>& table) {
  const std::vector<Parameter> which{{"kind", "signing (of cards) or sealing (of stored secrets)"},
                                     {"algorithm", "of a signing key: ES256 or EdDSA"}};
  const auto add = [&](Method method, std::string_view pattern, std::string_view summary,
                       auto handle) {
    Route route;
    route.method = method;
    route.pattern = pattern;
    route.summary = summary;
    route.role = Role::admin;
    if (method == Method::post && !pattern.ends_with("retire")) route.query = which;
    if (method != Method::delete_) route.schema = schema<KeyView>;
    route.handle = handle;
    table.push_back(std::move(route));
  };
  add(Method::get, "/api/v1/keys", "Keys that sign cards and seal stored secrets", keys::list);
  table.back().schema = schema<KeyList>;
  add(Method::post, "/api/v1/keys", "Makes a key beside those that are there", keys::create);
  add(Method::post, "/api/v1/keys/rotate", "Makes a key and retires the others", keys::rotate);
  add(Method::post, "/api/v1/keys/{id}/retire", "A signing key signs no more", keys::retire);
  add(Method::delete_, "/api/v1/keys/{id}", "Deletes a retired key", keys::remove);
}

std::vector<Route> make_routes() {
  const std::vector<Parameter> page{kLimit, kCursor};
  const std::vector<Parameter> journal{kAfter, kLimit};
  const std::vector<Parameter> task_filters{
      kLimit,
      kCursor,
      {"namespace", "only tasks of this namespace"},
      {"agent", "only tasks of this agent"},
      {"state", "only tasks in this state, such as working or input-required"},
      {"contextId", "only tasks of this context"},
      {"session", "only tasks of this session"}};
  const std::vector<Parameter> sessions_filters{
      kLimit, kCursor, {"namespace", "only sessions of this namespace"}};
  std::vector<Route> table;
  const auto get = [&](std::string_view pattern, std::string_view summary,
                       std::vector<Parameter> query, json::Value (*of)(SchemaSet&), auto handle) {
    Route route;
    route.pattern = pattern;
    route.summary = summary;
    route.query = std::move(query);
    route.schema = of;
    route.handle = handle;
    table.push_back(route);
  };
  get("/api/v1/tasks", "Tasks, newest first", task_filters, schema<TaskList>, tasks::list);
  get("/api/v1/tasks/{id}", "One task with its messages and artifacts", {}, schema<TaskView>,
      tasks::get);
  get("/api/v1/tasks/{id}/events", "The journal of a task", journal, schema<EventList>,
      events::of_task);
  table.back().streams = true;
  get("/api/v1/events", "The live feed of what the caller may see", journal, schema<FeedList>,
      events::feed);
  table.back().streams = true;
  get("/api/v1/sessions", "Sessions, newest first", sessions_filters, schema<SessionList>,
      sessions::list);
  get("/api/v1/namespaces/{ns}/sessions", "Sessions of a namespace", page, schema<SessionList>,
      sessions::list);
  get("/api/v1/namespaces/{ns}/sessions/{uid}", "One session", {}, schema<SessionView>,
      sessions::get);
  get("/api/v1/namespaces/{ns}/agents/{name}/card",
      "The A2A card of an agent, as its well-known URL gives it", {}, nullptr, agents::card);
  get("/api/v1/config", "The effective configuration with its origins", {}, schema<ConfigList>,
      system::config);
  table.back().role = Role::admin;
  get("/api/v1/version", "Versions of server and protocols", {}, schema<VersionView>,
      system::version);
  add_key_routes(table);
  get("/api/v1/outbox/dead", "Events that webhooks did not take, newest first", page,
      schema<DeadLetterList>, outbox::dead);
  get("/api/v1/outbox/dead/{id}/retry", "Sends such an event once more; taken, it is gone", {},
      schema<DeadLetterView>, outbox::retry);
  table.back().method = Method::post;
  table.back().role = Role::operator_;
  get("/api/v1/stats",
      "Model calls: requests, errors, tokens and cost by step of time, newest first",
      {{"since", "a time, or how long ago, such as 90m; 1h by default"},
       {"until", "likewise; now by default"},
       {"step", "whole minutes, such as 5m; 1m by default; all: one sum over the whole time"},
       {"by",
        "any of namespace, agent, model, owner, separated by commas; or none; the first three "
        "by default"},
       {"namespace", "only of this namespace"},
       {"agent", "only of this agent"},
       {"model", "only of this ModelConfig"},
       {"owner", "only for this principal"},
       kLimit,
       kCursor},
      schema<UsageList>, usage::stats);
  get("/openapi.json", "This document", {}, nullptr, system::openapi);
  get("/metrics", "Metrics in the Prometheus text format", {}, nullptr, system::metrics);
  get("/", "A page that says what this is", {}, nullptr, system::landing);
  for (auto path : {"/health/live", "/health/ready", "/health"}) {
    get(path, "Whether the server is up, and ready for traffic", {}, schema<HealthView>,
        std::string_view(path) == "/health/live" ? system::live : system::ready);
    table.back().role.reset();
  }
  get("/api/v1/tasks/{id}/cancel", "Cancels a task that has not ended", {}, schema<TaskView>,
      tasks::cancel);
  table.back().method = Method::post;
  table.back().role = Role::operator_;
  add_task_runs(table);
  add_memory(table);
  add_messaging(table);
  add_resource_routes(table);
  add_approval_routes(table);
  return table;
}

Async<http::Response> call(const Sources& sources, const Route& route, http::Request& request) {
  if (route.role) {
    auto allowed = auth::require(*request.context.principal, *route.role);
    if (!allowed) co_return http::Response::problem(allowed.error());
  }
  co_return co_await route.handle(sources, request);
}

}  // namespace

const std::vector<Route>& routes() {
  static const std::vector<Route> table = make_routes();
  return table;
}

void add_routes(http::Router& router, Sources sources) {
  sources.router = &router;
  auto shared = std::make_shared<const Sources>(std::move(sources));  // one for all handlers
  for (const Route& route : routes())
    router.add(route.method, route.pattern,
               [shared, &route](http::Request& request) { return call(*shared, route, request); });
}

}  // namespace flotilla::api
