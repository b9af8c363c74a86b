#include "a2a/v03.h"

#include <gtest/gtest.h>

#include "json/json.h"

namespace flotilla::a2a::v03 {
namespace {

template <class T>
T must_read(std::string_view text) {
  auto value = json::from_text<T>(text);
  EXPECT_TRUE(value) << text << ": " << (value ? "" : value.error().message());
  return value ? std::move(*value) : T();
}

/// 1.0 text to 0.3 text and back.
template <class New, class Old>
void expect_pair(std::string_view modern, std::string_view old, Form form) {
  EXPECT_EQ(json::to_text(to_v03(must_read<New>(modern), form)), old);
  auto back = from_v03(must_read<Old>(old), "");
  ASSERT_TRUE(back) << old << ": " << back.error().message();
  EXPECT_EQ(json::to_text(*back), modern);
}

TEST(V03, parts_translate_both_ways_in_rpc_form) {
  const auto expect = [](std::string_view modern, std::string_view old) {
    expect_pair<a2a::Part, Part>(modern, old, Form::rpc);
  };
  expect(R"({"text":"hi"})", R"({"kind":"text","text":"hi"})");
  expect(R"({"text":""})", R"({"kind":"text","text":""})");
  expect(R"({"raw":"aGk=","filename":"a.txt","mediaType":"text/plain"})",
         R"({"kind":"file","file":{"bytes":"aGk=","mimeType":"text/plain","name":"a.txt"}})");
  expect(R"({"url":"https://x.example/f"})",
         R"({"kind":"file","file":{"uri":"https://x.example/f"}})");
  expect(R"({"data":{"k":1,"data":{}}})", R"({"kind":"data","data":{"k":1,"data":{}}})");
  expect(R"({"data":[1,null],"metadata":{"m":1}})",
         R"({"kind":"data","data":{"value":[1,null]},"metadata":{"m":1,"data_part_compat":true}})");
  expect(R"({"data":null})",
         R"({"kind":"data","data":{"value":null},"metadata":{"data_part_compat":true}})");
}

TEST(V03, parts_translate_both_ways_in_rest_form) {
  const auto expect = [](std::string_view modern, std::string_view old) {
    expect_pair<a2a::Part, Part>(modern, old, Form::rest);
  };
  expect(R"({"text":"hi"})", R"({"text":"hi"})");
  expect(R"({"raw":"aGk=","filename":"a.txt","mediaType":"text/plain"})",
         R"({"file":{"fileWithBytes":"aGk=","mimeType":"text/plain","name":"a.txt"}})");
  expect(R"({"url":"https://x.example/f"})", R"({"file":{"fileWithUri":"https://x.example/f"}})");
  expect(R"({"data":{"k":1}})", R"({"data":{"data":{"k":1}}})");
  expect(R"({"data":"s"})",
         R"({"data":{"data":{"value":"s"}},"metadata":{"data_part_compat":true}})");
}

TEST(V03, media_type_of_a_text_has_no_place) {
  EXPECT_EQ(
      json::to_text(to_v03(must_read<a2a::Part>(R"({"text":"x","mediaType":"a/b"})"), Form::rpc)),
      R"({"kind":"text","text":"x"})");
}

TEST(V03, states_and_roles_in_both_forms) {
  for (int i = 0; i <= static_cast<int>(TaskState::auth_required); ++i) {
    const auto state = static_cast<TaskState>(i);
    for (const Form form : {Form::rpc, Form::rest})
      EXPECT_EQ(parse_state(state_name(state, form)), state) << wire_name(state);
  }
  EXPECT_EQ(state_name(TaskState::canceled, Form::rest), "TASK_STATE_CANCELLED");
  EXPECT_EQ(parse_state("TASK_STATE_CANCELED"), TaskState::canceled);
  EXPECT_EQ(state_name(TaskState::unspecified, Form::rpc), "unknown");
  EXPECT_EQ(parse_state("done"), std::nullopt);
  EXPECT_EQ(parse_state(""), std::nullopt);
  EXPECT_EQ(parse_role("agent"), MessageRole::agent);
  EXPECT_EQ(parse_role("ROLE_USER"), MessageRole::user);
  EXPECT_EQ(parse_role("system"), std::nullopt);
}

TEST(V03, tasks_translate_both_ways) {
  constexpr std::string_view kModern =
      R"({"id":"t-1","contextId":"c-1","status":{"state":"TASK_STATE_CANCELED","message":)"
      R"({"messageId":"m-3","role":"ROLE_AGENT","parts":[{"text":"pong"}]},)"
      R"("timestamp":"2026-11-02T08:00:00.000Z"},"artifacts":[{"artifactId":"a-1","name":"n",)"
      R"("parts":[{"text":"pong"}]}],"history":[{"messageId":"m-1","role":"ROLE_USER",)"
      R"("parts":[{"text":"ping"}]}],"metadata":{"k":1}})";
  expect_pair<a2a::Task, Task>(
      kModern,
      R"({"kind":"task","id":"t-1","contextId":"c-1","status":{"state":"canceled","message":)"
      R"({"kind":"message","messageId":"m-3","role":"agent","parts":[{"kind":"text",)"
      R"("text":"pong"}]},"timestamp":"2026-11-02T08:00:00.000Z"},"artifacts":[{"artifactId":)"
      R"("a-1","name":"n","parts":[{"kind":"text","text":"pong"}]}],"history":[{"kind":"message",)"
      R"("messageId":"m-1","role":"user","parts":[{"kind":"text","text":"ping"}]}],)"
      R"("metadata":{"k":1}})",
      Form::rpc);
  expect_pair<a2a::Task, Task>(
      kModern,
      R"({"id":"t-1","contextId":"c-1","status":{"state":"TASK_STATE_CANCELLED","message":)"
      R"({"messageId":"m-3","role":"ROLE_AGENT","content":[{"text":"pong"}]},)"
      R"("timestamp":"2026-11-02T08:00:00.000Z"},"artifacts":[{"artifactId":"a-1","name":"n",)"
      R"("parts":[{"text":"pong"}]}],"history":[{"messageId":"m-1","role":"ROLE_USER",)"
      R"("content":[{"text":"ping"}]}],"metadata":{"k":1}})",
      Form::rest);
}

TEST(V03, status_updates_say_final_at_terminal_states) {
  const auto text = [](std::string_view state, Form form) {
    const std::string modern =
        R"({"taskId":"t","contextId":"c","status":{"state":")" + std::string(state) + R"("}})";
    return json::to_text(to_v03(must_read<TaskStatusUpdateEvent>(modern), form));
  };
  EXPECT_EQ(text("TASK_STATE_WORKING", Form::rpc),
            R"({"kind":"status-update","taskId":"t","contextId":"c","status":{"state":"working"},)"
            R"("final":false})");
  EXPECT_EQ(text("TASK_STATE_REJECTED", Form::rpc),
            R"({"kind":"status-update","taskId":"t","contextId":"c","status":{"state":"rejected"},)"
            R"("final":true})");
  EXPECT_EQ(text("TASK_STATE_WORKING", Form::rest),
            R"({"taskId":"t","contextId":"c","status":{"state":"TASK_STATE_WORKING"}})");
}

TEST(V03, artifact_updates_translate_both_ways) {
  expect_pair<TaskArtifactUpdateEvent, ArtifactUpdate>(
      R"({"taskId":"t","contextId":"c","artifact":{"artifactId":"a","parts":[{"text":"x"}]},)"
      R"("append":true,"lastChunk":false})",
      R"({"kind":"artifact-update","taskId":"t","contextId":"c","artifact":{"artifactId":"a",)"
      R"("parts":[{"kind":"text","text":"x"}]},"append":true,"lastChunk":false})",
      Form::rpc);
}

SendMessageRequest send(std::string_view text, Form form) {
  auto request = from_v03(must_read<SendParams>(text), form, "/params");
  EXPECT_TRUE(request) << text;
  return request ? std::move(*request) : SendMessageRequest();
}

TEST(V03, blocking_is_the_inverse_of_return_immediately) {
  const auto immediately = [](std::string_view configuration, Form form) {
    const std::string text =
        R"({"message":{"messageId":"m","role":"user","parts":[{"text":"x"}]})" +
        (configuration.empty() ? std::string()
                               : ",\"configuration\":" + std::string(configuration)) +
        "}";
    const auto request = send(text, form);
    return request.configuration && request.configuration->returnImmediately.value_or(false);
  };
  EXPECT_FALSE(immediately("", Form::rpc));
  EXPECT_FALSE(immediately("{}", Form::rpc));
  EXPECT_FALSE(immediately(R"({"blocking":true})", Form::rpc));
  EXPECT_TRUE(immediately(R"({"blocking":false})", Form::rpc));
  EXPECT_FALSE(immediately("", Form::rest));
  EXPECT_TRUE(immediately("{}", Form::rest));  // ProtoJSON leaves false out
  EXPECT_FALSE(immediately(R"({"blocking":true})", Form::rest));
}

TEST(V03, history_length_zero_is_no_limit) {
  const auto request = send(R"({"message":{"messageId":"m","role":"user","parts":[{"text":"x"}]},)"
                            R"("configuration":{"historyLength":0}})",
                            Form::rpc);
  ASSERT_TRUE(request.configuration);
  EXPECT_FALSE(request.configuration->historyLength);
}

TEST(V03, push_configuration_keeps_its_first_scheme) {
  for (const std::string_view name : {"pushNotificationConfig", "pushNotification"}) {
    const auto request =
        send(R"({"request":{"messageId":"m","role":"ROLE_USER","content":[{"text":"x"}]},)"
             R"("configuration":{")" +
                 std::string(name) +
                 R"(":{"url":"https://h","authentication":{"schemes":["Bearer","Basic"]}}}})",
             Form::rest);
    ASSERT_TRUE(request.configuration && request.configuration->taskPushNotificationConfig);
    EXPECT_EQ(request.configuration->taskPushNotificationConfig->authentication->scheme, "Bearer");
  }
}

TEST(V03, requests_are_written_for_old_servers) {
  a2a::SendMessageRequest request;
  request.message.messageId = "m";
  request.message.role = MessageRole::user;
  request.message.parts.push_back(text_part("x"));
  EXPECT_EQ(json::to_text(to_v03(request, Form::rpc)),
            R"({"message":{"kind":"message","messageId":"m","role":"user","parts":[)"
            R"({"kind":"text","text":"x"}]},"configuration":{"blocking":true}})");
  EXPECT_EQ(json::to_text(to_v03(request, Form::rest)),
            R"({"message":{"messageId":"m","role":"ROLE_USER","content":[{"text":"x"}]},)"
            R"("configuration":{"blocking":true}})");
}

TEST(V03, faults_point_at_the_old_member) {
  struct Row {
    std::string_view part;
    std::string_view field;
  };
  for (const Row& row :
       std::vector<Row>{{R"({"kind":"text"})", "/p"},
                        {R"({"kind":"file","text":"x"})", "/p/file"},
                        {R"({"kind":"image","text":"x"})", "/p/kind"},
                        {R"({"kind":"file","file":{}})", "/p/file"},
                        {R"({"kind":"file","file":{"bytes":"aGk=","uri":"u"}})", "/p/file"},
                        {R"({"kind":"data","data":[1]})", "/p/data"},
                        {R"({"data":{"k":1}})", "/p/data/data"},
                        {R"({"text":"x","data":{}})", "/p"}}) {
    auto part = from_v03(must_read<Part>(row.part), "/p");
    ASSERT_FALSE(part) << row.part;
    EXPECT_EQ(part.error().violations().at(0).field, row.field) << row.part;
  }
}

TEST(V03, responses_are_told_apart) {
  const auto read = [](std::string_view text, Form form) {
    return read_response(*json::parse(text), form, "");
  };
  const auto task =
      read(R"({"kind":"task","id":"t","contextId":"","status":{"state":"working"}})", Form::rpc);
  ASSERT_TRUE(task && task->task);
  EXPECT_FALSE(task->task->contextId);
  const auto update =
      read(R"({"kind":"status-update","taskId":"t","contextId":"c","status":{"state":"failed"},)"
           R"("final":true})",
           Form::rpc);
  ASSERT_TRUE(update && update->statusUpdate);
  EXPECT_EQ(update->statusUpdate->status.state, TaskState::failed);
  const auto message = read(
      R"({"msg":{"message_id":"m","role":"ROLE_AGENT","content":[{"text":"x"}]}})", Form::rest);
  ASSERT_TRUE(message && message->message);
  EXPECT_EQ(text_of(message->message->parts), "x");
  EXPECT_FALSE(read(R"({"id":"t"})", Form::rpc));
  EXPECT_FALSE(read(R"({"kind":"other"})", Form::rpc));
  EXPECT_FALSE(read("{}", Form::rest));
}

}  // namespace
}  // namespace flotilla::a2a::v03
