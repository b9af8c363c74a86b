#include <gtest/gtest.h>

#include <string>

#include "a2a/client_testing_internal.h"
#include "a2a/limits.h"
#include "async/cancel.h"

// Calls that are repeated, odd answers, bounds, cancellation: against a server that sends prepared
// bytes.
namespace flotilla::a2a {
namespace {

using namespace testing;

GetTaskRequest get() {
  GetTaskRequest request;
  request.id = "t-1";
  return request;
}

A2A_CLIENT_TEST(ClientCall, send_whose_answer_was_lost_is_repeated_as_it_was) {
  world.on_call = [&world](const RawRequest&) {
    return world.calls().size() < 3 ? gone() : rpc_result(task_item("COMPLETED"));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  const auto sent = co_await (*client)->send(hello());
  CO_ASSERT_OK(sent);
  EXPECT_EQ(sent->task->status.state, TaskState::completed);
  const auto calls = world.calls();
  CO_ASSERT_EQ(calls.size(), 3U);
  EXPECT_EQ(calls[0].body, calls[1].body);
  EXPECT_EQ(calls[0].body, calls[2].body);
  EXPECT_TRUE(calls[0].body.contains("\"messageId\":\"m-1\""));
  EXPECT_EQ(world.cuts.size(), 1U);
}

A2A_CLIENT_TEST(ClientCall, overloaded_server_is_asked_again) {
  world.on_call = [&world](const RawRequest&) {
    if (world.calls().size() == 1) return plain(503, "text/plain", "later");
    if (world.calls().size() == 2) return rpc_error(-32000, "UNAVAILABLE");
    return rpc_result(task_text("WORKING"));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  const auto task = co_await (*client)->get_task(get());
  CO_ASSERT_OK(task);
  EXPECT_EQ(world.clock.pauses.size(), 2U);
}

A2A_CLIENT_TEST(ClientCall, outage_that_lasts_too_long_is_the_error) {
  world.options.retry_for = std::chrono::seconds(1);
  world.on_call = [](const RawRequest&) { return gone(); };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  const auto task = co_await (*client)->get_task(get());
  CO_ASSERT_FALSE(task);
  EXPECT_EQ(task.error().code(), Code::unavailable);
  EXPECT_EQ(world.clock.pauses.size(), 3U);
}

/// One call beside the test's own coroutine.
struct Beside {
  explicit Beside(Executor executor) : group(std::move(executor)) {}
  void start(Async<> work) { group.spawn(keep(std::move(work))); }
  bool done = false;
  TaskGroup group;

 private:
  Async<> keep(Async<> work) {
    co_await std::move(work);
    done = true;
  }
};

Async<> send_into(Client& client, std::optional<Error>& error) {
  auto sent = co_await client.send(hello());
  if (!sent) error = sent.error();
}
Async<> read_into(ClientEvents& events, Seen& seen) {
  seen = co_await read_all(events);
}

A2A_CLIENT_TEST(ClientCall, late_answer_to_a_send_is_not_asked_for_again) {
  world.on_call = [](const RawRequest&) { return Reply{"", After::hold}; };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  Beside beside(world.executor);
  std::optional<Error> error;
  beside.start(send_into(**client, error));
  co_await until([&] { return world.calls().size() == 1; });
  world.clock.advance(std::chrono::seconds(60));
  world.http_clock.advance(std::chrono::seconds(60));
  co_await until([&] { return beside.done; });
  co_await beside.group.join();
  CO_ASSERT_TRUE(error);
  EXPECT_EQ(error->code(), Code::deadline_exceeded);
  EXPECT_EQ(world.calls().size(), 1U);
}

A2A_CLIENT_TEST(ClientCall, silent_stream_is_resumed_without_a_word) {
  world.on_call = [](const RawRequest& request) {
    if (request.is("SendStreamingMessage")) return open_stream(event("1", task_item("WORKING")));
    return stream(event("2", status_item("COMPLETED")));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  auto events = co_await (*client)->stream(hello());
  const auto first = co_await (*events)->next();
  CO_ASSERT_OK(first);
  Beside beside(world.executor);
  Seen seen;
  beside.start(read_into(**events, seen));
  co_await until([&] { return world.http_clock.sleepers() > 0; });
  world.http_clock.advance(std::chrono::seconds(60));
  co_await until([&] { return beside.done; });
  co_await beside.group.join();
  EXPECT_EQ(seen.text(), "status:completed");
  EXPECT_TRUE(world.cuts.empty());
}

A2A_CLIENT_TEST(ClientCall, cancelled_next_goes_on_where_it_was) {
  world.on_call = [&world](const RawRequest& request) {
    if (request.is("SendStreamingMessage")) return open_stream(event("1", task_item("WORKING")));
    EXPECT_EQ(request.header("Last-Event-ID"), "1");
    if (world.calls().size() == 2) return Reply{"", After::hold};
    return stream(event("2", status_item("COMPLETED")));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  auto events = co_await (*client)->stream(hello());
  std::ignore = co_await (*events)->next();
  for (std::size_t calls = 1; calls <= 2; ++calls) {  // in a read, then in an open
    Beside beside(world.executor);
    Seen seen;
    beside.start(read_into(**events, seen));
    co_await until([&] { return world.calls().size() == calls; });
    co_await ::flotilla::testing::settle();
    beside.group.cancel();
    co_await beside.group.join();
    EXPECT_TRUE(seen.items.empty());
    if (calls == 1) world.server.cut();
  }
  const auto rest = co_await read_all(**events);
  EXPECT_EQ(rest.text(), "status:completed");
}

A2A_CLIENT_TEST(ClientCall, cancelled_in_a_pause_leaves_nothing_behind) {
  ManualClock clock;
  world.on_call = [](const RawRequest&) { return gone(); };
  auto client = co_await Client::connect(*world.http, clock, world.server.url(), world.options);
  CO_ASSERT_OK(client);
  auto events = co_await (*client)->stream(hello());
  client->reset();  // its streams do not need it
  Beside beside(world.executor);
  Seen seen;
  beside.start(read_into(**events, seen));
  co_await until([&] { return clock.sleepers() == 1; });
  beside.group.cancel();
  co_await beside.group.join();
  EXPECT_EQ(clock.sleepers(), 0U);
}

A2A_CLIENT_TEST(ClientCall, stream_is_read_however_it_is_spelled) {
  const auto working = R"({"jsonrpc":"2.0","id":1,"result":)" + status_item("WORKING") + "}";
  auto multiline = working;
  multiline.replace(multiline.find(",\"result"), 1, ",\r\ndata: ");
  world.on_call = [&](const RawRequest&) {
    return stream(
        "\xef\xbb\xbf: welcome\r\n\r\nretry: 10\r\n\r\nid: 1\r\ndata:" + working +
        "\r\n\r\n:ping\n\nid: 2\rdata: " + multiline + "\r\rdata\n\nevent: ping\n\n" +
        event("3", R"({"progressUpdate":{"taskId":"t-1"}})") +
        event(
            "4",
            R"({"status_update":{"task_id":"t-1","context_id":"c-1","status":{"state":3}},"x":1})"));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  const auto seen = co_await stream_all(**client, hello());
  EXPECT_EQ(seen.text(), "status:working status:working status:completed");
  EXPECT_EQ(seen.cursor, "4");
}

A2A_CLIENT_TEST(ClientCall, error_event_comes_after_the_items_before_it) {
  for (const auto* named : {"event: error\n", ""}) {
    world.on_call = [named](const RawRequest&) {
      return stream(event("1", task_item("WORKING")) + named +
                    R"(data: {"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"broken"}})" +
                    "\n\n");
    };
    auto client = co_await world.connect();
    CO_ASSERT_OK(client);
    const auto seen = co_await stream_all(**client, hello());
    EXPECT_EQ(seen.text(), "task:working !INTERNAL");
    EXPECT_EQ(seen.error->message(), "broken");
  }
}

A2A_CLIENT_TEST(ClientCall, error_event_that_says_later_is_resumed) {
  world.on_call = [](const RawRequest& request) {
    if (request.is("SubscribeToTask")) return stream(event("2", status_item("COMPLETED")));
    return stream(event("1", task_item("WORKING")) +
                  "event: error\ndata: {\"code\":503,\"message\":\"later\"}\n\n");
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  EXPECT_EQ((co_await stream_all(**client, hello())).text(), "task:working status:completed");
}

A2A_CLIENT_TEST(ClientCall, event_that_is_no_item_is_the_agents_fault) {
  for (const auto* bad : {"hello", "[]", "{}", R"({"result":{"task":{"id":7}}})",
                          R"({"result":{"statusUpdate":{"taskId":"t-1"}}})"}) {
    world.on_call = [bad](const RawRequest&) {
      return stream(event("1", task_item("WORKING")) + "data: " + bad + "\n\n");
    };
    auto client = co_await world.connect();
    CO_ASSERT_OK(client);
    const auto seen = co_await stream_all(**client, hello());
    EXPECT_EQ(seen.text(), "task:working !INVALID_AGENT_RESPONSE") << bad;
  }
}

A2A_CLIENT_TEST(ClientCall, answers_of_other_servers) {
  Reply answer;
  world.on_call = [&](const RawRequest&) { return answer; };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  struct Row {
    Reply answer;
    std::string_view expected;  // reason and part of the message
    std::string_view message;
  };
  const Row rows[] = {
      {plain(404, "text/plain", "Cannot POST /"), "NOT_FOUND", "Cannot POST /"},
      {plain(500, "text/html", "<h1>Oops</h1>"), "INTERNAL", "<h1>Oops</h1>"},
      {plain(401, "text/plain", ""), "UNAUTHENTICATED", "401"},
      {plain(403, "application/json", R"({"error":"not you"})"), "PERMISSION_DENIED", "not you"},
      {plain(400, "application/json", R"("no")"), "INVALID_ARGUMENT", "no"},
      {plain(200, "text/plain", "ok"), "INVALID_AGENT_RESPONSE", "not JSON"},
      {json_reply("[]"), "INVALID_AGENT_RESPONSE", "not a JSON object"},
      {json_reply(R"({"jsonrpc":"2.0","id":1})"), "INVALID_AGENT_RESPONSE", "neither"},
      {rpc_result("null"), "INVALID_AGENT_RESPONSE", "cannot be read"},
      {rpc_result(R"({"id":"t-1"})"), "INVALID_AGENT_RESPONSE", "/status"},
      {rpc_error(-32001), "TASK_NOT_FOUND", "no"},
      {rpc_error(-32000, "NEW_REASON"), "INTERNAL", "no"},
      {rpc_error(-32002, "NEW_REASON"), "TASK_NOT_CANCELABLE", "no"},
  };
  for (const auto& row : rows) {
    answer = row.answer;
    const auto task = co_await (*client)->get_task(get());
    CO_ASSERT_FALSE(task);
    EXPECT_EQ(task.error().reason(), row.expected) << answer.bytes;
    EXPECT_TRUE(task.error().message().contains(row.message)) << task.error().message();
  }
  answer =
      json_reply(R"({"jsonrpc":"2.0","id":1,"error":null,"result":)" + task_text("WORKING") + "}");
  EXPECT_TRUE(co_await (*client)->get_task(get()));
  answer = rpc_result(R"({"tasks":[)" + task_text("WORKING") + "]}");
  const ListTasksRequest list;
  const auto page = co_await (*client)->list_tasks(list);
  CO_ASSERT_OK(page);
  EXPECT_EQ(page->nextPageToken, "");
  EXPECT_EQ(page->tasks.size(), 1U);
}

A2A_CLIENT_TEST(ClientCall, artifact_that_is_listed_twice_is_one) {
  const auto artifact = [](const std::string& id, const std::string& text) {
    return R"({"artifactId":")" + id + R"(","parts":[{"text":")" + text + R"("}]})";
  };
  const auto task = R"({"id":"t-1","status":{"state":"TASK_STATE_COMPLETED"},"artifacts":[)" +
                    artifact("a", "1") + "," + artifact("b", "2") + "," + artifact("a", "3") + "]}";
  const auto joined = [](const std::optional<Task>& read) {
    std::string out;
    for (const auto& one : read.value_or(Task()).artifacts)
      for (const auto& part : one.parts) out += one.artifactId + part.text.value_or("?");
    return out;
  };
  world.on_call = [&](const RawRequest& request) {
    if (request.is("GetTask")) return rpc_result(task);
    const auto wrapped = R"({"task":)" + task + "}";
    if (request.is("SendMessage")) return rpc_result(wrapped);
    return stream(event("1", wrapped));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  const auto got = co_await (*client)->get_task(get());
  CO_ASSERT_OK(got);
  EXPECT_EQ(joined(*got), "a1a3b2");
  const auto sent = co_await (*client)->send(hello());
  CO_ASSERT_OK(sent);
  EXPECT_EQ(joined(sent->task), "a1a3b2");
  const auto seen = co_await stream_all(**client, hello());
  CO_ASSERT_EQ(seen.items.size(), 1U);
  EXPECT_EQ(joined(seen.items.front().task), "a1a3b2");
}

A2A_CLIENT_TEST(ClientCall, rest_subscription_falls_back_to_get) {
  world.binding = "HTTP+JSON";
  for (const int status : {404, 405}) {
    world.server.requests.clear();
    world.on_call = [status](const RawRequest& request) {
      if (request.head.starts_with("POST")) return plain(status, "text/plain", "what?");
      return stream("data: " + task_item("COMPLETED") + "\n\n");
    };
    auto client = co_await world.connect();
    CO_ASSERT_OK(client);
    EXPECT_EQ((co_await subscribe_all(**client, "7")).text(), "task:completed");
    const auto calls = world.calls();
    CO_ASSERT_EQ(calls.size(), 2U);
    EXPECT_EQ(calls[1].target(), "/tasks/t-1:subscribe");
    EXPECT_EQ(calls[1].header("Last-Event-ID"), "7");
  }
}

A2A_CLIENT_TEST(ClientCall, huge_event_is_refused) {
  const std::string piece(1 << 20, 'x');
  world.on_call = [&](const RawRequest&) {
    std::string bytes(kStreamHead);
    bytes += chunk(event("1", task_item("WORKING"))) + chunk("data: ");
    for (int i = 0; i < 5; ++i) bytes += chunk(piece);
    return Reply{bytes, After::hold};
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  const auto seen = co_await stream_all(**client, hello());
  EXPECT_EQ(seen.text(), "task:working !LIMIT_EXCEEDED");
}

A2A_CLIENT_TEST(ClientCall, huge_plain_answer_to_a_stream_is_refused) {
  world.on_call = [](const RawRequest&) {
    return json_reply(std::string(kMaxAnswerBytes + 1, ' '));
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  EXPECT_EQ((co_await stream_all(**client, hello())).text(), " !LIMIT_EXCEEDED");
}

A2A_CLIENT_TEST(ClientCall, cursor_that_no_header_can_carry_is_dropped) {
  for (const auto& id : {std::string(kMaxForeignCursorBytes + 1, 'i'), std::string("a\x01")}) {
    world.on_call = [&](const RawRequest& request) {
      EXPECT_FALSE(request.header("Last-Event-ID"));
      if (request.is("SubscribeToTask")) return stream(event("", task_item("COMPLETED")));
      return cut_stream(event("1", task_item("SUBMITTED")) + event(id, status_item("WORKING")));
    };
    auto client = co_await world.connect();
    CO_ASSERT_OK(client);
    EXPECT_EQ((co_await stream_all(**client, hello())).text(),
              "task:submitted status:working task:completed");
  }
}

A2A_CLIENT_TEST(ClientCall, token_and_trust_stay_with_the_host_of_the_base_url) {
  RawServer other(world.executor);
  other.on_request = [](const RawRequest&) { return rpc_result(task_text("WORKING")); };
  world.options.token = Secret("s3cret");
  const auto own = world.server.url();
  world.server.on_request = [&](const RawRequest& request) {
    EXPECT_EQ(request.header("Authorization"), "Bearer s3cret");
    auto card = world.card();
    card.replace(card.find(own), own.size(), other.url());
    return json_reply(card);
  };
  auto client = co_await world.connect();
  CO_ASSERT_OK(client);
  const auto refused = co_await (*client)->get_task(get());
  CO_ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), reason::kEgressDenied);
  EXPECT_TRUE(other.requests.empty());

  world.egress = *http::EgressPolicy::make({"127.0.0.1"});
  EXPECT_TRUE(co_await (*client)->get_task(get()));
  CO_ASSERT_EQ(other.requests.size(), 1U);
  EXPECT_FALSE(other.requests.front().header("Authorization"));
  world.http.reset();
  co_await other.stop();
}

}  // namespace
}  // namespace flotilla::a2a
