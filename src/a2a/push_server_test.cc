#include "a2a/server_testing_internal.h"

// The push operations on both bindings and in both versions; what is wrong with them.
namespace flotilla::a2a::testing {
namespace {

using http::Method;

constexpr std::string_view kFull =
    R"({"taskId":"t","id":"p","url":"https://h.example/x","token":"n",)"
    R"("authentication":{"scheme":"Bearer","credentials":"s3"}})";

ServerConfig with_push() {
  ServerConfig config;
  config.push_notifications = true;
  return config;
}

std::string rpc(std::string_view method, std::string_view params) {
  return R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) + R"(","params":)" +
         std::string(params) + "}";
}

json::Value call(Host& host, std::string_view method, std::string_view params,
                 std::string_view version = "1.0") {
  return host
      .call(Method::post, "/", rpc(method, params),
            {{"Content-Type", "application/json"}, {"A2A-Version", std::string(version)}})
      .value();
}

std::string field_of(const json::Value& answer) {
  for (const char* place :
       {"error/data/1/fieldViolations/0/field", "error/details/1/fieldViolations/0/field"})
    if (const auto found = at(answer, place); found.if_string()) return *found.if_string();
  return "";
}

TEST(PushServer, json_rpc_1_0) {
  Host host(with_push());
  EXPECT_EQ(json::to_string(at(call(host, "CreateTaskPushNotificationConfig", kFull), "result")),
            json::to_string(
                json::parse(R"({"id":"p","taskId":"t","url":"https://h.example/x","token":"n",)"
                            R"("authentication":{"scheme":"Bearer","credentials":"s3"}})")
                    .value()));
  EXPECT_FALSE(host.handler.pushed->legacy);
  const auto got = call(host, "GetTaskPushNotificationConfig", R"({"task_id":"t","id":"p"})");
  EXPECT_EQ(text_at(got, "result/url"), "https://h.example/x");
  EXPECT_EQ(host.handler.push_named->taskId, "t");
  const auto listed = call(host, "ListTaskPushNotificationConfigs",
                           R"({"taskId":"t","pageSize":null,"pageToken":""})");
  EXPECT_EQ(text_at(listed, "result/nextPageToken"), "");
  EXPECT_EQ(text_at(listed, "result/configs/0/id"), "p");
  EXPECT_FALSE(host.handler.push_listed->pageSize);
  const auto gone = call(host, "DeleteTaskPushNotificationConfig", R"({"taskId":"t","id":"p"})");
  EXPECT_EQ(json::to_string(at(gone, "result")), "{}");
}

TEST(PushServer, empty_authentication_of_0_3_is_none) {
  Host host(with_push());
  for (const char* empty : {"{}", R"({"schemes":[]})", R"({"schemes":[],"credentials":""})"}) {
    const auto made = call(host, "tasks/pushNotificationConfig/set",
                           R"({"taskId":"t","pushNotificationConfig":{"id":"p","url":"https://h",)"
                           R"("authentication":)" +
                               std::string(empty) + "}}",
                           "0.3");
    EXPECT_EQ(text_at(made, "result/taskId"), "t") << empty;
    EXPECT_FALSE(host.handler.pushed->authentication) << empty;
  }
}

TEST(PushServer, json_rpc_0_3) {
  Host host(with_push());
  const auto made = call(host, "tasks/pushNotificationConfig/set",
                         R"({"taskId":"t","pushNotificationConfig":{"id":"p","url":"https://h",)"
                         R"("authentication":{"schemes":["Bearer","Basic"],"credentials":"c"}}})",
                         "0.3");
  EXPECT_EQ(text_at(made, "result/taskId"), "t");
  EXPECT_EQ(json::to_string(at(made, "result/pushNotificationConfig/authentication/schemes")),
            R"(["Bearer"])");
  EXPECT_TRUE(host.handler.pushed->legacy);
  const auto listed = call(host, "tasks/pushNotificationConfig/list", R"({"id":"t"})", "0.3");
  EXPECT_EQ(text_at(listed, "result/0/pushNotificationConfig/id"), "p");
  std::ignore = call(host, "tasks/pushNotificationConfig/get", R"({"id":"t"})", "0.3");
  EXPECT_EQ(host.handler.push_named->taskId, "t");
  EXPECT_EQ(host.handler.push_named->id, "");
  const auto gone = call(host, "tasks/pushNotificationConfig/delete",
                         R"({"id":"t","pushNotificationConfigId":"p"})", "0.3");
  EXPECT_EQ(json::to_string(gone), R"({"jsonrpc":"2.0","id":1,"result":null})");
}

TEST(PushServer, rest_of_both_versions) {
  Host host(with_push());
  const std::vector<std::pair<std::string, std::string>> json{{"Content-Type", "application/json"}};
  auto made = host.call(Method::post, "/tasks/t/pushNotificationConfigs",
                        R"({"url":"https://h","task_id":"other"})", json);
  EXPECT_EQ(made.status, 200);
  EXPECT_EQ(text_at(made.value(), "taskId"), "t");  // the path wins
  EXPECT_EQ(text_at(made.value(), "id"), "p-1");
  EXPECT_EQ(host.call(Method::get, "/tasks/t/pushNotificationConfigs/p", "", {}).status, 200);
  EXPECT_EQ(host.handler.push_named->id, "p");
  const auto page =
      host.call(Method::get, "/tasks/t/pushNotificationConfigs?pageSize=2&page_token=x", "", {});
  EXPECT_EQ(page.status, 200) << page.body;
  EXPECT_EQ(host.handler.push_listed->pageSize, 2);
  EXPECT_EQ(host.handler.push_listed->pageToken, "x");
  EXPECT_EQ(host.call(Method::delete_, "/tasks/t/pushNotificationConfigs/p", "", {}).body, "{}");

  const std::string inner = R"({"pushNotificationConfig":{"url":"https://h"},)"
                            R"("name":"tasks/t/pushNotificationConfigs/q"})";
  for (const std::string& body :
       {inner, R"({"config":)" + inner + "}", std::string(R"({"id":"q","url":"https://h"})")}) {
    made = host.call(Method::post, "/v1/tasks/t/pushNotificationConfigs", body, json);
    EXPECT_EQ(made.status, 200) << body;
    EXPECT_EQ(text_at(made.value(), "name"), "tasks/t/pushNotificationConfigs/q") << body;
    EXPECT_TRUE(host.handler.pushed->legacy);
  }
}

TEST(PushServer, what_is_wrong_names_its_field) {
  struct Row {
    std::string_view method;
    std::string params;
    std::string_view field;
    std::string_view version = "1.0";
  };
  const std::string create = "CreateTaskPushNotificationConfig";
  const std::string set = "tasks/pushNotificationConfig/set";
  const std::vector<Row> rows{
      {create, "{}", "/params/url"},
      {create, R"({"url":"https://h"})", "/params/taskId"},
      {create, R"({"taskId":"t","url":""})", "/params/url"},
      {create, R"({"taskId":"t","url":"https://h","id":")" + std::string(257, 'x') + R"("})",
       "/params/id"},
      {create, R"({"taskId":"t","url":"https://h","token":"a\r\nb: c"})", "/params/token"},
      {create, R"({"taskId":"t","url":"https://h","authentication":{"scheme":""}})",
       "/params/authentication/scheme"},
      {create,
       R"({"taskId":"t","url":"https://h","authentication":{"scheme":"B","credentials":"\u0000"}})",
       "/params/authentication/credentials"},
      {"GetTaskPushNotificationConfig", R"({"taskId":"t"})", "/params/id"},
      {"DeleteTaskPushNotificationConfig", R"({"id":"p"})", "/params/taskId"},
      {"ListTaskPushNotificationConfigs", R"({"taskId":"t","pageSize":101})", "/params/pageSize"},
      {set, R"({"taskId":"t"})", "/params/pushNotificationConfig", "0.3"},
      {set, R"({"taskId":"t","pushNotificationConfig":{"url":"https://h","token":"\n"}})",
       "/params/pushNotificationConfig/token", "0.3"},
      {"tasks/pushNotificationConfig/delete", R"({"id":"t"})", "/params/pushNotificationConfigId",
       "0.3"},
  };
  for (const Row& row : rows) {
    Host host(with_push());
    const auto answer = call(host, row.method, row.params, row.version);
    EXPECT_EQ(text_at(answer, "error/code"), "-32602") << row.params;
    EXPECT_EQ(field_of(answer), row.field) << row.method << row.params;
    EXPECT_EQ(host.handler.calls, 0);
  }
}

TEST(PushServer, an_inline_config_reaches_the_handler) {
  for (const bool old : {false, true}) {
    Host host(with_push());
    const std::string params =
        old ? R"({"message":{"kind":"message","messageId":"m","role":"user",)"
              R"("parts":[{"kind":"text","text":"x"}]},)"
              R"("configuration":{"pushNotificationConfig":{"url":"https://h"}}})"
            : R"({"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"x"}]},)"
              R"("configuration":{"taskPushNotificationConfig":{"url":"https://h"}}})";
    std::ignore = call(host, old ? "message/send" : "SendMessage", params, old ? "0.3" : "1.0");
    ASSERT_TRUE(host.handler.sent && host.handler.sent->configuration);
    const auto& push = host.handler.sent->configuration->taskPushNotificationConfig;
    ASSERT_TRUE(push);
    EXPECT_EQ(push->legacy, old);
  }
}

}  // namespace
}  // namespace flotilla::a2a::testing
