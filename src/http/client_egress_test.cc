#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/client.h"
#include "http/client_testing_internal.h"

namespace flotilla::http {
namespace {

using flotilla::testing::settle;
using testing::Background;
using testing::with_length;
using testing::World;

std::string redirect(const std::string& location, int status = 302) {
  return "HTTP/1.1 " + std::to_string(status) + " Moved\r\nLocation: " + location +
         "\r\nContent-Length: 2\r\n\r\nto";
}

Async<Result<Response>> fetch_as_caller(World& world, std::string url) {
  ClientRequest request;
  request.url = std::move(url);
  request.author = UrlAuthor::caller;
  return world.client->fetch(std::move(request));
}

CLIENT_TEST(ClientEgress, callers_cannot_spell_their_way_to_loopback) {
  const std::vector<std::string> hosts = {"127.0.0.1",
                                          "localhost",
                                          "2130706433",
                                          "0x7f000001",
                                          "0x7f.1",
                                          "017700000001",
                                          "127.1",
                                          "0",
                                          "0.0.0.0",
                                          "[::1]",
                                          "[::]",
                                          "[::ffff:127.0.0.1]",
                                          "[::ffff:7f00:1]",
                                          "[64:ff9b::127.0.0.1]",
                                          "[2002:7f00:1::]",
                                          "169.254.169.254",
                                          "LOCALHOST."};
  for (const auto& host : hosts) {
    auto response = co_await fetch_as_caller(world, world.url("/", host));
    CO_ASSERT_FALSE(response);
    EXPECT_EQ(response.error().reason(), reason::kEgressDenied)
        << host << ": " << response.error().message();
    auto checked = co_await world.client->check(world.url("/", host), UrlAuthor::caller);
    EXPECT_FALSE(checked) << host;
  }
  EXPECT_EQ(world.server.connections, 0);
}

CLIENT_TEST(ClientEgress, operators_cannot_reach_metadata_by_name) {
  world.names.set("harmless.test", Addresses{"169.254.169.254"});
  auto request = world.get();
  request.url = world.url("/latest/meta-data", "harmless.test");
  auto response = co_await world.client->fetch(std::move(request));
  CO_ASSERT_FALSE(response);
  EXPECT_EQ(response.error().reason(), reason::kEgressDenied);
  EXPECT_FALSE(response.error().message().contains("169.254"));
}

CLIENT_TEST(ClientEgress, connects_to_allowed_addresses_only) {
  world.allow({"127.0.0.1"});
  world.names.set("mixed.test", Addresses{"10.0.0.1", "::1", "127.0.0.1"});
  world.server.reply(with_length("in"));
  auto response = co_await fetch_as_caller(world, world.url("/", "mixed.test"));
  CO_ASSERT_OK(response);
  EXPECT_EQ(response->body, "in");
  auto checked = co_await world.client->check(world.url("/", "mixed.test"), UrlAuthor::caller);
  EXPECT_TRUE(checked);
}

CLIENT_TEST(ClientEgress, the_checked_answer_is_the_one_that_is_used) {
  world.allow({"127.0.0.1"});
  world.names.set("rebind.test", Addresses{"127.0.0.1"});
  world.server.reply(with_length("x"));
  auto first = co_await fetch_as_caller(world, world.url("/", "rebind.test"));
  CO_ASSERT_OK(first);
  EXPECT_EQ(world.names.lookups(), 1);
  // After the cache expired the new answer is judged again, although a connection is pooled.
  world.names.set("rebind.test", Addresses{"127.0.0.2"});
  world.clock.advance(Resolver::kTtl);
  auto second = co_await fetch_as_caller(world, world.url("/", "rebind.test"));
  CO_ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason(), reason::kEgressDenied);
}

CLIENT_TEST(ClientEgress, tries_all_addresses) {
  world.names.set("two.test", Addresses{"127.0.0.2", "127.0.0.1"});
  world.server.reply(with_length("x"));
  auto request = world.get();
  request.url = world.url("/", "two.test");
  auto response = co_await world.client->fetch(std::move(request));
  CO_ASSERT_OK(response);
  EXPECT_TRUE(world.server.requests.at(0).contains("Host: two.test:" + world.server.port()));
}

CLIENT_TEST(ClientEgress, one_lookup_serves_concurrent_calls_and_the_cache) {
  world.names.set("svc.test", Addresses{"127.0.0.1"});
  for (int i = 0; i < 9; ++i) world.server.reply(with_length("x"));
  Background<Response> calls(world.executor);
  auto request = world.get();
  request.url = world.url("/", "svc.test");
  for (int i = 0; i < 8; ++i) calls.start(world.client->fetch(request));
  co_await calls.group.join();
  EXPECT_EQ(world.server.requests.size(), 8U);
  EXPECT_EQ(world.names.lookups(), 1);
  world.clock.advance(Resolver::kTtl);
  auto later = co_await world.client->fetch(request);
  CO_ASSERT_OK(later);
  EXPECT_EQ(world.names.lookups(), 2);
}

CLIENT_TEST(ClientEgress, a_failed_lookup_is_remembered_for_a_moment) {
  world.names.set("gone.test",
                  fail(Error(Code::unavailable, "the host gone.test cannot be resolved")));
  for (int i = 0; i < 2; ++i) {
    auto checked = co_await world.client->check("http://gone.test/", UrlAuthor::caller);
    CO_ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code(), Code::unavailable);
  }
  EXPECT_EQ(world.names.lookups(), 1);
  world.clock.advance(Resolver::kFailureTtl);
  auto checked = co_await world.client->check("http://gone.test/", UrlAuthor::caller);
  EXPECT_FALSE(checked);
  EXPECT_EQ(world.names.lookups(), 2);
}

CLIENT_TEST(ClientRedirect, is_handed_out_unless_asked_to_follow) {
  world.server.reply(redirect("/next"));
  auto response = co_await world.client->fetch(world.get());
  CO_ASSERT_OK(response);
  EXPECT_EQ(response->status, 302);
}

CLIENT_TEST(ClientRedirect, same_peer_keeps_author_and_headers) {
  world.options.max_redirects = 3;
  world.make_client();
  world.server.reply(redirect("../b?x=1#frag", 307));
  world.server.reply(with_length("there"));
  auto request = world.get("/a/c");
  request.headers.add("Authorization", "Bearer t");
  auto response = co_await world.client->fetch(std::move(request));
  CO_ASSERT_OK(response);
  EXPECT_EQ(response->body, "there");
  EXPECT_TRUE(world.server.requests.at(1).starts_with("GET /b?x=1 HTTP/1.1\r\n"));
  EXPECT_TRUE(world.server.requests.at(1).contains("Authorization: Bearer t"));
  EXPECT_EQ(world.server.connections, 1);
}

CLIENT_TEST(ClientRedirect, another_peer_is_a_callers_url) {
  world.options.max_redirects = 3;
  world.make_client();
  world.server.reply(redirect(world.url("/", "localhost")));
  auto response = co_await world.client->fetch(world.get());
  CO_ASSERT_FALSE(response);
  EXPECT_EQ(response.error().reason(), reason::kEgressDenied);
  EXPECT_EQ(world.server.requests.size(), 1U);
}

CLIENT_TEST(ClientRedirect, another_peer_gets_no_credentials) {
  world.options.max_redirects = 3;
  world.make_client();
  world.allow({"other.test"});
  world.names.set("other.test", Addresses{"127.0.0.1"});
  world.server.reply(redirect(world.url("/x", "other.test")));
  world.server.reply(with_length("there"));
  auto request = world.get();
  request.headers.add("Authorization", "Bearer t");
  request.headers.add("Cookie", "c=1");
  request.headers.add("X-Api-Key", "k");
  request.headers.add("Accept", "text/event-stream");
  auto response = co_await world.client->fetch(std::move(request));
  CO_ASSERT_OK(response);
  const auto& second = world.server.requests.at(1);
  EXPECT_FALSE(second.contains("Bearer t") || second.contains("c=1") ||
               second.contains("X-Api-Key"));
  EXPECT_TRUE(second.contains("Accept: text/event-stream\r\n"));
}

CLIENT_TEST(ClientRedirect, metadata_stays_closed) {
  world.options.max_redirects = 3;
  world.make_client();
  world.server.reply(redirect("http://169.254.169.254/latest"));
  auto response = co_await world.client->fetch(world.get());
  CO_ASSERT_FALSE(response);
  EXPECT_EQ(response.error().reason(), reason::kEgressDenied);
}

CLIENT_TEST(ClientRedirect, ends_after_the_limit) {
  world.options.max_redirects = 2;
  world.make_client();
  for (int i = 0; i < 3; ++i) world.server.reply(redirect("/again"));
  auto response = co_await world.client->fetch(world.get());
  CO_ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Code::unavailable);
  EXPECT_EQ(world.server.requests.size(), 3U);
}

CLIENT_TEST(ClientRedirect, only_get_is_followed) {
  world.options.max_redirects = 2;
  world.make_client();
  world.server.reply(redirect("/next", 307));
  auto response = co_await world.client->fetch(world.post("x"));
  CO_ASSERT_OK(response);
  EXPECT_EQ(response->status, 307);
}

CLIENT_TEST(ClientRedirect, malformed_location_is_the_peers_fault) {
  world.options.max_redirects = 2;
  world.make_client();
  world.server.reply(redirect("file:///etc/passwd"));
  auto response = co_await world.client->fetch(world.get());
  CO_ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Code::unavailable);
}

}  // namespace
}  // namespace flotilla::http
