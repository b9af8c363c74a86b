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

CLIENT_TEST(ClientPool, reuses_an_idle_connection) {
  for (int i = 0; i < 3; ++i) {
    world.server.reply(with_length("x"));
    auto response = co_await world.client->fetch(world.get());
    CO_ASSERT_OK(response);
    EXPECT_EQ(world.client->idle_connections(), 1U);
  }
  EXPECT_EQ(world.server.connections, 1);
}

CLIENT_TEST(ClientPool, keeps_nothing_that_the_peer_will_close) {
  const std::vector<std::string> answers = {
      with_length("x", "Connection: close\r\n"), with_length("x") + "unasked",
      std::string("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx")};
  for (const auto& answer : answers) {
    world.server.reply(answer);
    auto response = co_await world.client->fetch(world.get());
    CO_ASSERT_OK(response);
    EXPECT_EQ(world.client->idle_connections(), 0U) << answer;
  }
}

CLIENT_TEST(ClientPool, notices_a_peer_that_closed_while_idle) {
  world.server.reply(Reply{.bytes = with_length("x"), .close = true});
  world.server.reply(with_length("y"));
  auto first = co_await world.client->fetch(world.get());
  CO_ASSERT_OK(first);
  co_await settle();
  auto second = co_await world.client->fetch(world.post("once"));
  CO_ASSERT_OK(second);
  EXPECT_EQ(second->body, "y");
  EXPECT_EQ(world.server.requests.size(), 2U);
}

// The peer takes the request on a pooled connection and closes without an answer.
Async<Result<Response>> after_a_dying_reuse(World& world, ClientRequest request) {
  world.server.reply(with_length("first"));
  world.server.reply(Reply{.bytes = "", .close = true});
  world.server.reply(with_length("again"));
  CO_TRY_VOID(co_await world.client->fetch(world.get()));
  co_return co_await world.client->fetch(std::move(request));
}

CLIENT_TEST(ClientPool, repeats_an_idempotent_request_once) {
  auto response = co_await after_a_dying_reuse(world, world.get("/r"));
  CO_ASSERT_OK(response);
  EXPECT_EQ(response->body, "again");
  EXPECT_EQ(world.server.requests.size(), 3U);
  EXPECT_EQ(world.server.connections, 2);
}

CLIENT_TEST(ClientPool, does_not_repeat_a_post) {
  auto response = co_await after_a_dying_reuse(world, world.post("pay"));
  CO_ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Code::unavailable);
  EXPECT_EQ(world.server.requests.size(), 2U);
}

CLIENT_TEST(ClientPool, repeats_a_post_that_is_marked_replayable) {
  auto request = world.post("idempotent by its id");
  request.replayable = true;
  auto response = co_await after_a_dying_reuse(world, std::move(request));
  CO_ASSERT_OK(response);
  EXPECT_EQ(world.server.requests.size(), 3U);
}

CLIENT_TEST(ClientPool, does_not_repeat_on_a_fresh_connection) {
  world.server.reply(Reply{.bytes = "", .close = true});
  auto response = co_await world.client->fetch(world.get());
  EXPECT_FALSE(response);
  EXPECT_EQ(world.server.requests.size(), 1U);
}

CLIENT_TEST(ClientPool, does_not_repeat_after_a_byte_of_the_answer) {
  world.server.reply(with_length("first"));
  world.server.reply(Reply{.bytes = "H", .close = true});
  auto first = co_await world.client->fetch(world.get());
  CO_ASSERT_OK(first);
  auto second = co_await world.client->fetch(world.get());
  EXPECT_FALSE(second);
  EXPECT_EQ(world.server.requests.size(), 2U);
}

CLIENT_TEST(ClientPool, drops_connections_that_idled_too_long) {
  world.server.reply(with_length("x"));
  world.server.reply(with_length("y"));
  auto first = co_await world.client->fetch(world.get());
  CO_ASSERT_OK(first);
  world.clock.advance(world.options.idle_connection_timeout);
  auto second = co_await world.client->fetch(world.get());
  CO_ASSERT_OK(second);
  EXPECT_EQ(world.server.connections, 2);
}

CLIENT_TEST(ClientPool, keeps_at_most_so_many_per_host) {
  world.options.max_idle_per_host = 2;
  world.make_client();
  Background<Response> calls(world.executor);
  for (int i = 0; i < 5; ++i) calls.start(world.client->fetch(world.get()));
  while (world.server.requests.size() < 5) co_await settle();
  EXPECT_EQ(world.server.connections, 5);
  world.server.answer_all(with_length("x"));
  co_await calls.group.join();
  EXPECT_EQ(world.client->idle_connections(), 2U);
}

CLIENT_TEST(ClientPool, callers_do_not_inherit_an_operators_connection) {
  world.server.reply(with_length("x"));
  auto first = co_await world.client->fetch(world.get());
  CO_ASSERT_OK(first);
  auto request = world.get();
  request.author = UrlAuthor::caller;
  auto second = co_await world.client->fetch(std::move(request));
  CO_ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason(), reason::kEgressDenied);
  EXPECT_EQ(world.server.requests.size(), 1U);
}

}  // namespace
}  // namespace flotilla::http
