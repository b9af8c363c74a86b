#include "a2a/rest_server.h"

#include <gtest/gtest.h>

#include "a2a/server_testing_internal.h"

namespace flotilla::a2a {
namespace {

using testing::Host;
using testing::kHello;
using testing::text_at;

constexpr std::string_view kOldRestHello =
    R"({"message":{"messageId":"m-2","role":"ROLE_USER","content":[{"text":"ping"}]},)"
    R"("configuration":{"blocking":true}})";

TEST(Rest, send_answers_the_wrapped_task) {
  Host host;
  const auto answer = host.post("/message:send", std::string(kHello));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.type, "application/a2a+json");
  EXPECT_EQ(answer.body, R"({"task":)" + FakeHandler::task_json() + "}");
}

TEST(Rest, media_type_follows_profile_and_accept) {
  Host host;
  const auto type = [&](std::string_view accept) {
    return host.get("/tasks/t", {{"Accept", std::string(accept)}}).type;
  };
  EXPECT_EQ(type("application/json"), "application/json");
  EXPECT_EQ(type("application/a2a+json, application/json"), "application/a2a+json");
  EXPECT_EQ(type("application/json, */*"), "application/a2a+json");
  ServerConfig config;
  config.profile = Profile::v1_0_0;
  Host old(config);
  EXPECT_EQ(old.get("/tasks/t").type, "application/json");
}

TEST(Rest, routes_exist_at_agent_and_tenant) {
  Host host;
  for (const std::string_view base : {"", "/a2a/team-a/echo", "/a2a/team-a/echo/team-a"}) {
    const std::string prefix(base);
    EXPECT_EQ(host.get(prefix + "/tasks/t-1").body, FakeHandler::task_json()) << base;
    EXPECT_EQ(host.handler.got->id, "t-1");
    EXPECT_EQ(host.post(prefix + "/tasks/t-2:cancel", "").status, 200) << base;
    EXPECT_EQ(host.handler.canceled->id, "t-2");
    EXPECT_EQ(host.get(prefix + "/tasks").status, 200) << base;
    EXPECT_EQ(host.post(prefix + "/message:send", std::string(kHello)).status, 200) << base;
    EXPECT_EQ(host.handler.agent.name_space, base.empty() ? "default" : "team-a");
    EXPECT_EQ(host.get(prefix + "/tasks/t-3:subscribe").type, "text/event-stream") << base;
    EXPECT_EQ(host.post(prefix + "/tasks/t-3:subscribe", "").type, "text/event-stream") << base;
    EXPECT_EQ(host.handler.subscribed->id, "t-3");
  }
  host.handler.calls = 0;
  for (const std::string_view path : {"/tasks/t", "/tasks"}) {
    const auto foreign = host.get("/a2a/team-a/echo/team-b" + std::string(path));
    EXPECT_EQ(foreign.status, 404);
    EXPECT_EQ(text_at(foreign.value(), "error/status"), "NOT_FOUND");
  }
  EXPECT_EQ(host.handler.calls, 0);
}

TEST(Rest, verb_is_after_the_last_colon) {
  Host host;
  host.post("/tasks/urn:x:1:cancel", "");
  EXPECT_EQ(host.handler.canceled->id, "urn:x:1");
  host.get("/tasks/urn:x:1");
  EXPECT_EQ(host.handler.got->id, "urn:x:1");
  host.get("/tasks/a%2Fb%3Asubscribe");
  EXPECT_EQ(host.handler.got->id, "a/b:subscribe");
}

TEST(Rest, path_wins_over_body) {
  Host host;
  host.post("/tasks/t-1:cancel", R"({"id":"other","metadata":{"why":"late"}})");
  EXPECT_EQ(host.handler.canceled->id, "t-1");
  EXPECT_EQ(json::to_string(host.handler.canceled->metadata), R"({"why":"late"})");
  for (const std::string body : {"null", "{}"}) {
    EXPECT_EQ(host.post("/tasks/t-1:cancel", body).status, 200);
    EXPECT_EQ(host.post("/tasks/t-1:subscribe", body).status, 200);
  }
}

TEST(Rest, queries_are_read) {
  Host host;
  host.get(
      "/tasks?contextId=c-9&status=TASK_STATE_WORKING&pageSize=2&pageToken=p&historyLength=0"
      "&includeArtifacts=true&statusTimestampAfter=2026-11-01T00:00:00Z&unknown=1");
  EXPECT_EQ(json::to_text(*host.handler.listed),
            R"({"contextId":"c-9","status":"TASK_STATE_WORKING","pageSize":2,"pageToken":"p",)"
            R"("historyLength":0,"statusTimestampAfter":"2026-11-01T00:00:00.000Z",)"
            R"("includeArtifacts":true})");
  host.get("/tasks?context_id=c&page_size=3&status=UNRECOGNIZED&pageToken=&includeArtifacts=false");
  EXPECT_EQ(json::to_text(*host.handler.listed),
            R"({"contextId":"c","pageSize":3,"includeArtifacts":false})");
  host.get("/tasks?status=2");
  EXPECT_EQ(host.handler.listed->status, TaskState::working);
  host.get("/tasks/t?historyLength=5");
  EXPECT_EQ(host.handler.got->historyLength, 5);
}

TEST(Rest, path_and_header_must_agree_on_the_version) {
  Host host;
  const auto get = [&](std::string_view path, std::string_view version) {
    return host.get(path, {{"A2A-Version", std::string(version)}});
  };
  EXPECT_EQ(get("/tasks/t", "").status, 200);
  EXPECT_EQ(get("/tasks/t", "1.2").status, 200);
  EXPECT_EQ(get("/v1/tasks/t", "").status, 200);
  EXPECT_EQ(get("/v1/tasks/t", "0.3.0").status, 200);
  for (const auto& [path, version] : std::vector<std::pair<std::string, std::string>>{
           {"/tasks/t", "0.3"}, {"/v1/tasks/t", "1.0"}, {"/tasks/t", "99.0"}}) {
    const auto answer = get(path, version);
    EXPECT_EQ(answer.status, 400) << path;
    EXPECT_NE(answer.body.find("VERSION_NOT_SUPPORTED"), std::string::npos) << answer.body;
  }
}

TEST(Rest, errors_are_google_rpc_status) {
  Host host;
  host.handler.on_task = []() -> Result<std::string> {
    return fail(Error(Code::failed_precondition, reason::kTaskNotCancelable, "it is completed"));
  };
  const auto answer = host.post("/tasks/t:cancel", "");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.type, "application/a2a+json");
  EXPECT_EQ(text_at(answer.value(), "error/code"), "400");
  EXPECT_EQ(text_at(answer.value(), "error/status"), "FAILED_PRECONDITION");
  EXPECT_EQ(text_at(answer.value(), "error/details/0/reason"), "TASK_NOT_CANCELABLE");
  ServerConfig config;
  config.profile = Profile::v1_0_0;
  Host old(config);
  old.handler.on_task = host.handler.on_task;
  EXPECT_EQ(old.post("/tasks/t:cancel", "").status, 409);
}

TEST(Rest, overload_says_when_to_come_back) {
  Host host;
  host.handler.on_task = []() -> Result<std::string> {
    return fail(Error(Code::resource_exhausted, "too many"));
  };
  const auto answer = host.get("/tasks/t");
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.headers.find("Retry-After"), "1");
}

TEST(OldRest, send_speaks_proto_json) {
  Host host;
  const auto answer = host.post("/v1/message:send", std::string(kOldRestHello));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.type, "application/json");
  EXPECT_EQ(answer.body,
            R"({"task":{"id":"t-1","contextId":"c-1","status":{"state":"TASK_STATE_COMPLETED",)"
            R"("timestamp":"2026-11-02T08:00:00.000Z"},"artifacts":[{"artifactId":"a-1",)"
            R"("parts":[{"text":"pong"}]}]}})");
  EXPECT_EQ(text_of(host.handler.sent->message.parts), "ping");
  EXPECT_EQ(host.handler.sent->message.role, MessageRole::user);
  host.post("/a2a/team-a/echo/v1/message:send",
            R"({"request":{"message_id":"m","role":"ROLE_USER","content":[{"file":)"
            R"({"file_with_bytes":"aGk=","mime_type":"text/plain"}},{"data":{"data":{"k":1}}}]}})");
  EXPECT_EQ(host.handler.agent.name, "echo");
  EXPECT_EQ(json::to_text(host.handler.sent->message.parts),
            R"([{"raw":"aGk=","mediaType":"text/plain"},{"data":{"k":1}}])");
}

TEST(OldRest, tasks_are_bare_and_errors_too) {
  Host host;
  EXPECT_EQ(text_at(host.get("/v1/tasks/t-1?historyLength=0").value(), "status/state"),
            "TASK_STATE_COMPLETED");
  EXPECT_FALSE(host.handler.got->historyLength);
  EXPECT_EQ(host.post("/v1/tasks/t-1:cancel", "null").status, 200);
  host.handler.on_task = []() -> Result<std::string> {
    return fail(Error(Code::not_found, reason::kTaskNotFound, "no task"));
  };
  const auto answer = host.get("/v1/tasks/t-404");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(text_at(answer.value(), "code"), "-32001");
  EXPECT_EQ(text_at(answer.value(), "message"), "no task");
}

TEST(OldRest, subscribe_by_get_and_post) {
  Host host;
  EXPECT_EQ(host.get("/v1/tasks/t-1:subscribe").events.at(0).data.substr(0, 17),
            R"({"task":{"id":"t-)");
  EXPECT_EQ(host.post("/v1/tasks/t-1:subscribe", "").type, "text/event-stream");
}

}  // namespace
}  // namespace flotilla::a2a
