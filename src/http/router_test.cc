#include "http/router.h"

#include "async/testing.h"

namespace flotilla::http {
namespace {

Handler named(std::string name) {
  return [name = std::move(name)](Request& request) -> Async<Response> {
    std::string text = name;
    for (const auto& [key, value] : request.params) text += " " + key + "=" + value;
    auto respond = [](std::string body) -> Async<Response> {
      co_return Response::text(200, std::move(body));
    };
    return respond(std::move(text));
  };
}

Router sample() {
  Router router;
  router.add(Method::get, "/", named("root"));
  router.add(Method::post, "/", named("rpc"));
  router.add(Method::get, "/tasks", named("list"));
  router.add(Method::get, "/tasks/{id}", named("get"));
  router.add(Method::post, "/tasks/{id}:cancel", named("cancel"));
  router.add(Method::get, "/tasks/{id}:subscribe", named("subscribe"));
  router.add(Method::post, "/tasks/special", named("special"));
  router.add(Method::delete_, "/tasks/{task}", named("delete"));
  router.add(Method::get, "/tasks/{id}/events", named("events"));
  router.add(Method::post, "/message:send", named("send"));
  router.add(Method::get, "/a2a/{ns}/{name}/.well-known/agent-card.json", named("card"));
  router.add(Method::get, "/ui/{*rest}", named("ui"));
  router.add(Method::get, "/ui/health", named("ui-health"));
  return router;
}

struct RouteCase {
  Method method;
  const char* path;
  const char* expected;  // body, or the status with Allow
};

ASYNC_TEST(Router, finds_the_handler_that_the_patterns_name) {
  const Router router = sample();
  const RouteCase cases[] = {
      {Method::get, "/", "root"},
      {Method::post, "/", "rpc"},
      {Method::get, "/tasks", "list"},
      {Method::get, "/tasks/", "list"},
      {Method::get, "/tasks/1", "get id=1"},
      {Method::get, "/tasks/1/", "get id=1"},
      {Method::head, "/tasks/1", "get id=1"},
      {Method::get, "/tasks/a%2Fb", "get id=a/b"},
      {Method::get, "/tasks/special", "get id=special"},
      {Method::post, "/tasks/special", "special"},
      {Method::post, "/tasks/%73pecial", "special"},
      {Method::post, "/tasks/x:cancel", "cancel id=x"},
      {Method::get, "/tasks/x:subscribe", "subscribe id=x"},
      {Method::get, "/tasks/x:y:subscribe", "subscribe id=x:y"},
      {Method::get, "/tasks/x:other", "get id=x:other"},
      {Method::get, "/tasks/:subscribe", "get id=:subscribe"},
      {Method::delete_, "/tasks/7", "delete task=7"},
      {Method::get, "/tasks/special/events", "events id=special"},
      {Method::post, "/message:send", "send"},
      {Method::post, "/message%3Asend", "send"},
      {Method::get, "/a2a/team/bot/.well-known/agent-card.json", "card ns=team name=bot"},
      {Method::get, "/ui/a/b%20c.js", "ui rest=a/b c.js"},
      {Method::get, "/ui", "ui rest="},
      {Method::get, "/ui/", "ui rest="},
      {Method::get, "/ui/health", "ui-health"},
      {Method::get, "/none", "404"},
      {Method::get, "/tasks//events", "404"},
      {Method::get, "/tasks/1/events/2", "404"},
      {Method::post, "/message", "404"},
      {Method::put, "/tasks/1", "405 GET, HEAD, DELETE"},
      {Method::put, "/tasks/special", "405 GET, HEAD, POST, DELETE"},
      {Method::delete_, "/", "405 GET, HEAD, POST"},
      {Method::get, "/message:send", "405 POST"},
      {Method::post, "/ui/x", "405 GET, HEAD"},
  };
  for (const RouteCase& one : cases) {
    Request request;
    request.method = one.method;
    request.path = one.path;
    const Response response = co_await router.route(request);
    std::string got = response.body;
    if (response.status != 200) {
      got = std::to_string(response.status);
      if (response.status == 405) got += " " + std::string(*response.headers.find("Allow"));
    }
    EXPECT_EQ(got, one.expected) << to_string(one.method) << " " << one.path;
  }
}

ASYNC_TEST(Router, a_path_deeper_than_any_route_is_not_found) {
  const Router router = sample();
  Request request;
  request.path = "/ui";
  for (int i = 0; i < 100; ++i) request.path += "/x";
  const Response response = co_await router.route(request);
  EXPECT_EQ(response.status, 404);
}

TEST(Router, names_its_routes_in_order) {
  const Router router = sample();
  EXPECT_EQ(router.routes().front(), "GET /");
  EXPECT_EQ(router.routes()[5], "GET /tasks/{id}:subscribe");
  EXPECT_EQ(router.routes().size(), 13U);
}

}  // namespace
}  // namespace flotilla::http
