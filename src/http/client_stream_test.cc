#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/client.h"
#include "http/client_testing_internal.h"

namespace flotilla::http {
namespace {

using flotilla::testing::settle;
using testing::Background;
using testing::Reply;
using testing::with_length;
using testing::World;

constexpr auto kChunkedHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

CLIENT_TEST(ClientStream, hands_out_pieces_as_they_come) {
  world.server.reply(kChunkedHead);
  auto stream = co_await world.client->open(world.get());
  CO_ASSERT_OK(stream);
  EXPECT_EQ((*stream)->status(), 200);
  EXPECT_EQ((*stream)->headers().find("content-type"), "text/event-stream");
  const std::vector<std::string> events = {"data: 1\n\n", "data: 2\n\n"};
  for (const auto& text : events) {
    co_await world.server.push("9\r\n" + text + "\r\n");
    auto piece = co_await (*stream)->read();
    CO_ASSERT_OK(piece);
    EXPECT_EQ(*piece, text);
  }
  co_await world.server.push("0\r\n\r\n");
  for (int i = 0; i < 2; ++i) {
    auto end = co_await (*stream)->read();
    CO_ASSERT_OK(end);
    EXPECT_FALSE(*end);
  }
  EXPECT_EQ(world.client->idle_connections(), 1U);
}

CLIENT_TEST(ClientStream, has_no_body_limit_but_bounded_pieces) {
  world.options.body_limit = 10;
  world.make_client();
  const std::string body(300'000, 'x');
  world.server.reply(with_length(body));
  auto stream = co_await world.client->open(world.get());
  CO_ASSERT_OK(stream);
  std::size_t total = 0;
  for (;;) {
    auto piece = co_await (*stream)->read();
    CO_ASSERT_OK(piece);
    if (!*piece) break;
    EXPECT_LE((*piece)->size(), std::size_t{32} << 10);
    total += (*piece)->size();
  }
  EXPECT_EQ(total, body.size());
}

CLIENT_TEST(ClientStream, a_cut_is_not_an_end) {
  world.server.reply(Reply{.bytes = kChunkedHead + std::string("1\r\na\r\n"), .close = true});
  auto stream = co_await world.client->open(world.get());
  CO_ASSERT_OK(stream);
  auto piece = co_await (*stream)->read();
  CO_ASSERT_OK(piece);
  EXPECT_EQ(*piece, "a");
  for (int i = 0; i < 2; ++i) {
    auto cut = co_await (*stream)->read();
    CO_ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().code(), Code::unavailable);
  }
}

CLIENT_TEST(ClientStream, outlives_the_requests_timeout_while_bytes_come) {
  auto request = world.get();
  request.timeout = std::chrono::seconds(5);
  world.server.reply(kChunkedHead);
  auto stream = co_await world.client->open(std::move(request));
  CO_ASSERT_OK(stream);
  Background<std::optional<std::string>> reading(world.executor);
  reading.start((*stream)->read());
  co_await settle();
  world.clock.advance(std::chrono::seconds(59));
  co_await settle();
  EXPECT_FALSE(reading.result);
  co_await world.server.push("1\r\n:\r\n");
  co_await reading.group.join();
  CO_ASSERT_TRUE(reading.result && *reading.result);
  // The reader's own pause does not count as silence of the peer.
  world.clock.advance(std::chrono::minutes(10));
  reading.result.reset();
  reading.start((*stream)->read());
  while (world.clock.sleepers() == 0) co_await settle();
  EXPECT_FALSE(reading.result);
  world.clock.advance(std::chrono::seconds(60));
  co_await reading.group.join();
  CO_ASSERT_TRUE(reading.result && !*reading.result);
  EXPECT_EQ(reading.result->error().code(), Code::deadline_exceeded);
}

CLIENT_TEST(ClientStream, dropping_it_closes_the_connection) {
  world.server.reply(kChunkedHead);
  auto stream = co_await world.client->open(world.get());
  CO_ASSERT_OK(stream);
  stream->reset();
  while (world.server.closed_by_peer == 0) co_await settle();
  EXPECT_EQ(world.client->idle_connections(), 0U);
}

CLIENT_TEST(ClientStream, a_cancelled_read_throws) {
  world.server.reply(kChunkedHead);
  auto stream = co_await world.client->open(world.get());
  CO_ASSERT_OK(stream);
  Background<std::optional<std::string>> reading(world.executor);
  reading.start((*stream)->read());
  co_await settle();
  reading.group.cancel();
  co_await reading.group.join();
  EXPECT_FALSE(reading.result);
}

CLIENT_TEST(ClientStream, outlives_the_client) {
  world.server.reply(kChunkedHead);
  auto stream = co_await world.client->open(world.get());
  CO_ASSERT_OK(stream);
  world.client.reset();
  co_await world.server.push("2\r\nok\r\n0\r\n\r\n");
  auto piece = co_await (*stream)->read();
  CO_ASSERT_OK(piece);
  EXPECT_EQ(*piece, "ok");
  auto end = co_await (*stream)->read();
  CO_ASSERT_OK(end);
  EXPECT_FALSE(*end);
}

}  // namespace
}  // namespace flotilla::http
