#include <boost/asio/this_coro.hpp>

#include "mcp/server_testing_internal.h"

namespace flotilla::mcp {
namespace {

using namespace std::chrono_literals;
using flotilla::testing::settle;
using testing::Desk;
using testing::Disk;
using testing::OpenStream;

std::string call(std::string_view id, std::string_view tool, std::string_view arguments = "{}",
                 std::string_view meta = "{}") {
  return R"({"jsonrpc":"2.0","id":)" + std::string(id) +
         R"(,"method":"tools/call","params":{"name":")" + std::string(tool) + R"(","arguments":)" +
         std::string(arguments) + R"(,"_meta":)" + std::string(meta) + "}}";
}

constexpr std::string_view kToken = R"({"progressToken":"t"})";

/// Starts a request whose response comes later.
Async<> send_to(Desk& desk, http::Request& request, http::Response& response, bool& done) {
  response = co_await desk.send(request);
  done = true;
}

ASYNC_TEST(LegacyServer, a_session_ends_by_delete_and_belongs_to_its_principal) {
  Disk disk;
  Desk desk(disk);
  const std::string session = co_await desk.open_session("2025-06-18");
  EXPECT_GE(session.size(), 32U);
  const std::string ping = R"({"jsonrpc":"2.0","id":"p","method":"ping"})";
  auto own = testing::in_session(session, ping);
  auto answer = co_await desk.send(own);
  EXPECT_EQ(answer.body, R"({"jsonrpc":"2.0","id":"p","result":{}})");
  auto foreign = testing::in_session(session, ping);
  foreign.context.principal = testing::person("eve");
  auto refused = co_await desk.send(foreign);
  EXPECT_EQ(refused.status, 404);
  auto end = testing::make_request(http::Method::delete_);
  end.headers.add("Mcp-Session-Id", session);
  auto ended = co_await desk.send(end);
  EXPECT_EQ(ended.status, 204);
  auto late = co_await desk.send(own);
  EXPECT_EQ(late.status, 404);
  co_await desk.stop();
}

ASYNC_TEST(LegacyServer, an_idle_session_expires) {
  Disk disk;
  Desk desk(disk);
  const std::string session = co_await desk.open_session("2025-06-18");
  disk.clock.advance(2h);
  auto late = testing::in_session(session, R"({"jsonrpc":"2.0","id":1,"method":"ping"})");
  auto answer = co_await desk.send(late);
  EXPECT_EQ(answer.status, 404);
  co_await desk.stop();
}

ASYNC_TEST(LegacyServer, it_answers_with_what_it_knows_when_the_version_is_new) {
  Disk disk;
  Desk desk(disk);
  auto request = testing::make_request(
      http::Method::post,
      R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2031-01-01",)"
      R"("capabilities":{},"clientInfo":{"name":"t","version":"1"}}})");
  auto response = co_await desk.send(request);
  EXPECT_TRUE(response.body.contains(R"("protocolVersion":"2025-11-25")")) << response.body;
  co_await desk.stop();
}

ASYNC_TEST(LegacyServer, batches_are_answered_together_in_their_revision) {
  Disk disk;
  Desk desk(disk);
  const std::string session = co_await desk.open_session("2025-03-26");
  auto batch = testing::in_session(session, R"([{"jsonrpc":"2.0","id":1,"method":"ping"},)"
                                            R"({"jsonrpc":"2.0","method":"notifications/x"},7,)" +
                                                call(R"("b")", "greet", R"({"name":"B"})") + "]");
  auto response = co_await desk.send(batch);
  EXPECT_EQ(response.status, 200);
  const auto body = testing::parsed(response.body);
  CO_ASSERT_TRUE(body.if_array());
  EXPECT_EQ(body.if_array()->size(), 3U) << response.body;
  auto quiet = testing::in_session(session, R"([{"jsonrpc":"2.0","method":"notifications/x"}])");
  auto accepted = co_await desk.send(quiet);
  EXPECT_EQ(accepted.status, 202);
  auto empty = testing::in_session(session, "[]");
  auto refused = co_await desk.send(empty);
  EXPECT_EQ(refused.status, 400);
  std::string many = "[";
  for (int i = 0; i < 65; ++i)
    many += (i == 0 ? "" : ",") + call(std::to_string(i), "greet", R"({"name":"B"})");
  auto large = testing::in_session(session, many + "]");
  auto too_many = co_await desk.send(large);
  EXPECT_EQ(too_many.status, 400);
  co_await desk.stop();
}

ASYNC_TEST(LegacyServer, a_client_that_lost_its_stream_gets_the_rest) {
  Disk disk;
  Desk desk(disk);
  const auto loop = co_await boost::asio::this_coro::executor;
  const std::string session = co_await desk.open_session("2025-11-25");
  auto request = testing::in_session(session, call("5", "test_tool_with_progress", "{}", kToken));
  auto response = co_await desk.send(request);
  OpenStream first(loop, std::move(response));
  co_await settle();
  const auto begun = first.body.events();
  CO_ASSERT_EQ(begun.size(), 2U);
  EXPECT_EQ(begun[0].data, "");  // priming
  EXPECT_TRUE(begun[1].data.contains(R"("progress":0)")) << begun[1].data;
  co_await first.close();
  for (int step = 0; step < 4; ++step) {
    disk.clock.advance(50ms);
    co_await settle();
  }
  auto again = testing::get_stream(session, begun[1].id);
  auto rest = co_await desk.send(again);
  EXPECT_EQ(rest.status, 200) << rest.body;
  OpenStream second(loop, std::move(rest));
  co_await settle();
  EXPECT_TRUE(second.ended());
  const auto events = second.body.events();
  CO_ASSERT_EQ(events.size(), 3U);
  EXPECT_TRUE(events[0].data.contains(R"("progress":50)")) << events[0].data;
  EXPECT_TRUE(events[2].data.starts_with(R"({"jsonrpc":"2.0","id":5,"result")"));
  co_await second.close();
  co_await desk.stop();
}

ASYNC_TEST(LegacyServer, after_a_restart_streams_are_replayed_and_lost_calls_say_so) {
  Disk disk;
  const auto loop = co_await boost::asio::this_coro::executor;
  std::string session;
  std::string seen;
  {
    Desk desk(disk);
    session = co_await desk.open_session("2025-06-18");
    auto request =
        testing::in_session(session, call(R"("five")", "test_tool_with_progress", "{}", kToken));
    auto response = co_await desk.send(request);
    OpenStream stream(loop, std::move(response));
    co_await settle();
    const auto events = stream.body.events();
    CO_ASSERT_EQ(events.size(), 1U);  // this revision knows no priming
    seen = events[0].id;
    co_await stream.close();
    co_await desk.stop();
  }
  Desk desk(disk);
  auto again = testing::get_stream(session, seen);
  auto rest = co_await desk.send(again);
  OpenStream stream(loop, std::move(rest));
  co_await settle();
  const auto events = stream.body.events();
  CO_ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(events[0].data.starts_with(R"({"jsonrpc":"2.0","id":"five","error")"))
      << events[0].data;
  EXPECT_TRUE(stream.ended());
  co_await stream.close();
  co_await desk.stop();
}

/// As a store does whose earlier events have expired: streams do not begin at 1.
class LateSessions final : public SessionStore {
 public:
  explicit LateSessions(SessionStore& inner) : inner_(inner) {}
  Async<Result<>> create(SessionRecord record) override { return inner_.create(std::move(record)); }
  Async<Result<SessionRecord>> find(std::string id) override { return inner_.find(std::move(id)); }
  Async<Result<>> update(SessionRecord record) override { return inner_.update(std::move(record)); }
  Async<Result<>> remove(std::string id) override { return inner_.remove(std::move(id)); }
  Async<Result<std::uint64_t>> append(std::string session, std::string stream,
                                      std::string data) override {
    CO_TRY(seq, co_await inner_.append(std::move(session), std::move(stream), std::move(data)));
    co_return seq + kFirst;
  }
  Async<Result<std::vector<StreamEvent>>> read(std::string session, std::string stream,
                                               std::uint64_t after, std::size_t limit) override {
    const std::uint64_t from = after > kFirst ? after - kFirst : 0;
    auto page = co_await inner_.read(std::move(session), std::move(stream), from, limit);
    if (page)
      for (StreamEvent& event : *page) event.seq += kFirst;
    co_return page;
  }

 private:
  static constexpr std::uint64_t kFirst = 1000;
  SessionStore& inner_;
};

ASYNC_TEST(LegacyServer, the_opening_of_a_stream_is_never_sent) {
  Disk disk;
  LateSessions sessions(disk.sessions);
  ConformanceHandler handler(disk.clock, system_random());
  Server server({handler, sessions, disk.sealer, disk.clock, system_random()}, {});
  http::Router router;
  server.add_routes(router);
  const auto loop = co_await boost::asio::this_coro::executor;
  SessionRecord record;
  record.id = "old";
  record.principal = "ana";
  record.revision = "2025-11-25";
  EXPECT_TRUE((co_await sessions.create(std::move(record))).has_value());
  auto request = testing::in_session("old", call("5", "test_tool_with_progress", "{}", kToken));
  auto response = co_await router.route(request);
  OpenStream stream(loop, std::move(response));
  co_await settle();
  const auto events = stream.body.events();
  CO_ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].data, "");
  EXPECT_TRUE(events[1].data.contains("progress")) << events[1].data;
  co_await stream.close();
  co_await server.stop();
}

ASYNC_TEST(LegacyServer, a_cancelled_request_is_not_answered) {
  Disk disk;
  Desk desk(disk);
  const auto loop = co_await boost::asio::this_coro::executor;
  const std::string session = co_await desk.open_session("2025-06-18");
  auto request = testing::in_session(session, call("7", "slow_compute", R"({"seconds":60})"));
  http::Response response;
  bool done = false;
  TaskGroup group(loop);
  group.spawn(send_to(desk, request, response, done));
  co_await settle();
  EXPECT_FALSE(done);
  auto twice = testing::in_session(session, call("7", "greet"));
  auto refused = co_await desk.send(twice);
  EXPECT_TRUE(refused.body.contains("-32600")) << refused.body;
  auto cancel = testing::in_session(
      session, R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}})");
  auto accepted = co_await desk.send(cancel);
  EXPECT_EQ(accepted.status, 202);
  co_await settle();
  EXPECT_TRUE(done);
  EXPECT_FALSE(response.body.contains("jsonrpc")) << response.body;
  co_await group.join();
  co_await desk.stop();
}

ASYNC_TEST(LegacyServer, a_call_that_takes_long_becomes_a_stream) {
  Disk disk;
  Desk desk(disk);
  const auto loop = co_await boost::asio::this_coro::executor;
  const std::string session = co_await desk.open_session("2025-06-18");
  auto request = testing::in_session(session, call("7", "slow_compute", R"({"seconds":30})"));
  http::Response response;
  bool done = false;
  TaskGroup group(loop);
  group.spawn(send_to(desk, request, response, done));
  co_await settle();
  disk.clock.advance(11s);
  co_await settle();
  CO_ASSERT_TRUE(done);
  co_await group.join();
  OpenStream stream(loop, std::move(response));
  disk.clock.advance(20s);
  co_await settle();
  const auto events = stream.body.events();
  CO_ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(events[0].data.contains("computed")) << events[0].data;
  co_await stream.close();
  co_await desk.stop();
}

ASYNC_TEST(LegacyServer, questions_go_over_the_stream_and_answers_come_by_post) {
  Disk disk;
  Desk desk(disk);
  const auto loop = co_await boost::asio::this_coro::executor;
  const std::string session = co_await desk.open_session("2025-06-18", R"({"elicitation":{}})");
  auto request =
      testing::in_session(session, call("1", "test_elicitation", R"({"message":"who?"})"));
  auto response = co_await desk.send(request);
  OpenStream stream(loop, std::move(response));
  co_await settle();
  const auto asked = stream.body.events();
  CO_ASSERT_EQ(asked.size(), 1U);
  const auto question = testing::parsed(asked[0].data);
  CO_ASSERT_TRUE(question.if_object()->find("id"));
  const std::string id = json::to_string(*question.if_object()->find("id"));
  auto late = testing::in_session(session, R"({"jsonrpc":"2.0","id":12345,"result":{}})");
  auto ignored = co_await desk.send(late);
  EXPECT_EQ(ignored.status, 202);
  auto answer = testing::in_session(
      session, R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":{"action":"decline"}})");
  auto accepted = co_await desk.send(answer);
  EXPECT_EQ(accepted.status, 202);
  co_await settle();
  const auto events = stream.body.events();
  CO_ASSERT_EQ(events.size(), 2U);
  EXPECT_TRUE(events[1].data.contains("decline")) << events[1].data;
  co_await stream.close();
  co_await desk.stop();
}

ASYNC_TEST(LegacyServer, a_client_that_cannot_be_asked_is_told_so_as_a_tool_error) {
  Disk disk;
  Desk desk(disk);
  const std::string session = co_await desk.open_session("2025-06-18");
  auto request =
      testing::in_session(session, call("1", "test_elicitation", R"({"message":"who?"})"));
  auto response = co_await desk.send(request);
  EXPECT_TRUE(response.body.contains(R"("isError":true)")) << response.body;
  co_await desk.stop();
}

ASYNC_TEST(LegacyServer, the_standalone_stream_is_one_and_can_be_resumed) {
  Disk disk;
  Desk desk(disk);
  const auto loop = co_await boost::asio::this_coro::executor;
  const std::string session = co_await desk.open_session("2025-11-25");
  auto get = testing::get_stream(session);
  auto opened = co_await desk.send(get);
  OpenStream first(loop, std::move(opened));
  co_await settle();
  auto second = testing::get_stream(session);
  auto conflict = co_await desk.send(second);
  EXPECT_EQ(conflict.status, 409);
  const auto primed = first.body.events();
  CO_ASSERT_EQ(primed.size(), 1U);
  co_await first.close();
  auto change = testing::in_session(session, call("1", "test_trigger_tool_change"));
  auto told = co_await desk.send(change);
  co_await settle();
  auto resume = testing::get_stream(session, primed[0].id);
  auto resumed = co_await desk.send(resume);
  OpenStream again(loop, std::move(resumed));
  co_await settle();
  EXPECT_TRUE(again.body.text.contains("notifications/tools/list_changed")) << again.body.text;
  co_await again.close();
  co_await desk.stop();
}

ASYNC_TEST(LegacyServer, too_many_requests_of_a_session_are_refused) {
  Disk disk;
  ServerConfig config;
  config.requests_per_session = 1;
  Desk desk(disk, config);
  const auto loop = co_await boost::asio::this_coro::executor;
  const std::string session = co_await desk.open_session("2025-06-18");
  auto slow = testing::in_session(session, call("1", "slow_compute", R"({"seconds":5})"));
  http::Response response;
  bool done = false;
  TaskGroup group(loop);
  group.spawn(send_to(desk, slow, response, done));
  co_await settle();
  auto next = testing::in_session(session, call("2", "greet"));
  auto refused = co_await desk.send(next);
  EXPECT_TRUE(refused.body.contains("LIMIT_EXCEEDED")) << refused.body;
  disk.clock.advance(5s);
  co_await settle();
  EXPECT_TRUE(response.body.contains("computed")) << response.body;
  co_await group.join();
  co_await desk.stop();
}

ASYNC_TEST(SseServer, one_stream_carries_all) {
  Disk disk;
  Desk desk(disk);
  const auto loop = co_await boost::asio::this_coro::executor;
  auto get = testing::make_request(http::Method::get);
  get.path = "/mcp/sse";
  auto opened = co_await desk.send(get);
  OpenStream stream(loop, std::move(opened));
  co_await settle();
  const auto begun = stream.body.events();
  CO_ASSERT_EQ(begun.size(), 1U);
  EXPECT_EQ(begun[0].event, "endpoint");
  const std::string endpoint = begun[0].data;
  CO_ASSERT_TRUE(endpoint.starts_with("/mcp/messages?session="));
  const auto post = [&](std::string body) {
    auto request = testing::make_request(http::Method::post, std::move(body));
    request.path = "/mcp/messages";
    request.query = endpoint.substr(endpoint.find('?') + 1);
    return request;
  };
  auto hello = post(
      R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2024-11-05",)"
      R"("capabilities":{},"clientInfo":{"name":"t","version":"1"}}})");
  auto accepted = co_await desk.send(hello);
  EXPECT_EQ(accepted.status, 202);
  auto audio = post(call("1", "test_audio_content"));
  accepted = co_await desk.send(audio);
  co_await settle();
  const auto events = stream.body.events();
  CO_ASSERT_EQ(events.size(), 3U);
  EXPECT_TRUE(events[1].data.contains(R"("protocolVersion":"2024-11-05")")) << events[1].data;
  // Its revision knows no audio.
  EXPECT_TRUE(events[2].data.contains(R"("type":"resource")")) << events[2].data;
  co_await stream.close();
  auto late = co_await desk.send(audio);
  EXPECT_EQ(late.status, 404);
  co_await desk.stop();
}

}  // namespace
}  // namespace flotilla::mcp
