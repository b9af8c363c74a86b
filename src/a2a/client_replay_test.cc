#include "a2a/client_replay.h"

#include <gtest/gtest.h>

#include "json/json.h"

namespace flotilla::a2a {
namespace {

std::string replay(std::string_view operation, std::string_view answer) {
  auto value = json::parse(answer);
  if (!value) return "not JSON";
  return json::to_string(replay_answer(operation, *value));
}

TEST(ClientReplay, an_answer_is_read_as_the_client_reads_it) {
  EXPECT_EQ(
      replay("send_message", R"({"jsonrpc":"2.0","id":"x","result":{"message":{"messageId":"m",)"
                             R"("role":"ROLE_AGENT","parts":[{"text":"hi"}]}}})"),
      R"({"message":{"messageId":"m","role":"ROLE_AGENT","parts":[{"text":"hi"}]}})");
  EXPECT_EQ(replay("get_task",
                   R"({"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"not found"}})"),
            R"({"error":{"code":-32001,"message":"not found"}})");
  EXPECT_TRUE(replay("get_task", "{}").starts_with(R"({"error":{"code":-32006)"));
}

TEST(ClientReplay, messages_of_a_history_may_lack_their_id) {
  const std::string task = replay(
      "get_task", R"({"result":{"id":"t","status":{"state":"TASK_STATE_COMPLETED","message":)"
                  R"({"role":"ROLE_AGENT","parts":[{"text":"b"}]}},)"
                  R"("history":[{"role":"ROLE_USER","parts":[{"text":"a"}]}]}})");
  EXPECT_TRUE(task.starts_with(R"({"id":"t")")) << task;
  EXPECT_NE(task.find(R"("text":"a")"), std::string::npos) << task;
}

TEST(ClientReplay, a_card_is_read_even_if_no_binding_of_it_is_ours) {
  const std::string card =
      replay("get_agent_card",
             R"({"name":"A","capabilities":{"streaming":false},"supportedInterfaces":)"
             R"([{"url":"https://example.com","protocolBinding":"REST","protocolVersion":"1.0"}],)"
             R"("skills":[{"id":"s","name":"S"}]})");
  EXPECT_NE(card.find(R"("streaming":false)"), std::string::npos) << card;
  EXPECT_NE(card.find(R"("id":"s","name":"S")"), std::string::npos) << card;
}

}  // namespace
}  // namespace flotilla::a2a
