#include "a2a/jsonrpc_server.h"

#include <gtest/gtest.h>

#include "a2a/server_testing_internal.h"

namespace flotilla::a2a {
namespace {

using testing::at;
using testing::Host;
using testing::kHello;
using testing::kOldHello;
using testing::rpc_text;
using testing::text_at;

TEST(JsonRpc, send_answers_the_wrapped_task) {
  Host host;
  const auto answer = host.rpc(rpc_text("SendMessage", kHello));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.type, "application/json");
  EXPECT_EQ(answer.body,
            R"({"jsonrpc":"2.0","id":1,"result":{"task":)" + FakeHandler::task_json() + "}}");
  EXPECT_EQ(host.handler.agent.name, "front-desk");
  EXPECT_EQ(host.handler.agent.name_space, "default");
  EXPECT_EQ(host.handler.context.request_id, "req-1");
  EXPECT_EQ(text_of(host.handler.sent->message.parts), "hi");
}

TEST(JsonRpc, send_may_answer_a_message) {
  Host host;
  host.handler.on_send = [] {
    return Result<SendOutcome>(SendOutcome{
        ItemKind::message, R"({"messageId":"m-2","role":"ROLE_AGENT","parts":[{"text":"yes"}]})"});
  };
  EXPECT_EQ(host.rpc(rpc_text("SendMessage", kHello)).body,
            R"({"jsonrpc":"2.0","id":1,"result":{"message":)"
            R"({"messageId":"m-2","role":"ROLE_AGENT","parts":[{"text":"yes"}]}}})");
  EXPECT_EQ(host.rpc(rpc_text("message/send", kOldHello), "").body,
            R"({"jsonrpc":"2.0","id":1,"result":{"kind":"message","messageId":"m-2",)"
            R"("role":"agent","parts":[{"kind":"text","text":"yes"}]}})");
}

TEST(JsonRpc, example_of_0_3_is_answered_in_its_own_form) {
  Host host;
  const auto answer = host.rpc(
      R"({"jsonrpc":"2.0","id":7,"method":"message/send","params":{
  "message":{"kind":"message","messageId":"m-1","role":"user","parts":[{"kind":"text","text":"ping"}]},
  "configuration":{"blocking":true,"acceptedOutputModes":["text/plain"]}}})",
      "");
  EXPECT_EQ(answer.body,
            R"({"jsonrpc":"2.0","id":7,"result":{"kind":"task","id":"t-1","contextId":"c-1",)"
            R"("status":{"state":"completed","timestamp":"2026-11-02T08:00:00.000Z"},)"
            R"("artifacts":[{"artifactId":"a-1","parts":[{"kind":"text","text":"pong"}]}]}})");
  EXPECT_EQ(host.handler.sent->configuration->acceptedOutputModes.at(0), "text/plain");
  EXPECT_FALSE(*host.handler.sent->configuration->returnImmediately);
}

TEST(JsonRpc, fields_that_a_handler_names_are_those_of_the_params) {
  Host host;
  host.handler.on_send = [] {
    return Result<SendOutcome>(fail(invalid("/message/contextId", "is another's")));
  };
  const auto value = host.rpc(rpc_text("SendMessage", kHello)).value();
  EXPECT_EQ(text_at(value, "error/message"), "/params/message/contextId: is another's");
  EXPECT_EQ(text_at(value, "error/data/1/fieldViolations/0/field"), "/params/message/contextId");
  const auto rest = host.post("/message:send", std::string(kHello)).value();
  EXPECT_EQ(text_at(rest, "error/details/1/fieldViolations/0/field"), "/message/contextId");
}

TEST(JsonRpc, ids_are_echoed_as_written) {
  Host host;
  for (const std::string id : {"1", "0", "-7", "1.50", "1e3", "12345678901234567890", R"("q7")",
                               R"("")", R"("a\"b\u00e9")", "null"}) {
    const auto answer = host.rpc(R"({"id":)" + id +
                                 R"(,"method":"GetTask","params":{"id":"t-1"},"jsonrpc":"2.0"})");
    const std::string expected = id == R"("a\"b\u00e9")" ? "\"a\\\"b\u00e9\"" : id;
    EXPECT_TRUE(answer.body.starts_with(R"({"jsonrpc":"2.0","id":)" + expected + ","))
        << answer.body;
  }
}

TEST(JsonRpc, both_urls_of_an_agent_take_requests) {
  Host host;
  for (const std::string_view target : {"/a2a/team-a/echo", "/a2a/team-a/echo/"}) {
    const auto answer = host.rpc(rpc_text("GetTask", R"({"id":"t-9"})"), "1.0", target);
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(host.handler.agent.name_space, "team-a");
    EXPECT_EQ(host.handler.agent.name, "echo");
    EXPECT_EQ(host.handler.got->id, "t-9");
  }
}

TEST(JsonRpc, snake_case_params_of_all_methods_are_read) {
  Host host;
  host.rpc(rpc_text("SendMessage",
                    R"({"message":{"message_id":"m","context_id":"c","task_id":"t","role":1,)"
                    R"("parts":[{"text":"x"}]},"configuration":{"history_length":3,)"
                    R"("return_immediately":true}})"));
  ASSERT_TRUE(host.handler.sent);
  EXPECT_EQ(host.handler.sent->message.contextId, "c");
  EXPECT_EQ(host.handler.sent->message.taskId, "t");
  EXPECT_EQ(host.handler.sent->configuration->historyLength, 3);
  EXPECT_TRUE(*host.handler.sent->configuration->returnImmediately);
  host.rpc(rpc_text("ListTasks", R"({"page_size":7,"status":2,"context_id":"c"})"));
  ASSERT_TRUE(host.handler.listed);
  EXPECT_EQ(host.handler.listed->pageSize, 7);
  EXPECT_EQ(host.handler.listed->status, TaskState::working);
  host.rpc(rpc_text("GetTask", R"({"id":"t","history_length":0})"));
  EXPECT_EQ(host.handler.got->historyLength, 0);
}

TEST(JsonRpc, unset_spellings_are_absent) {
  Host host;
  host.rpc(rpc_text("ListTasks",
                    R"({"tenant":"","contextId":"","status":"UNRECOGNIZED","pageSize":null,)"
                    R"("pageToken":"","historyLength":null,"includeArtifacts":null})"));
  ASSERT_TRUE(host.handler.listed);
  EXPECT_EQ(json::to_text(*host.handler.listed), "{}");
  for (const std::string_view params : {R"({"status":"TASK_STATE_UNSPECIFIED"})", "{}", "null"}) {
    host.rpc(rpc_text("ListTasks", params));
    EXPECT_FALSE(host.handler.listed->status);
  }
  host.rpc(rpc_text("SendMessage",
                    R"({"message":{"messageId":"m","role":"ROLE_USER","contextId":"","taskId":"",)"
                    R"("parts":[{"text":"x"}]},"configuration":{}})"));
  EXPECT_FALSE(host.handler.sent->message.contextId);
  EXPECT_FALSE(host.handler.sent->message.taskId);
}

TEST(JsonRpc, list_always_has_its_four_members) {
  Host host;
  EXPECT_EQ(host.rpc(rpc_text("ListTasks", R"({"pageSize":2})")).body,
            R"({"jsonrpc":"2.0","id":1,"result":)"
            R"({"tasks":[],"nextPageToken":"","pageSize":2,"totalSize":0}})");
}

TEST(JsonRpc, cancel_passes_metadata) {
  Host host;
  const auto answer = host.rpc(rpc_text("CancelTask", R"({"id":"t-1","metadata":{"why":"late"}})"));
  EXPECT_EQ(answer.body, R"({"jsonrpc":"2.0","id":1,"result":)" + FakeHandler::task_json() + "}");
  EXPECT_EQ(json::to_string(host.handler.canceled->metadata), R"({"why":"late"})");
  host.rpc(rpc_text("tasks/cancel", R"({"id":"t-2"})"), "0.3");
  EXPECT_EQ(host.handler.canceled->id, "t-2");
}

TEST(JsonRpc, old_get_has_no_limit_at_zero) {
  Host host;
  const auto answer = host.rpc(rpc_text("tasks/get", R"({"id":"t-1","historyLength":0})"), "");
  EXPECT_FALSE(host.handler.got->historyLength);
  EXPECT_EQ(text_at(answer.value(), "result/kind"), "task");
  host.rpc(rpc_text("tasks/get", R"({"id":"t-1","historyLength":4})"), "0.3");
  EXPECT_EQ(host.handler.got->historyLength, 4);
}

TEST(JsonRpc, tenant_must_be_the_namespace_of_the_agent) {
  Host host;
  const auto get = [&](std::string_view tenant, std::string_view target) {
    const std::string params = R"({"id":"t","tenant":")" + std::string(tenant) + R"("})";
    return host.rpc(rpc_text("GetTask", params), "1.0", target);
  };
  EXPECT_EQ(text_at(get("team-a", "/a2a/team-a/echo").value(), "result/id"), "t-1");
  EXPECT_EQ(text_at(get("default", "/").value(), "result/id"), "t-1");
  host.handler.calls = 0;
  for (const std::string_view tenant : {"team-b", "default"})
    EXPECT_EQ(text_at(get(tenant, "/a2a/team-a/echo").value(), "error/code"), "-32001");
  EXPECT_EQ(text_at(get("team-a", "/").value(), "error/code"), "-32001");
  EXPECT_EQ(host.handler.calls, 0);
}

TEST(JsonRpc, version_decides_before_the_method) {
  Host host;
  const auto code = [&](std::string_view method, std::string_view version) {
    return text_at(host.rpc(rpc_text(method, kHello), version).value(), "error/code");
  };
  EXPECT_EQ(code("SendMessage", ""), "-32601");
  EXPECT_EQ(code("SendMessage", "0.3"), "-32601");
  EXPECT_EQ(code("message/send", "1.0"), "-32601");
  EXPECT_EQ(code("SendMessage", "99.0"), "-32009");
  EXPECT_EQ(code("Nonsense", "99.0"), "-32009");
  EXPECT_EQ(code("SendMessage", "1.7"), "null");
  const auto by_query = host.rpc(rpc_text("SendMessage", kHello), "", "/?A2A-Version=1.0");
  EXPECT_EQ(text_at(by_query.value(), "result/task/id"), "t-1");
}

TEST(JsonRpc, lenient_version_lets_the_method_decide) {
  ServerConfig config;
  config.lenient_version = true;
  Host host(config);
  EXPECT_EQ(text_at(host.rpc(rpc_text("SendMessage", kHello), "").value(), "result/task/id"),
            "t-1");
  EXPECT_EQ(text_at(host.rpc(rpc_text("message/send", kOldHello), "").value(), "result/id"), "t-1");
  EXPECT_EQ(text_at(host.rpc(rpc_text("SendMessage", kHello), "0.3").value(), "error/code"),
            "-32601");
}

TEST(JsonRpc, handler_errors_travel_with_status_200) {
  Host host;
  host.handler.on_task = []() -> Result<std::string> {
    return fail(Error(Code::not_found, reason::kTaskNotFound, "no task 't-404'"));
  };
  for (const std::string_view version : {"1.0", "0.3"}) {
    const auto answer = host.rpc(
        rpc_text(version == "1.0" ? "GetTask" : "tasks/get", R"({"id":"t-404"})"), version);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(text_at(answer.value(), "error/code"), "-32001");
    EXPECT_EQ(text_at(answer.value(), "error/data/0/reason"), "TASK_NOT_FOUND");
  }
}

TEST(JsonRpc, transport_errors_keep_their_status) {
  Host host;
  const auto status_of = [&](Code code) {
    host.handler.on_task = [code]() -> Result<std::string> { return fail(Error(code, "no")); };
    return host.rpc(rpc_text("GetTask", R"({"id":"t"})"));
  };
  EXPECT_EQ(status_of(Code::permission_denied).status, 403);
  const auto unauthenticated = status_of(Code::unauthenticated);
  EXPECT_EQ(unauthenticated.status, 401);
  EXPECT_EQ(unauthenticated.headers.find("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(status_of(Code::unavailable).status, 200);
  EXPECT_EQ(status_of(Code::unavailable).headers.find("Retry-After"), "1");
}

TEST(JsonRpc, a_stored_text_that_is_no_task_is_our_fault) {
  Host host;
  host.handler.on_task = [] { return Result<std::string>(R"({"broken":true})"); };
  const auto answer = host.rpc(rpc_text("tasks/get", R"({"id":"t"})"), "0.3");
  EXPECT_EQ(text_at(answer.value(), "error/code"), "-32603");
  EXPECT_EQ(text_at(answer.value(), "error/message"), "internal error");
}

}  // namespace
}  // namespace flotilla::a2a
