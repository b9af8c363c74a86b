// Streamed responses: chunks, heartbeats, slow readers, drain.
#include <atomic>
#include <string>

#include "async/event.h"
#include "base/log.h"
#include "http/server_testing_internal.h"
#include "http/sse.h"

namespace flotilla::http {
namespace {

using namespace std::chrono_literals;
using testing::echo;
using testing::eventually;
using testing::get;
using testing::RawClient;
using testing::TestServer;

/// Streams that the test steers by path, and what became of them.
struct Streams {
  std::atomic<int> began = 0;
  std::atomic<int> ended = 0;
  std::atomic<int> cancelled = 0;
  std::atomic<bool> slow = false;

  Handler handler() {
    return [this](Request& request) { return answer(request); };
  }
  Async<Response> answer(Request& request) {
    if (request.path == "/echo") co_return co_await echo(request);
    co_return sse_response([this, &request](BodyWriter& body) { return run(request.path, body); });
  }
  Async<> run(std::string path, BodyWriter& body) {
    ++began;
    try {
      if (path == "/two") co_await two(body);
      if (path == "/wait") co_await wait(body);
      if (path == "/flood") co_await flood(body);
      if (path == "/throw") throw std::runtime_error("broken stream");
    } catch (const std::runtime_error&) {
      ++cancelled;
      throw;
    }
    ++ended;
  }
  static Async<> two(BodyWriter& body) {
    SseWriter writer(body);
    SseEvent event;
    event.prefix = "one";
    std::ignore = co_await writer.send(event);
    event.prefix = "two";
    std::ignore = co_await writer.send(event);
    std::ignore = co_await body.write({});
  }
  static Async<> wait(BodyWriter& body) {
    SseWriter writer(body, 15s);
    SseEvent event;
    event.prefix = "hello";
    std::ignore = co_await writer.send(event);
    auto executor = co_await boost::asio::this_coro::executor;
    Notifier drained(executor);
    body.on_drain([&drained] { drained.notify_all(); });
    co_await drained.wait();
    event.event = "bye";
    std::ignore = co_await writer.send(event);
  }
  Async<> flood(BodyWriter& body) {
    const std::string block(256 << 10, 'x');
    for (;;) {
      std::vector<std::string_view> pieces{block};
      const auto sent = co_await body.write(std::move(pieces));
      if (sent) continue;
      slow = sent.error().reason() == reason::kSlowReader;
      co_return;
    }
  }
};

TEST(ServerStream, pieces_are_chunks_and_the_connection_stays) {
  Streams streams;
  TestServer server(streams.handler());
  RawClient client(server.port());
  client.send(get("/two") + get("/echo"));
  ASSERT_TRUE(client.read_until("GET /echo"));
  const std::string& got = client.received();
  EXPECT_TRUE(got.contains("Transfer-Encoding: chunked\r\n"));
  EXPECT_TRUE(
      got.contains("\r\n\r\nb\r\ndata: one\n\n\r\nb\r\ndata: two\n\n\r\n0\r\n\r\nHTTP/1.1 200"))
      << got;
}

TEST(ServerStream, an_old_client_reads_until_the_end_of_the_connection) {
  Streams streams;
  TestServer server(streams.handler());
  RawClient client(server.port());
  client.send("GET /two HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const std::string got = client.read_all();
  EXPECT_FALSE(got.contains("chunked"));
  EXPECT_TRUE(got.ends_with("\r\n\r\ndata: one\n\ndata: two\n\n")) << got;
}

TEST(ServerStream, head_of_a_stream_does_not_run_it) {
  Streams streams;
  TestServer server(streams.handler());
  RawClient client(server.port());
  client.send("HEAD /wait HTTP/1.1\r\nHost: localhost\r\n\r\n" + get("/echo"));
  EXPECT_EQ(client.read_response(true).field("Content-Type"), "text/event-stream");
  EXPECT_EQ(client.read_response().body, "GET /echo ");
  EXPECT_EQ(streams.began.load(), 0);
}

TEST(ServerStream, a_silent_stream_is_kept_alive) {
  Streams streams;
  TestServer server(streams.handler());
  RawClient client(server.port());
  client.send(get("/wait"));
  ASSERT_TRUE(client.read_until("hello"));
  for (int beats = 1; beats <= 3; ++beats) {
    ASSERT_TRUE(server.advance_until([&] {
      client.receive(0);
      const auto at = client.received().rfind("8\r\n: ping\n\n\r\n");
      int count = 0;
      for (auto p = client.received().find(": ping"); p != std::string::npos;
           p = client.received().find(": ping", p + 1)) {
        ++count;
      }
      return at != std::string::npos && count >= beats;
    }));
  }
  EXPECT_EQ(streams.ended.load(), 0);
}

TEST(ServerStream, a_lost_subscriber_is_noticed_at_once) {
  Streams streams;
  TestServer server(streams.handler());
  auto client = std::make_unique<RawClient>(server.port());
  client->send(get("/wait"));
  ASSERT_TRUE(client->read_until("hello"));
  client.reset();
  EXPECT_TRUE(eventually([&] { return streams.cancelled == 1; }));
  EXPECT_TRUE(eventually([&] { return server.server().connections() == 0; }));
}

TEST(ServerStream, a_failing_stream_is_cut_and_logged) {
  const CapturedLog log;
  Streams streams;
  TestServer server(streams.handler());
  RawClient client(server.port());
  client.send(get("/throw"));
  const std::string got = client.read_all();
  EXPECT_FALSE(got.contains("0\r\n\r\n"));
  EXPECT_TRUE(log.contains("broken stream"));
}

TEST(ServerStream, a_slow_reader_is_closed_and_the_stream_is_told) {
  Streams streams;
  TestServer server(streams.handler());
  RawClient client(server.port(), 4096);
  client.send(get("/flood"));
  EXPECT_TRUE(server.advance_until([&] { return streams.ended == 1; }));
  EXPECT_TRUE(streams.slow.load());
  EXPECT_TRUE(eventually([&] { return server.server().connections() == 0; }));
  EXPECT_TRUE(server.metrics().contains("flotilla_http_slow_readers_total 1"));
}

class Draining {
 public:
  Draining(TestServer& server, Duration grace)
      : thread_([this, &server, grace] {
          server.drain(grace);
          done = true;
        }) {}
  ~Draining() { thread_.join(); }
  std::atomic<bool> done = false;

 private:
  std::thread thread_;
};

TEST(ServerDrain, idle_connections_end_and_streams_say_farewell) {
  Streams streams;
  TestServer server(streams.handler(), {}, 2);
  RawClient idle(server.port());
  EXPECT_EQ(idle.exchange(get("/echo")).status, 200);
  RawClient fresh(server.port());
  RawClient subscriber(server.port());
  subscriber.send(get("/wait"));
  ASSERT_TRUE(subscriber.read_until("hello"));
  {
    const Draining draining(server, 10s);
    EXPECT_EQ(idle.read_all(), "");
    EXPECT_EQ(fresh.read_all(), "");
    EXPECT_TRUE(subscriber.read_all().ends_with("event: bye\ndata: hello\n\n\r\n0\r\n\r\n"));
    EXPECT_TRUE(eventually([&] { return draining.done.load(); }));
  }
  EXPECT_EQ(server.server().connections(), 0U);
  EXPECT_EQ(server.clock().sleepers(), 0U);
}

struct Held {
  OneShot<bool> open;
  std::atomic<int> waiting = 0;
  Async<Response> answer(Request& request) {
    ++waiting;
    std::ignore = co_await open.wait();
    co_return co_await echo(request);
  }
};

TEST(ServerDrain, a_running_request_is_answered_and_its_connection_closed) {
  Held held;
  auto opener = held.open.setter();
  TestServer server([&held](Request& request) { return held.answer(request); });
  RawClient client(server.port());
  client.send(get("/last"));
  ASSERT_TRUE(eventually([&] { return held.waiting == 1; }));
  const Draining draining(server, 10s);
  // Nobody listens any more.
  EXPECT_TRUE(eventually([&] {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool refused = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0;
    ::close(fd);
    return refused;
  }));
  opener.set(true);
  const std::string answer = client.read_all();
  EXPECT_TRUE(answer.contains("Connection: close\r\n"));
  EXPECT_TRUE(answer.contains("GET /last"));
  client.close();
  EXPECT_TRUE(eventually([&] { return draining.done.load(); }));
}

TEST(ServerDrain, what_outlives_the_grace_is_cut) {
  Held held;
  auto opener = held.open.setter();
  TestServer server([&held](Request& request) { return held.answer(request); });
  RawClient client(server.port());
  client.send(get("/stuck"));
  ASSERT_TRUE(eventually([&] { return held.waiting == 1; }));
  const Draining draining(server, 5s);
  EXPECT_TRUE(server.advance_until([&] { return draining.done.load(); }));
  EXPECT_EQ(client.read_all(), "");
  EXPECT_EQ(server.server().connections(), 0U);
}

}  // namespace
}  // namespace flotilla::http
