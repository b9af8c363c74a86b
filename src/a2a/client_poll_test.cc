#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "a2a/client_testing_internal.h"

// Servers without streams, or with less than all of them: against one that sends prepared bytes.
namespace flotilla::a2a {
namespace {

using namespace testing;
using std::chrono::milliseconds;

A2A_CLIENT_TEST(ClientPoll, server_that_cannot_subscribe_is_polled) {
  int polls = 0;
  world.on_call = [&](const RawRequest& request) {
    if (request.is("SendStreamingMessage")) return cut_stream(event("1", task_item("SUBMITTED")));
    if (request.is("SubscribeToTask")) return rpc_error(-32601);
    ++polls;
    if (polls == 3) return gone();  // an outage while polling is survived as well
    return rpc_result(task_text(polls < 6 ? "WORKING" : "COMPLETED"));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  const auto seen = co_await stream_all(**client, hello());
  EXPECT_EQ(seen.text(), "task:submitted task:working task:completed");
  EXPECT_EQ(polls, 6);
}

A2A_CLIENT_TEST(ClientPoll,
                server_without_cursors_that_has_nothing_more_to_say_is_asked_for_the_task) {
  for (const auto& [state, cut] :
       {std::pair{"COMPLETED", false}, std::pair{"INPUT_REQUIRED", false},
        std::pair{"COMPLETED", true}}) {
    world.server.requests.clear();
    world.on_call = [&](const RawRequest& request) {
      if (request.is("SendStreamingMessage")) return cut_stream(event("", task_item("WORKING")));
      if (request.is("GetTask")) return rpc_result(task_text(state));
      return cut ? cut_stream("") : stream("");
    };
    auto client = co_await world.connect();
    CO_ASSERT_OK(client);
    const auto seen = co_await stream_all(**client, hello());
    CO_ASSERT_EQ(seen.items.size(), 2U);
    EXPECT_EQ(wire_name(seen.items.back().task->status.state), std::string("TASK_STATE_") + state);
    EXPECT_EQ(world.calls().size(), 3U);
  }
}

A2A_CLIENT_TEST(ClientPoll, agent_without_streams_is_polled) {
  world.capabilities = R"({"streaming":false})";
  world.on_call = [&world](const RawRequest& request) {
    if (request.is("SendMessage")) {
      EXPECT_TRUE(request.body.contains("\"returnImmediately\":true"));
      return rpc_result(task_item("SUBMITTED"));
    }
    EXPECT_TRUE(request.is("GetTask"));
    return rpc_result(task_text(world.calls().size() < 4 ? "SUBMITTED" : "COMPLETED"));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  const auto seen = co_await stream_all(**client, hello());
  EXPECT_EQ(seen.text(), "task:submitted task:completed");
  EXPECT_EQ(world.clock.pauses, (std::vector<Duration>{milliseconds(250), milliseconds(500)}));
}

A2A_CLIENT_TEST(ClientPoll, task_that_changes_is_polled_more_often) {
  world.capabilities = R"({"streaming":false})";
  const std::vector<std::string> states{"SUBMITTED", "SUBMITTED", "SUBMITTED", "WORKING",
                                        "WORKING",   "WORKING",   "COMPLETED"};
  std::size_t polls = 0;
  world.on_call = [&](const RawRequest& request) {
    if (request.is("SendMessage")) return rpc_result(task_item("SUBMITTED"));
    return rpc_result(task_text(states[polls++]));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  EXPECT_EQ((co_await stream_all(**client, hello())).text(),
            "task:submitted task:working task:completed");
  std::vector<Duration> expected;
  for (const int ms : {250, 500, 1000, 250, 500}) expected.emplace_back(milliseconds(ms));
  EXPECT_EQ(world.clock.pauses, expected);
}

A2A_CLIENT_TEST(ClientPoll, busy_server_is_polled_when_it_says) {
  world.capabilities = R"({"streaming":false})";
  int polls = 0;
  world.on_call = [&](const RawRequest& request) {
    if (request.is("SendMessage")) return rpc_result(task_item("SUBMITTED"));
    return ++polls == 1 ? busy(429, "7") : rpc_result(task_text("COMPLETED"));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  EXPECT_EQ((co_await stream_all(**client, hello())).text(), "task:submitted task:completed");
  EXPECT_EQ(world.clock.pauses, std::vector<Duration>(1, std::chrono::seconds(7)));
}

A2A_CLIENT_TEST(ClientPoll, card_that_is_silent_about_streams_is_tried) {
  world.capabilities = "{}";
  world.on_call = [](const RawRequest& request) {
    if (request.is("SendStreamingMessage")) return rpc_error(-32004, "UNSUPPORTED_OPERATION");
    EXPECT_TRUE(request.is("SendMessage"));
    return rpc_result(task_item("COMPLETED"));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  const auto seen = co_await stream_all(**client, hello());
  EXPECT_EQ(seen.text(), "task:completed");
  EXPECT_EQ(world.calls().size(), 2U);
}

A2A_CLIENT_TEST(ClientPoll, server_that_does_not_stream_though_its_card_says_so_is_polled) {
  for (const std::string binding : {"JSONRPC", "HTTP+JSON"}) {
    for (const int status : {200, 404, 405, 501}) {
      if (status == 200 && binding != "JSONRPC") continue;
      world.server.requests.clear();
      world.binding = binding;
      const bool rpc = binding == "JSONRPC";
      world.on_call = [&](const RawRequest& request) {
        const bool streams =
            request.is("SendStreamingMessage") || request.target().ends_with("/message:stream");
        if (streams && status == 200) return rpc_error(-32601);
        if (streams) return plain(status, "text/plain", "Cannot POST");
        const bool sends = request.is("SendMessage") || request.target().ends_with(":send");
        EXPECT_EQ(request.body.contains("\"returnImmediately\":true"), sends);
        const auto text = sends ? task_item("WORKING") : task_text("COMPLETED");
        return rpc ? rpc_result(text) : json_reply(text);
      };
      auto client = co_await world.connect();
      CO_ASSERT_OK(client);
      EXPECT_EQ((co_await stream_all(**client, hello())).text(), "task:working task:completed")
          << binding << " " << status;
      EXPECT_EQ(world.calls().size(), 3U);
    }
  }
}

}  // namespace
}  // namespace flotilla::a2a
