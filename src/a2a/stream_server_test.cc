#include "a2a/stream_server.h"

#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>

#include "a2a/legacy.h"
#include "a2a/server_testing_internal.h"
#include "async/task_group.h"
#include "async/testing.h"

namespace flotilla::a2a {
namespace {

using testing::Host;
using testing::kHello;
using testing::kOldHello;
using testing::rpc_text;
using testing::text_at;

std::string status_json(std::string_view state) {
  return R"({"taskId":"t-1","contextId":"c-1","status":{"state":")" + std::string(state) + R"("}})";
}

StreamItem status(std::uint64_t cursor, std::string_view state) {
  return FakeHandler::item(ItemKind::status_update, cursor, status_json(state));
}

std::deque<FakeStream::Batch> life() {
  std::deque<FakeStream::Batch> batches;
  batches.push_back({FakeHandler::item(ItemKind::task, 2, FakeHandler::task_json())});
  batches.push_back(
      {FakeHandler::item(ItemKind::artifact_update, 3,
                         R"({"taskId":"t-1","contextId":"c-1","artifact":{"artifactId":"a",)"
                         R"("parts":[{"text":"He"}]},"append":false,"lastChunk":false})"),
       status(4, "TASK_STATE_COMPLETED")});
  return batches;
}

TEST(Stream, every_event_is_a_whole_answer_with_its_cursor) {
  Host host;
  host.handler.on_stream = [] {
    return Result<std::unique_ptr<ItemStream>>(FakeHandler::stream(life()));
  };
  const auto answer = host.rpc(rpc_text("SendStreamingMessage", kHello));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.type, "text/event-stream");
  ASSERT_EQ(answer.events.size(), 3U);
  EXPECT_EQ(answer.events[0].id, "2");
  EXPECT_EQ(answer.events[0].data,
            R"({"jsonrpc":"2.0","id":1,"result":{"task":)" + FakeHandler::task_json() + "}}");
  EXPECT_EQ(answer.events[1].data,
            R"({"jsonrpc":"2.0","id":1,"result":{"artifactUpdate":{"taskId":"t-1",)"
            R"("contextId":"c-1","artifact":{"artifactId":"a","parts":[{"text":"He"}]},)"
            R"("append":false,"lastChunk":false}}})");
  EXPECT_EQ(answer.events[2].id, "4");
  EXPECT_EQ(answer.events[2].data, R"({"jsonrpc":"2.0","id":1,"result":{"statusUpdate":)" +
                                       status_json("TASK_STATE_COMPLETED") + "}}");
}

TEST(Stream, rest_events_have_no_envelope) {
  Host host;
  host.handler.on_stream = [] {
    return Result<std::unique_ptr<ItemStream>>(FakeHandler::stream(life()));
  };
  const auto answer = host.post("/message:stream", std::string(kHello));
  ASSERT_EQ(answer.events.size(), 3U);
  EXPECT_EQ(answer.events[0].data, R"({"task":)" + FakeHandler::task_json() + "}");
  EXPECT_EQ(answer.events[2].data,
            R"({"statusUpdate":)" + status_json("TASK_STATE_COMPLETED") + "}");
}

TEST(Stream, old_versions_get_their_own_items) {
  Host host;
  host.handler.on_stream = [] {
    return Result<std::unique_ptr<ItemStream>>(FakeHandler::stream(life()));
  };
  const auto rpc = host.rpc(rpc_text("message/stream", kOldHello), "");
  ASSERT_EQ(rpc.events.size(), 3U);
  EXPECT_TRUE(
      rpc.events[0].data.starts_with(R"({"jsonrpc":"2.0","id":1,"result":{"kind":"task",)"));
  EXPECT_EQ(rpc.events[2].data,
            R"({"jsonrpc":"2.0","id":1,"result":{"kind":"status-update","taskId":"t-1",)"
            R"("contextId":"c-1","status":{"state":"completed"},"final":true}})");
  const auto rest =
      host.post("/v1/message:stream", R"({"message":{"messageId":"m","role":"ROLE_USER",)"
                                      R"("content":[{"text":"x"}]}})");
  ASSERT_EQ(rest.events.size(), 3U);
  EXPECT_EQ(rest.events[2].data, R"({"statusUpdate":{"taskId":"t-1","contextId":"c-1",)"
                                 R"("status":{"state":"TASK_STATE_COMPLETED"},"final":true}})");
}

TEST(Stream, cursor_zero_has_no_id_line) {
  Host host;
  host.handler.on_stream = [] {
    std::deque<FakeStream::Batch> batches;
    batches.push_back({FakeHandler::item(
        ItemKind::message, 0, R"({"messageId":"m","role":"ROLE_AGENT","parts":[{"text":"x"}]})")});
    return Result<std::unique_ptr<ItemStream>>(FakeHandler::stream(std::move(batches)));
  };
  EXPECT_TRUE(host.rpc(rpc_text("SendStreamingMessage", kHello)).body.starts_with("data: "));
}

TEST(Stream, translation_is_made_once_for_all_readers) {
  StreamItem item = status(1, "TASK_STATE_WORKING");
  StreamItem copy = item;
  copy.cursor = 2;
  EXPECT_EQ(legacy_text(item, v03::Form::rpc).get(), legacy_text(copy, v03::Form::rpc).get());
  EXPECT_NE(*legacy_text(item, v03::Form::rest), *legacy_text(item, v03::Form::rpc));
  StreamItem alone = item;
  alone.legacy = nullptr;
  EXPECT_EQ(*legacy_text(alone, v03::Form::rpc), *legacy_text(item, v03::Form::rpc));
}

/// Gives one item and, when asked for more, notes whether somebody still has it.
class WatchedStream final : public ItemStream {
 public:
  explicit WatchedStream(bool& held) : held_(held) {}

  Async<Result<std::vector<StreamItem>>> next() override {
    std::vector<StreamItem> batch;
    if (!asked_) {
      batch.push_back(status(1, "TASK_STATE_WORKING"));
      given_ = batch.front().json;
    } else {
      held_ = !given_.expired();
    }
    asked_ = true;
    co_return batch;
  }

 private:
  bool& held_;
  bool asked_ = false;
  std::weak_ptr<const std::string> given_;
};

TEST(Stream, what_was_sent_is_not_kept) {
  Host host;
  bool held = true;
  host.handler.on_stream = [&] {
    return Result<std::unique_ptr<ItemStream>>(std::make_unique<WatchedStream>(held));
  };
  EXPECT_EQ(host.rpc(rpc_text("SendStreamingMessage", kHello)).events.size(), 1U);
  EXPECT_FALSE(held);
}

TEST(Stream, what_fails_before_the_first_event_is_an_ordinary_error) {
  Host host;
  const Error terminal(Code::failed_precondition, reason::kUnsupportedOperation, "it has ended");
  host.handler.on_stream = [&]() -> Result<std::unique_ptr<ItemStream>> { return fail(terminal); };
  auto answer = host.rpc(rpc_text("SubscribeToTask", R"({"id":"t"})"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.type, "application/json");
  EXPECT_EQ(text_at(answer.value(), "error/code"), "-32004");
  host.handler.on_stream = [&]() -> Result<std::unique_ptr<ItemStream>> {
    return FakeHandler::stream({}, terminal);
  };
  answer = host.get("/tasks/t:subscribe");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(text_at(answer.value(), "error/details/0/reason"), "UNSUPPORTED_OPERATION");
  EXPECT_EQ(host.rpc(rpc_text("tasks/resubscribe", R"({"id":"t"})"), "0.3").type,
            "application/json");
}

TEST(Stream, what_fails_later_is_an_error_event) {
  Host host;
  host.handler.on_stream = [] {
    return Result<std::unique_ptr<ItemStream>>(
        FakeHandler::stream(life(), Error(Code::internal, "secret")));
  };
  const auto answer = host.rpc(rpc_text("SendStreamingMessage", kHello));
  ASSERT_EQ(answer.events.size(), 4U);
  EXPECT_EQ(answer.events[3].event, "error");
  EXPECT_TRUE(answer.events[3].data.starts_with(
      R"({"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"internal error")"));
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
}

TEST(Stream, a_slow_reader_is_closed_without_a_word) {
  Host host;
  host.handler.on_stream = [] {
    return Result<std::unique_ptr<ItemStream>>(FakeHandler::stream(
        life(), Error(Code::resource_exhausted, reason::kSlowReader, "too slow")));
  };
  const auto answer = host.rpc(rpc_text("SendStreamingMessage", kHello));
  EXPECT_EQ(answer.events.size(), 3U);
  EXPECT_TRUE(answer.body.ends_with("}\n\n"));
}

TEST(Stream, a_broken_connection_ends_the_stream) {
  Host host;
  host.body.broken = true;
  Notifier* never = nullptr;
  host.handler.on_stream = [&] {
    return Result<std::unique_ptr<ItemStream>>(FakeHandler::stream(life(), std::nullopt, never));
  };
  EXPECT_EQ(host.rpc(rpc_text("SendStreamingMessage", kHello)).body, "");
}

TEST(Stream, last_event_id_is_the_cursor_to_go_on_after) {
  Host host;
  host.get("/tasks/t:subscribe", {{"Last-Event-ID", "17"}});
  EXPECT_EQ(host.handler.after, "17");
  host.get("/tasks/t:subscribe", {{"Last-Event-ID", ""}});
  EXPECT_EQ(host.handler.after, std::nullopt);
  host.call(http::Method::post, "/", rpc_text("tasks/resubscribe", R"({"id":"t"})"),
            {{"Last-Event-ID", "18"}});
  EXPECT_EQ(host.handler.after, "18");
}

TEST(Stream, one_that_ends_at_once_is_empty) {
  Host host;
  host.handler.on_stream = [] {
    return Result<std::unique_ptr<ItemStream>>(FakeHandler::stream({}));
  };
  const auto answer = host.get("/tasks/t:subscribe", {{"Last-Event-ID", "4"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.type, "text/event-stream");
  EXPECT_EQ(answer.body, "");
}

ASYNC_TEST(Stream, draining_ends_a_waiting_stream) {
  Host host;
  auto executor = co_await boost::asio::this_coro::executor;
  Notifier open(executor);
  host.handler.on_stream = [&] {
    return Result<std::unique_ptr<ItemStream>>(FakeHandler::stream(life(), std::nullopt, &open));
  };
  auto request = Host::request(http::Method::get, "/tasks/t:subscribe", "", {});
  auto response = co_await host.router.route(request);
  CO_ASSERT_TRUE(response.stream);
  TaskGroup group(executor);
  group.spawn(response.stream(host.body));
  co_await ::flotilla::testing::settle();
  EXPECT_EQ(host.body.messages().size(), 3U);
  host.body.drain();
  co_await group.join();
  EXPECT_TRUE(host.body.text.ends_with(": draining\n\n"));
}

ASYNC_TEST(Stream, draining_lets_the_event_being_written_pass) {
  Host host;
  host.body.on_write = [&] {
    if (!host.body.is_draining) host.body.drain();
  };
  host.handler.on_stream = [&] {
    return Result<std::unique_ptr<ItemStream>>(FakeHandler::stream(life()));
  };
  auto request = Host::request(http::Method::get, "/tasks/t:subscribe", "", {});
  auto response = co_await host.router.route(request);
  CO_ASSERT_TRUE(response.stream);
  co_await response.stream(host.body);
  EXPECT_EQ(host.body.messages().size(), 1U);
  EXPECT_TRUE(host.body.text.ends_with(": draining\n\n"));
}

ASYNC_TEST(Stream, a_client_that_leaves_ends_the_wait) {
  Host host;
  auto executor = co_await boost::asio::this_coro::executor;
  Notifier open(executor);
  host.handler.on_stream = [&] {
    return Result<std::unique_ptr<ItemStream>>(FakeHandler::stream(life(), std::nullopt, &open));
  };
  auto request = Host::request(http::Method::get, "/tasks/t:subscribe", "", {});
  auto response = co_await host.router.route(request);
  CO_ASSERT_TRUE(response.stream);
  TaskGroup group(executor);
  group.spawn(response.stream(host.body));
  co_await ::flotilla::testing::settle();
  group.cancel();
  co_await group.join();
  host.body.drain();  // the callback outlived the stream
  EXPECT_EQ(host.body.messages().size(), 3U);
}

}  // namespace
}  // namespace flotilla::a2a
