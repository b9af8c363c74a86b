#include "a2a/client.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <mutex>
#include <string>

#include "a2a/client_testing_internal.h"
#include "a2a/fake_handler.h"
#include "a2a/routes.h"
#include "async/loops.h"
#include "http/router.h"
#include "http/server.h"
#include "telemetry/metrics.h"

// The client against this room's own server over a socket: both versions, both bindings.
namespace flotilla::a2a {
namespace {

using namespace testing;

/// Our server with a scripted handler, on a thread of its own.
struct LiveAgent {
  LiveAgent() {
    add_routes(router, handler, ServerConfig{});
    auto bound = server.start();
    if (!bound) ADD_FAILURE() << bound.error().message();
    url = fmt::format("http://127.0.0.1:{}", bound.value_or(std::uint16_t{0}));
    loops.start();
  }
  LiveAgent(const LiveAgent&) = delete;
  LiveAgent& operator=(const LiveAgent&) = delete;
  ~LiveAgent() { loops.stop(); }

  Async<http::Response> answer(http::Request& request) {
    {
      const std::scoped_lock lock(mutex);
      const auto field = [&](std::string_view name) {
        return std::string(request.headers.find(name).value_or("-"));
      };
      log.push_back(fmt::format("{} {} {} {}", to_string(request.method), request.target,
                                field("A2A-Version"), field("Authorization")));
    }
    return router.route(request);
  }
  static http::ServerOptions options() {
    http::ServerOptions made;
    made.port = 0;
    return made;
  }
  std::string last() {
    const std::scoped_lock lock(mutex);
    return log.back();
  }

  FakeHandler handler;
  http::Router router;
  std::mutex mutex;
  std::vector<std::string> log;
  telemetry::Registry metrics;
  Loops loops{1};
  http::Server server{loops, system_clock(), options(),
                      [this](http::Request& request) { return answer(request); }, metrics};
  std::string url;
};

struct Wire {
  Binding binding;
  std::string version;
  [[nodiscard]] bool old() const { return version == "0.3"; }
  [[nodiscard]] bool rest() const { return binding == Binding::rest; }
};

struct Live {
  Live(Executor executor, const Wire& chosen) : wire(chosen) {
    http = std::make_unique<http::Client>(std::move(executor), system_clock(), pool, egress,
                                          http::ClientOptions{});
    options.binding = wire.binding;
    options.version = wire.version;
    options.token = Secret("tok");
    options.retry_for = Duration::zero();
  }
  Async<Result<std::unique_ptr<Client>>> connect(const std::string& path = "") {
    return Client::connect(*http, system_clock(), agent.url + path, options);
  }

  Wire wire;
  LiveAgent agent;
  BlockingPool pool{"dns", 1, 64};
  http::EgressPolicy egress = *http::EgressPolicy::make({});
  ClientOptions options;
  std::unique_ptr<http::Client> http;
};

class ClientAndServer : public ::testing::TestWithParam<Wire> {};

#define LIVE_TEST(name)                                           \
  static Async<> name##_case(Live& live, Client& client);         \
  static Async<> name##_body(Wire wire) {                         \
    auto executor = co_await boost::asio::this_coro::executor;    \
    Live live(executor, wire);                                    \
    auto client = co_await live.connect("/");                     \
    CO_ASSERT_OK(client);                                         \
    co_await name##_case(live, **client);                         \
  }                                                               \
  TEST_P(ClientAndServer, name) {                                 \
    ::flotilla::testing::run_async_test(name##_body(GetParam())); \
  }                                                               \
  static Async<> name##_case([[maybe_unused]] Live& live, [[maybe_unused]] Client& client)

LIVE_TEST(send_arrives_as_it_was_meant) {
  EXPECT_EQ(client.card().name, "Echo");
  EXPECT_EQ(client.card().capabilities.streaming, true);
  auto request = hello();
  request.message.contextId = "c-9";
  Part data;
  json::Object object;
  object.set("n", json::Value(json::Number{"10.00"}));
  data.data = json::Value(object);
  request.message.parts.push_back(data);
  Part raw;
  raw.raw = json::Base64{std::string("\0\xff", 2)};
  raw.filename = "a.bin";
  raw.mediaType = "application/octet-stream";
  request.message.parts.push_back(raw);
  request.metadata.set("k", json::Value("v"));
  request.configuration.emplace();
  request.configuration->returnImmediately = true;
  request.configuration->historyLength = 3;
  const auto sent = co_await client.send(request);
  CO_ASSERT_OK(sent);
  CO_ASSERT_TRUE(sent->task);
  EXPECT_EQ(sent->task->id, "t-1");
  EXPECT_EQ(sent->task->status.state, TaskState::completed);
  EXPECT_EQ(text_of(sent->task->artifacts.at(0).parts), "pong");
  const auto& got = *live.agent.handler.sent;
  EXPECT_EQ(json::to_text(got.message), json::to_text(request.message));
  EXPECT_EQ(got.configuration->returnImmediately, true);
  EXPECT_EQ(got.configuration->historyLength, 3);
  EXPECT_EQ(got.metadata, request.metadata);
  const std::string path =
      live.wire.rest() ? (live.wire.old() ? "/v1/message:send" : "/message:send") : "/";
  EXPECT_EQ(live.agent.last(), fmt::format("POST {} {} Bearer tok", path, live.wire.version));
}

LIVE_TEST(send_may_be_answered_by_a_message) {
  live.agent.handler.on_send = [] {
    SendOutcome outcome;
    outcome.kind = ItemKind::message;
    outcome.json = R"({"messageId":"m-2","role":"ROLE_AGENT","parts":[{"text":"hello"}]})";
    return outcome;
  };
  const auto sent = co_await client.send(hello());
  CO_ASSERT_OK(sent);
  CO_ASSERT_TRUE(sent->message);
  EXPECT_EQ(text_of(sent->message->parts), "hello");
  EXPECT_EQ(sent->message->role, MessageRole::agent);
}

std::unique_ptr<ItemStream> whole_task() {
  FakeStream::Batch batch;
  batch.push_back(FakeHandler::item(ItemKind::task, 1, task_text("SUBMITTED")));
  batch.push_back(FakeHandler::item(
      ItemKind::status_update, 2,
      R"({"taskId":"t-1","contextId":"c-1","status":{"state":"TASK_STATE_WORKING"}})"));
  FakeStream::Batch rest;
  rest.push_back(FakeHandler::item(
      ItemKind::artifact_update, 4,
      R"({"taskId":"t-1","contextId":"c-1","artifact":{"artifactId":"a","parts":[{"text":"x"}]},"append":true})"));
  rest.push_back(FakeHandler::item(
      ItemKind::status_update, 5,
      R"({"taskId":"t-1","contextId":"c-1","status":{"state":"TASK_STATE_CANCELED"}})"));
  return FakeHandler::stream({batch, rest});
}

LIVE_TEST(stream_gives_every_item) {
  live.agent.handler.on_stream = whole_task;
  const auto seen = co_await stream_all(client, hello());
  EXPECT_EQ(seen.text(), "task:submitted status:working artifact:x status:canceled");
  EXPECT_EQ(seen.items.at(2).artifactUpdate->append, true);
  EXPECT_EQ(seen.cursor, "5");
  EXPECT_EQ(live.agent.handler.sent->message.messageId, "m-1");
}

LIVE_TEST(subscription_says_its_cursor) {
  live.agent.handler.on_stream = whole_task;
  auto seen = co_await subscribe_all(client, "17");
  EXPECT_EQ(seen.items.size(), 4U);
  EXPECT_EQ(live.agent.handler.after, "17");
  EXPECT_EQ(live.agent.handler.subscribed->id, "t-1");
  seen = co_await subscribe_all(client, {});
  EXPECT_EQ(seen.items.size(), 4U);
  EXPECT_EQ(live.agent.handler.after, std::nullopt);
}

LIVE_TEST(stream_without_end_is_resumed_by_cursor) {
  live.options.retry_for = std::chrono::minutes(1);
  auto again = co_await live.connect();
  CO_ASSERT_OK(again);
  live.agent.handler.on_stream = [&handler = live.agent.handler] {
    if (handler.subscribed) return whole_task();
    FakeStream::Batch batch;
    batch.push_back(FakeHandler::item(ItemKind::task, 3, task_text("SUBMITTED")));
    return FakeHandler::stream({batch});
  };
  const auto seen = co_await stream_all(**again, hello());
  EXPECT_EQ(seen.text(), "task:submitted task:submitted status:working artifact:x status:canceled");
  EXPECT_EQ(live.agent.handler.after, "3");
}

LIVE_TEST(task_is_got_listed_and_canceled) {
  GetTaskRequest get;
  get.id = "t 1/ä";
  get.historyLength = 2;
  const auto task = co_await client.get_task(get);
  CO_ASSERT_OK(task);
  EXPECT_EQ(task->id, "t-1");
  EXPECT_EQ(live.agent.handler.got->id, get.id);
  EXPECT_EQ(live.agent.handler.got->historyLength, 2);

  CancelTaskRequest cancel;
  cancel.id = "t-1";
  cancel.metadata.set("why", json::Value("enough"));
  const auto canceled = co_await client.cancel_task(cancel);
  CO_ASSERT_OK(canceled);
  EXPECT_EQ(live.agent.handler.canceled->id, "t-1");
  EXPECT_EQ(live.agent.handler.canceled->metadata, cancel.metadata);

  ListTasksRequest list;
  list.contextId = "c 1&x";
  list.status = TaskState::input_required;
  list.pageSize = 7;
  list.pageToken = "a+b=";
  list.historyLength = 0;
  list.statusTimestampAfter = parse_time("2026-11-01T00:00:00.250Z");
  list.includeArtifacts = true;
  const auto page = co_await client.list_tasks(list);
  if (live.wire.old()) {
    CO_ASSERT_FALSE(page);
    EXPECT_EQ(page.error().reason(), reason::kUnsupportedOperation);
    co_return;
  }
  CO_ASSERT_OK(page);
  EXPECT_EQ(page->pageSize, 7);
  EXPECT_EQ(json::to_text(*live.agent.handler.listed), json::to_text(list));
}

LIVE_TEST(errors_are_told_by_reason) {
  for (const auto reason :
       {reason::kTaskNotFound, reason::kTaskNotCancelable, reason::kPushNotificationNotSupported,
        reason::kUnsupportedOperation, reason::kContentTypeNotSupported,
        reason::kExtensionSupportRequired, reason::kVersionNotSupported, reason::kInvalidParams}) {
    Error error(Code::failed_precondition, reason, "what is wrong");
    error = std::move(error).with_metadata("taskId", "t-1");
    live.agent.handler.on_send = [error]() -> Result<SendOutcome> { return fail(error); };
    live.agent.handler.on_stream = [error]() -> Result<std::unique_ptr<ItemStream>> {
      return fail(error);
    };
    const auto sent = co_await client.send(hello());
    CO_ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().reason(), reason);
    EXPECT_EQ(sent.error().message(), "what is wrong");
    EXPECT_EQ(sent.error().metadata().size(), 1U);
    const auto seen = co_await stream_all(client, hello());
    EXPECT_EQ(seen.text(), " !" + std::string(reason));
  }
}

LIVE_TEST(faults_of_ours_have_their_codes) {
  for (const auto code :
       {Code::unavailable, Code::resource_exhausted, Code::permission_denied, Code::unauthenticated,
        Code::conflict, Code::internal, Code::deadline_exceeded}) {
    live.agent.handler.on_task = [code]() -> Result<std::string> {
      return fail(Error(code, "what is wrong"));
    };
    GetTaskRequest get;
    get.id = "t-1";
    const auto task = co_await client.get_task(get);
    CO_ASSERT_FALSE(task);
    EXPECT_EQ(task.error().code(), code) << task.error().message();
  }
}

LIVE_TEST(error_within_a_stream_follows_its_items) {
  live.agent.handler.on_stream = [] {
    FakeStream::Batch batch;
    batch.push_back(FakeHandler::item(ItemKind::task, 1, task_text("WORKING")));
    return FakeHandler::stream(
        {batch}, Error(Code::failed_precondition, reason::kIllegalTransition, "what is wrong"));
  };
  const auto seen = co_await stream_all(client, hello());
  EXPECT_EQ(seen.text(), "task:working !ILLEGAL_TRANSITION");
}

LIVE_TEST(agents_url_may_have_a_path) {
  auto other = co_await live.connect("/a2a/team/echo");
  CO_ASSERT_OK(other);
  const auto sent = co_await (*other)->send(hello());
  CO_ASSERT_OK(sent);
  EXPECT_EQ(live.agent.handler.agent.name_space, "team");
  EXPECT_EQ(live.agent.handler.agent.name, "echo");
}

LIVE_TEST(unknown_agent_is_not_found) {
  live.agent.handler.on_card = []() -> Result<AgentCard> {
    return fail(Error(Code::not_found, "there is no such agent"));
  };
  const auto other = co_await live.connect("/a2a/team/nobody");
  CO_ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), Code::not_found);
  EXPECT_EQ(other.error().message(), "there is no such agent");
}

INSTANTIATE_TEST_SUITE_P(Wires, ClientAndServer,
                         ::testing::Values(Wire{Binding::jsonrpc, "1.0"},
                                           Wire{Binding::rest, "1.0"},
                                           Wire{Binding::jsonrpc, "0.3"},
                                           Wire{Binding::rest, "0.3"}),
                         [](const auto& one) {
                           return std::string(one.param.rest() ? "rest" : "jsonrpc") +
                                  (one.param.old() ? "_0_3" : "_1_0");
                         });

}  // namespace
}  // namespace flotilla::a2a
