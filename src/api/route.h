#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "api/api.h"
#include "api/schema.h"
#include "base/context.h"
#include "http/message.h"

namespace flotilla::api {

struct TaskView;

struct Parameter {
  std::string_view name;
  std::string_view text;
};

/// One route of the native API: all that router and OpenAPI need to know.
struct Route {
  http::Method method = http::Method::get;
  std::string_view pattern;
  std::string_view summary;
  /// nullopt: anyone, without credentials.
  std::optional<Role> role = Role::viewer;
  std::vector<Parameter> query;
  /// The schema of the body, where there is one.
  std::function<json::Value(SchemaSet&)> body;
  /// The answer's schema; none for text.
  std::function<json::Value(SchemaSet&)> schema;
  /// A stream of events may be asked for by Accept: text/event-stream.
  bool streams = false;
  Async<http::Response> (*handle)(const Sources& sources, http::Request& request) = nullptr;
};

/// The table: every route of the native API.
const std::vector<Route>& routes();

/// Those of each kind of resource (resource_routes.cc).
void add_resource_routes(std::vector<Route>& table);
/// The inbox of approvals (approvals.cc).
void add_approval_routes(std::vector<Route>& table);

/// The OpenAPI 3.1 document of the table.
std::string openapi_document(const Sources& sources);

// Handlers, by file.
namespace tasks {
Async<http::Response> list(const Sources& sources, http::Request& request);
Async<http::Response> get(const Sources& sources, http::Request& request);
Async<http::Response> cancel(const Sources& sources, http::Request& request);
Async<http::Response> steps(const Sources& sources, http::Request& request);
Async<http::Response> retry(const Sources& sources, http::Request& request);
Async<http::Response> fork(const Sources& sources, http::Request& request);
Async<http::Response> replay(const Sources& sources, http::Request& request);
TaskView view_of(const core::TaskRow& row);
}  // namespace tasks
namespace memories {
Async<http::Response> list(const Sources& sources, http::Request& request);
Async<http::Response> save(const Sources& sources, http::Request& request);
Async<http::Response> clear(const Sources& sources, http::Request& request);
Async<http::Response> remove(const Sources& sources, http::Request& request);
}  // namespace memories
namespace events {
Async<http::Response> of_task(const Sources& sources, http::Request& request);
Async<http::Response> feed(const Sources& sources, http::Request& request);
}  // namespace events
namespace messaging {
Async<http::Response> publish(const Sources& sources, http::Request& request);
Async<http::Response> events(const Sources& sources, http::Request& request);
Async<http::Response> send(const Sources& sources, http::Request& request);
}  // namespace messaging
namespace subscriptions {
Async<http::Response> list(const Sources& sources, http::Request& request);
Async<http::Response> open(const Sources& sources, http::Request& request);
Async<http::Response> get(const Sources& sources, http::Request& request);
Async<http::Response> remove(const Sources& sources, http::Request& request);
Async<http::Response> events(const Sources& sources, http::Request& request);
Async<http::Response> acknowledge(const Sources& sources, http::Request& request);
}  // namespace subscriptions
namespace sessions {
Async<http::Response> list(const Sources& sources, http::Request& request);
Async<http::Response> get(const Sources& sources, http::Request& request);
}  // namespace sessions
namespace agents {
Async<http::Response> list(const Sources& sources, http::Request& request);
Async<http::Response> get(const Sources& sources, http::Request& request);
Async<http::Response> card(const Sources& sources, http::Request& request);
}  // namespace agents
namespace resources {
Async<http::Response> list(const Sources& sources, http::Request& request);
Async<http::Response> get(const Sources& sources, http::Request& request);
Async<http::Response> create(const Sources& sources, http::Request& request);
Async<http::Response> replace(const Sources& sources, http::Request& request);
Async<http::Response> patch(const Sources& sources, http::Request& request);
Async<http::Response> remove(const Sources& sources, http::Request& request);
Async<http::Response> apply(const Sources& sources, http::Request& request);
Async<http::Response> schemas(const Sources& sources, http::Request& request);
Async<http::Response> schema(const Sources& sources, http::Request& request);
}  // namespace resources
namespace outbox {
Async<http::Response> dead(const Sources& sources, http::Request& request);
Async<http::Response> retry(const Sources& sources, http::Request& request);
}  // namespace outbox
namespace keys {
Async<http::Response> list(const Sources& sources, http::Request& request);
Async<http::Response> create(const Sources& sources, http::Request& request);
Async<http::Response> rotate(const Sources& sources, http::Request& request);
Async<http::Response> retire(const Sources& sources, http::Request& request);
Async<http::Response> remove(const Sources& sources, http::Request& request);
}  // namespace keys
namespace usage {
Async<http::Response> stats(const Sources& sources, http::Request& request);
}  // namespace usage
namespace tool_servers {
Async<http::Response> approve(const Sources& sources, http::Request& request);
}  // namespace tool_servers
namespace system {
Async<http::Response> live(const Sources& sources, http::Request& request);
Async<http::Response> ready(const Sources& sources, http::Request& request);
Async<http::Response> metrics(const Sources& sources, http::Request& request);
Async<http::Response> config(const Sources& sources, http::Request& request);
Async<http::Response> version(const Sources& sources, http::Request& request);
Async<http::Response> openapi(const Sources& sources, http::Request& request);
Async<http::Response> landing(const Sources& sources, http::Request& request);
}  // namespace system

}  // namespace flotilla::api
