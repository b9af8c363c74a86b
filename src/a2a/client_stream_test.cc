#include "a2a/client_testing_internal.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

// Streams that are cut, resumed, refused: against a server that sends prepared bytes.
namespace flotilla::a2a {
namespace {

using namespace testing;
using std::chrono::milliseconds;

/// A task of six events, the first its creation, the last its end.
std::vector<std::string> journal() {
  std::vector<std::string> out{task_item("SUBMITTED"), status_item("WORKING")};
  for (const auto* text : {"a", "b", "c"}) out.push_back(artifact_item(text));
  out.push_back(status_item("COMPLETED"));
  return out;
}
constexpr std::string_view kWhole =
    "task:submitted status:working artifact:a artifact:b artifact:c status:completed";

/// The events after `cursor`, at most `count`.
std::string events_after(std::size_t cursor, std::size_t count = 100) {
  const auto all = journal();
  std::string out;
  for (std::size_t i = cursor; i < all.size() && i < cursor + count; ++i)
    out += event(std::to_string(i + 1), all[i]);
  return out;
}

std::size_t cursor_of(const RawRequest& request) {
  return std::stoul(request.header("Last-Event-ID").value_or("0"));
}

/// A subscription has a cursor and a send begins at the beginning.
bool is_right(const RawRequest& request) {
  if (request.is("SubscribeToTask")) return cursor_of(request) > 0;
  return request.is("SendStreamingMessage") && request.body.contains("\"messageId\":\"m-1\"") &&
         !request.header("Last-Event-ID");
}

A2A_CLIENT_TEST(ClientStream, whole_stream_needs_one_request) {
  world.on_call = [](const RawRequest&) { return stream(events_after(0)); };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  const auto seen = co_await stream_all(**client, hello());
  EXPECT_EQ(seen.text(), kWhole);
  EXPECT_EQ(seen.cursor, "6");
  EXPECT_EQ(world.calls().size(), 1U);
  EXPECT_TRUE(world.cuts.empty());
}

A2A_CLIENT_TEST(ClientStream, cut_after_any_event_is_resumed_after_it) {
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  for (std::size_t k = 0; k < journal().size(); ++k) {
    world.server.requests.clear();
    world.cuts.clear();
    world.on_call = [&world, k](const RawRequest& request) {
      EXPECT_TRUE(is_right(request)) << request.head;
      if (world.calls().size() == 1) return cut_stream(events_after(0, k));
      return stream(events_after(cursor_of(request)));
    };
    const auto seen = co_await stream_all(**client, hello());
    EXPECT_EQ(seen.text(), kWhole) << k;
    CO_ASSERT_EQ(world.calls().size(), 2U);
    EXPECT_EQ(cursor_of(world.calls().back()), k);
    EXPECT_EQ(world.calls().back().is("SendStreamingMessage"), k == 0);
    EXPECT_EQ(world.cuts.size(), 1U) << k;
  }
}

A2A_CLIENT_TEST(ClientStream, cut_within_an_event_loses_nothing) {
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  const auto whole = events_after(0);
  for (std::size_t at = 1; at < whole.size(); at += 11) {
    world.server.requests.clear();
    world.on_call = [&world, &whole, at](const RawRequest& request) {
      EXPECT_TRUE(is_right(request)) << request.head;
      if (world.calls().size() == 1) return cut_stream(whole.substr(0, at));
      return stream(events_after(cursor_of(request)));
    };
    const auto seen = co_await stream_all(**client, hello());
    EXPECT_EQ(seen.text(), kWhole) << at;
  }
}

A2A_CLIENT_TEST(ClientStream, cut_after_each_event_in_turn) {
  world.on_call = [](const RawRequest& request) {
    EXPECT_TRUE(is_right(request)) << request.head;
    return cut_stream(events_after(cursor_of(request), 1));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  const auto seen = co_await stream_all(**client, hello());
  EXPECT_EQ(seen.text(), kWhole);
  EXPECT_EQ(world.cuts.size(), 5U);
  // Each connection brought something: every pause is the first one.
  EXPECT_EQ(world.clock.pauses, std::vector<Duration>(5, milliseconds(250)));
}

A2A_CLIENT_TEST(ClientStream, server_that_is_gone_is_asked_less_and_less) {
  int answers = 0;
  world.on_call = [&answers](const RawRequest& request) {
    ++answers;
    if (answers == 1) return cut_stream(events_after(0, 2));
    if (answers <= 8) return gone();
    return stream(events_after(cursor_of(request)));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  const auto seen = co_await stream_all(**client, hello());
  EXPECT_EQ(seen.text(), kWhole);
  EXPECT_EQ(world.cuts.size(), 1U);
  std::vector<Duration> expected;
  for (const int ms : {250, 500, 1000, 2000, 4000, 5000, 5000, 5000})
    expected.emplace_back(milliseconds(ms));
  EXPECT_EQ(world.clock.pauses, expected);
}

A2A_CLIENT_TEST(ClientStream, outage_that_lasts_too_long_is_the_error) {
  world.options.retry_for = std::chrono::seconds(1);
  world.on_call = [&world](const RawRequest&) {
    return world.calls().size() == 1 ? cut_stream(events_after(0, 2)) : gone();
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  auto events = co_await (*client)->stream(hello());
  const auto seen = co_await read_all(**events);
  EXPECT_EQ(seen.text(), "task:submitted status:working !UNAVAILABLE");
  EXPECT_EQ(seen.cursor, "2");
  EXPECT_EQ(world.clock.pauses,
            (std::vector<Duration>{milliseconds(250), milliseconds(500), milliseconds(250)}));
  const auto calls = world.calls().size();
  const auto again = co_await (*events)->next();
  CO_ASSERT_FALSE(again);
  EXPECT_EQ(again.error().message(), seen.error->message());
  EXPECT_EQ(world.calls().size(), calls);
}

A2A_CLIENT_TEST(ClientStream, retry_can_be_switched_off) {
  world.options.retry_for = Duration::zero();
  world.on_call = [](const RawRequest&) { return cut_stream(events_after(0, 2)); };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  const auto seen = co_await stream_all(**client, hello());
  EXPECT_EQ(seen.text(), "task:submitted status:working !UNAVAILABLE");
  EXPECT_TRUE(world.cuts.empty());
}

A2A_CLIENT_TEST(ClientStream, server_that_only_ever_opens_is_given_up) {
  world.options.retry_for = std::chrono::seconds(3);
  world.on_call = [](const RawRequest&) { return cut_stream(": ping\n\n"); };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  const auto seen = co_await stream_all(**client, hello());
  EXPECT_EQ(seen.text(), " !UNAVAILABLE");
  EXPECT_EQ(world.cuts.size(), 1U);
}

A2A_CLIENT_TEST(ClientStream, task_that_ended_meanwhile_is_got) {
  world.on_call = [&world](const RawRequest& request) {
    if (world.calls().size() == 1) return cut_stream(events_after(0, 3));
    if (request.is("SubscribeToTask")) return rpc_error(-32004);
    EXPECT_TRUE(request.is("GetTask"));
    return rpc_result(task_text("COMPLETED"));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  const auto seen = co_await stream_all(**client, hello());
  EXPECT_EQ(seen.text(), "task:submitted status:working artifact:a task:completed");
  EXPECT_EQ(world.calls().size(), 3U);
}

A2A_CLIENT_TEST(ClientStream, snapshot_of_a_server_without_cursors_is_passed_on) {
  world.on_call = [&world](const RawRequest& request) {
    EXPECT_FALSE(request.header("Last-Event-ID"));
    if (request.is("SendStreamingMessage"))
      return cut_stream(event("", task_item("SUBMITTED")) + event("", status_item("WORKING")));
    if (world.calls().size() == 2) return cut_stream(event("", task_item("WORKING")));
    return stream(event("", task_item("INPUT_REQUIRED")));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  const auto seen = co_await stream_all(**client, hello());
  EXPECT_EQ(seen.text(), "task:submitted status:working task:working task:input_required");
  EXPECT_EQ(seen.cursor, "");
}

A2A_CLIENT_TEST(ClientStream, error_before_the_first_item_is_the_error) {
  world.on_call = [](const RawRequest&) { return rpc_error(-32004, "UNSUPPORTED_OPERATION"); };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  EXPECT_EQ((co_await stream_all(**client, hello())).text(), " !UNSUPPORTED_OPERATION");
  EXPECT_EQ((co_await subscribe_all(**client, {})).text(), " !UNSUPPORTED_OPERATION");
  EXPECT_EQ(world.calls().size(), 2U);
}

A2A_CLIENT_TEST(ClientStream, cursor_of_the_end_yields_nothing_more) {
  world.on_call = [](const RawRequest& request) {
    if (request.is("GetTask")) return rpc_result(task_text("COMPLETED"));
    return stream(events_after(cursor_of(request)));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  const auto seen = co_await subscribe_all(**client, "6");
  EXPECT_EQ(seen.text(), "");
  EXPECT_EQ(seen.cursor, "6");
  EXPECT_TRUE(world.cuts.empty());
}

A2A_CLIENT_TEST(ClientStream, rest_after_a_drain_is_asked_for_although_the_task_has_ended) {
  world.on_call = [&world](const RawRequest& request) {
    if (request.is("GetTask")) return rpc_result(task_text("COMPLETED"));
    if (world.calls().size() == 1) return stream(": draining\n\n");
    return stream(events_after(cursor_of(request)));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  EXPECT_EQ((co_await subscribe_all(**client, "4")).text(), "artifact:c status:completed");
}

A2A_CLIENT_TEST(ClientStream, proper_close_ends_a_turn_that_waits_for_authorization) {
  world.on_call = [](const RawRequest&) {
    return stream(event("1", task_item("SUBMITTED")) + event("2", status_item("AUTH_REQUIRED")));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  EXPECT_EQ((co_await stream_all(**client, hello())).text(), "task:submitted status:auth_required");
  EXPECT_EQ(world.calls().size(), 1U);
}

A2A_CLIENT_TEST(ClientStream, cut_after_authorization_was_asked_is_resumed) {
  world.on_call = [](const RawRequest& request) {
    if (request.is("SendStreamingMessage"))
      return cut_stream(event("1", task_item("SUBMITTED")) +
                        event("2", status_item("AUTH_REQUIRED")));
    return stream(event("3", status_item("COMPLETED")));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  EXPECT_EQ((co_await stream_all(**client, hello())).text(),
            "task:submitted status:auth_required status:completed");
}

A2A_CLIENT_TEST(ClientStream, request_for_input_ends_though_the_server_keeps_the_stream_open) {
  world.on_call = [](const RawRequest& request) {
    if (request.is("SendStreamingMessage")) return cut_stream(events_after(0, 2));
    return open_stream(event("3", status_item("INPUT_REQUIRED")) +
                       event("4", status_item("WORKING")));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  EXPECT_EQ((co_await stream_all(**client, hello())).text(),
            "task:submitted status:working status:input_required");
}

A2A_CLIENT_TEST(ClientStream, task_that_waited_for_this_message_does_not_end_the_stream) {
  world.on_call = [](const RawRequest&) {
    return stream(event("5", task_item("INPUT_REQUIRED")) + event("7", status_item("WORKING")) +
                  event("8", status_item("INPUT_REQUIRED")));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  auto request = hello();
  request.message.taskId = "t-1";
  EXPECT_EQ((co_await stream_all(**client, std::move(request))).text(),
            "task:input_required status:working status:input_required");
}

A2A_CLIENT_TEST(ClientStream, bare_message_ends_it) {
  world.on_call = [](const RawRequest&) {
    return open_stream(event(
        "", R"({"message":{"messageId":"m-2","role":"ROLE_AGENT","parts":[{"text":"hello"}]}})"));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  EXPECT_EQ((co_await stream_all(**client, hello())).text(), "message:hello");
}

A2A_CLIENT_TEST(ClientStream, first_item_may_be_a_status) {
  world.on_call = [](const RawRequest& request) {
    if (request.is("SendStreamingMessage")) return cut_stream(event("2", status_item("WORKING")));
    return stream(event("3", status_item("COMPLETED")));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  EXPECT_EQ((co_await stream_all(**client, hello())).text(), "status:working status:completed");
  EXPECT_TRUE(world.calls().back().body.contains("\"id\":\"t-1\""));
}

}  // namespace
}  // namespace flotilla::a2a
