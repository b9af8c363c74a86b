#include "compat/kagent/facade.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "agents/memory/sql_memory_store.h"
#include "compat/kagent/converter.h"
#include "core/testing.h"
#include "json/json.h"

namespace flotilla::compat::kagent {
namespace {

using core::testing::add_agent;
using core::testing::alice;
using core::testing::bob;
using core::testing::carol;
using core::testing::complete_at_once;
using core::testing::Probe;
using core::testing::Process;
using core::testing::World;
using http::Method;

struct Given {
  explicit Given(World& world, Process& process)
      : sealer(auth::Sealer::ephemeral(world.random)),
        resources(*world.database, world.clock, world.random, sealer, process.feed),
        memory(agents::make_sql_memory_store(*world.database, world.clock)) {
    resources.use(converter);
    add_agent(process, "my-helper", complete_at_once, probe);
    kagent::add_routes(router, FacadeServices{*world.database, world.clock, world.random, resources,
                                              process.agents, process.sessions, process.tasks,
                                              memory, router, "1.2.3"});
  }

  auth::Sealer sealer;
  Converter converter;
  core::Resources resources;
  agents::Memory memory;
  Probe probe;
  http::Router router;
};

struct Said {
  int status = 0;
  json::Value body;

  /// The value at this place, written as JSON; empty: there is none.
  [[nodiscard]] std::string at(std::initializer_list<std::string_view> path) const {
    const auto* value = &body;
    for (const auto step : path) {
      if (const auto* array = value->if_array()) {
        const auto index = static_cast<std::size_t>(step.front() - '0');
        if (index >= array->size()) return "";
        value = &(*array)[index];
        continue;
      }
      value = value->if_object() == nullptr ? nullptr : value->if_object()->find(step);
      if (value == nullptr) return "";
    }
    return value->if_string() != nullptr ? *value->if_string() : json::to_string(*value);
  }
};

struct Asked {
  Asked(Method its_method, std::string at, std::string its_body = "")
      : method(its_method), body(std::move(its_body)) {
    const auto question = at.find('?');
    path = "/kagent/api" + at.substr(0, question);
    if (question != std::string::npos) query = at.substr(question + 1);
  }
  Method method;
  std::string path;
  std::string query;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

Async<Said> ask(Given& given, Asked asked, core::PrincipalPtr who) {
  http::Request request;
  request.method = asked.method;
  request.path = asked.path;
  request.query = asked.query;
  request.body = asked.body;
  request.context.principal = std::move(who);
  for (const auto& [name, value] : asked.headers) request.headers.add(name, value);
  auto response = co_await given.router.route(request);
  Said said;
  said.status = response.status;
  if (auto parsed = json::parse(response.body)) said.body = std::move(*parsed);
  co_return said;
}

Asked new_session(std::string id) {
  return {Method::post, "/sessions?user_id=u",
          fmt::format(R"({{"id":"{}","agent_ref":"default__NS__my_helper","name":"Hi"}})", id)};
}

Asked event(const std::string& session, const std::string& id, const std::string& data) {
  return {Method::post, "/sessions/" + session + "/events?user_id=u",
          fmt::format(R"({{"id":"{}","data":"{}"}})", id, data)};
}

CORE_TEST(KagentFacade, a_runtime_finds_its_session_and_events_again) {
  Given given(world, world.process());
  const Asked get(Method::get, "/sessions/s1?user_id=u&order=asc&limit=-1");
  auto said = co_await ask(given, get, alice());
  EXPECT_EQ(said.status, 404);
  const auto create = new_session("s1");
  said = co_await ask(given, create, alice());
  EXPECT_EQ(said.status, 201);
  EXPECT_EQ(said.at({"data", "user_id"}), "u");
  EXPECT_EQ(said.at({"data", "agent_id"}), "default__NS__my_helper");
  for (const char* id : {"e1", "e2", "e2"}) {
    const auto one = event("s1", id, std::string("data of ") + id);
    said = co_await ask(given, one, alice());
    EXPECT_EQ(said.status, 201);
  }
  said = co_await ask(given, get, alice());
  EXPECT_EQ(said.status, 200);
  EXPECT_EQ(said.at({"error"}), "false");
  EXPECT_EQ(said.at({"data", "session", "name"}), "Hi");
  EXPECT_EQ(said.at({"data", "events", "0", "data"}), "data of e1");
  EXPECT_EQ(said.at({"data", "events", "1", "id"}), "e2");
  EXPECT_EQ(said.at({"data", "events", "2"}), "");
  const Asked newest(Method::get, "/sessions/s1?user_id=u&order=desc&limit=1");
  said = co_await ask(given, newest, alice());
  EXPECT_EQ(said.at({"data", "events", "0", "id"}), "e2");
}

CORE_TEST(KagentFacade, nobody_sees_anothers_session) {
  Given given(world, world.process());
  const auto create = new_session("s1");
  co_await ask(given, create, alice());
  const Asked as_user(Method::get, "/sessions/s1?user_id=u");
  const Asked as_other(Method::get, "/sessions/s1?user_id=other");
  const Asked list(Method::get, "/sessions?user_id=u");
  auto said = co_await ask(given, as_user, bob());
  EXPECT_EQ(said.status, 404);
  said = co_await ask(given, as_other, alice());
  EXPECT_EQ(said.status, 404);
  said = co_await ask(given, list, bob());
  EXPECT_EQ(said.at({"data"}), "[]");
  const auto intruder = event("s1", "e", "x");
  said = co_await ask(given, intruder, bob());
  EXPECT_EQ(said.status, 404);
  // An agent that may not be used is none.
  said = co_await ask(given, create, carol());
  EXPECT_EQ(said.status, 400);
}

CORE_TEST(KagentFacade, another_agent_adds_no_events) {
  Given given(world, world.process());
  const auto create = new_session("s1");
  co_await ask(given, create, alice());
  auto one = event("s1", "e", "x");
  one.headers.emplace_back("X-Agent-Name", "default__NS__other");
  auto said = co_await ask(given, one, alice());
  EXPECT_EQ(said.status, 403);
  one.headers.front().second = "default__NS__my_helper";
  said = co_await ask(given, one, alice());
  EXPECT_EQ(said.status, 201);
}

CORE_TEST(KagentFacade, a_deleted_session_takes_its_events_along) {
  Given given(world, world.process());
  const auto create = new_session("s1");
  co_await ask(given, create, alice());
  const auto one = event("s1", "e", "x");
  co_await ask(given, one, alice());
  const Asked remove(Method::delete_, "/sessions/s1?user_id=u");
  auto said = co_await ask(given, remove, alice());
  EXPECT_EQ(said.status, 200);
  said = co_await ask(given, remove, alice());
  EXPECT_EQ(said.status, 404);
  co_await ask(given, create, alice());
  const Asked get(Method::get, "/sessions/s1?user_id=u");
  said = co_await ask(given, get, alice());
  EXPECT_EQ(said.at({"data", "events"}), "[]");
}

CORE_TEST(KagentFacade, tasks_are_kept_as_they_are_posted) {
  Given given(world, world.process());
  const std::string text =
      R"({"id":"t1","contextId":"s1","kind":"task","status":{"state":"working"},"metadata":{"n":1.50}})";
  Asked save(Method::post, "/tasks?user_id=u", text);
  auto said = co_await ask(given, save, alice());
  EXPECT_EQ(said.status, 201);
  const Asked get(Method::get, "/tasks/t1?user_id=u");
  said = co_await ask(given, get, alice());
  EXPECT_EQ(said.at({"data"}), text);
  said = co_await ask(given, get, bob());
  EXPECT_EQ(said.status, 404);
  said = co_await ask(given, save, bob());
  EXPECT_EQ(said.status, 409);
  const Asked list(Method::get, "/sessions/s1/tasks?user_id=u");
  said = co_await ask(given, list, alice());
  EXPECT_EQ(said.at({"data", "0", "id"}), "t1");
}

CORE_TEST(KagentFacade, our_own_tasks_are_shown_in_the_form_of_0_3) {
  auto& process = world.process();
  Given given(world, process);
  process.scheduler.start(process.tasks);
  auto task = core::testing::new_task("my-helper", "hello");
  task.context_id = "ctx";
  auto log = co_await process.tasks.create(std::move(task));
  CO_ASSERT_TRUE(log);
  EXPECT_TRUE(co_await core::TaskLog::settled(*log));
  const Asked list(Method::get, "/sessions/ctx/tasks");
  auto said = co_await ask(given, list, alice());
  EXPECT_EQ(said.at({"data", "0", "status", "state"}), "completed");
  const Asked sessions(Method::get, "/sessions/agent/default/my-helper");
  said = co_await ask(given, sessions, alice());
  EXPECT_EQ(said.at({"data", "0", "id"}), "ctx");
  said = co_await ask(given, sessions, bob());
  EXPECT_EQ(said.at({"data"}), "[]");
}

CORE_TEST(KagentFacade, memory_is_each_users_own) {
  Given given(world, world.process());
  Asked save(Method::post, "/memories/sessions",
             R"({"agent_name":"default__NS__my_helper","user_id":"u","content":"likes tea",)"
             R"("vector":[1,0,0],"metadata":{"a":1}})");
  auto said = co_await ask(given, save, alice());
  EXPECT_EQ(said.status, 201);
  EXPECT_NE(said.at({"id"}), "");
  Asked search(Method::post, "/memories/search",
               R"({"agent_name":"default__NS__my_helper","user_id":"u","vector":[1,0.1,0]})");
  said = co_await ask(given, search, alice());
  EXPECT_EQ(said.at({"0", "content"}), "likes tea");
  EXPECT_EQ(said.at({"0", "metadata"}), R"({"a":1})");
  said = co_await ask(given, search, bob());
  EXPECT_EQ(said.at({"0"}), "");
  const Asked clear(Method::delete_, "/memories?agent_name=default__NS__my_helper&user_id=u");
  co_await ask(given, clear, alice());
  said = co_await ask(given, search, alice());
  EXPECT_EQ(said.at({"0"}), "");
}

CORE_TEST(KagentFacade, resources_are_read_and_written_in_kagents_terms) {
  Given given(world, world.process());
  Asked model(Method::post, "/modelconfigs",
              R"({"ref":"default/m","apiKey":"k3y","spec":{"provider":"OpenAI","model":"gpt-x"}})");
  auto said = co_await ask(given, model, alice());
  EXPECT_EQ(said.status, 201);
  EXPECT_EQ(said.at({"data", "spec", "apiKeySecretKey"}), "api-key");
  said = co_await ask(given, model, alice());
  EXPECT_EQ(said.status, 409);
  Asked agent(Method::post, "/agents",
              R"({"metadata":{"name":"a","namespace":"default"},"spec":{"declarative":)"
              R"({"systemMessage":"Hi","modelConfig":"m","runtime":"go"}}})");
  said = co_await ask(given, agent, alice());
  EXPECT_EQ(said.status, 201);
  const Asked get(Method::get, "/agents/default/a");
  said = co_await ask(given, get, alice());
  EXPECT_EQ(said.at({"data", "id"}), "default__NS__a");
  EXPECT_EQ(said.at({"data", "modelConfigRef"}), "default/m");
  EXPECT_EQ(said.at({"data", "model"}), "gpt-x");
  EXPECT_EQ(said.at({"data", "agent", "spec", "declarative", "systemMessage"}), "Hi");
  EXPECT_EQ(said.at({"data", "agent", "status", "conditions", "0", "type"}), "UnsupportedFeatures");
  said = co_await ask(given, get, carol());
  EXPECT_EQ(said.status, 404);
  const Asked list(Method::get, "/agents");
  said = co_await ask(given, list, alice());
  EXPECT_EQ(said.at({"data", "1", "agent", "metadata", "name"}), "my-helper");
  Asked wrong(Method::post, "/agents", R"({"metadata":{"name":"b"},"spec":{"declarativ":{}}})");
  said = co_await ask(given, wrong, alice());
  EXPECT_EQ(said.status, 400);
  EXPECT_TRUE(said.at({"error"}).contains("/spec/declarativ"));
}

CORE_TEST(KagentFacade, what_is_not_served_says_so) {
  Given given(world, world.process());
  const Asked feedback(Method::get, "/feedback");
  auto said = co_await ask(given, feedback, alice());
  EXPECT_EQ(said.status, 501);
  EXPECT_TRUE(said.at({"error"}).contains("/kagent/api/feedback"));
}

}  // namespace
}  // namespace flotilla::compat::kagent
