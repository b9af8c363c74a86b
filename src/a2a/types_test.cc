#include "a2a/types.h"

#include <gtest/gtest.h>

#include "a2a/card.h"
#include "a2a/continuation.h"
#include "json/json.h"

namespace flotilla::a2a {
namespace {

template <class T>
T must_read(std::string_view text) {
  json::ReadOptions options;
  options.proto_names = true;
  auto value = json::from_text<T>(text, options);
  EXPECT_TRUE(value) << text << ": " << (value ? "" : value.error().message());
  return value ? std::move(*value) : T();
}

template <class T>
void expect_round_trip(std::string_view text) {
  EXPECT_EQ(json::to_text(must_read<T>(text)), text);
}

TEST(Types, examples_of_the_specification_survive_a_round_trip) {
  for (const std::string_view part :
       {R"({"text":"hi","mediaType":"text/markdown"})", R"({"text":""})",
        R"({"raw":"aGVsbG8=","filename":"a.txt","mediaType":"text/plain"})",
        R"({"url":"https://x.example/f.pdf","mediaType":"application/pdf"})",
        R"({"data":[1,2,null]})", R"({"data":null})", R"({"data":{"n":10.00,"a":1}})",
        R"({"text":"x","metadata":{"snake_case":1,"camelCase":{"a":null}}})"})
    expect_round_trip<Part>(part);
  expect_round_trip<SendMessageRequest>(
      R"({"tenant":"acme","message":{"messageId":"m-7","contextId":"c-9","role":"ROLE_USER",)"
      R"("parts":[{"text":"summarise"},{"url":"https://x.example/f.pdf","filename":"f.pdf",)"
      R"("mediaType":"application/pdf"}]},"configuration":{"acceptedOutputModes":)"
      R"(["text/markdown"],"taskPushNotificationConfig":{"url":"https://c.example/h",)"
      R"("token":"n-1","authentication":{"scheme":"Bearer","credentials":"s3"}},)"
      R"("historyLength":0,"returnImmediately":true}})");
  expect_round_trip<SendMessageResponse>(
      R"({"task":{"id":"t-7","contextId":"c-9","status":{"state":"TASK_STATE_WORKING",)"
      R"("timestamp":"2026-11-02T08:00:00.120Z"}}})");
  expect_round_trip<StreamResponse>(
      R"({"artifactUpdate":{"taskId":"t-9","contextId":"c-9","artifact":{"artifactId":"a",)"
      R"("parts":[{"text":"He"}]},"append":false,"lastChunk":false}})");
  expect_round_trip<StreamResponse>(
      R"({"statusUpdate":{"taskId":"t-9","contextId":"c-9","status":)"
      R"({"state":"TASK_STATE_COMPLETED","timestamp":"2026-11-02T08:00:01.000Z"}}})");
  expect_round_trip<ListTasksResponse>(
      R"({"tasks":[],"nextPageToken":"","pageSize":2,"totalSize":0})");
  expect_round_trip<CancelTaskRequest>(R"({"id":"t-7","metadata":{"why":"late"}})");
}

TEST(Types, card_example_survives_a_round_trip) {
  expect_round_trip<AgentCard>(
      R"({"name":"Echo","description":"Repeats text","supportedInterfaces":[)"
      R"({"url":"https://e.example/a2a","protocolBinding":"JSONRPC","protocolVersion":"1.0"},)"
      R"({"url":"e.example:443","protocolBinding":"GRPC","protocolVersion":"1.0"}],)"
      R"("version":"2.1.0","capabilities":{"streaming":true,"pushNotifications":true,)"
      R"("extendedAgentCard":true},"securitySchemes":{"tok":{"httpAuthSecurityScheme":)"
      R"({"scheme":"Bearer","bearerFormat":"JWT"}}},"securityRequirements":[{"schemes":)"
      R"({"tok":{"list":[]}}}],"defaultInputModes":["text/plain"],"defaultOutputModes":)"
      R"(["text/plain"],"skills":[{"id":"echo","name":"Echo","description":"Echo back",)"
      R"("tags":["demo"]}]})");
}

TEST(Types, lenient_spellings_are_read_and_strict_ones_written) {
  const auto message = must_read<Message>(
      R"({"message_id":"m","context_id":"c","role":1,"parts":[{"raw":"aGk","media_type":"a/b"}],)"
      R"("unknown":{"x":1},"extensions":null})");
  EXPECT_EQ(json::to_text(message), R"({"messageId":"m","contextId":"c","role":"ROLE_USER",)"
                                    R"("parts":[{"raw":"aGk=","mediaType":"a/b"}]})");
  const auto status = must_read<TaskStatus>(
      R"({"state":"TASK_STATE_WORKING","timestamp":"2026-11-02T09:00:00+01:00"})");
  EXPECT_EQ(json::to_text(status),
            R"({"state":"TASK_STATE_WORKING","timestamp":"2026-11-02T08:00:00.000Z"})");
}

TEST(Types, terminal_and_interrupted_states) {
  for (int i = 0; i <= static_cast<int>(TaskState::auth_required); ++i) {
    const auto state = static_cast<TaskState>(i);
    const bool terminal = i == 3 || i == 4 || i == 5 || i == 7;
    EXPECT_EQ(is_terminal(state), terminal) << wire_name(state);
    EXPECT_EQ(is_interrupted(state), i == 6 || i == 8) << wire_name(state);
  }
}

TEST(Types, text_parts_are_joined_by_line_ends) {
  Part url;
  url.url = "https://x.example";
  EXPECT_EQ(text_of({text_part("a"), url, text_part(""), text_part("b")}), "a\n\nb");
  EXPECT_EQ(text_of({}), "");
}

Message message(std::string id) {
  Message out;
  out.messageId = std::move(id);
  out.role = MessageRole::agent;
  out.parts.push_back(text_part("x"));
  return out;
}

TaskStatusUpdateEvent status_event(TaskState state, std::optional<Message> said) {
  TaskStatusUpdateEvent event;
  event.status.state = state;
  event.status.message = std::move(said);
  return event;
}

TEST(Reducer, superseded_status_message_enters_history_once) {
  Task task;
  apply(task, status_event(TaskState::working, message("m-1")));
  EXPECT_TRUE(task.history.empty());
  apply(task, status_event(TaskState::working, message("m-1")));
  EXPECT_TRUE(task.history.empty()) << "the same message again is not history";
  apply(task, status_event(TaskState::completed, std::nullopt));
  ASSERT_EQ(task.history.size(), 1U);
  EXPECT_EQ(task.history[0].messageId, "m-1");
  EXPECT_FALSE(task.status.message);
  EXPECT_EQ(task.status.state, TaskState::completed);
}

TEST(Reducer, status_metadata_merges_by_key) {
  Task task;
  auto event = status_event(TaskState::working, std::nullopt);
  event.metadata.set("a", json::Value(1));
  event.metadata.set("b", json::Value(1));
  apply(task, event);
  event.metadata = json::Object();
  event.metadata.set("b", json::Value(2));
  apply(task, event);
  EXPECT_EQ(json::to_string(task.metadata), R"({"a":1,"b":2})");
}

TaskArtifactUpdateEvent chunk(std::string id, std::string text, std::optional<bool> append) {
  TaskArtifactUpdateEvent event;
  event.artifact.artifactId = std::move(id);
  event.artifact.parts.push_back(text_part(std::move(text)));
  event.append = append;
  return event;
}

TEST(Reducer, artifacts_are_created_appended_to_and_replaced) {
  Task task;
  auto first = chunk("a", "1", std::nullopt);
  first.artifact.name = "n";
  first.artifact.metadata.set("k", json::Value(1));
  apply(task, first);
  auto second = chunk("a", "2", true);
  second.artifact.metadata.set("l", json::Value(2));
  apply(task, second);
  apply(task, chunk("b", "x", true));  // append to an unknown one creates it
  ASSERT_EQ(task.artifacts.size(), 2U);
  EXPECT_EQ(json::to_text(task.artifacts[0]),
            R"({"artifactId":"a","name":"n","parts":[{"text":"1"},{"text":"2"}],)"
            R"("metadata":{"k":1,"l":2}})");
  apply(task, chunk("a", "new", false));
  EXPECT_EQ(json::to_text(task.artifacts[0]), R"({"artifactId":"a","parts":[{"text":"new"}]})");
  EXPECT_EQ(task.artifacts[1].artifactId, "b");
}

TEST(Reducer, a_text_that_continues_is_joined_to_the_last_part) {
  Task task;
  apply(task, chunk("a", "Hel", std::nullopt));
  auto more = chunk("a", "lo", true);
  more.artifact.parts.front().metadata.set(std::string(kContinues), json::Value(true));
  more.artifact.parts.push_back(text_part("!"));
  apply(task, more);
  EXPECT_EQ(json::to_text(task.artifacts[0]),
            R"({"artifactId":"a","parts":[{"text":"Hello"},{"text":"!"}]})");
}

TEST(Reducer, history_tail_keeps_the_most_recent) {
  Task task;
  for (const char* id : {"1", "2", "3"}) task.history.push_back(message(id));
  history_tail(task, std::nullopt);
  EXPECT_EQ(task.history.size(), 3U);
  history_tail(task, 5);
  EXPECT_EQ(task.history.size(), 3U);
  history_tail(task, 2);
  ASSERT_EQ(task.history.size(), 2U);
  EXPECT_EQ(task.history[0].messageId, "2");
  history_tail(task, 0);
  EXPECT_TRUE(task.history.empty());
}

TEST(Validate, names_what_is_wrong) {
  struct Row {
    std::function<void(Message&)> spoil;
    std::string field;
  };
  const std::vector<Row> rows{
      {[](Message& m) { m.messageId.clear(); }, "/m/messageId"},
      {[](Message& m) { m.messageId.assign(257, 'x'); }, "/m/messageId"},
      {[](Message& m) { m.contextId = std::string(257, 'x'); }, "/m/contextId"},
      {[](Message& m) { m.taskId = ""; }, "/m/taskId"},
      {[](Message& m) { m.role = MessageRole::unspecified; }, "/m/role"},
      {[](Message& m) { m.parts.clear(); }, "/m/parts"},
      {[](Message& m) { m.parts.resize(1001, text_part("x")); }, "/m/parts"},
      {[](Message& m) { m.parts.emplace_back(); }, "/m/parts/1"},
      {[](Message& m) { m.parts[0].url = "https://x.example"; }, "/m/parts/0"},
      {[](Message& m) { m.extensions.resize(101); }, "/m/extensions"},
      {[](Message& m) { m.referenceTaskIds.resize(101); }, "/m/referenceTaskIds"},
  };
  EXPECT_TRUE(validate(message("m"), "/m"));
  for (const Row& row : rows) {
    Message spoilt = message("m");
    row.spoil(spoilt);
    const auto result = validate(spoilt, "/m");
    ASSERT_FALSE(result) << row.field;
    EXPECT_EQ(result.error().code(), Code::invalid_argument);
    EXPECT_EQ(result.error().violations().at(0).field, row.field);
  }
}

}  // namespace
}  // namespace flotilla::a2a
