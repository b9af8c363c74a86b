#include <gtest/gtest.h>

#include "a2a/server_testing_internal.h"

// What malformed requests are answered: the protocol's own code and, where there is one, the
// pointer of the fault. None reaches the handler.
namespace flotilla::a2a {
namespace {

using testing::Host;
using testing::kHello;
using testing::rpc_text;
using testing::text_at;

struct RpcRow {
  std::string body;
  int code;
  std::string field;  // empty: none is expected
  std::string version = "1.0";
};

/// SendMessage with this instead of the message's members after the id.
std::string message(std::string_view members) {
  return rpc_text("SendMessage", R"({"message":{)" + std::string(members) + "}}");
}

/// SendMessage with one part.
std::string part(std::string_view text) {
  return message(R"("messageId":"m","role":"ROLE_USER","parts":[)" + std::string(text) + "]");
}

std::string configuration(std::string_view text) {
  return rpc_text("SendMessage",
                  R"({"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"x"}]},)"
                  R"("configuration":)" +
                      std::string(text) + "}");
}

std::string old_message(std::string_view members) {
  return rpc_text("message/send", R"({"message":{)" + std::string(members) + "}}");
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

std::vector<RpcRow> parse_rows() {
  const int parse = -32700;
  return {
      {"", parse, ""},
      {"   ", parse, ""},
      {"{", parse, ""},
      {R"({"jsonrpc":"2.0",})", parse, ""},
      {R"({"jsonrpc":"2.0","id":1 "method":"GetTask"})", parse, ""},
      {R"({"jsonrpc":"2.0","id":1,"id":2,"method":"GetTask"})", parse, ""},
      {"not json", parse, ""},
      {"{'jsonrpc':'2.0'}", parse, ""},
      {rpc_text("GetTask", R"({"id":"t"})") + "x", parse, ""},
      {rpc_text("GetTask", "{\"id\":\"\xff\"}"), parse, ""},
      {rpc_text("GetTask", R"({"id":"\ud800"})"), parse, ""},
      {rpc_text("GetTask", R"({"id":NaN})"), parse, ""},
      {rpc_text("GetTask", R"({"id":1e999})"), parse, ""},
      {rpc_text("GetTask", R"({"id":01})"), parse, ""},
      {rpc_text("GetTask", R"({"x":)" + nested(80) + "}"), parse, ""},
      {std::string(100'000, '['), parse, ""},
      {"\xef\xbb\xbf{", parse, ""},
      {std::string("{\"a\":\"b\0\"}", 10), parse, ""},
  };
}

std::vector<RpcRow> envelope_rows() {
  const int request = -32600;
  const std::string long_id(300, 'x');
  return {
      {"[]", request, ""},
      {"[" + rpc_text("GetTask", R"({"id":"t"})") + "]", request, ""},
      {"null", request, ""},
      {"7", request, ""},
      {R"("text")", request, ""},
      {"{}", request, "/id"},
      {R"({"id":1,"method":"GetTask"})", request, "/jsonrpc"},
      {R"({"jsonrpc":"1.0","id":1,"method":"GetTask"})", request, "/jsonrpc"},
      {R"({"jsonrpc":2.0,"id":1,"method":"GetTask"})", request, "/jsonrpc"},
      {R"({"jsonrpc":"2.0","method":"GetTask","params":{"id":"t"}})", request, "/id"},
      {R"({"jsonrpc":"2.0","id":{},"method":"GetTask"})", request, "/id"},
      {R"({"jsonrpc":"2.0","id":[1],"method":"GetTask"})", request, "/id"},
      {R"({"jsonrpc":"2.0","id":true,"method":"GetTask"})", request, "/id"},
      {R"({"jsonrpc":"2.0","id":")" + long_id + R"(","method":"GetTask"})", request, "/id"},
      {R"({"jsonrpc":"2.0","id":1})", request, "/method"},
      {R"({"jsonrpc":"2.0","id":1,"method":7})", request, "/method"},
      {R"({"jsonrpc":"2.0","id":1,"method":""})", request, "/method"},
      {R"({"jsonrpc":"2.0","id":1,"method":null})", request, "/method"},
      {R"({"jsonrpc":"2.0","id":1,"result":{}})", request, "/method"},
  };
}

std::vector<RpcRow> method_rows() {
  const int method = -32601;
  return {
      {rpc_text("Nonsense", "{}"), method, ""},
      {rpc_text("sendMessage", kHello), method, ""},
      {rpc_text("message/send", kHello), method, ""},
      {rpc_text("tasks/list", "{}"), method, ""},
      {rpc_text("SendMessage", kHello), method, "", ""},
      {rpc_text("ListTasks", "{}"), method, "", "0.3"},
      {rpc_text("tasks/list", "{}"), method, "", "0.3"},
      {rpc_text(std::string(5000, 'x'), "{}"), method, ""},
      {rpc_text("GetTask", R"({"id":"t"})"), -32009, "", "99.0"},
      {rpc_text("GetTask", R"({"id":"t"})"), -32009, "", "one"},
      {rpc_text("CreateTaskPushNotificationConfig", "{}"), -32003, ""},
      {rpc_text("GetTaskPushNotificationConfig", "{}"), -32003, ""},
      {rpc_text("ListTaskPushNotificationConfigs", "{}"), -32003, ""},
      {rpc_text("DeleteTaskPushNotificationConfig", "{}"), -32003, ""},
      {rpc_text("tasks/pushNotificationConfig/set", "{}"), -32003, "", "0.3"},
      {rpc_text("tasks/pushNotificationConfig/list", "{}"), -32003, "", "0.3"},
  };
}

std::vector<RpcRow> params_rows() {
  const int params = -32602;
  return {
      {R"({"jsonrpc":"2.0","id":1,"method":"SendMessage"})", params, "/params/message"},
      {rpc_text("SendMessage", "[]"), params, "/params"},
      {rpc_text("SendMessage", R"("x")"), params, "/params"},
      {rpc_text("SendMessage", "{}"), params, "/params/message"},
      {rpc_text("SendMessage", R"({"message":null})"), params, "/params/message"},
      {rpc_text("SendMessage", R"({"message":[]})"), params, "/params/message"},
      {message(R"("role":"ROLE_USER","parts":[{"text":"x"}])"), params,
       "/params/message/messageId"},
      {message(R"("messageId":"","role":"ROLE_USER","parts":[{"text":"x"}])"), params,
       "/params/message/messageId"},
      {message(R"("messageId":7,"role":"ROLE_USER","parts":[{"text":"x"}])"), params,
       "/params/message/messageId"},
      {message(R"("messageId":")" + std::string(257, 'm') +
               R"(","role":"ROLE_USER","parts":[{"text":"x"}])"),
       params, "/params/message/messageId"},
      {message(R"("messageId":"m","parts":[{"text":"x"}])"), params, "/params/message/role"},
      {message(R"("messageId":"m","role":"user","parts":[{"text":"x"}])"), params,
       "/params/message/role"},
      {message(R"("messageId":"m","role":"ROLE_UNSPECIFIED","parts":[{"text":"x"}])"), params,
       "/params/message/role"},
      {message(R"("messageId":"m","role":9,"parts":[{"text":"x"}])"), params,
       "/params/message/role"},
      {message(R"("messageId":"m","role":"ROLE_USER")"), params, "/params/message/parts"},
      {message(R"("messageId":"m","role":"ROLE_USER","parts":[])"), params,
       "/params/message/parts"},
      {message(R"("messageId":"m","role":"ROLE_USER","parts":{})"), params,
       "/params/message/parts"},
      {message(R"("messageId":"m","role":"ROLE_USER","contextId":7,"parts":[{"text":"x"}])"),
       params, "/params/message/contextId"},
      {message(R"("messageId":"m","role":"ROLE_USER","contextId":")" + std::string(257, 'c') +
               R"(","parts":[{"text":"x"}])"),
       params, "/params/message/contextId"},
      {message(R"("messageId":"m","role":"ROLE_USER","metadata":7,"parts":[{"text":"x"}])"), params,
       "/params/message/metadata"},
      {message(R"("messageId":"m","role":"ROLE_USER","extensions":"u","parts":[{"text":"x"}])"),
       params, "/params/message/extensions"},
      {message(R"("messageId":"m","role":"ROLE_USER","referenceTaskIds":[7],)"
               R"("parts":[{"text":"x"}])"),
       params, "/params/message/referenceTaskIds/0"},
      {part("7"), params, "/params/message/parts/0"},
      {part("{}"), params, "/params/message/parts/0"},
      {part(R"({"text":null})"), params, "/params/message/parts/0"},
      {part(R"({"text":7})"), params, "/params/message/parts/0/text"},
      {part(R"({"text":"x"},{"text":"x","url":"u"})"), params, "/params/message/parts/1"},
      {part(R"({"raw":"%%%"})"), params, "/params/message/parts/0/raw"},
      {part(R"({"raw":"a"})"), params, "/params/message/parts/0/raw"},
      {part(R"({"url":[]})"), params, "/params/message/parts/0/url"},
      {part(R"({"text":"x","mediaType":7})"), params, "/params/message/parts/0/mediaType"},
      {part(R"({"kind":"text"})"), params, "/params/message/parts/0"},
      {configuration("7"), params, "/params/configuration"},
      {configuration(R"({"historyLength":-1})"), params, "/params/configuration/historyLength"},
      {configuration(R"({"historyLength":1.5})"), params, "/params/configuration/historyLength"},
      {configuration(R"({"historyLength":4000000000})"), params,
       "/params/configuration/historyLength"},
      {configuration(R"({"returnImmediately":"yes"})"), params,
       "/params/configuration/returnImmediately"},
      {configuration(R"({"acceptedOutputModes":"text/plain"})"), params,
       "/params/configuration/acceptedOutputModes"},
      {configuration(R"({"taskPushNotificationConfig":{"url":"https://h"}})"), -32003, ""},
      {configuration(R"({"taskPushNotificationConfig":{}})"), params,
       "/params/configuration/taskPushNotificationConfig/url"},
      {rpc_text("SendStreamingMessage", "{}"), params, "/params/message"},
      {rpc_text("GetTask", "{}"), params, "/params/id"},
      {rpc_text("GetTask", R"({"id":""})"), params, "/params/id"},
      {rpc_text("GetTask", R"({"id":7})"), params, "/params/id"},
      {rpc_text("GetTask", R"({"id":")" + std::string(257, 't') + R"("})"), params, "/params/id"},
      {rpc_text("GetTask", R"({"id":"t","historyLength":-1})"), params, "/params/historyLength"},
      {rpc_text("CancelTask", "{}"), params, "/params/id"},
      {rpc_text("CancelTask", R"({"id":"t","metadata":[]})"), params, "/params/metadata"},
      {rpc_text("SubscribeToTask", "{}"), params, "/params/id"},
      {rpc_text("ListTasks", R"({"pageSize":0})"), params, "/params/pageSize"},
      {rpc_text("ListTasks", R"({"pageSize":101})"), params, "/params/pageSize"},
      {rpc_text("ListTasks", R"({"pageSize":"ten"})"), params, "/params/pageSize"},
      {rpc_text("ListTasks", R"({"status":"working"})"), params, "/params/status"},
      {rpc_text("ListTasks", R"({"status":42})"), params, "/params/status"},
      {rpc_text("ListTasks", R"({"historyLength":-5})"), params, "/params/historyLength"},
      {rpc_text("ListTasks", R"({"statusTimestampAfter":"yesterday"})"), params,
       "/params/statusTimestampAfter"},
      {rpc_text("ListTasks", R"({"includeArtifacts":1})"), params, "/params/includeArtifacts"},
      {rpc_text("ListTasks", R"({"contextId":")" + std::string(257, 'c') + R"("})"), params,
       "/params/contextId"},
      {rpc_text("ListTasks", R"({"pageToken":")" + std::string(1025, 'p') + R"("})"), params,
       "/params/pageToken"},
      {rpc_text("ListTasks", R"({"tenant":"other"})"), -32001, ""},
      {rpc_text("SendMessage", R"({"tenant":7,"message":{}})"), params, "/params/tenant"},
  };
}

std::vector<RpcRow> old_rows() {
  const int params = -32602;
  const auto row = [&](std::string body, std::string field) {
    return RpcRow{std::move(body), params, std::move(field), "0.3"};
  };
  const std::string head = R"("messageId":"m","role":"user","parts":)";
  return {
      row(rpc_text("message/send", "{}"), "/params/message"),
      row(old_message(R"("role":"user","parts":[{"kind":"text","text":"x"}])"),
          "/params/message/messageId"),
      row(old_message(R"("messageId":"m","role":"system","parts":[{"kind":"text","text":"x"}])"),
          "/params/message/role"),
      row(old_message(R"("messageId":"m","parts":[{"kind":"text","text":"x"}])"),
          "/params/message/role"),
      row(old_message(R"("kind":"task",)" + head + R"([{"kind":"text","text":"x"}])"),
          "/params/message/kind"),
      row(old_message(head + "[]"), "/params/message/parts"),
      row(old_message(head + "[{}]"), "/params/message/parts/0"),
      row(old_message(head + R"([{"kind":"image","text":"x"}])"), "/params/message/parts/0/kind"),
      row(old_message(head + R"([{"kind":"file","text":"x"}])"), "/params/message/parts/0/file"),
      row(old_message(head + R"([{"kind":"text","text":7}])"), "/params/message/parts/0/text"),
      row(old_message(head + R"([{"kind":"file","file":{}}])"), "/params/message/parts/0/file"),
      row(old_message(head + R"([{"kind":"file","file":{"bytes":"%"}}])"),
          "/params/message/parts/0/file/bytes"),
      row(old_message(head + R"([{"kind":"data","data":[1]}])"), "/params/message/parts/0/data"),
      row(rpc_text("tasks/get", "{}"), "/params/id"),
      row(rpc_text("tasks/get", R"({"id":"t","historyLength":-1})"), "/params/historyLength"),
      row(rpc_text("tasks/cancel", R"({"id":""})"), "/params/id"),
      row(rpc_text("tasks/resubscribe", R"({"id":[]})"), "/params/id"),
  };
}

void expect_rpc(const std::vector<RpcRow>& rows) {
  for (const RpcRow& row : rows) {
    Host host;
    const auto answer = host.rpc(row.body, row.version);
    const std::string shown = row.body.substr(0, 200);
    EXPECT_EQ(answer.status, 200) << shown;
    const auto value = answer.value();
    EXPECT_EQ(text_at(value, "error/code"), std::to_string(row.code)) << shown << answer.body;
    if (!row.field.empty()) {
      EXPECT_EQ(text_at(value, "error/data/1/fieldViolations/0/field"), row.field) << answer.body;
    }
    EXPECT_EQ(host.handler.calls, 0) << shown;
  }
}

TEST(BadInput, text_that_is_no_json) {
  expect_rpc(parse_rows());
}
TEST(BadInput, json_that_is_no_request) {
  expect_rpc(envelope_rows());
}
TEST(BadInput, methods_that_are_not_served) {
  expect_rpc(method_rows());
}
TEST(BadInput, params_that_are_wrong) {
  expect_rpc(params_rows());
}
TEST(BadInput, params_of_0_3_that_are_wrong) {
  expect_rpc(old_rows());
}

TEST(BadInput, the_id_is_null_only_where_it_cannot_be_read) {
  Host host;
  const auto id = [&](std::string_view body) {
    return text_at(host.rpc(std::string(body)).value(), "id");
  };
  EXPECT_EQ(id("{"), "null");
  EXPECT_EQ(id("[]"), "null");
  EXPECT_EQ(id(R"({"id":"x"})"), "x");
  EXPECT_EQ(id(R"({"jsonrpc":"2.0","id":5,"method":"Nope"})"), "5");
  EXPECT_EQ(id(R"({"jsonrpc":"2.0","id":5,"method":"GetTask","params":{}})"), "5");
}

struct RestRow {
  http::Method method;
  std::string target;
  std::string body;
  int status;
  std::string reason;
  std::string field;
  std::string type = "application/json";
};

std::vector<RestRow> rest_rows() {
  using enum http::Method;
  const std::string hello(kHello);
  const std::string invalid = "INVALID_PARAMS";
  return {
      {post, "/message:send", "", 400, "PARSE_ERROR", ""},
      {post, "/message:send", "{", 400, "PARSE_ERROR", ""},
      {post, "/message:send", "[]", 400, invalid, ""},
      {post, "/message:send", "{}", 400, invalid, "/message"},
      {post, "/message:stream", "{}", 400, invalid, "/message"},
      {post, "/message:send", hello, 400, "CONTENT_TYPE_NOT_SUPPORTED", "", "text/plain"},
      {post, "/message:send", hello, 400, "CONTENT_TYPE_NOT_SUPPORTED", "",
       "application/x-www-form-urlencoded"},
      {post, "/message:send", R"({"message":{"messageId":"m","role":"ROLE_USER","parts":[{}]}})",
       400, invalid, "/message/parts/0"},
      {post, "/message:send",
       R"({"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"x"}]},)"
       R"("configuration":{"taskPushNotificationConfig":{"url":"https://h"}}})",
       400, "PUSH_NOTIFICATION_NOT_SUPPORTED", ""},
      {get, "/tasks?pageSize=0", "", 400, invalid, "/pageSize"},
      {get, "/tasks?pageSize=500", "", 400, invalid, "/pageSize"},
      {get, "/tasks?pageSize=ten", "", 400, invalid, "/pageSize"},
      {get, "/tasks?pageSize=99999999999", "", 400, invalid, "/pageSize"},
      {get, "/tasks?status=working", "", 400, invalid, "/status"},
      {get, "/tasks?historyLength=-1", "", 400, invalid, "/historyLength"},
      {get, "/tasks?includeArtifacts=yes", "", 400, invalid, "/includeArtifacts"},
      {get, "/tasks?statusTimestampAfter=now", "", 400, invalid, "/statusTimestampAfter"},
      {get, "/tasks/t?historyLength=x", "", 400, invalid, "/historyLength"},
      {get, "/tasks/" + std::string(257, 't'), "", 400, invalid, "/id"},
      {get, "/tasks/%FF", "", 400, invalid, "/id"},
      {get, "/tasks?contextId=%C3%28", "", 400, invalid, "/contextId"},
      {post, "/tasks/t:cancel", "[]", 400, invalid, ""},
      {post, "/tasks/t:cancel", "{", 400, "PARSE_ERROR", ""},
      {post, "/tasks/t:cancel", R"({"metadata":7})", 400, invalid, "/metadata"},
      {post, "/tasks/t:subscribe", "7", 400, invalid, ""},
      {post, "/tasks/t/pushNotificationConfigs", "{}", 400, "PUSH_NOTIFICATION_NOT_SUPPORTED", ""},
      {get, "/tasks/t/pushNotificationConfigs", "", 400, "PUSH_NOTIFICATION_NOT_SUPPORTED", ""},
      {get, "/tasks/t/pushNotificationConfigs/p", "", 400, "PUSH_NOTIFICATION_NOT_SUPPORTED", ""},
      {delete_, "/tasks/t/pushNotificationConfigs/p", "", 400, "PUSH_NOTIFICATION_NOT_SUPPORTED",
       ""},
      {get, "/extendedAgentCard", "", 401, "UNAUTHENTICATED", ""},
  };
}

TEST(BadInput, rest_requests_that_are_wrong) {
  for (const RestRow& row : rest_rows()) {
    Host host;
    const auto answer = host.call(row.method, row.target, row.body, {{"Content-Type", row.type}});
    EXPECT_EQ(answer.status, row.status) << row.target << row.body;
    const auto value = answer.value();
    EXPECT_EQ(text_at(value, "error/details/0/reason"), row.reason) << answer.body;
    if (!row.field.empty()) {
      EXPECT_EQ(text_at(value, "error/details/1/fieldViolations/0/field"), row.field)
          << answer.body;
    }
    EXPECT_EQ(host.handler.calls, 0) << row.target;
  }
}

TEST(BadInput, old_rest_requests_that_are_wrong) {
  Host host;
  const auto code = [&](std::string_view target, std::string body) {
    return text_at(host.post(target, std::move(body)).value(), "code");
  };
  EXPECT_EQ(code("/v1/message:send", "{"), "-32700");
  EXPECT_EQ(code("/v1/message:send", "{}"), "-32602");
  EXPECT_EQ(
      code("/v1/message:send",
           R"({"message":{"messageId":"m","role":"ROLE_USER","content":[{"data":{"k":1}}]}})"),
      "-32602");
  EXPECT_EQ(code("/v1/tasks/t/pushNotificationConfigs", "{}"), "-32003");
  EXPECT_EQ(text_at(host.get("/v1/tasks").value(), "code"), "-32004");
  EXPECT_EQ(text_at(host.get("/v1/card").value(), "code"), "-32000");
  EXPECT_EQ(host.handler.calls, 0);
}

TEST(BadInput, content_types_of_json_rpc) {
  Host host;
  const auto code = [&](std::string_view type) {
    return text_at(host.call(http::Method::post, "/", rpc_text("GetTask", R"({"id":"t"})"),
                             {{"Content-Type", std::string(type)}, {"A2A-Version", "1.0"}})
                       .value(),
                   "error/code");
  };
  EXPECT_EQ(code("text/plain"), "-32005");
  EXPECT_EQ(code("application/jsonx"), "-32005");
  EXPECT_EQ(code("application/json; charset=utf-8"), "null");
  EXPECT_EQ(code("Application/JSON"), "null");
  EXPECT_EQ(code("application/a2a+json"), "null");
}

TEST(BadInput, unknown_paths_and_methods_are_the_routers) {
  Host host;
  EXPECT_EQ(host.get("/a2a/only-namespace").status, 404);
  EXPECT_EQ(host.get("/a2a/n/a").status, 405);
  EXPECT_EQ(host.get("/message:send").status, 405);
  EXPECT_EQ(host.get("/team-a/tasks/t").status, 404) << "no tenant segment at the root";
}

}  // namespace
}  // namespace flotilla::a2a
