#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "async/loops.h"
#include "http/client.h"
#include "http/client_testing_internal.h"
#include "http/server.h"
#include "http/sse.h"
#include "telemetry/metrics.h"

/// The client against this room's own server, which runs on a thread of its own.
namespace flotilla::http {
namespace {

using testing::Background;
using testing::World;

Async<> count_to_three(BodyWriter& body) {
  SseWriter events(body);
  for (int i = 1; i <= 3; ++i) {
    SseEvent event;
    event.id = std::to_string(i);
    event.prefix = "n" + event.id;
    std::ignore = co_await events.send(std::move(event));
  }
}

Async<Response> answer(Request& request) {
  if (request.path == "/events") co_return sse_response(count_to_three);
  if (request.path == "/missing")
    co_return Response::problem(Error(Code::not_found, "no such thing"));
  co_return Response::text(200, std::string(to_string(request.method)) + " " + request.body);
}

struct LiveServer {
  LiveServer() {
    auto bound = server.start();
    if (!bound) ADD_FAILURE() << bound.error().message();
    port = bound.value_or(std::uint16_t{0});
    loops.start();
  }
  LiveServer(const LiveServer&) = delete;
  LiveServer& operator=(const LiveServer&) = delete;
  ~LiveServer() { loops.stop(); }

  static ServerOptions options() {
    ServerOptions made;
    made.port = 0;
    return made;
  }
  telemetry::Registry metrics;
  Loops loops{1};
  Server server{loops, system_clock(), options(), answer, metrics};
  std::uint16_t port = 0;
};

ClientRequest to(const LiveServer& server, const std::string& path) {
  ClientRequest request;
  request.url = "http://127.0.0.1:" + std::to_string(server.port) + path;
  return request;
}

CLIENT_TEST(ClientAndServer, talk_over_one_connection) {
  LiveServer server;
  for (const std::size_t size : std::vector<std::size_t>{0, 1, 100'000, 3'000'000}) {
    auto request = to(server, "/");
    request.method = Method::post;
    request.body = std::string(size, 'b');
    auto response = co_await world.client->fetch(std::move(request));
    CO_ASSERT_OK(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body.size(), size + 5);
  }
  auto head = to(server, "/");
  head.method = Method::head;
  auto response = co_await world.client->fetch(std::move(head));
  CO_ASSERT_OK(response);
  EXPECT_EQ(response->body, "");
  auto missing = co_await world.client->fetch(to(server, "/missing"));
  CO_ASSERT_OK(missing);
  EXPECT_EQ(missing->status, 404);
  EXPECT_EQ(server.server.connections(), 1U);
}

CLIENT_TEST(ClientAndServer, stream_events) {
  LiveServer server;
  auto stream = co_await world.client->open(to(server, "/events"));
  CO_ASSERT_OK(stream);
  EXPECT_EQ((*stream)->status(), 200);
  SseParser parser;
  std::vector<SseMessage> events;
  for (;;) {
    auto piece = co_await (*stream)->read();
    CO_ASSERT_OK(piece);
    if (!*piece) break;
    EXPECT_TRUE(parser.feed(**piece, events));
  }
  CO_ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events.at(2).id, "3");
  EXPECT_EQ(events.at(2).data, "n3");
  EXPECT_EQ(world.client->idle_connections(), 1U);
}

CLIENT_TEST(ClientAndServer, many_calls_at_once) {
  LiveServer server;
  Background<Response> calls(world.executor);
  for (int i = 0; i < 50; ++i) calls.start(world.client->fetch(to(server, "/")));
  co_await calls.group.join();
  CO_ASSERT_TRUE(calls.result && *calls.result);
  EXPECT_EQ(world.client->idle_connections(), world.options.max_idle_per_host);
}

}  // namespace
}  // namespace flotilla::http
